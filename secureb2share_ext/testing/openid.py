"""An OpenID provider for tests and trials, on loopback: a password, a second factor, and what OpenID Connect says.

with OpenIdProvider(clients, users) as provider:
    ... provider.issuer, provider.requests, provider.tamper

It has discovery, keys, the code flow with PKCE, levels and ages of a login, userinfo and sign-out, and keeps all of it
in memory. Nobody enrols, a code is good for as long as it is shown however often it is typed, and a page is not bound
to the browser that opened it: it is for people of whom nothing has to be protected.
"""

import threading
import time
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from flask import Flask, jsonify, request

from ..targets.testing import Loopback
from .openid_grants import Grants
from .openid_logins import Logins
from .openid_requests import LEVELS
from .openid_tokens import Signer


class OpenIdProvider:
    """The provider, as a Flask application `app` or served on loopback.

    These attributes may be changed while it runs: clients, users, signer (other keys), tamper, requests, and
    tamper_userinfo: None, or callable(claims) that may change what userinfo says, or gives another response instead.
    """

    def __init__(
        self,
        clients: Mapping[str, Mapping[str, Any]],
        users: Mapping[str, Mapping[str, Any]],
        algorithm: str = "RS256",
        tamper: Optional[Callable[[Dict[str, Any], Dict[str, Any]], Optional[str]]] = None,
        show_codes: bool = False,
        style: Optional[str] = None,
        port: int = 0,
        issuer: Optional[str] = None,
        now: Callable[[], float] = time.time,
        is_oauth_enough: bool = False,
    ) -> None:
        """clients: {id: {"secret", "redirect_uris", "post_logout_redirect_uris" or not}}.

        users: {name: {"password", "email", and maybe "totp" (Base32), "name", "groups", "email_verified"}}; without
        "totp" somebody has no second factor. algorithm: one of openid_tokens.ALGORITHMS. tamper: callable(header,
        claims) that may change an id token, or give another text in its place. show_codes: the page that asks for a
        code shows it. style: URL of a style sheet. issuer: by default on 127.0.0.1 and `port` (0: any).
        is_oauth_enough: a request without the scope openid is answered as OAuth 2.0 has it, without an id token.
        """
        self.clients, self.users, self.tamper, self.now = clients, users, tamper, now
        self.signer = Signer(algorithm)
        self.is_oauth_enough = is_oauth_enough
        self.tamper_userinfo: Optional[Callable[[Dict[str, Any]], Any]] = None
        self.requests: List[Tuple[str, str]] = []  # (method, path)
        self.show_codes, self.style = show_codes, style
        self._port, self._issuer, self._lock = port, issuer, threading.Lock()
        self.logins, self.grants = Logins(self), Grants(self)
        self.app = self._application(urlsplit(self.issuer).path)

    @property
    def issuer(self) -> str:
        """The issuer's URL, without a slash at its end."""
        return self._issuer or "http://127.0.0.1:%d/openid" % self._port

    def __enter__(self) -> "OpenIdProvider":
        self._server = _Server(_Handler, self._port)
        self._server.set_app(self.app)
        self._port = self._server.server_address[1]
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self._server.stop()

    def _application(self, prefix):
        app = Flask(__name__, static_folder=None)
        for path, methods, view in (
            ("/.well-known/openid-configuration", ["GET"], self._discovery),
            ("/jwks", ["GET"], lambda: jsonify(keys=[self.signer.jwk()])),
            ("/authorize", ["GET", "POST"], self.logins.authorize),
            ("/token", ["POST"], self.grants.token),
            ("/userinfo", ["GET", "POST"], self.grants.userinfo),
            ("/logout", ["GET", "POST"], self.logins.logout),
        ):
            app.add_url_rule(prefix + path, path.rsplit("/", 1)[-1], self._alone(view), methods=methods)
        app.after_request(_unkept)
        return app

    def _alone(self, view):
        def answer():
            with self._lock:
                self.requests.append((request.method, request.path))
                return view()

        return answer

    def _discovery(self):
        places = {
            "authorization_endpoint": "/authorize",
            "token_endpoint": "/token",
            "userinfo_endpoint": "/userinfo",
            "jwks_uri": "/jwks",
            "end_session_endpoint": "/logout",
        }
        return jsonify(
            issuer=self.issuer,
            response_types_supported=["code"],
            grant_types_supported=["authorization_code"],
            subject_types_supported=["public"],
            scopes_supported=["openid"],
            acr_values_supported=list(LEVELS),
            claims_parameter_supported=True,
            claims_supported="sub acr amr auth_time email email_verified preferred_username name groups".split(),
            id_token_signing_alg_values_supported=[self.signer.algorithm],
            token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
            code_challenge_methods_supported=["S256"],
            authorization_response_iss_parameter_supported=True,
            **{name: self.issuer + path for name, path in places.items()},
        )


def _unkept(response):
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Frame-Options"] = "DENY"
    return response


class _Server(Loopback, WSGIServer):
    """The server of every fake, for a WSGI application."""


class _Handler(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass
