"""A catalogue that asks for a second factor, and a person whose browser types what the provider asks for."""

import contextlib
import time
import uuid

from flask_security.utils import hash_password
from invenio_access.models import ActionUsers
from invenio_accounts.proxies import current_datastore
from invenio_db import db
from keycloak_browser import KeycloakBrowser, one_time_code
from served import example
from signing import SECRET, USERS, link, signing, signing_at
from visitor import Visitor

from scripts.keycloak_realm import PEOPLE, client_secret, password
from secureb2share_ext.hosts.actions import curate
from secureb2share_ext.testing.openid_tokens import totp

SOURCES = {"tsd": {"release": "review"}}
UNENROLLED = "unenrolled"  # a curator who has no second factor


class TwoFactorSite:
    """The catalogue and its provider.

    instance: of tests/instance.py; issuer: the provider's URL; provider: the OpenIdProvider, None for Keycloak.
    """

    def __init__(self, instance, issuer, provider=None):
        self.instance, self.issuer, self.provider = instance, issuer, provider
        self.catalogue = instance.base

    def password(self, name):
        return self.provider.users[name]["password"] if self.provider else password(name)

    def code(self, name):
        """The one-time code of this moment."""
        return totp(SECRET, time.time()) if self.provider else one_time_code(PEOPLE[name][1])

    @contextlib.contextmanager
    def held(self):
        """The path of the page of a registration that waits."""
        answer = self.instance.source.register("second-factor/" + uuid.uuid4().hex, example())
        assert answer["result"] == "held"
        (number,) = self.instance.execute("SELECT max(dataset_id) FROM secureb2share_held")[0]
        yield "/secureb2share/review/%d" % number
        self.instance.execute("DELETE FROM secureb2share_held")

    def refused(self):
        """The reasons of the refusals that the catalogue has stored."""
        rows = self.instance.execute("SELECT reason FROM secureb2share_held")
        return [reason for (reason,) in rows if reason]


@contextlib.contextmanager
def with_provider_of_tests(folder):
    with signing("sqlite", folder, sources=SOURCES) as (instance, provider):
        provider.users[UNENROLLED] = dict(USERS["curator"], email=_address(UNENROLLED), totp=None)
        _add_curator(instance, UNENROLLED)
        link(instance, UNENROLLED)
        yield TwoFactorSite(instance, provider.issuer, provider)


@contextlib.contextmanager
def with_keycloak(folder, issuer):
    with signing_at(issuer, client_secret("catalogue"), "sqlite", folder, sources=SOURCES) as instance:
        _add_curator(instance, UNENROLLED)
        for name in ("curator", UNENROLLED):
            link(instance, name, KeycloakBrowser(issuer, name).sign_in()["sub"])
        yield TwoFactorSite(instance, issuer)


def _address(name):
    return name + "@catalogue.example.org"


def _add_curator(instance, name):
    with instance.app.app_context():
        user = current_datastore.create_user(email=_address(name), password=hash_password(name), active=True)
        db.session.flush()
        db.session.add(ActionUsers.allow(curate, user_id=user.id))
        db.session.commit()


class Person(Visitor):
    """A Visitor whom the provider knows by a name; asked: what its pages asked for on the way to the last page."""

    def __init__(self, browser, site, name="curator", **setting):
        super().__init__(browser, site, **setting)
        self.name, self.asked = name, []

    def go(self, path):
        """Open an address of the catalogue, and type what is asked for on the way; the status of the answer."""
        self.asked = []
        return self.go_on(self.page.goto(self.site.catalogue + path))

    def sign_in(self, path="/"):
        return self.go("/oauth/login/keycloak/?next=" + path)

    def send(self, button):
        """Press a button of the catalogue, and type what is asked for on the way; the status of the answer."""
        self.asked = []
        with self.page.expect_navigation() as sent:
            self.page.get_by_role("button", name=self.say(button), exact=True).first.click()
        return self.go_on(sent.value)

    def go_on(self, answer=None):
        """Type what the provider asks for, until its last page is left; the status of the last answer."""
        while self.is_away():
            step = next((name for name in ("otp", "password") if self.page.locator("#" + name).count()), None)
            # a page without either is one that nobody can go on from
            if step is None:
                break
            assert step not in self.asked, "what was typed was refused:\n" + self.page.locator("body").inner_text()
            self.asked.append(step)
            if step == "otp":
                self.page.locator("#otp").fill(self.site.code(self.name))
            else:
                self.page.locator("#password").fill(self.site.password(self.name))
                # Keycloak asks whoever is signed in already for the password alone
                for control in self.page.locator("#username").all():
                    control.fill(self.name)
            with self.page.expect_navigation() as sent:
                self.page.keyboard.press("Enter")
            answer = sent.value
        return answer.status

    def is_away(self):
        """Whether a page of the provider is open."""
        return self.page.url.startswith(self.site.issuer)
