import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import real_instance  # noqa: E402
from bindings_contract import BindingsContract  # noqa: E402


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    with real_instance.running(tmp_path_factory.mktemp("instance"), {"tsd": {"release": "publish"}}) as found:
        yield found


class TestB2Share2Bindings(BindingsContract):
    table, name, gone, back = "b2share_community", "name", "deleted = true", "deleted = false"
    index = "records"

    def start(self, instance):
        real_instance.start(instance)

    def elsewhere(self, instance):
        return {"community": instance.communities["open"]}


def test_a_publication_that_is_rolled_back_leaves_one_hit_at_most(instance, monkeypatch):
    """B2SHARE indexes before the commit: of a bulk that is killed there, one message has a hit without a record."""
    from secureb2share_ext import client
    from secureb2share_ext.compat import utcnow
    from secureb2share_ext.datasets import publication
    from secureb2share_ext.messages import bulk, envelope, inbox
    from secureb2share_ext.names import Names
    from secureb2share_ext.proxies import current

    identifiers = ["killed/%d" % number for number in range(5)]
    bodies = [instance.source.envelope("register", one, dataset=real_instance.example()) for one in identifiers]
    lines = [client.line(instance.key, body) for body in bodies]
    taken, take = [], inbox.take

    def counted(host, sender, message, tally):
        found = take(host, sender, message, tally)
        taken.append(message.identifier)
        return found

    def killed(source, pid):
        raise KeyboardInterrupt

    monkeypatch.setattr(inbox, "take", counted)
    monkeypatch.setattr(publication, "commit", killed)
    with instance.app.app_context(), pytest.raises(KeyboardInterrupt):
        names = Names(current())
        read = (envelope.read_line(current().sources, one, utcnow(), names) for one in lines)
        list(bulk.carry_out(current().host, read, False))
    assert taken == identifiers[:1]
    assert instance.count("secureb2share_dataset", "identifier LIKE 'killed/%%'") == 0
