"""A served catalogue whose curator and operator need a second factor, and people's browsers at it and the provider."""

import contextlib
import hashlib
from urllib.parse import urljoin

from instance import running
from invenio_accounts.models import User
from invenio_db import db
from openid_browser import Browser

from secureb2share_ext.sign_in import entry, identities
from secureb2share_ext.testing.openid import OpenIdProvider

MFA = "https://refeds.org/profile/mfa"
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
    """(catalogue, provider): the account of the curator is linked to the identity at the provider."""
    with OpenIdProvider({"catalogue": {"secret": "s3", "redirect_uris": []}}, dict(USERS)) as provider:
        settings = {
            "mode": mode,
            "providers": {"keycloak": {"issuer": provider.issuer}},
            "rules": rules if isinstance(rules, dict) else list(rules),
        }
        more = {
            "SECUREB2SHARE_SIGN_IN": settings,
            "OAUTHCLIENT_REMOTE_APPS": {"keycloak": entry.remote_app("Two factors", "KEYCLOAK_CREDENTIALS")},
            "KEYCLOAK_CREDENTIALS": {"consumer_key": "catalogue", "consumer_secret": "s3"},
        }
        more.update(overrides)
        with running(kind, folder, **more) as catalogue:
            catalogue.base = catalogue.app.config["SITE_UI_URL"]
            callback = catalogue.base + "/oauth/authorized/keycloak/"
            provider.clients["catalogue"]["redirect_uris"].append(callback)
            link(catalogue, "curator")
            yield catalogue, provider


def subject(name):
    """The claim sub of a user of the provider, see testing/openid_grants.py."""
    return hashlib.sha256(name.encode("utf-8")).hexdigest()[:32]


def link(catalogue, name):
    with catalogue.app.app_context():
        account = db.session.query(User).filter_by(email=USERS[name]["email"]).one()
        identities.link(account.id, "keycloak", subject(name))
        db.session.commit()
