"""The second factor on a real B2SHARE, whose own remote app and handler of B2ACCESS stay as they are."""

import uuid

import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import bad_tokens  # noqa: E402
import real_instance  # noqa: E402
from invenio_accounts.models import Role, User  # noqa: E402
from invenio_db import db  # noqa: E402
from served import example  # noqa: E402
from signing import RULE, USERS, Person, subject  # noqa: E402

from secureb2share_ext.sign_in import identities  # noqa: E402
from secureb2share_ext.testing.openid import OpenIdProvider  # noqa: E402

REVIEW = "/api/secureb2share/review/"
LOGIN = "/api/oauth/login/b2access/?next="


def addressed(provider):
    """B2SHARE's own entry of B2ACCESS, with the addresses of the provider of tests and the scope of an id token."""
    from b2share.modules.oauthclient import b2access

    make = b2access.make_b2access_remote_app

    def make_b2access_remote_app(base_url):
        entry = make(base_url)
        entry["userinfo_url"] = provider.issuer + "/userinfo"
        entry["params"].update(
            access_token_url=provider.issuer + "/token",
            authorize_url=provider.issuer + "/authorize",
            request_token_params={"scope": "openid email"},
        )
        return entry

    return b2access, make_b2access_remote_app


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    patch = pytest.MonkeyPatch()
    with OpenIdProvider({"catalogue": {"secret": "s3", "redirect_uris": []}}, dict(USERS)) as provider:
        module, make = addressed(provider)
        patch.setattr(module, "make_b2access_remote_app", make)
        more = {
            "SECUREB2SHARE_SIGN_IN": {
                "mode": "on",
                "providers": {"b2access": {"issuer": provider.issuer, "method": "B2ACCESS"}},
                "rules": [RULE],
            },
            "CONFIG_ENABLE_B2ACCESS": True,
            "B2ACCESS_CONSUMER_KEY": "catalogue",
            "B2ACCESS_SECRET_KEY": "s3",
        }
        with real_instance.running(tmp_path_factory.mktemp("sign-in"), **more) as catalogue:
            catalogue.base = catalogue.base_url
            callback = catalogue.base + "/api/oauth/authorized/b2access/"
            provider.clients["catalogue"]["redirect_uris"].append(callback)
            with catalogue.app.app_context():
                identities.link(catalogue.users["curator"], "B2ACCESS", subject("curator"))
                db.session.commit()
            yield catalogue, provider
    patch.undo()


@pytest.fixture
def weak(served):
    """A curator's browser after the password alone."""
    person = Person(*served, "curator")
    assert person.open(LOGIN + "/").status_code == 200 and person.asked == ["password"]
    return person


def begin(person, community):
    """The answer for a new draft."""
    catalogue = person.catalogue
    body = catalogue.metadata(example(), community, "sign-in/" + uuid.uuid4().hex)
    return person.http.post(catalogue.base + "/api/records/", json=body)


def patch(person, path, value, op="add", to="/publication_state"):
    operations = [{"op": op, "path": to, "value": value}]
    return person.http.patch(person.catalogue.base + path, json=operations, headers=real_instance.PATCH)


def check_asked(answer):
    assert answer.status_code == 401, answer.text[:200]
    assert 'error="insufficient_user_authentication"' in answer.headers["WWW-Authenticate"]
    assert REVIEW in answer.json()["message"]


def test_page_of_ours_is_where_a_step_up_comes_back(weak):
    page = weak.open(REVIEW)
    assert (page.status_code, weak.asked, page.url) == (200, ["otp"], weak.catalogue.base + REVIEW)


def test_curator_writes_in_a_community_of_a_source_with_the_second_factor_alone(served, weak):
    strong, before = Person(*served, "curator"), served[0].count("secureb2share_dataset")
    strong.open(LOGIN + REVIEW)
    assert strong.open(REVIEW).status_code == 200
    check_asked(begin(weak, "sensitive"))
    made = begin(strong, "sensitive")
    assert made.status_code == 201, made.text[:200]
    path = "/api/records/%s" % made.json()["id"]
    check_asked(patch(weak, path + "/draft", "submitted"))
    check_asked(patch(weak, path + "/draft", [{"title": "Another"}], "replace", "/titles"))
    assert served[0].count("secureb2share_dataset") == before
    assert weak.http.get(weak.catalogue.base + path + "/draft").json()["metadata"]["publication_state"] == "draft"
    assert patch(strong, path + "/draft", "submitted").status_code == 200
    assert served[0].count("secureb2share_dataset") == before + 1
    check_asked(patch(weak, path, "Another", "add", "/publisher"))
    assert patch(strong, path, "Another", "add", "/publisher").status_code == 200


def test_roles_of_a_community_of_a_source_are_given_with_the_second_factor_alone(served, weak):
    from b2share.modules.communities.api import Community

    catalogue = served[0]
    with catalogue.app.app_context():
        role = Community.get(name="sensitive").admin_role.id
    path = "/api/roles/%s/users/%s" % (role, catalogue.users["user"])
    for method in ("PUT", "DELETE"):
        check_asked(weak.http.request(method, catalogue.base + path))
    check_asked(catalogue.call("PUT", path, "curator"))
    assert _members_of(catalogue, role, "user") == 0
    strong = Person(*served, "curator")
    strong.open(LOGIN + REVIEW)
    for method, count in (("PUT", 1), ("DELETE", 0)):
        answer = strong.http.request(method, catalogue.base + path)
        assert answer.status_code in (200, 204), answer.text[:200]
        assert _members_of(catalogue, role, "user") == count


def _members_of(catalogue, role, name):
    with catalogue.app.app_context():
        found = db.session.query(User).filter(User.id == catalogue.users[name], User.roles.any(Role.id == role)).count()
        db.session.remove()
    return found


@pytest.mark.parametrize("path", (LOGIN + "/", REVIEW), ids=("login", "step-up"))
def test_bad_token_is_refused(served, weak, path):
    person = weak if path == REVIEW else Person(*served, "curator")
    bad_tokens.serve(served[1], "aud")
    try:
        assert person.open(path).status_code == 403
    finally:
        bad_tokens.serve(served[1], None)
    assert person.http.get(person.catalogue.base + REVIEW, allow_redirects=False).status_code in (302, 303, 401)


def test_publisher_of_a_community_holds_rights(served):
    catalogue = served[0]
    with catalogue.app.app_context():
        host = catalogue.app.extensions["secureb2share"].host
        assert [host.holds_rights(catalogue.users[name]) for name in ("curator", "user")] == [True, False]
