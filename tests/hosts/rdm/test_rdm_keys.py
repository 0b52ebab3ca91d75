import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402
from keys_contract import SOURCES, KeysContract  # noqa: E402


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if rdm_instance.missing():
        pytest.skip("%s is not set" % rdm_instance.missing())
    echo = {name + "-ingest": {"echo": True} for name in SOURCES}
    with rdm_instance.running(tmp_path_factory.mktemp("instance"), SOURCES, echo) as found:
        yield found


class TestRDMKeys(KeysContract):
    # a session of RDM, and what it indexes by itself
    not_compared = KeysContract.not_compared + ("transaction",)

    def is_found(self, instance, pid):
        # what was withdrawn stays in the list, and says so
        text = instance.call("GET", "/oai2d?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:invenio:" + pid).text
        return "One of ours" in text and "Withdrawn" not in text

    def exports(self, instance, pid):
        text = instance.call("GET", "/api/records/" + pid, headers={"Accept": "application/ld+json"}).text
        return {"schema.org": ("One of ours" in text, "Withdrawn" in text)}
