"""A provider that lies, and ways of others into a session, which stock invenio-oauthclient lets pass."""

import re
import socket
from types import SimpleNamespace
from urllib.parse import urlencode

import bad_tokens
import pytest
import requests
from flask import request
from invenio_accounts.models import User
from signing import MFA, USERS, Person, make_late, subject

from secureb2share_ext.errors import ProviderDown
from secureb2share_ext.sign_in import discovery

REVIEW = "/secureb2share/review/"
LOGIN = "/oauth/login/keycloak/?next=/"
TABLES = ("accounts_useridentity", "oauthclient_remoteaccount", "oauthclient_remotetoken")


@pytest.fixture(autouse=True)
def honest(served):
    yield
    bad_tokens.serve(served[1], None)


def is_logged_in(person):
    return person.http.get(person.catalogue.base + "/account/settings/applications/", allow_redirects=False).ok and (
        person.open("/account/settings/applications/").url.endswith("/account/settings/applications/")
    )


def callback(person, path=LOGIN):
    """The address with which the provider sends this browser back, which nobody has opened yet."""
    return person.browser.sign_in(person.catalogue.base + path)


def strength(person):
    """What the session of this browser has, as the store has it."""
    (cookie,) = [one.value for one in person.http.cookies if one.name == "session"]
    app = person.catalogue.app
    with app.test_request_context("/", headers={"Cookie": "session=" + cookie}):
        return dict(app.session_interface.open_session(app, request)).get("secureb2share_strength")


def goes_on(person):
    """Whether a page asks for a step-up, and leads nowhere else."""
    return person.http.get(person.catalogue.base + REVIEW, allow_redirects=False).status_code == 303


@pytest.mark.parametrize("name", sorted(bad_tokens.REFUSED))
def test_bad_token_logs_nobody_in_and_leaves_a_session_as_it_was(served, monkeypatch, name):
    stranger, weak, strong = (Person(*served, "curator") for _ in range(3))
    weak.sign_in("/")
    strong.sign_in(REVIEW)
    had = [strength(person) for person in (weak, strong)]
    assert [one["acr"] for one in had] == ["password", MFA]
    bad_tokens.serve(served[1], name)
    assert stranger.sign_in("/").status_code == 403
    assert not is_logged_in(stranger)
    too_old = make_late(monkeypatch)
    for person in (weak, strong):
        if person is strong:
            too_old()
        page = person.open(REVIEW)
        assert (page.status_code, page.headers["Cache-Control"]) == (403, "no-store")
        assert "Sign-in not accepted" in page.text
    bad_tokens.serve(served[1], None)
    assert [strength(person) for person in (weak, strong)] == had
    assert is_logged_in(weak) and is_logged_in(strong)
    assert goes_on(weak), "it was strong"
    assert strong.open(REVIEW).status_code == 200 and strong.asked == [], "it was weaker"


# what the page says came: [sign-in service, level, factors]
TOLD = {
    "noacr": ["keycloak", "none", "mfa, otp, pwd"],
    "acrlist": ["keycloak", "none", "mfa, otp, pwd"],
    "acrlow": ["keycloak", "password", "mfa, otp, pwd"],
    "noamr": ["keycloak", MFA, "none"],
    "amrlow": ["keycloak", MFA, "pwd"],
    "amrtext": ["keycloak", MFA, "none"],
}


@pytest.mark.parametrize("name", sorted(bad_tokens.WEAK))
def test_weak_token_logs_in_and_opens_nothing(served, name):
    curator = Person(*served, "curator")
    bad_tokens.serve(served[1], name)
    assert curator.sign_in("/").status_code == 200 and is_logged_in(curator)
    before = len(served[1].requests)
    page = curator.open(REVIEW)
    assert page.status_code == 403
    assert "A second factor is needed" in page.text
    assert re.findall("<dd>(.*?)</dd>", page.text) == TOLD.get(name, ["keycloak", MFA, "mfa, otp, pwd"])
    assert [one for one in served[1].requests[before:] if one[1].endswith("/token")] == [("POST", "/openid/token")]
    if name == "stale":
        # everything is asked for anew now, and an earlier time is none of it
        page = curator.open(REVIEW)
        assert page.status_code == 403 and "Sign-in not accepted" in page.text
        assert curator.asked == ["password", "otp"]
    bad_tokens.serve(served[1], None)
    assert curator.open(REVIEW).status_code == 200


