import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import real_instance  # noqa: E402
from review_contract import ReviewContract  # noqa: E402
from session import Sessions  # noqa: E402


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    sources = {"tsd": {"release": "review"}, "csc": {"release": "publish"}}
    with real_instance.running(tmp_path_factory.mktemp("instance"), sources) as found:
        yield found


GET_RECORD = "/api/oai2d?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:b2share.eudat.eu:b2rec/"


class TestB2Share2Review(Sessions, ReviewContract):
    def right_of(self, email, source):
        return ["secureb2share-curate"] + ["-a", source] * bool(source) + ["-e", email]

    def page_of_record(self, instance, shown):
        # the web interface makes the page of this
        return instance.call("GET", "/api/records/" + shown["pid"]).text

    def public_paths(self, instance, word):
        pids = [row[0] for row in instance.execute("SELECT pid_value FROM pidstore_pid WHERE pid_type = 'b2rec'")][-6:]
        return (
            ["/api/records/", "/api/records/?q=" + word, "/api/communities/"]
            + [path % pid for pid in pids for path in ("/api/records/%s", "/api/access/%s", "/api/linkset/%s/json")]
            + [GET_RECORD + pid for pid in pids]
            + ["/api/oai2d?verb=" + verb for verb in ("ListRecords&metadataPrefix=oai_dc", "ListSets")]
        )
