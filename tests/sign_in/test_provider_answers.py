"""Answers of a provider that are none: no request ends in an error of ours, and nobody is logged in."""

import functools
import json
import uuid

import pytest
from html_form import Page
from signing import USERS, Person, subject
from test_hostile_provider import callback, is_logged_in

from secureb2share_ext.sign_in import discovery, identities


def json_with(**changed):
    return lambda body: json.dumps(dict(json.loads(body), **changed)).encode("utf-8")


# columns: id, type of the answer with the tokens, its body or what is made of the right one
ANSWERS = [
    ("cut", "application/json", b'{"access_token": "a"'),
    ("xml", "text/xml", b"<no"),
    ("latin-1", "application/x-www-form-urlencoded", b"access_token=\xff"),
    ("form", "application/x-www-form-urlencoded", b"access_token=a&id_token=b"),
    ("list", "application/json", b"[]"),
    ("null", "application/json", b"null"),
    ("empty", "application/json", b""),
    ("twice", "application/json", lambda body: body.replace(b"{", b'{"access_token": "b", ', 1)),
    ("no-access", "application/json", json_with(access_token=None)),
    ("list-access", "application/json", json_with(access_token=["a"])),
    ("expires", "application/json", json_with(expires_in="soon")),
    ("far", "application/json", json_with(expires_in=10**30)),
    ("refresh", "application/json", json_with(refresh_token="a\x00b")),
]


@pytest.fixture
def answering(monkeypatch):
    """A function that lets the provider's token endpoint answer otherwise."""

    def answering(kind, body):
        def ask(method, url, *args, ask=discovery.ask):
            answer = ask(method, url, *args)
            if not url.endswith("/token"):
                return answer
            return answer._replace(headers={"content-type": kind}, body=body(answer.body) if callable(body) else body)

        monkeypatch.setattr(discovery, "ask", ask)

    return answering


@pytest.mark.parametrize("kind, body", [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_an_answer_that_is_none_is_a_page(served, answering, kind, body):
    curator = Person(*served, "curator")
    answering(kind, body)
    page = curator.sign_in("/")
    assert page.status_code == 403 and "Sign-in not accepted" in page.text
    assert not is_logged_in(curator)


def claims_with(changed, header, claims):
    claims.update(changed)


@pytest.fixture
def stranger(served):
    catalogue, provider = served
    name = "stranger-" + uuid.uuid4().hex
    provider.users[name] = dict(USERS["newcomer"], email=name + "@catalogue.example.org")
    person = Person(catalogue, provider, name)
    person.subject = subject(name)
    yield person
    del provider.users[name]
    provider.tamper = None


@pytest.mark.parametrize("sub", ["a\x00b", "a\nb", "a" * 256, "\u202ea"], ids=["nul", "line", "long", "bidi"])
def test_a_subject_that_no_database_keeps_is_nobody(served, stranger, sub):
    served[1].tamper = functools.partial(claims_with, {"sub": sub})
    assert stranger.sign_in("/").status_code == 403 and not is_logged_in(stranger)


@pytest.mark.parametrize("value", [["a"], {"a": 1}, 7, "a\x00b", None], ids=["list", "dict", "number", "nul", "null"])
def test_a_name_that_is_none_is_left_out(served, stranger, value):
    served[1].tamper = functools.partial(claims_with, {"name": value, "preferred_username": value})
    assert stranger.sign_in("/").status_code == 200 and is_logged_in(stranger)


def test_an_answer_of_another_protocol_is_a_page(served):
    curator = Person(*served, "curator")
    page = curator.http.get(callback(curator) + "&oauth_verifier=x")
    assert page.status_code == 403 and "Sign-in not accepted" in page.text


def test_a_sign_up_that_asks_for_more_links_the_identity(served, stranger, monkeypatch):
    from invenio_oauthclient.handlers import authorized

    register, asked = authorized.oauth_register, []

    def oauth_register(*args, **kwargs):
        asked.append(1)
        return register(*args, **kwargs) if len(asked) > 1 else None

    monkeypatch.setattr(authorized, "oauth_register", oauth_register)
    page = stranger.sign_in("/")
    assert page.status_code == 200 and "/oauth/signup/keycloak/" in page.url
    assert stranger.open(page.url, data=dict(Page(page.text).sent)).status_code == 200 and is_logged_in(stranger)
    with served[0].app.app_context():
        assert identities.owner("keycloak", stranger.subject) is not None
