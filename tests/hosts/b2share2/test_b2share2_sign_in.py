"""The second factor on a real B2SHARE, whose own remote app and handler of B2ACCESS stay as they are."""

import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import b2access  # noqa: E402
import bad_tokens  # noqa: E402
import requests  # noqa: E402
from b2access import LOGIN, REVIEW, begin, check_asked, patch  # noqa: E402
from invenio_accounts.models import Role, User  # noqa: E402
from invenio_db import db  # noqa: E402
from signing import RULE, Person  # noqa: E402


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sign-in")
    with b2access.signing(folder, "openid email", lambda issuer: {"issuer": issuer}, rules=[RULE]) as found:
        yield found


@pytest.fixture
def weak(served):
    """A curator's browser after the password alone."""
    person = Person(*served, "curator")
    assert person.open(LOGIN + "/").status_code == 200 and person.asked == ["password"]
    return person


def strong(served, name="curator"):
    """A browser after both factors."""
    person = Person(*served, name)
    person.open(LOGIN + REVIEW)
    assert person.open(REVIEW).status_code == 200
    return person


def test_page_of_ours_is_where_a_step_up_comes_back(weak):
    page = weak.open(REVIEW)
    assert (page.status_code, weak.asked, page.url) == (200, ["otp"], weak.catalogue.base + REVIEW)


def test_curator_writes_in_a_community_of_a_source_with_the_second_factor_alone(served, weak):
    curator, before = strong(served), served[0].count("secureb2share_dataset")
    asked = check_asked(begin(weak, "sensitive"))
    assert REVIEW in asked["message"]
    made = begin(curator, "sensitive")
    assert made.status_code == 201, made.text[:200]
    path = "/api/records/%s" % made.json()["id"]
    check_asked(patch(weak, path + "/draft", "submitted"))
    check_asked(patch(weak, path + "/draft", [{"title": "Another"}], "replace", "/titles"))
    assert served[0].count("secureb2share_dataset") == before
    assert weak.http.get(weak.catalogue.base + path + "/draft").json()["metadata"]["publication_state"] == "draft"
    assert patch(curator, path + "/draft", "submitted").status_code == 200
    assert served[0].count("secureb2share_dataset") == before + 1
    check_asked(patch(weak, path, "Another", "add", "/publisher"))
    assert patch(curator, path, "Another", "add", "/publisher").status_code == 200


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
    curator = strong(served)
    for method, count in (("PUT", 1), ("DELETE", 0)):
        answer = curator.http.request(method, catalogue.base + path)
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


def draft_of(person, community="sensitive", is_published=False):
    """The address of a new draft, or of the record that is made of one."""
    made = begin(person, community)
    assert made.status_code == 201, made.text[:200]
    path = "/api/records/%s" % made.json()["id"]
    if not is_published:
        return path + "/draft"
    assert patch(person, path + "/draft", "submitted").status_code == 200
    return path


def delete(person, path):
    return person.http.delete(person.catalogue.base + path)


def test_draft_of_a_curator_is_deleted_with_the_second_factor_alone(served, weak):
    curator = strong(served)
    path = draft_of(curator)
    check_asked(delete(weak, path))
    assert curator.http.get(curator.catalogue.base + path).status_code == 200
    stranger = Person(*served, "user")
    stranger.open(LOGIN + "/")
    assert delete(stranger, path).status_code == 403, "who has no right signs in again for nothing"
    assert delete(curator, path).status_code == 204
    assert delete(weak, draft_of(weak, "open")).status_code == 204, "another community's"


def test_record_is_erased_with_the_second_factor_alone_and_still_can_be_after_a_refusal(served, weak):
    curator, operator = strong(served), Person(*served, "superuser")
    operator.open(LOGIN + "/")
    path = draft_of(curator, is_published=True)
    for asked in (path, path + "/draft"):
        check_asked(delete(operator, asked))
        assert delete(weak, asked).status_code == 403
    assert operator.http.get(operator.catalogue.base + path).status_code == 200
    # had the refusal come later, what B2SHARE has in its search index would be missing, and this would be a 500
    assert delete(strong(served, "superuser"), path).status_code == 204
    assert operator.http.get(operator.catalogue.base + path).status_code == 410


def test_nothing_is_asked_in_another_community(served, weak):
    path = draft_of(weak, "open", is_published=True)
    assert patch(weak, path, "Another", "add", "/publisher").status_code == 200
    for person, community in ((weak, "sensitive"), (weak, "open")):
        to = person.catalogue.communities[community]
        assert patch(person, path, to, "replace", "/community").status_code in (200, 400)
        assert patch(person, draft_of(weak, "open"), to, "replace", "/community").status_code in (200, 400)
    held = weak.http.get(weak.catalogue.base + path).json()["metadata"]
    assert held["community"] == weak.catalogue.communities["open"], "nobody moves a record to a source's community"
    operator = Person(*served, "superuser")
    operator.open(LOGIN + "/")
    assert delete(operator, path).status_code == 204


class Program:
    """Somebody's program with a token; `http` and `catalogue` as of a Person."""

    def __init__(self, person, token):
        self.catalogue, self.http = person.catalogue, requests.Session()
        self.http.headers["Authorization"] = "Bearer " + token


def token(person):
    """A personal token, made as B2SHARE's web interface does it."""
    made = person.http.post(person.catalogue.base + "/api/user/tokens", json={"token_name": "of a test"})
    assert made.status_code == 201
    return made.json()["access_token"]


def test_token_counts_if_it_was_made_in_a_strong_session(served, weak):
    curator, programs = strong(served), {}
    programs["weak"] = Program(weak, token(weak))
    programs["strong"] = Program(curator, token(curator))
    programs["child"] = Program(curator, token(programs["strong"]))
    for name, program in programs.items():
        made = begin(program, "sensitive")
        path = draft_of(curator)
        if name == "strong":
            assert made.status_code == 201
            assert delete(program, path).status_code == 204
        else:
            check_asked(made)
            check_asked(delete(program, path))
        assert begin(program, "open").status_code == 201
    page = programs["strong"].http.get(curator.catalogue.base + REVIEW)
    assert page.status_code == 401, "no token opens a page"


def test_accounts_and_roles_are_changed_with_the_second_factor_alone(served):
    from b2share.modules.communities.api import Community

    catalogue, operators = served[0], (Person(*served, "superuser"), strong(served, "superuser"))
    operators[0].open(LOGIN + "/")
    with catalogue.app.app_context():
        role = Community.get(name="sensitive").member_role.id
    routes = (
        ("PATCH", "/api/roles/%s" % role, {"description": "Another"}),
        ("PATCH", "/api/users/%s" % catalogue.users["user"], [{"op": "replace", "path": "/active", "value": True}]),
        ("PUT", "/api/roles/%s/users/%s" % (role, catalogue.users["user"]), None),
        ("DELETE", "/api/roles/%s/users/%s" % (role, catalogue.users["user"]), None),
    )
    for method, path, body in routes:
        weak, both = [one.http.request(method, catalogue.base + path, json=body) for one in operators]
        check_asked(weak)
        assert both.status_code != 401, both.text[:200]
    assert _members_of(catalogue, role, "user") == 0


def test_publisher_of_a_community_holds_rights(served):
    catalogue = served[0]
    with catalogue.app.app_context():
        host = catalogue.app.extensions["secureb2share"].host
        assert [host.holds_rights(catalogue.users[name]) for name in ("curator", "user")] == [True, False]
