"""The second factor on InvenioRDM: its API answers 401 in communities of sources alone, and its pages ask for it."""

import contextlib
import os
import uuid

import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

# the provider of tests has no TLS
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

import bad_tokens  # noqa: E402
import rdm_instance  # noqa: E402
from invenio_db import db  # noqa: E402
from invenio_requests.records.models import RequestMetadata  # noqa: E402
from served import example  # noqa: E402
from signing import RULE, USERS, Person, link  # noqa: E402
from sqlalchemy import event  # noqa: E402

from secureb2share_ext.hosts.rdm import communities  # noqa: E402
from secureb2share_ext.sign_in import entry  # noqa: E402
from secureb2share_ext.testing.openid import OpenIdProvider  # noqa: E402

REVIEW = "/secureb2share/review/"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    if rdm_instance.missing():
        pytest.skip("%s is not set" % rdm_instance.missing())
    with OpenIdProvider({"catalogue": {"secret": "s3", "redirect_uris": []}}, dict(USERS)) as provider:
        more = {
            "SECUREB2SHARE_SIGN_IN": {
                "mode": "on",
                "providers": {"keycloak": {"issuer": provider.issuer}},
                "rules": [RULE],
            },
            "OAUTHCLIENT_REMOTE_APPS": {"keycloak": entry.remote_app("Two factors", "KEYCLOAK_CREDENTIALS")},
            "KEYCLOAK_CREDENTIALS": {"consumer_key": "catalogue", "consumer_secret": "s3"},
        }
        with rdm_instance.running(tmp_path_factory.mktemp("sign-in"), **more) as catalogue:
            catalogue.base = catalogue.app.config["SITE_UI_URL"]
            provider.clients["catalogue"]["redirect_uris"].append(catalogue.base + "/oauth/authorized/keycloak/")
            provider.users["superuser"] = dict(USERS["curator"], email="superuser@catalogue.example.org")
            for name in ("curator", "superuser"):
                link(catalogue, name)
            yield catalogue, provider


@pytest.fixture
def weak(served):
    """A curator's browser after the password alone."""
    person = Person(*served, "curator")
    assert person.sign_in("/").status_code == 200 and person.asked == ["password"]
    return person


@pytest.fixture
def strong(served):
    person = Person(*served, "curator")
    assert person.sign_in(REVIEW).status_code == 200 and person.asked == ["password", "otp"]
    return person


def call(person, method, path, json=None):
    return person.http.request(method, person.catalogue.base + path, json=json)


def draft(person, community, identifier=None):
    """The path of a new draft that is meant for a community."""
    catalogue = person.catalogue
    made = call(person, "POST", "/api/records", catalogue.metadata(example(), identifier))
    assert made.status_code == 201, made.text
    path = "/api/records/%s/draft" % made.json()["id"]
    review = {"receiver": {"community": catalogue.communities[community]}, "type": "community-submission"}
    assert call(person, "PUT", path + "/review", review).status_code == 200
    return path


def publish(person, path):
    return call(person, "POST", path + "/actions/submit-review", {"require_review": False})


def identifier():
    return "sign-in/" + uuid.uuid4().hex


def check_asked(answer):
    assert answer.status_code == 401, answer.text[:200]
    assert (
        'error="insufficient_user_authentication", acr_values="https://refeds.org/profile/mfa"'
        in (answer.headers["WWW-Authenticate"])
    )
    assert answer.json()["message"]


def test_weak_session_publishes_elsewhere_and_not_in_a_community_of_a_source(served, weak):
    elsewhere = draft(weak, "open")
    body = call(weak, "GET", elsewhere).json()
    assert call(weak, "PUT", elsewhere, body).status_code == 200
    assert publish(weak, elsewhere).status_code in (200, 202)
    path, before = draft(weak, "sensitive", identifier()), served[0].count("records_metadata")
    check_asked(publish(weak, path))
    check_asked(call(weak, "PUT", path, call(weak, "GET", path).json()))
    assert served[0].count("records_metadata") == before
    assert call(weak, "GET", path).json()["status"] == "draft_with_review", "a part of it was stored"


