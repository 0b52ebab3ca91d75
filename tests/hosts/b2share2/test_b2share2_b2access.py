"""B2ACCESS's own way on a real B2SHARE: userinfo alone, no id token, groups, and a time that is measured here."""

import json
import time

import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import b2access  # noqa: E402
from b2access import LOGIN, REVIEW, begin, check_asked, me  # noqa: E402
from flask import Response  # noqa: E402
from invenio_accounts.models import User  # noqa: E402
from invenio_db import db  # noqa: E402
from served import listening  # noqa: E402
from signing import Person, subject  # noqa: E402

from secureb2share_ext.sign_in import discovery, identities, tokens  # noqa: E402

GROUP = "/catalogue/second-factor"
RULE = {"claims": {"groups": [GROUP]}, "max_age": 900, "time": "ours"}
CURATOR = "curator@catalogue.example.org"


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    made = b2access.signing(
        tmp_path_factory.mktemp("b2access"),
        None,
        lambda issuer: {"userinfo": issuer + "/userinfo"},
        rules=[RULE],
        roles={"b2access": {"groups": {"/catalogue/operators": ["operate"]}}},
    )
    with made as found:
        yield found


@pytest.fixture
def served(module):
    provider = module[1]
    for name, user in list(provider.users.items()):
        provider.users[name] = dict(user, groups=["/", GROUP])
    yield module
    provider.tamper_userinfo = None


def with_claims(provider, **changed):
    """Let userinfo say something else; None takes a claim away."""

    def tamper(person):
        person.update(changed)
        for name in [name for name, value in changed.items() if value is None]:
            del person[name]

    provider.tamper_userinfo = tamper


def test_scope_is_b2shares_own_and_a_step_up_asks_for_everything_anew(served):
    curator, provider = Person(*served, "curator"), served[1]
    assert curator.open(LOGIN + "/").status_code == 200 and me(curator) == CURATOR
    check_asked(begin(curator, "sensitive"))
    before = len(provider.requests)
    page = curator.open(REVIEW)
    assert (page.status_code, page.url, curator.asked) == (200, served[0].base + REVIEW, ["password"])
    assert provider.requests[before:].count(("GET", "/openid/userinfo")) == 1, "what was verified is what counts"
    assert begin(curator, "sensitive").status_code == 201
    assert not provider.grants.issued, "an id token was there"


def test_no_level_is_named_where_no_rule_has_one(served):
    curator = Person(*served, "curator")
    curator.open(LOGIN + "/")
    answer = begin(curator, "sensitive")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_user_authentication", max_age="900"'
    assert "acr_values" not in check_asked(answer)


def test_time_counts_from_the_end_of_the_sign_in_here(served, monkeypatch):
    curator = Person(*served, "curator")
    curator.open(LOGIN + REVIEW)
    assert curator.open(REVIEW).status_code == 200
    monkeypatch.setattr(tokens, "now", lambda: time.time() + 1000)
    check_asked(begin(curator, "sensitive"))
    monkeypatch.undo()
    assert curator.open(REVIEW).status_code == 200 and curator.asked == []


@pytest.mark.parametrize("groups", [["/", GROUP], GROUP], ids=["list", "text"])
def test_group_is_in_a_list_or_a_text(served, groups):
    curator = Person(*served, "curator")
    with_claims(served[1], groups=groups)
    assert curator.open(LOGIN + "/").status_code == 200 and curator.open(REVIEW).status_code == 200


# proved by an id token alone, or of another type: {id: what userinfo says}
WEAK = {
    "none": {"groups": None},
    "other": {"groups": ["/catalogue/second-factor/below"]},
    "dict": {"groups": {GROUP: True}},
    "mixed": {"groups": [GROUP, 7]},
    "nested": {"groups": [[GROUP]]},
    "number": {"groups": 7},
    "claimed": {"groups": None, "acr": "https://refeds.org/profile/mfa", "amr": ["otp"], "auth_time": 2**40},
}


@pytest.mark.parametrize("changed", list(WEAK.values()), ids=list(WEAK))
def test_weak_userinfo_logs_in_and_opens_nothing(served, changed):
    curator = Person(*served, "curator")
    with_claims(served[1], **changed)
    assert curator.open(LOGIN + "/").status_code == 200 and me(curator) == CURATOR
    page = curator.open(REVIEW)
    assert page.status_code == 403 and "second factor" in page.text
    check_asked(begin(curator, "sensitive"))


def says(body, status=200, kind="application/json"):
    return lambda person: Response(body, status, content_type=kind)


