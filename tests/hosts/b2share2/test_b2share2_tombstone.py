import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import real_instance  # noqa: E402
from oai_contract import OAIContract  # noqa: E402
from tombstone_contract import TombstoneContract  # noqa: E402

PREFIXES = ("oai_dc", "eudatcore", "eudatextended", "marcxml")
CITATIONS = ("bibtex", "ris", "csl", "dcat")


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    folder = tmp_path_factory.mktemp("tombstone")
    with real_instance.running(folder, targets={"tsd-ingest": {"echo": True}}, OAISERVER_PAGE_SIZE=3) as found:
        yield found


class TestB2SHARE2Tombstone(TombstoneContract):
    silent = TombstoneContract.silent + ("linkset", "search")

    def surfaces(self, instance, made):
        pid = made["pid"]

        def got(path):
            return lambda: instance.call("GET", path).text

        found = {"json": got("/api/records/" + pid), "linkset": got("/api/linkset/%s/json" % pid)}
        found["access page"] = got("/api/secureb2share/access/" + pid)
        found["search"] = got("/api/records/?size=25&sort=mostrecent")
        for name in CITATIONS:
            found["cite " + name] = got("/api/secureb2share/cite/%s?format=%s" % (pid, name))
        (identifier,) = instance.execute(
            "SELECT pid_value FROM pidstore_pid WHERE pid_type = 'oai' AND pid_value LIKE :like", like="%" + pid
        )[0]
        for prefix in PREFIXES:
            path = "/api/oai2d?verb=GetRecord&metadataPrefix=%s&identifier=%s" % (prefix, identifier)
            found["oai " + prefix] = got(path)
        found["doi"] = lambda: _doi(instance, pid)
        return found


class TestB2SHARE2OAI(OAIContract):
    path = "/api/oai2d"
    # a record from former times is in the same repository, of which deletions are not kept
    deleted = "transient"
    withdrawals, every = 4, 2


def _doi(instance, pid):
    """What DataCite is told, but for what it demands."""
    from b2share.modules.records.serializers import datacite_v44

    from secureb2share_ext.datasets import store
    from secureb2share_ext.hosts.b2share2 import records

    with instance.app.app_context():
        row = store.by_pid(pid)
        with records.canonical():
            text = datacite_v44.serialize(None, records.get(row))
    return text