def test_weak_session_neither_edits_deletes_nor_moves_a_record(served, weak, strong):
    path = draft(strong, "sensitive", identifier())
    assert publish(strong, path).status_code in (200, 202)
    record = path.rpartition("/")[0]
    revision = call(weak, "GET", record).json()["revision_id"]
    opened = call(weak, "POST", path)
    assert opened.status_code == 201
    check_asked(call(weak, "PUT", path, opened.json()))
    check_asked(call(weak, "POST", path + "/actions/publish"))
    left = {"communities": [{"id": served[0].communities["sensitive"]}]}
    assert call(weak, "DELETE", record + "/communities", left).status_code == 401
    assert call(weak, "GET", record).json()["revision_id"] == revision
    assert call(strong, "PUT", path, opened.json()).status_code == 200
    assert call(strong, "POST", path + "/actions/publish").status_code == 202


def test_token_without_a_making_deletes_nothing(served):
    # tokens of tests were made by no session
    path = "/api/records/%s" % draft(strong_of(served), "sensitive", identifier()).split("/")[3]
    assert publish(strong_of(served), path + "/draft").status_code in (200, 202)
    check_asked(served[0].call("DELETE", path + "/delete", "superuser", json={"removal_reason": {"id": "test-record"}}))
    assert served[0].call("GET", path).status_code == 200


def strong_of(served):
    person = Person(*served, "curator")
    assert person.sign_in(REVIEW).status_code == 200
    return person


def test_request_to_publish_waits_for_a_second_factor(served, weak, strong):
    path = draft(strong, "sensitive", identifier())
    submitted = call(strong, "POST", path + "/actions/submit-review", {"require_review": True})
    assert submitted.status_code in (200, 202), submitted.text
    asked = "/api/requests/%s/actions/" % submitted.json()["id"]
    for action in ("decline", "accept"):
        check_asked(call(weak, "POST", asked + action, {}))
    assert call(weak, "GET", asked.rpartition("/actions")[0]).json()["status"] == "submitted"
    assert call(strong, "POST", asked + "accept", {}).status_code == 200


def test_members_of_a_community_of_a_source_stay(served, weak, strong):
    reader = {"members": [{"type": "user", "id": str(served[0].users["reader"])}], "role": "curator"}
    for slug, status in (("sensitive", 401), ("open", 204)):
        path = "/api/communities/%s/invitations" % served[0].communities[slug]
        assert call(weak, "POST", path, reader).status_code == status, slug
    path = "/api/communities/%s/invitations" % served[0].communities["sensitive"]
    assert call(strong, "POST", path, reader).status_code == 204


def test_whoever_asks_to_be_a_member_is_let_in_with_the_second_factor_alone(served, weak, strong):
    review = call(weak, "GET", draft(weak, "sensitive", identifier()) + "/review").json()["id"]
    path = "/api/requests/%s/actions/" % review
    with as_membership_request(served[0], review):
        check_asked(call(weak, "POST", path + "accept", {}))
        # the planted row is no whole request: whether RDM takes it is not looked at
        assert call(strong, "POST", path + "accept", {}).status_code != 401


@contextlib.contextmanager
def as_membership_request(catalogue, number):
    """Let a request (id) be one to become a member meanwhile."""
    with catalogue.app.app_context():
        row = db.session.query(RequestMetadata).filter_by(id=uuid.UUID(number)).one()
        kept = dict(row.json)
        row.json = dict(kept, type="community-membership-request")
        db.session.commit()
        yield
        db.session.query(RequestMetadata).filter_by(id=uuid.UUID(number)).one().json = kept
        db.session.commit()


def test_draft_for_a_source_is_neither_deleted_nor_shared_by_the_password(served, weak, strong):
    links = {"permission": "edit"}
    for community in ("sensitive", "open"):
        path = draft(weak, community)
        shares = path.rpartition("/")[0] + "/access/links"
        person = weak
        if community == "sensitive":
            check_asked(call(weak, "POST", shares, links))
            check_asked(call(weak, "DELETE", path))
            assert call(weak, "GET", path).status_code == 200
            person = strong
        assert call(person, "POST", shares, links).status_code == 201
        assert call(person, "DELETE", path).status_code == 204


def test_shares_of_a_published_dataset_wait_for_a_second_factor(served, weak, strong):
    path = draft(strong, "sensitive", identifier())
    assert publish(strong, path).status_code in (200, 202)
    access = path.rpartition("/")[0] + "/access/"
    # RDM shows the curator no other account
    curator = str(served[0].users["curator"])
    grant = {"grants": [{"subject": {"type": "user", "id": curator}, "permission": "manage"}]}
    check_asked(call(weak, "POST", access + "grants", grant))
    assert call(strong, "POST", access + "grants", grant).status_code == 201
    check_asked(call(weak, "DELETE", access + "grants/0"))
    check_asked(call(weak, "DELETE", access + "users/" + curator))
    assert call(weak, "GET", access + "grants").status_code == 200


