import json

import pytest

pytest.importorskip("invenio_records_rest")

from instance import running, skip_unless_there  # noqa: E402
from review_contract import ReviewContract  # noqa: E402
from rows import dump, new  # noqa: E402
from served import ONE_DATABASE  # noqa: E402

JSON = {"Content-Type": "application/json"}


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

    def test_a_curator_of_one_source_writes_its_records_alone(self, instance):
        from invenio_access.models import ActionUsers
        from invenio_accounts.proxies import current_datastore
        from invenio_db import db
        from invenio_oauth2server.models import Token

        from secureb2share_ext.hosts.actions import curate, curate_scope

        with instance.app.app_context():
            for name in ("limited", "denied"):
                user = current_datastore.create_user(email=name + "@example.org", password="x", active=True)
                db.session.flush()
                instance.tokens[name] = Token.create_personal("test", user.id, scopes=[curate_scope.id]).access_token
                db.session.add(
                    ActionUsers.allow(curate, argument="csc" if name == "limited" else None, user_id=user.id)
                )
            db.session.add(ActionUsers.deny(curate, argument="tsd", user_id=user.id))
            db.session.commit()
            db.session.remove()
        theirs = instance.curate(self.description("Of TSD"))
        assert theirs.status_code == 201
        before = dump(instance)
        for role in ("limited", "denied"):
            assert instance.curate(self.description(), role=role).status_code == 403
        changed = instance.to_record(self.description("Changed"))
        # the endpoints share a type of PIDs, so that each leads to the records of both
        for route in ("/api/records/", "/api/csc/"):
            for method, body in (("PUT", changed), ("PATCH", [{"op": "remove", "path": "/keywords"}])):
                kind = {"Content-Type": "application/json-patch+json"} if method == "PATCH" else JSON
                path = route + str(theirs.json()["id"])
                for role in ("limited", "denied"):
                    answer = instance.call(method, path, role, data=json.dumps(body), headers=kind)
                    assert answer.status_code == 403, (role, method, route, answer.text)
        assert new(before, dump(instance)) == {}
        own = instance.curate(self.description("Of CSC"), role="limited", route="/api/csc/")
        assert own.status_code == 201
        assert instance.curate(self.description(), role="denied", route="/api/csc/").status_code == 201
        path = "/api/csc/" + str(own.json()["id"])
        assert instance.call("PUT", path, "limited", json=changed).status_code == 200
