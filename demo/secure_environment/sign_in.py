"""The sign-in of the data owner at an OpenID provider, with a second factor: the small client of the environment.

It is OpenID Connect's code flow (Core 1.0, 3.1) with PKCE (RFC 7636); what waits for the way back is in a signed cookie
of its own for each sign-in. Without a provider this is not there, and the owner has a password, see login.py.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from urllib.parse import urlencode

from flask import Blueprint, current_app, redirect, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from demo.identity_provider import people
from secureb2share_ext.errors import NotVerified, ProviderDown
from secureb2share_ext.sign_in import discovery, id_token, rules
from secureb2share_ext.testing.openid_requests import MFA

from . import login
from .environment import here

RULE = rules.Rule(acr=frozenset([MFA]), amr=frozenset(["otp"]), max_age=3600)
LIFE = 600  # seconds for a sign-in
LEEWAY = 60  # seconds by which the clocks may differ

blueprint = Blueprint("sign_in", __name__)


class Provider:
    """The provider, as the client of one environment sees it."""

    def __init__(self, path, source):
        """path: of the file that tells of the provider; source: of the environment."""
        told = people.read(path)
        self.issuer, self.client, self.secret = told["issuer"], told["client"], told["secret"]
        self.redirect_uri, self.owner = told["redirect_uris"][source], told["subjects"][source]
        self.discovery = discovery.Discovery(self.issuer)

    def address(self, flow):
        """Where a browser begins a sign-in; raises ProviderDown."""
        asked = {
            "client_id": self.client,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": "openid",
            "state": flow["state"],
            "nonce": flow["nonce"],
            "code_challenge": _digest(flow["verifier"]),
            "code_challenge_method": "S256",
            # one browser signs in as several people of the demo
            "prompt": "login",
        }
        asked.update(rules.wish([RULE], "", rules.LEVEL))
        address = self.discovery.address("authorization_endpoint")
        return address + ("&" if "?" in address else "?") + urlencode(asked)

    def check(self, code, flow, now):
        """Raise NotVerified unless a code proves that the owner has just signed in with both factors."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": flow["verifier"],
            "client_id": self.client,
            "client_secret": self.secret,
        }
        answer = discovery.ask("POST", self.discovery.address("token_endpoint"), data=form)
        try:
            given = json.loads(answer.body)["id_token"]
        except (ValueError, KeyError, TypeError):
            raise NotVerified("no token")
        claims = id_token.verify(given, self.issuer, self.client, flow["nonce"], self.discovery.key, now)
        proved = rules.strength_of("owner", "", claims, [RULE], None)
        if rules.missing(proved, "owner", [RULE], now) is not None:
            raise NotVerified("no second factor")
        if proved.auth_time < flow["began"] - LEEWAY:
            raise NotVerified("an earlier authentication")
        if proved.subject != self.owner:
            raise NotVerified("somebody else")


@blueprint.route("/login/start")
def start():
    """Send the browser to the provider."""
    flow = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    flow.update(began=int(time.time()), next=login.own_page(request.args.get("next")))
    try:
        response = redirect(here().sign_in.address(flow), 303)
    except ProviderDown:
        return login.refused(503)
    # Lax comes with the way back from a provider of another site
    response.set_cookie(
        _cookie(flow["state"]), _serializer().dumps(flow), LIFE, path="/login", httponly=True, samesite="Lax"
    )
    return response


@blueprint.route("/login/back")
def back():
    """Begin the owner's session, if what comes back proves who it is."""
    provider, name = here().sign_in, _cookie(request.args.get("state", ""))
    try:
        flow = _serializer().loads(request.cookies.get(name, ""), max_age=LIFE)
        if not hmac.compare_digest(flow["state"].encode(), request.args["state"].encode()):
            raise NotVerified("another sign-in")
        # RFC 9207
        if request.args.get("iss", provider.issuer) != provider.issuer:
            raise NotVerified("another issuer")
        provider.check(request.args.get("code", ""), flow, time.time())
    except BadSignature:
        return login.refused(403)
    except NotVerified as error:
        current_app.logger.warning("sign-in-refused reason=%s", str(error).replace(" ", "-"))
        return login.refused(403)
    except ProviderDown:
        return login.refused(503)
    response = login.begin(flow["next"])
    response.delete_cookie(name, path="/login")
    return response


def _cookie(state):
    return "sign_in_%s_%s" % (here().site.source, state[:12])


def _serializer():
    return URLSafeTimedSerializer(current_app.secret_key, salt="sign-in")


def _digest(text):
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode("ascii")).digest()).rstrip(b"=").decode("ascii")
