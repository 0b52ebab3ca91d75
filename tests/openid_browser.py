"""Somebody's browser at an OpenID provider of tests, by requests: it types what the pages ask, up to the callback."""

import base64
import hashlib
import secrets
import time
from urllib.parse import parse_qsl, quote_plus, urlencode, urljoin, urlsplit

import requests
from html_form import Page

from secureb2share_ext.testing.openid_tokens import totp


class Relying:
    """A client without a site: the requests of one sign-in, and what it does with the callback."""

    def __init__(self, issuer, client_id, secret, redirect_uri):
        self.issuer, self.client_id, self.secret, self.redirect_uri = issuer, client_id, secret, redirect_uri
        self.verifier, self.nonce, self.state = (secrets.token_urlsafe(32) for _ in range(3))

    def url(self, **more):
        """The authorization request; more: parameters that differ, None for one that is left out."""
        digest = hashlib.sha256(self.verifier.encode("ascii")).digest()
        values = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": "openid",
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii"),
            "code_challenge_method": "S256",
        }
        values.update(more)
        return self.issuer + "/authorize?" + urlencode({name: one for name, one in values.items() if one is not None})

    def redeem(self, code, basic=False, **more):
        """The answer of the token endpoint for a code; more: as in `url`."""
        values = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }
        if not basic:
            values.update(client_id=self.client_id, client_secret=self.secret)
        values.update(more)
        form = {name: one for name, one in values.items() if one is not None}
        # as RFC 6749, 2.3.1 writes them
        who = (quote_plus(self.client_id), quote_plus(self.secret)) if basic else None
        return requests.post(self.issuer + "/token", data=form, auth=who, timeout=10)


class Browser:
    """One browser, which keeps the provider's cookie; `asked`: what the pages of the last sign-in asked for."""

    def __init__(self, issuer, username, password, secret=None, now=time.time):
        """secret: that of the second factor, Base32."""
        self.issuer, self.username, self.password, self.secret, self.now = issuer, username, password, secret, now
        self.session, self.asked, self.pages = requests.Session(), [], []

    def sign_in(self, url, otp=None):
        """The callback URL that a sign-in ends with, or the Response where it ends with another page of the provider.

        url: of the provider, or of a site that redirects there. otp: a code to type instead of the right one.
        """
        self.asked, self.pages = [], []
        response = self.session.get(url, allow_redirects=False, timeout=10)
        while True:
            if response.is_redirect:
                url = urljoin(response.url, response.headers["Location"])
                if response.url.startswith(self.issuer) and not url.startswith(self.issuer):
                    return url
                response = self.session.get(url, allow_redirects=False, timeout=10)
                continue
            page = Page(response.text)
            self.pages.append(response)
            typed = dict(page.sent)
            if not {"password", "otp"} & set(typed):
                return response
            step = "otp" if "otp" in typed else "password"
            self.asked.append(step)
            if step == "otp":
                typed["otp"] = otp if otp is not None else totp(self.secret, self.now()) if self.secret else ""
            else:
                typed.update(username=self.username, password=self.password)
            place = response.url.split("?")[0]
            response = self.session.post(place, data=typed, allow_redirects=False, timeout=10)


def said(url):
    """The parameters of a callback URL."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
