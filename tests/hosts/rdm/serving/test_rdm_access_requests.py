import pytest

pytest.importorskip("invenio_app_rdm", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402

PERSON = {
    "email": "canary@example.org",
    "full_name": "CANARY",
    "message": "CANARY",
    "permission": "view",
    "consent_to_share_personal_data": "true",
}
ASKS = {"allow_user_requests": True, "allow_guest_requests": False}
GUESTS = {"allow_user_requests": False, "allow_guest_requests": True}
NOBODY = {"allow_user_requests": False, "allow_guest_requests": False, "secret_link_expiration": 30}
CONFIRM = "/access/requests/confirm?access_request_token="


@pytest.fixture(scope="module")
def ours(instance):
    # with settings from before it was ours
    body = instance.metadata(rdm_instance.example())
    pid = instance.draft(body).json()["id"]
    set_before = instance.call("PUT", "/api/records/%s/access" % pid, "curator", json=dict(ASKS, **GUESTS))
    assert set_before.status_code == 200, set_before.text
    assert instance.submit(pid).status_code in (200, 202)
    return pid


@pytest.fixture(scope="module")
def other(instance):
    body = instance.metadata(rdm_instance.example())
    body.pop("custom_fields")
    pid = instance.draft(body).json()["id"]
    assert instance.call("POST", "/api/records/%s/draft/actions/publish" % pid, "curator").status_code == 202
    return pid


def grant(permission):
    return {"grants": [{"permission": permission, "subject": {"type": "system_role", "id": "authenticated_user"}}]}


def rows(instance):
    tables = "rdm_records_access_request_tokens", "rdm_records_secret_links", "request_metadata"
    return [instance.count(table) for table in tables]


@pytest.mark.parametrize(
    "role, method, path, body",
    [
        (None, "POST", "request", PERSON),
        ("reader", "POST", "request", dict(PERSON, email="reader@catalogue.example.org")),
        ("superuser", "POST", "request", PERSON),
        (None, "POST", "request", None),
        ("curator", "PUT", "", ASKS),
        ("curator", "PUT", "", GUESTS),
        ("curator", "POST", "links", {"permission": "view"}),
        ("curator", "PATCH", "links/x", {"permission": "view"}),
        ("curator", "PUT", "links/x", {"permission": "view"}),
        ("curator", "POST", "grants", {"grants": [{"permission": "edit"}, {"permission": "view"}]}),
        ("curator", "PUT", "grants/0", {"permission": "view"}),
        ("curator", "PATCH", "users/1", {"permission": "view"}),
        ("curator", "PATCH", "groups/admin", {"permission": "view"}),
        ("superuser", "POST", "links", {"permission": "view"}),
    ],
)
def test_access_is_requested_elsewhere(instance, ours, role, method, path, body):
    before = rows(instance)
    path = ("/api/records/%s/access/%s" % (ours, path)).rstrip("/")
    answer = instance.call(method, path, role, json=body)
    url = instance.base_url + "/api/access/" + ours
    assert answer.status_code == 403 and answer.headers["Content-Type"] == "application/problem+json"
    said = answer.json()
    assert (said["code"], said["access_url"]) == ("request-elsewhere", url)
    assert url in said["detail"] and "CANARY" not in answer.text and rows(instance) == before


def test_what_editors_need_goes_on(instance, ours):
    path = "/api/records/%s/access" % ours
    assert instance.call("PUT", path, "curator", json=NOBODY).status_code == 200
    settings = instance.call("GET", "/api/records/" + ours, "curator").json()["parent"]["access"]["settings"]
    assert [settings[name] for name in ASKS] == [False, False]
    for permission in ("preview", "edit"):
        made = instance.call("POST", path + "/links", "curator", json={"permission": permission})
        assert made.status_code == 201, made.text
        link = path + "/links/" + made.json()["id"]
        assert instance.call("PATCH", link, "curator", json={"permission": "edit"}).status_code == 200
        assert instance.call("PATCH", link, "curator", json={"permission": "view"}).status_code == 403
        assert instance.call("DELETE", link, "curator").status_code == 204
    granted = instance.call("POST", path + "/grants", "curator", json=grant("manage"))
    assert granted.status_code == 201, granted.text
    assert instance.call("GET", path + "/grants", "curator").json()["hits"]["total"] == 1
    assert instance.call("DELETE", path + "/grants/0", "curator").status_code == 204
    # whoever may not do it is told that by the host
    assert instance.call("PUT", path, "reader", json=NOBODY).status_code == 403


def test_a_guests_request_from_before_is_not_confirmed(instance, ours, other):
    from invenio_db import db
    from invenio_rdm_records.requests.access.models import AccessRequestToken

    tokens = {}
    with instance.app.app_context():
        for pid in (ours, other):
            values = {name: PERSON[name] for name in ("email", "full_name", "message")}
            made = AccessRequestToken.create(record_pid=pid, consent="true", expires_at=_tomorrow(), **values)
            tokens[pid] = made.token
            db.session.commit()
    before = instance.count("request_metadata")
    answer = instance.call("GET", CONFIRM + tokens[ours])
    assert answer.status_code == 403 and answer.json()["code"] == "request-elsewhere"
    assert instance.count("request_metadata") == before
    instance.call("GET", CONFIRM + tokens[other])
    assert instance.count("request_metadata") == before + 1
    assert instance.call("GET", CONFIRM + "x").status_code == 404
    assert instance.call("GET", CONFIRM.split("?")[0]).status_code in (400, 404)


def _tomorrow():
    import datetime

    return datetime.datetime.utcnow() + datetime.timedelta(days=1)


def test_other_records_have_the_hosts_own_requests(instance, other):
    path = "/api/records/%s/access" % other
    assert instance.call("PUT", path, "curator", json=dict(ASKS, **GUESTS)).status_code == 200
    before = rows(instance)
    assert instance.call("POST", path + "/request", json=PERSON).status_code == 200
    assert instance.call("POST", path + "/links", "curator", json={"permission": "view"}).status_code == 201
    granted = instance.call("POST", path + "/grants", "curator", json=grant("view"))
    assert granted.status_code == 201
    assert [now - then for now, then in zip(rows(instance), before)] == [1, 1, 0]
