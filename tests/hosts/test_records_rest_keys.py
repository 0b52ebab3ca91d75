import pytest

pytest.importorskip("invenio_records_rest")

from instance import running, skip_unless_there  # noqa: E402
from keys_contract import SOURCES, KeysContract  # noqa: E402


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def instance(request, tmp_path_factory):
    skip_unless_there(request.param)
    echo = {name + "-ingest": {"echo": True} for name in SOURCES}
    with running(request.param, tmp_path_factory.mktemp("instance"), SOURCES, echo) as found:
        yield found


class TestRecordsRestKeys(KeysContract):
    def is_found(self, instance, pid):
        path = "/oai2d?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:localhost:" + pid
        return "One of ours" in instance.call("GET", path).text

    def exports(self, instance, pid):
        text = instance.call("GET", "/api/records/" + pid, headers={"Accept": "application/ld+json"}).text
        return {"schema.org": ("One of ours" in text, "Withdrawn" in text)}
