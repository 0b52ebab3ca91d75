"""A served catalogue with two identity providers whose sign-ins are played: what was verified is taken as given."""

import contextlib
import uuid

import requests
from flask import g, request
from flask_security.utils import hash_password, login_user
from instance import running
from invenio_access.models import ActionUsers
from invenio_accounts.models import User
from invenio_accounts.proxies import current_datastore
from invenio_db import db

from secureb2share_ext.sign_in import identities, rules, strength, tokens

MFA = "https://refeds.org/profile/mfa"
PROVIDERS = {name: {"issuer": "https://%s.example.org" % name} for name in ("idp", "other")}
ROLES = {
    "idp": {
        "groups": {
            "curators": ["curate:tsd", "review"],
            "reviewers": ["review:tsd"],
            "operators": ["operate", "erase"],
        },
        "role": {"admin": ["operate"]},
    },
    "other": {"groups": {"curators": ["curate:tsd"]}},
}
SIGN_IN = {
    "mode": "on",
    "providers": PROVIDERS,
    "rules": [{"acr": [MFA], "max_age": 3600}],
    "roles": ROLES,
}
HOST_ROUTES = {"invenio_oauthclient.*": "the host's sign-in", "play": "the sign-ins of tests"}
CURATOR = {"secureb2share-curate": "tsd", "secureb2share-review": None}


class Catalogue:
    """A running instance, the accounts that tests make in it, and their sign-ins."""

    def __init__(self, instance):
        self.instance, self.app, self.base = instance, instance.app, instance.base_url
        instance.app.add_url_rule("/play", "play", _play, methods=["POST"])

    def account(self, *providers):
        """(id, address) of a new account that is linked to identities of its own at these providers."""
        address = "person-%s@catalogue.example.org" % uuid.uuid4().hex
        with self.app.app_context():
            user = current_datastore.create_user(email=address, password=hash_password("secret-1"), active=True)
            db.session.flush()
            number = user.id
            for name in providers:
                identities.link(number, name, "sub-%d" % number)
            db.session.commit()
        return number, address

    def sign_in(self, account, claims, provider="idp", subject=None):
        """A requests.Session of an account (id) that signed in with these claims."""
        session = requests.Session()
        answer = self.post(session, account, claims, provider, subject)
        assert answer.status_code == 200, answer.text
        return session

    def post(self, session, account, claims, provider="idp", subject=None):
        claims = dict(claims, sub=subject or "sub-%d" % account)
        body = {"account": account, "provider": provider, "claims": claims}
        return session.post(self.base + "/play", json=body, timeout=60)

    def granted(self, account):
        """{(action, argument): number of rows} that the host has for an account."""
        with self.app.app_context():
            rows = [(row.action, row.argument) for row in ActionUsers.query.filter_by(user_id=account, exclude=False)]
            db.session.remove()
        return {row: rows.count(row) for row in rows}

    def noted(self, account):
        """{(action, argument): provider} of our own table."""
        rows = self.instance.execute("SELECT * FROM secureb2share_grant WHERE account = :a", a=account)
        return {(row.action, row.argument): row.provider for row in rows}

    def allow(self, account, action, argument=None, exclude=False):
        """Give, or deny, a right as an operator does."""
        with self.app.app_context():
            db.session.add(ActionUsers(user_id=account, action=action, argument=argument, exclude=exclude))
            db.session.commit()

    def remove(self, account, action, argument=None):
        """Take every row of a right as an operator does."""
        with self.app.app_context():
            for row in ActionUsers.query.filter_by(user_id=account, action=action, argument=argument):
                db.session.delete(row)
            db.session.commit()

    def sweep(self):
        """Run the part of a sweep that ends sessions."""
        with self.app.app_context():
            self.app.extensions["secureb2share"].end_sessions()
            db.session.remove()

    def run(self, *words):
        return self.app.test_cli_runner().invoke(args=["secureb2share", *words])


def _play():
    body = request.get_json()
    g.secureb2share_claims = body["claims"]
    provider, acr = body["provider"], body["claims"].get("acr", MFA)
    issuer = PROVIDERS[provider]["issuer"]
    claims = dict(body["claims"], iss=issuer, acr=acr, amr=["pwd", "otp"], auth_time=int(tokens.now()))
    strength.prove(rules.strength_of("", provider, claims, [], None), provider)
    login_user(db.session.query(User).filter_by(id=body["account"]).one())
    return "signed in"


@contextlib.contextmanager
def granting(kind, folder, **more):
    """A Catalogue; more: of the configuration."""
    overrides = {"SECUREB2SHARE_SIGN_IN": SIGN_IN, "SECUREB2SHARE_AUDIT_KNOWN": HOST_ROUTES}
    with running(kind, folder, **dict(overrides, **more)) as instance:
        yield Catalogue(instance)
