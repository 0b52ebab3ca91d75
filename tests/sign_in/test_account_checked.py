"""In whose account a sign-in may end, whatever the host's own handlers make of an answer."""

import datetime

import pytest
from invenio_accounts.models import User
from invenio_accounts.proxies import current_datastore
from invenio_db import db
from invenio_oauthclient.proxies import current_oauthclient
from signing import USERS, Person, subject
from test_hostile_provider import is_logged_in

from secureb2share_ext.sign_in import identities

UNCONFIRMED = "No account can be made of this sign-in"


def accounts(catalogue, address):
    table = User.__tablename__
    return catalogue.execute("SELECT count(*) FROM %s WHERE lower(email) = :e" % table, e=address)[0][0]


def make_account(catalogue, address, is_confirmed=True):
    with catalogue.app.app_context():
        at = datetime.datetime(2026, 1, 1) if is_confirmed else None
        current_datastore.create_user(email=address, password="x", active=True, confirmed_at=at)
        db.session.commit()


def is_linked(stranger):
    with stranger.catalogue.app.app_context():
        return identities.owner("keycloak", subject(stranger.name)) is not None


@pytest.mark.parametrize("is_verified", [False, None, "true", 1], ids=str)
def test_an_address_that_is_not_verified_makes_no_account(served, stranger, is_verified):
    stranger.user["email_verified"] = is_verified
    page = stranger.sign_in("/")
    assert page.status_code == 403 and UNCONFIRMED in page.text
    assert accounts(served[0], stranger.address) == 0


@pytest.mark.parametrize("address", ["", None, ["a@example.org"], 7, "a\0@example.org", "a@example.org\n"], ids=ascii)
def test_a_sign_in_without_an_address_makes_no_account(served, stranger, monkeypatch, address):
    stranger.user["email"] = address
    monkeypatch.setattr(identities, "accounts_of", _as_postgresql(identities.accounts_of))
    page = stranger.sign_in("/")
    assert page.status_code == 403 and UNCONFIRMED in page.text


def _as_postgresql(find):
    def accounts_of(address):
        if "\0" in address:
            raise ValueError("A string literal cannot contain NUL (0x00) characters.")
        return find(address)

    return accounts_of


def test_a_verified_address_makes_an_account_or_finds_a_confirmed_one(served, stranger):
    assert stranger.sign_in("/").status_code == 200
    assert accounts(served[0], stranger.address) == 1 and is_linked(stranger)


@pytest.mark.parametrize("is_confirmed, status", [(True, 200), (False, 403)])
def test_an_account_whose_address_was_never_confirmed_is_not_found_by_it(served, stranger, is_confirmed, status):
    make_account(served[0], stranger.address, is_confirmed)
    assert stranger.sign_in("/").status_code == status
    assert is_linked(stranger) is is_confirmed


def test_every_account_with_the_address_is_judged(served, stranger):
    make_account(served[0], stranger.address)
    make_account(served[0], "other-" + stranger.address, False)
    # as accounts of former versions of the host have them
    upper, other = stranger.address.upper(), "other-" + stranger.address
    served[0].execute("UPDATE %s SET email = :u WHERE email = :o" % User.__tablename__, u=upper, o=other)
    assert stranger.sign_in("/").status_code == 403 and not is_linked(stranger)


# columns: id, what a handler of the host makes otherwise than it was verified, is it let pass
INFOS = [
    ("same", {}, True),
    ("number", {"external_id": 7}, False),
    ("other-id", {"external_id": "other"}, False),
    ("other-method", {"external_method": "orcid"}, False),
    ("no-id", {"external_id": None}, False),
    ("address", {"user": {"email": "other@example.org", "active": True, "profile": {}}}, False),
    ("curator", {"user": {"email": USERS["curator"]["email"], "active": True, "profile": {}}}, False),
]


