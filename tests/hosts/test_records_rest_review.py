import pytest

pytest.importorskip("invenio_records_rest")

from instance import running, skip_unless_there  # noqa: E402
from review_contract import ReviewContract  # noqa: E402
from rows import dump  # noqa: E402
from served import ONE_DATABASE  # noqa: E402


@pytest.fixture(scope="module", params=ONE_DATABASE)
def instance(request, tmp_path_factory):
    skip_unless_there(request.param)
    sources = {"tsd": {"release": "review"}, "csc": {"release": "publish"}}
    with running(request.param, tmp_path_factory.mktemp("instance"), sources, RATELIMIT_ENABLED=False) as found:
        yield found


class TestRecordsRestReview(ReviewContract):
    def public_paths(self, instance, word):
        pids = [str(number) for number in range(1, instance.count("pidstore_recid") + 3)][-6:]
        return (
            ["/", "/?q=" + word, "/api/records/", "/api/records/?q=" + word, "/api/csc/?q=" + word]
            + [path + pid for pid in pids for path in ("/records/", "/api/records/", "/api/csc/", "/api/access/")]
            + ["/oai2d?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:localhost:" + pid for pid in pids]
            + ["/oai2d?verb=" + verb for verb in ("ListRecords&metadataPrefix=oai_dc", "ListSets")]
        )

    def test_no_table_keeps_who_decided(self, instance):
        # the demo's setting is in force here; as it comes, Invenio-DB keeps the user and the address of each change
        identifier, session = self.held(instance), self.login(instance)
        assert self.post(instance, identifier, session, decision="release").status_code == 303
        rows = dump(instance)["transaction"]
        assert rows and {(row.get("user_id"), row.get("remote_addr")) for row in rows} == {(None, None)}
