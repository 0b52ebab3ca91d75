import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import real_instance  # noqa: E402
from keys_contract import SOURCES, KeysContract  # noqa: E402

GET_RECORD = "/api/oai2d?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:b2share.eudat.eu:b2rec/"


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    echo = {name + "-ingest": {"echo": True} for name in SOURCES}
    with real_instance.running(tmp_path_factory.mktemp("instance"), SOURCES, echo) as found:
        yield found


class TestB2Share2Keys(KeysContract):
    def is_found(self, instance, pid):
        # what was withdrawn stays in the list, and says so
        text = instance.call("GET", GET_RECORD + pid).text
        return "One of ours" in text and "Withdrawn" not in text

    def exports(self, instance, pid):
        text = instance.call("GET", "/api/linkset/%s/json" % pid).text
        return {"linkset": text}