def test_administration_of_the_host_waits_for_a_second_factor(served):
    weak, strong, reader = (Person(*served, name) for name in ("superuser", "superuser", "reader"))
    assert weak.sign_in("/").status_code == 200 and strong.sign_in("/secureb2share/operate/").status_code == 200
    # the account of the reader was never confirmed, so that its address links nobody
    link(served[0], "reader")
    assert reader.sign_in("/").status_code == 200
    block = "/api/users/%s/" % served[0].users["reader"]
    check_asked(call(weak, "POST", block + "block"))
    check_asked(served[0].call("POST", block + "block", "superuser"))
    for page in ("/administration/", "/administration/users"):
        led = weak.http.get(weak.catalogue.base + page, allow_redirects=False)
        assert led.status_code == 303 and "/oauth/login/keycloak/" in led.headers["Location"]
        assert strong.http.get(strong.catalogue.base + page, allow_redirects=False).status_code == 200
    assert call(weak, "GET", "/api/users?q=").status_code == 200
    assert call(strong, "POST", block + "deactivate").status_code == 200
    assert call(strong, "POST", block + "activate").status_code == 200
    # nobody who is not logged in is asked
    assert served[0].call("POST", block + "block").status_code == 403


def test_another_community_costs_no_statement_for_each_source(served):
    catalogue, made = served[0], []
    with catalogue.app.app_context():
        sources, other = catalogue.app.extensions["secureb2share"].sources, catalogue.communities["open"]
        communities.source_of(sources, other)
        engine = db.engine
        event.listen(engine, "before_cursor_execute", lambda *given: made.append(given[2]))
        assert len(sources) > 1 and communities.source_of(sources, other) is None
        assert made == []
        assert communities.source_of(sources, catalogue.communities["sensitive"]).name == "tsd" and made


@pytest.mark.parametrize("path", ("/uploads/new?community=%00", "/uploads/%00"), ids=("new", "draft"))
def test_character_that_no_database_takes_is_no_error_of_ours(weak, path):
    logged = weak.http.get(weak.catalogue.base + path, allow_redirects=False)
    assert logged.status_code != 303 and "entrance" not in logged.text
    with weak.catalogue.app.app_context():
        assert communities.id_of("\0") is None and communities.of_draft("\0") is None


@pytest.mark.parametrize("kind", ("new", "draft"))
def test_deposit_form_is_the_entrance(weak, kind):
    paths = {
        name: "/uploads/new?community=" + name if kind == "new" else "/uploads/" + draft(weak, name).split("/")[3]
        for name in ("open", "sensitive")
    }
    assert weak.http.get(weak.catalogue.base + paths["open"], allow_redirects=False).status_code != 303
    first = weak.http.get(weak.catalogue.base + paths["sensitive"], allow_redirects=False)
    assert first.status_code == 303 and "/oauth/login/keycloak/" in first.headers["Location"]
    weak.open(paths["sensitive"])
    assert weak.asked == ["otp"]
    assert publish(weak, draft(weak, "sensitive", identifier())).status_code in (200, 202)


def test_page_of_review_is_an_entrance(weak):
    page = weak.open(REVIEW)
    assert (page.status_code, weak.asked) == (200, ["otp"])


@pytest.mark.parametrize("path", ("/", REVIEW), ids=("login", "step-up"))
def test_bad_token_is_refused(served, weak, path):
    person = weak if path == REVIEW else Person(*served, "curator")
    bad_tokens.serve(served[1], "aud")
    try:
        answer = person.open(REVIEW) if path == REVIEW else person.sign_in("/")
        assert answer.status_code == 403
    finally:
        bad_tokens.serve(served[1], None)
    assert person.http.get(person.catalogue.base + REVIEW, allow_redirects=False).status_code in (302, 303)


def test_roles_in_communities_are_rights(served):
    catalogue = served[0]
    with catalogue.app.app_context():
        host = catalogue.app.extensions["secureb2share"].host
        assert [host.holds_rights(catalogue.users[name]) for name in ("curator", "superuser", "reader")] == [
            True,
            True,
            False,
        ]
