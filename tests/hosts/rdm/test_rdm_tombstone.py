import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402
from tombstone_contract import TombstoneContract  # noqa: E402

CITATIONS = ("bibtex", "ris", "csl", "dcat")


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if rdm_instance.missing():
        pytest.skip("%s is not set" % rdm_instance.missing())
    folder = tmp_path_factory.mktemp("tombstone")
    with rdm_instance.running(folder, targets={"tsd-ingest": {"echo": True}}) as found:
        yield found


class TestRDMTombstone(TombstoneContract):
    # the host's own formats have no words for it, and say the title alone
    silent = TombstoneContract.silent + (
        "api ",
        "export ",
        "cite ",
        "page header",
        "search",
        "community search",
        "export csv",
    )

    def surfaces(self, instance, made):
        pid = made["pid"]
        record, page = "/api/records/" + pid, "/records/" + pid
        configured = instance.app.config

        def got(path, kind="*/*"):
            return lambda: instance.call("GET", path, headers={"Accept": kind}).text

        found = {"api " + kind: got(record, kind) for kind in configured["RDM_RECORDS_SERIALIZERS"]}
        found.update(
            {"export " + name: got("%s/export/%s" % (page, name)) for name in configured["APP_RDM_RECORD_EXPORTERS"]}
        )
        query = "SELECT pid_value FROM pidstore_pid WHERE pid_type = 'oai' AND pid_value LIKE :like"
        ((identifier,),) = instance.execute(query, like="%" + pid)
        for prefix in configured["OAISERVER_METADATA_FORMATS"]:
            path = "/oai2d?verb=GetRecord&metadataPrefix=%s&identifier=%s" % (prefix, identifier)
            found["oai " + prefix] = got(path)
        found.update({"cite " + name: got("/secureb2share/cite/%s?format=%s" % (pid, name)) for name in CITATIONS})
        found["page"] = got(page)
        found["page header"] = lambda: instance.call("GET", page).headers.get("Link", "")
        found["access page"] = got("/secureb2share/access/" + pid)
        found["search"] = got("/api/records?size=25&sort=newest")
        community = instance.communities["sensitive"]
        found["community search"] = got("/api/communities/%s/records?size=25&sort=newest" % community)
        return found
