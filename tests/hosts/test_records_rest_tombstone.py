import pytest

pytest.importorskip("invenio_records_rest")

from instance import running, skip_unless_there  # noqa: E402
from tombstone_contract import TombstoneContract  # noqa: E402

KINDS = {
    "json": "application/json",
    "jsonld": "application/ld+json",
    "datacite-json": "application/vnd.datacite.datacite+json",
    "datacite-xml": "application/vnd.datacite.datacite+xml",
    "dc": "application/x-dc+xml",
    "linkset": "application/linkset+json",
}
CITATIONS = ("bibtex", "ris", "csl", "dcat")


@pytest.fixture(scope="module", params=["services"])
def instance(request, tmp_path_factory):
    skip_unless_there(request.param)
    with running(request.param, tmp_path_factory.mktemp("instance"), targets={"tsd-ingest": {"echo": True}}) as found:
        yield found


class TestRecordsRestTombstone(TombstoneContract):
    silent = TombstoneContract.silent + ("linkset", "search", "page header", "json header", "item list", "feed")

    def surfaces(self, instance, made):
        pid = made["pid"]
        record, page = "/api/records/" + pid, "/records/" + pid

        def got(path, kind="*/*"):
            return lambda: instance.call("GET", path, headers={"Accept": kind}).text

        def header(path):
            return lambda: instance.call("GET", path).headers.get("Link", "")

        found = {name: got(record, kind) for name, kind in KINDS.items()}
        found.update({name: got("/secureb2share/cite/%s?format=%s" % (pid, name)) for name in CITATIONS})
        found.update(
            {
                "page": got(page),
                "page header": header(page),
                "json header": header(record),
                "cite": got("/secureb2share/cite/" + pid),
                "access page": got("/secureb2share/access/" + pid),
                "search": got("/api/records/?size=1000"),
                "oai_dc": got("/oai2d?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:localhost:" + pid),
                "oai_datacite": got(
                    "/oai2d?verb=GetRecord&metadataPrefix=oai_datacite&identifier=oai:localhost:" + pid
                ),
            }
        )
        return found
