"""A provider that lies, and ways of others into a session, which stock invenio-oauthclient lets pass."""

from urllib.parse import urlencode

import bad_tokens
import pytest
import requests
from invenio_accounts.models import User
from signing import USERS, Person, subject

from secureb2share_ext.errors import ProviderDown
from secureb2share_ext.sign_in import discovery

REVIEW = "/secureb2share/review/"
LOGIN = "/oauth/login/keycloak/?next=/"


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


@pytest.mark.parametrize("name", sorted(bad_tokens.REFUSED))
def test_bad_token_logs_nobody_in_and_leaves_a_session_as_it_was(served, name):
    stranger, curator = Person(*served, "curator"), Person(*served, "curator")
    curator.sign_in("/")
    bad_tokens.serve(served[1], name)
    assert stranger.sign_in("/").status_code == 403
    assert not is_logged_in(stranger)
    page = curator.open(REVIEW)
    assert (page.status_code, page.headers["Cache-Control"]) == (403, "no-store")
    bad_tokens.serve(served[1], None)
    assert curator.http.get(curator.catalogue.base + REVIEW, allow_redirects=False).status_code == 303, "it was strong"
    assert is_logged_in(curator)


@pytest.mark.parametrize("name", sorted(bad_tokens.WEAK))
def test_weak_token_logs_in_and_opens_nothing(served, name):
    curator = Person(*served, "curator")
    bad_tokens.serve(served[1], name)
    assert curator.sign_in("/").status_code == 200 and is_logged_in(curator)
    page = curator.open(REVIEW)
    assert page.status_code == 403
    assert "A second factor is needed" in page.text or name == "stale"
    bad_tokens.serve(served[1], None)
    assert curator.open(REVIEW).status_code == 200


def test_callback_of_another_browser_logs_nobody_in(served):
    attacker, victim, busy = (Person(*served, name) for name in ("newcomer", "curator", "curator"))
    busy.http.get(busy.catalogue.base + LOGIN, allow_redirects=False)
    for person in (victim, busy):
        assert person.http.get(callback(attacker)).status_code == 403
        assert not is_logged_in(person)


def test_callback_works_once(served):
    curator = Person(*served, "curator")
    url = callback(curator)
    assert curator.http.get(url).status_code == 200
    assert curator.http.get(url).status_code == 403


def test_two_tabs_end_both(served):
    curator = Person(*served, "curator")
    first, second = callback(curator), callback(curator)
    assert [curator.http.get(url, allow_redirects=False).status_code for url in (first, second)] == [302, 302]
    other = Person(*served, "curator")
    other.sign_in("/")
    steps = [callback(other, step(other)) for _ in range(2)]
    assert [other.http.get(url).status_code for url in steps] == [200, 200]


def step(person):
    """The path of a step-up of this browser that has begun."""
    answer = person.http.get(person.catalogue.base + REVIEW, allow_redirects=False)
    return answer.headers["Location"].replace(person.catalogue.base, "")


def test_somebody_else_at_the_provider_gives_no_strength(served):
    curator = Person(*served, "curator")
    curator.sign_in("/")
    curator.browser.session.cookies.clear(domain="127.0.0.1")
    curator.browser.username, curator.browser.password = "newcomer", USERS["newcomer"]["password"]
    page = curator.open(REVIEW)
    assert page.status_code == 403 and "Somebody else is signed in" in page.text
    assert curator.http.get(curator.catalogue.base + REVIEW, allow_redirects=False).status_code == 303


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
