"""A served catalogue whose curator and operator need a second factor, and people's browsers at it and the provider."""

import contextlib
import hashlib
import os
import time
from urllib.parse import urljoin

from instance import running
from invenio_accounts.models import User
from invenio_db import db
from openid_browser import Browser

from secureb2share_ext.sign_in import entry, identities, tokens
from secureb2share_ext.testing.openid import OpenIdProvider

# neither provider of tests has TLS
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

MFA = "https://refeds.org/profile/mfa"
TITLE = "Two factors"  # of the provider's button
RULE = {"acr": [MFA], "amr": ["otp"], "max_age": 900}
SECRET = "JBSWY3DPEHPK3PXP"
USERS = {
    name: {"password": name + "-password", "totp": SECRET, "email": name + "@catalogue.example.org", "name": name}
    for name in ("curator", "reader", "newcomer")
}


class Person:
    """Somebody's browser: what a page answers in the end, after all that was asked at the provider was typed."""

    def __init__(self, catalogue, provider, name):
        self.catalogue, self.user = catalogue, provider.users[name]
        self.browser = Browser(provider.issuer, name, self.user["password"], self.user.get("totp"))
        self.http = self.browser.session
        self.asked = []  # at the provider, for the last page

    def open(self, path, **more):
        """The Response after every redirect; more: as of requests, such as data for a POST."""
        self.asked = []
        response = self.http.request(
            "POST" if "data" in more else "GET", urljoin(self.catalogue.base, path), allow_redirects=False, **more
        )
        for _ in range(20):
            if not response.is_redirect:
                return response
            url = urljoin(response.url, response.headers["Location"])
            if url.startswith(self.browser.issuer):
                url = self.browser.sign_in(url)
                self.asked += self.browser.asked
                if not isinstance(url, str):
                    return url
            response = self.http.get(url, allow_redirects=False)
        raise AssertionError("redirects without an end")

    def sign_in(self, path="/"):
        return self.open("/oauth/login/keycloak/?next=" + path)


@contextlib.contextmanager
def signing(kind, folder, mode="on", rules=(RULE,), **overrides):
    """(catalogue, provider): the account of the curator is linked to the identity at the provider of tests."""
    with OpenIdProvider({"catalogue": {"secret": "s3", "redirect_uris": []}}, dict(USERS)) as provider:
        with signing_at(provider.issuer, "s3", kind, folder, mode, rules, **overrides) as catalogue:
            provider.clients["catalogue"]["redirect_uris"].append(catalogue.base + "/oauth/authorized/keycloak/")
            link(catalogue, "curator")
            yield catalogue, provider


@contextlib.contextmanager
def signing_at(issuer, secret, kind, folder, mode="on", rules=(RULE,), **overrides):
    """A catalogue that is the client "catalogue" of a provider with this issuer; no account is linked yet."""
    more = dict(client_of(issuer, secret, mode, rules), **overrides)
    with running(kind, folder, **more) as catalogue:
        catalogue.base = catalogue.app.config["SITE_UI_URL"]
        yield catalogue


def client_of(issuer, secret, mode="on", rules=(RULE,)):
    """The configuration of the client "catalogue" of a provider with this issuer."""
    return {
        "SECUREB2SHARE_SIGN_IN": {
            "mode": mode,
            "providers": {"keycloak": {"issuer": issuer}},
            "rules": rules if isinstance(rules, dict) else list(rules),
        },
        "OAUTHCLIENT_REMOTE_APPS": {"keycloak": entry.remote_app(TITLE, "KEYCLOAK_CREDENTIALS")},
        "KEYCLOAK_CREDENTIALS": {"consumer_key": "catalogue", "consumer_secret": secret},
    }


def subject(name):
    """The claim sub of a user of the provider of tests, see testing/openid_grants.py."""
    return hashlib.sha256(name.encode("utf-8")).hexdigest()[:32]


def link(catalogue, name, sub=None):
    """Link an identity to the account of this name; sub: by default that of the provider of tests."""
    with catalogue.app.app_context():
        account = db.session.query(User).filter_by(email=name + "@catalogue.example.org").one()
        identities.link(account.id, "keycloak", sub or subject(name))
        db.session.commit()


def make_late(monkeypatch):
    """A function that lets the next look at a session find that half an hour has passed, and none after it."""
    later = []
    monkeypatch.setattr(tokens, "now", lambda: time.time() + (later.pop() if later else 0))
    return lambda: later.append(1800)