def step(person):
    """The path of a step-up of this browser that has begun."""
    answer = person.http.get(person.catalogue.base + REVIEW, allow_redirects=False)
    return answer.headers["Location"].replace(person.catalogue.base, "")


# columns: id, the path at which the attacker has signed in, how the victim's browser is
OTHERS = [
    ("closed", lambda person: LOGIN, lambda person: None),
    ("open", lambda person: LOGIN, lambda person: person.http.get(person.catalogue.base + LOGIN)),
    ("logged-in", lambda person: LOGIN, lambda person: person.sign_in("/")),
    ("step-up", step, lambda person: person.sign_in("/")),
    ("step-up-open", step, lambda person: person.sign_in("/") and step(person)),
]


@pytest.mark.parametrize("path, prepare", [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS])
@pytest.mark.parametrize("name", ["reader", "curator"])
def test_callback_of_another_browser_changes_nothing(served, path, prepare, name):
    victim, attacker = Person(*served, "curator"), Person(*served, name)
    if path is step:
        # one who may ask for a step-up has rights
        attacker = Person(*served, "curator")
        attacker.sign_in("/")
    prepare(victim)
    was = is_logged_in(victim), strength(victim) if is_logged_in(victim) else None
    assert victim.http.get(callback(attacker, path(attacker))).status_code == 403
    assert (is_logged_in(victim), strength(victim) if is_logged_in(victim) else None) == was


def test_callback_works_once(served):
    curator = Person(*served, "curator")
    for path in (lambda person: LOGIN, step):
        url = callback(curator, path(curator))
        assert curator.http.get(url).status_code == 200
        had, before = strength(curator), len(served[1].requests)
        assert curator.http.get(url).status_code == 403 and strength(curator) == had
        # and it is not left to the provider to refuse the code
        assert len(served[1].requests) == before


@pytest.mark.parametrize("order", [[0, 1], [1, 0]], ids=["first", "second"])
@pytest.mark.parametrize("kind", ["login", "step-up"])
def test_two_tabs_end_both(served, kind, order):
    curator = Person(*served, "curator")
    if kind == "step-up":
        curator.sign_in("/")
    tabs = [callback(curator, step(curator) if kind == "step-up" else LOGIN) for _ in range(2)]
    answers = [curator.http.get(tabs[number]) for number in order]
    # a page opens once for each tab that has asked for it
    assert [answer.status_code for answer in answers] == [200, 200]
    assert is_logged_in(curator) and goes_on(curator) is (kind == "login")


def cookie(person):
    return {one.value for one in person.http.cookies if one.name == "session"}


def with_cookies_of(person):
    other = Person(person.catalogue, SimpleNamespace(issuer=person.browser.issuer, users=USERS), "reader")
    other.http.cookies.update(person.http.cookies)
    return other


def test_a_session_that_was_fixed_before_is_dead_after(served):
    curator = Person(*served, "curator")
    # a page with a form begins a session
    curator.open("/login/")
    planted = with_cookies_of(curator)
    assert cookie(planted) and cookie(planted) == cookie(curator)
    assert curator.sign_in("/").status_code == 200
    assert not cookie(planted) & cookie(curator) and not is_logged_in(planted)
    stolen = with_cookies_of(curator)
    assert is_logged_in(stolen)
    assert curator.open(REVIEW).status_code == 200
    assert not cookie(stolen) & cookie(curator) and is_logged_in(curator)
    assert not is_logged_in(stolen) and not is_logged_in(planted)


@pytest.mark.parametrize("kind", ["login", "step-up"])
def test_a_provider_that_stops_between_code_and_token_is_a_sentence(served, monkeypatch, kind):
    curator = Person(*served, "curator")
    if kind == "step-up":
        curator.sign_in("/")
    url, had = callback(curator, step(curator) if kind == "step-up" else LOGIN), kind == "step-up" and strength(curator)
    with socket.socket() as nobody:
        # bound and not listening: whoever connects is refused
        nobody.bind(("127.0.0.1", 0))
        there = "http://127.0.0.1:%d/token" % nobody.getsockname()[1]
        ask = discovery.ask
        monkeypatch.setattr(discovery, "ask", lambda method, address, *more: ask(method, there, *more))
        page = curator.http.get(url)
    assert (page.status_code, page.headers["Cache-Control"]) == (503, "no-store")
    assert "does not answer now" in page.text
    assert is_logged_in(curator) is (kind == "step-up") and (not had or strength(curator) == had)