# no answer of a provider: {id: callable(claims) -> Response or None}
REFUSED = {
    "other-sub": lambda person: person.update(sub="other"),
    "no-sub": lambda person: person.pop("sub") and None,
    "list-sub": lambda person: person.update(sub=[person["sub"]]),
    "nul-sub": lambda person: person.update(sub="a\x00b"),
    "long-sub": lambda person: person.update(sub="a" * 256),
    "list": says("[]"),
    "null": says("null"),
    "cut": says('{"sub": "'),
    "twice": lambda person: Response('{"sub": "other", ' + json.dumps(person)[1:], content_type="application/json"),
    "html": says("<html>", kind="text/html"),
    "error": says("{}", 500),
    "forbidden": says('{"error": "invalid_token"}', 401),
}


@pytest.mark.parametrize("answer", list(REFUSED.values()), ids=list(REFUSED))
def test_hostile_userinfo_logs_nobody_in_and_leaves_a_session_as_it_was(served, answer):
    stranger, curator = Person(*served, "curator"), Person(*served, "curator")
    curator.open(LOGIN + "/")
    served[1].tamper_userinfo = answer
    assert stranger.open(LOGIN + "/").status_code == 403 and me(stranger) is None
    assert curator.open(REVIEW).status_code == 403 and me(curator) == CURATOR
    check_asked(begin(curator, "sensitive"))


def test_userinfo_that_is_huge_or_without_an_end_is_a_page(served, monkeypatch):
    monkeypatch.setattr(discovery, "LONGEST_WAIT", 2)
    for answer in (says(b"[" + b" " * 2 * discovery.LONGEST + b"]"), lambda person: time.sleep(4)):
        curator = Person(*served, "curator")
        served[1].tamper_userinfo = answer
        page = curator.open(LOGIN + "/")
        assert page.status_code == 503 and "does not answer" in page.text and me(curator) is None


def test_second_answer_of_userinfo_counts_for_nothing(served):
    seen = []

    def tamper(person):
        seen.append(person["sub"])
        if len(seen) > 1:
            person.update(sub=subject("superuser"), email="superuser@catalogue.example.org")

    curator = Person(*served, "curator")
    served[1].tamper_userinfo = tamper
    assert curator.open(LOGIN + "/").status_code == 200
    assert me(curator) == CURATOR and len(seen) == 1


def test_provider_that_is_down_stops_the_sign_in_alone(served, monkeypatch):
    extension, curator = served[0].app.extensions["secureb2share"], Person(*served, "curator")
    curator.open(LOGIN + "/")
    with listening() as (port, _):
        pass
    down = extension.sign_in_providers["b2access"]._replace(userinfo="http://127.0.0.1:%d/userinfo" % port)
    monkeypatch.setitem(extension.sign_in_providers, "b2access", down)
    page = curator.open(REVIEW)
    assert page.status_code == 503 and "does not answer" in page.text
    assert me(curator) == CURATOR and begin(curator, "open").status_code == 201


def test_somebody_elses_account_is_not_stepped_up_and_not_found_by_its_address(served):
    catalogue, provider = served
    curator = Person(*served, "curator")
    curator.open(LOGIN + "/")
    with_claims(provider, sub=subject("user"))
    assert curator.open(REVIEW).status_code == 403 and me(curator) == CURATOR
    thief = Person(*served, "newcomer")
    with_claims(provider, email=CURATOR)
    assert thief.open(LOGIN + "/").status_code == 403 and me(thief) is None


def test_account_without_rights_is_linked_by_a_confirmed_address(served):
    catalogue, provider = served
    address, person = "former@catalogue.example.org", Person(*served, "newcomer")
    with catalogue.app.app_context():
        import datetime

        db.session.add(User(email=address, password="x", active=True, confirmed_at=datetime.datetime.utcnow()))
        db.session.commit()
    with_claims(provider, email=address, email_verified=None)
    assert person.open(LOGIN + "/").status_code == 403, "B2ACCESS does not say that it is its own"
    with_claims(provider, email=address)
    assert person.open(LOGIN + "/").status_code == 200 and me(person) == address
    with catalogue.app.app_context():
        found = identities.owner("B2ACCESS", subject("newcomer"))
        assert found == db.session.query(User.id).filter_by(email=address).scalar()


def test_group_gives_a_right_and_takes_it_again(served):
    catalogue, provider = served
    with_claims(provider, groups="/catalogue/operators")
    person = Person(*served, "user")
    host = catalogue.app.extensions["secureb2share"].host
    for groups, expected in (("/catalogue/operators", True), (["/"], False)):
        with_claims(provider, groups=groups)
        person = Person(*served, "user")
        assert person.open(LOGIN + "/").status_code == 200
        with catalogue.app.app_context():
            assert host.holds_rights(catalogue.users["user"]) is expected
