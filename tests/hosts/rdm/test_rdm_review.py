import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402
from review_contract import ReviewContract  # noqa: E402


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if rdm_instance.missing():
        pytest.skip("%s is not set" % rdm_instance.missing())
    sources = {"tsd": {"release": "review"}, "csc": {"release": "publish"}}
    with rdm_instance.running(tmp_path_factory.mktemp("instance"), sources) as found:
        yield found


class TestRDMReview(ReviewContract):
    # of RDM's own commits within one publication or edit, each is a revision
    first_revision = 3

    def is_next(self, before, after):
        return before < after <= before + 3

    def public_paths(self, instance, word):
        rows = instance.execute("SELECT pid_value FROM pidstore_pid WHERE pid_type = 'recid' ORDER BY id DESC LIMIT 6")
        pids = [row[0] for row in rows]
        oai = "/oai2d?verb=GetRecord&metadataPrefix=oai_dc&identifier=" + instance.app.config["OAISERVER_ID_PREFIX"]
        return (
            ["/", "/search?q=" + word, "/api/records", "/api/records?q=" + word, "/api/communities"]
            + ["/api/communities/%s/records?q=%s" % (name, word) for name in instance.communities.values()]
            + [path + pid for pid in pids for path in ("/records/", "/api/records/", "/api/access/", oai)]
            + ["/api/records/%s/versions" % pid for pid in pids]
            + ["/oai2d?verb=" + verb for verb in ("ListRecords&metadataPrefix=oai_dc", "ListSets")]
        )

    def test_reviewers_of_one_community_see_its_source_alone(self, instance):
        from flask import g
        from flask_principal import Identity
        from invenio_communities.generators import CommunityRoleNeed

        from secureb2share_ext.proxies import current

        with instance.app.test_request_context("/"):
            host = current().host
            for role, sources in (("owner", ["csc"]), ("manager", ["csc"]), ("curator", ["csc"]), ("reader", [])):
                g.identity = Identity(1)
                g.identity.provides.add(CommunityRoleNeed(self.community(host, "csc"), role))
                assert host.reviewed_sources() == sources, role
            g.identity = Identity(1)
            assert host.reviewed_sources() == []

    def community(self, host, source):
        from secureb2share_ext.hosts.rdm import communities

        return communities.id_of_source(host.sources[source])