# columns: id, who comes back, the path, what is said
SOMEBODY = [
    ("step-up", "newcomer", REVIEW, "Somebody else is signed in"),
    ("login", "newcomer", LOGIN, "is not linked to this identity"),
    ("step-up-linked", "reader", REVIEW, "Somebody else is signed in"),
    ("login-linked", "reader", LOGIN, "Somebody else is signed in"),
]


@pytest.mark.parametrize("name, path, said", [row[1:] for row in SOMEBODY], ids=[row[0] for row in SOMEBODY])
def test_somebody_else_at_the_provider_changes_nothing(served, name, path, said):
    Person(*served, "reader").sign_in("/")
    curator = Person(*served, "curator")
    curator.sign_in("/")
    had, rows = strength(curator), [served[0].count(table) for table in TABLES]
    curator.browser.session.cookies.clear(domain="127.0.0.1", path="/openid")
    curator.browser.username, curator.browser.password = name, USERS[name]["password"]
    page = curator.open(path)
    assert page.status_code == 403 and said in page.text
    assert strength(curator) == had and goes_on(curator)
    # the token of the other would be stored as that of the account
    assert [served[0].count(table) for table in TABLES] == rows


def test_address_of_a_curator_logs_in_nobody(served):
    catalogue, provider = served
    provider.users["stranger"] = dict(USERS["newcomer"], email=USERS["curator"]["email"].upper())
    try:
        for is_verified in (True, False, "true"):
            provider.users["stranger"]["email_verified"] = is_verified
            stranger = Person(catalogue, provider, "stranger")
            assert stranger.sign_in("/").status_code == 403 and not is_logged_in(stranger)
    finally:
        del provider.users["stranger"]
    rows = catalogue.execute("SELECT count(*) FROM accounts_useridentity WHERE id = :s", s=subject("stranger"))
    assert rows[0][0] == 0


def test_state_and_issuer_of_the_answer_are_looked_at(served):
    curator = Person(*served, "curator")
    url = callback(curator)
    for changed in (
        url.replace("iss=http%3A%2F%2F127", "iss=http%3A%2F%2F128"),
        url.replace("state=", "state=x"),
        url.replace("/keycloak/", "/other/"),
    ):
        assert changed != url
        assert curator.http.get(changed).status_code in (403, 404)
        assert not is_logged_in(curator)


@pytest.mark.parametrize("there", ["//evil.example.org/", "/\\evil.example.org", "https://evil.example.org/x"])
def test_no_way_leads_to_another_site(served, there):
    curator = Person(*served, "curator")
    page = curator.open("/oauth/login/keycloak/?" + urlencode({"next": there}))
    assert page.url.startswith(curator.catalogue.base)


def test_provider_that_is_down_stops_sign_in_alone(served, monkeypatch):
    curator = Person(*served, "curator")
    url = callback(curator)
    extension = served[0].app.extensions["secureb2share"]
    (issuer,) = extension.issuers

    def down(address):
        raise ProviderDown("ConnectionError")

    monkeypatch.setitem(extension.issuers, issuer, discovery.Discovery(issuer, down))
    page = curator.open(LOGIN)
    assert (page.status_code, page.headers["Cache-Control"]) == (503, "no-store")
    assert "does not answer now" in page.text
    assert curator.http.get(url).status_code == 503 and not is_logged_in(curator)
    assert requests.get(curator.catalogue.base + "/").status_code == 200


def test_account_is_not_made_for_what_was_refused(served):
    bad_tokens.serve(served[1], "aud")
    assert Person(*served, "newcomer").sign_in("/").status_code == 403
    rows = served[0].execute(
        "SELECT count(*) FROM %s WHERE email = :e" % User.__tablename__, e=USERS["newcomer"]["email"]
    )
    assert rows[0][0] == 0
