"""What is noted of tokens, and whether they count, with the libraries of every host."""

import datetime
import types
import uuid

import pytest
from flask import request, session
from flask_login import login_user
from instance import running
from invenio_accounts.models import User
from invenio_db import db
from invenio_oauth2server.models import Token
from served import ONE_DATABASE

from secureb2share_ext.proxies import current
from secureb2share_ext.sign_in import gate, identities, rules, settings, strength, tokens

CURATE = "secureb2share:curate"
LEVEL = "level3"  # that of TSD
NOW = 1700000000  # seconds since 1970
EPOCH = datetime.datetime(1970, 1, 1)
SETTINGS = {
    "mode": "on",
    "providers": {"tsd": {"issuer": "https://login.example.org"}},
    "rules": [{"acr": [LEVEL], "amr": ["totp"], "max_age": 600}],
    "token_age": 1000,
}


@pytest.fixture(scope="module", params=ONE_DATABASE)
def instance(request, tmp_path_factory):
    with running(request.param, tmp_path_factory.mktemp("tokens")) as found:
        yield found


@pytest.fixture
def site(instance, monkeypatch):
    """The Site of an instance that asks for a second factor, and whose clock stands still."""
    given = {"SECUREB2SHARE_SIGN_IN": SETTINGS, "SECUREB2SHARE_DEMO": False}
    with instance.app.app_context():
        # of invenio-oauthclient, which is not there with every host, tokens need this alone
        monkeypatch.setattr(current(), "sign_in", settings.read(given))
        links = {}
        monkeypatch.setattr(identities, "owner", lambda method, subject: links.get((method, subject)))
        tokens.watch()
        site = Site(instance, monkeypatch)
        links["tsd", "s"] = site.account
        yield site
        db.session.remove()


class Site:
    def __init__(self, instance, monkeypatch):
        self.app, self.monkeypatch = instance.app, monkeypatch
        user = User(email=uuid.uuid4().hex + "@example.org", active=True)
        db.session.add(user)
        db.session.commit()
        self.account = user.id
        self.at(NOW)

    def at(self, now):
        self.monkeypatch.setattr(tokens, "now", lambda: now)
        self.monkeypatch.setattr(tokens, "utcnow", lambda: EPOCH + datetime.timedelta(seconds=now))

    def strength(self, account=None, **changed):
        claims = dict({"acr": LEVEL, "amr": frozenset(["pwd", "totp"]), "auth_time": NOW}, **changed)
        return rules.Strength(str(account or self.account), "tsd", "https://login.example.org", "s", **claims)

    def made(self, held, by_token=False):
        """The id of a token that was made by the account, in a session with a Strength or with none."""
        with self.app.test_request_context("/"):
            login_user(db.session.query(User).filter_by(id=self.account).one())
            if held is not None:
                session[strength.NAME] = rules.to_session(held)
            if by_token:
                request.oauth = types.SimpleNamespace(access_token=None)
            token = Token.create_personal("of a test", self.account, scopes=[CURATE])
            db.session.commit()
            return token.id

    def lack(self, number):
        """What a request with a token lacks."""
        with self.app.test_request_context("/"):
            login_user(db.session.query(User).filter_by(id=self.account).one())
            request.oauth = types.SimpleNamespace(access_token=types.SimpleNamespace(id=number))
            return gate.lack("curate")


def test_a_token_counts_as_the_session_that_made_it(site):
    fits, ages = site.strength(), {"auth_time": NOW - 700}
    makings = [
        (fits, None),
        (None, rules.LEVEL),
        (site.strength(acr="level2"), rules.LEVEL),
        (site.strength(amr=frozenset(["pwd"])), rules.LEVEL),
        (site.strength(auth_time=None), rules.AGE),
        (site.strength(**ages), rules.AGE),
        (site.strength(account=site.account + 1), rules.LEVEL),
    ]
    assert [site.lack(site.made(held)) for held, _ in makings] == [lack for _, lack in makings]
    assert site.lack(site.made(fits, by_token=True)) == rules.LEVEL
    token = Token.create_personal("by a command", site.account, scopes=[CURATE])
    db.session.commit()
    assert site.lack(token.id) == rules.LEVEL


def test_a_token_counts_from_its_making(site):
    number = site.made(site.strength())
    for after, lack in ((-61, rules.AGE), (-60, None), (700, None), (1000, None), (1001, rules.AGE)):
        site.at(NOW + after)
        assert site.lack(number) == lack, after


def test_what_is_noted_goes_with_the_token(site):
    number = site.made(site.strength())
    db.session.delete(db.session.query(Token).filter_by(id=number).one())
    db.session.commit()
    assert site.lack(number) == rules.LEVEL
    assert db.session.query(tokens.TokenRow).filter_by(token_id=number).count() == 0