@pytest.mark.parametrize("changed, passes", [row[1:] for row in INFOS], ids=[row[0] for row in INFOS])
def test_what_a_handler_makes_of_an_answer_is_held_against_it(served, stranger, monkeypatch, changed, passes):
    with served[0].app.app_context():
        handlers = current_oauthclient.signup_handlers["keycloak"]
    info = handlers["info"]
    monkeypatch.setitem(handlers, "info", lambda resp: dict(info(resp), **changed))
    assert (stranger.sign_in("/").status_code == 200) is passes
    assert is_linked(stranger) is passes and accounts(served[0], stranger.address) == passes
    assert accounts(served[0], "other@example.org") == 0


def test_no_way_of_the_host_ends_in_an_account_with_rights_of_another_identity(served, stranger, monkeypatch):
    def oauth_get_user(*args, **kwargs):
        return identities.account_of(USERS["curator"]["email"])

    monkeypatch.setattr("invenio_oauthclient.handlers.authorized.oauth_get_user", oauth_get_user)
    page = stranger.sign_in("/")
    assert page.status_code == 403 and "Sign-in not accepted" in page.text
    assert not is_logged_in(stranger)


def test_an_identity_of_one_account_ends_in_no_other(served, stranger, monkeypatch):
    assert stranger.sign_in("/").status_code == 200
    other = "other-" + stranger.address
    make_account(served[0], other)
    # as of a provider that gives the access token of somebody else, by which the host looks first
    monkeypatch.setattr(
        "invenio_oauthclient.handlers.authorized.oauth_get_user",
        lambda *args, **kwargs: identities.account_of(other),
    )
    stranger.http.cookies.clear()
    page = stranger.sign_in("/")
    assert page.status_code == 403 and "Sign-in not accepted" in page.text
    assert not is_logged_in(stranger)


def test_who_is_linked_at_the_same_moment_by_another_sign_in_is_told_so(served, stranger, monkeypatch):
    other = "other-" + stranger.address
    make_account(served[0], other)
    with served[0].app.app_context():
        identities.link(identities.account_of(other).id, "keycloak", subject(stranger.name))
        db.session.commit()
    # as before the other one has ended
    monkeypatch.setattr(identities, "owner", lambda *args: None)
    page = stranger.sign_in("/")
    assert page.status_code == 403 and "Sign-in not accepted" in page.text
    assert not is_logged_in(stranger) and accounts(served[0], stranger.address) == 0


def identities_of(catalogue, address):
    with catalogue.app.app_context():
        account = identities.account_of(address).id
    remote = "SELECT count(*) FROM oauthclient_remoteaccount WHERE user_id = :a"
    linked = "SELECT count(*) FROM accounts_useridentity WHERE id_user = :a"
    return [catalogue.execute(one, a=account)[0][0] for one in (linked, remote)]


def test_who_decides_about_datasets_cannot_be_had_to_disconnect(served):
    curator = Person(*served, "curator")
    curator.sign_in("/")
    page = curator.open("/oauth/disconnect/keycloak/")
    assert page.status_code == 403 and "can take this identity from it" in page.text
    assert identities_of(served[0], USERS["curator"]["email"]) == [1, 1]


def test_who_disconnects_is_unlinked(served, stranger):
    assert stranger.sign_in("/").status_code == 200
    assert identities_of(served[0], stranger.address) == [1, 1]
    # of the last way to log in nobody is disconnected
    assert stranger.open("/oauth/disconnect/keycloak/").status_code == 400
    table = User.__tablename__
    served[0].execute("UPDATE %s SET password = 'x' WHERE email = :e" % table, e=stranger.address)
    stranger.open("/oauth/disconnect/keycloak/")
    assert identities_of(served[0], stranger.address) == [0, 0] and not is_logged_in(stranger)


def test_the_command_forgets_what_the_host_has_noted_too(served, stranger):
    assert stranger.sign_in("/").status_code == 200
    result = served[0].run_cli("sign-in", "unlink", stranger.address, "--provider", "keycloak")
    assert result.exit_code == 0, result.output
    assert identities_of(served[0], stranger.address) == [0, 0] and not is_logged_in(stranger)
