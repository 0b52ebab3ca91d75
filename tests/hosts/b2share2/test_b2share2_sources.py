import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import real_instance  # noqa: E402
from sources_contract import SOURCES, SourcesContract  # noqa: E402


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    echo = {name + "-ingest": {"echo": True} for name in SOURCES}
    with real_instance.running(tmp_path_factory.mktemp("instance"), SOURCES, echo) as found:
        yield found


NO_SCOPES = pytest.mark.skip(reason="tokens of B2SHARE 2 have no scopes: signatures only")


class TestB2Share2Sources(SourcesContract):
    prefix = "/api"

    @NO_SCOPES
    def test_tokens_of_no_use(self, instance):
        super().test_tokens_of_no_use(instance)

    @NO_SCOPES
    def test_token_registers(self, instance):
        super().test_token_registers(instance, "register")

    @NO_SCOPES
    def test_a_token_of_a_suspended_source_is_refused(self, instance):
        super().test_a_token_of_a_suspended_source_is_refused(instance)

    def title_and_contact(self, instance, pid):
        metadata = instance.call("GET", "/api/records/" + pid).json()["metadata"]
        (block,) = metadata["community_specific"].values()
        contact = {"name": block["contact_name"], "email": metadata.get("contact_email")}
        return metadata["titles"][0]["title"], contact
