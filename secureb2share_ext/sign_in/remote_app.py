"""The host's remote app of a provider, with what OpenID Connect asks of a client and invenio-oauthclient leaves out.

It adds a nonce, PKCE and the level that a step-up needs, binds the way back to the browser, and verifies what comes
back before any handler of the host sees it. Name it in ``OAUTHCLIENT_REMOTE_APPS[...]["remote_app"]``; where the host
makes its remote apps itself, `equip` changes the class of one. Source: flask_oauthlib/client.py, of 0.9.3 to 2.0.
"""

import base64
import functools
import hashlib
import logging
import secrets
import time
from importlib import import_module
from typing import Any, Dict, Optional
from urllib.parse import urlsplit

from flask import Flask, g, redirect, request, session
from flask_login import current_user
from flask_oauthlib.client import OAuthException, OAuthRemoteApp
from flask_security.utils import login_user
from invenio_oauthclient import utils

from ..descriptions import strict_json
from ..errors import Invalid, NotVerified, ProviderDown
from ..proxies import current
from . import account_check, discovery, id_token, kept, rules, strength
from .answers import DOWN, has_written, is_subject, is_token_answer, refuse, step_key

logger = logging.getLogger(__name__)
OURS = "/secureb2share/"  # begins the addresses of our pages
STALE = 60  # seconds by which the clocks may differ


def _serializer():
    if hasattr(utils, "serializer"):
        return utils.serializer
    # 1.0.0b2
    return import_module("invenio_oauthclient.views.client").serializer


def _digest(text):
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode("ascii")).digest()).rstrip(b"=").decode("ascii")


class _Answer:
    """An answer of the provider, with the two members of urllib's that flask-oauthlib reads."""

    def __init__(self, status, headers):
        self.code, self.headers = status, headers


class RemoteApp(OAuthRemoteApp):
    """The remote app of a provider that SECUREB2SHARE_SIGN_IN names; any other stays as the host has it."""

    @property
    def provider(self) -> Any:
        """The Provider (settings.Provider) of our configuration, whatever its modes, or None."""
        return current().sign_in_providers.get(self.name)

    @property
    def discovery(self) -> discovery.Discovery:
        """What the issuer publishes."""
        return current().issuers[self.provider.issuer]

    @property
    def authorize_url(self) -> str:
        """The provider's own address for this, where it publishes one."""
        return self._published("authorization_endpoint", "authorize_url")

    @property
    def access_token_url(self) -> str:
        """The provider's own address for this, where it publishes one."""
        return self._published("token_endpoint", "access_token_url")

    def _published(self, member, name):
        provider = self.provider
        if provider is None or not provider.issuer:
            address = self._get_property(name, None)
            if not address:
                refuse("no provider of this name", DOWN, 503)
            return address
        return self._ask(self.discovery.address, member)

    def _ask(self, question, value):
        try:
            return question(value)
        except ProviderDown as error:
            logger.warning("secureb2share.sign-in-down provider=%s reason=%s", self.name, str(error).replace(" ", "-"))
            refuse("provider down", DOWN, 503)

    @property
    def access_token_params(self) -> Dict[str, Any]:
        """The parameters of this request: flask-oauthlib keeps one set a process."""
        return dict(self._access_token_params or {}, **getattr(g, "secureb2share_token_params", {}))

    def http_request(self, uri: str, headers: Any = None, data: Any = None, method: Optional[str] = None) -> Any:
        """Ask the provider, with a time-out; flask-oauthlib's own waits for ever, and reads whatever comes."""
        try:
            answer = discovery.ask(method or "GET", uri, headers, data or None)
            if self.provider is None:
                return _Answer(answer.status, answer.headers), answer.body
            # tokens and userinfo are JSON (RFC 6749, 5.1 and 5.2; OpenID Connect Core 1.0, 5.3.2)
            if not isinstance(strict_json.parse(answer.body), dict):
                refuse("an answer that is no object")
        except Invalid:
            refuse("an answer that is no JSON")
        except ProviderDown as error:
            logger.warning("secureb2share.sign-in-down reason=%s", str(error).replace(" ", "-"))
            refuse("provider down", DOWN, 503)
        return _Answer(answer.status, {"content-type": "application/json"}), answer.body

    def authorize(self, callback: Any = None, state: Any = None, **kwargs: Any) -> Any:
        """Send the browser to the provider, with what its way back has to bring."""
        if self.provider is None:
            return super().authorize(callback, state, **kwargs)
        step = kept.find("step", step_key(request.args.get("next"))) or {}
        asked = rules.again(step.get("wish", {}), strength.held(), self.name)
        flow = {
            "app": self.name,
            "nonce": secrets.token_urlsafe(24),
            "verifier": secrets.token_urlsafe(48),
            "callback": _canonical(callback),
            "is_step_up": bool(step),
            "is_anew": asked.get("prompt") == "login",
            "account": strength.account(),
            "began": int(time.time()),
        }
        way: Any = kept.keep("flow", flow)
        # two tabs within a second would have the same state: the host puts no chance into it
        state = _serializer().dumps(dict(_serializer().loads(state), flow=way.key))
        more = dict(kwargs, code_challenge=_digest(flow["verifier"]), code_challenge_method="S256", **asked)
        if self.provider.issuer:
            more["nonce"] = flow["nonce"]
        state = state.decode("ascii") if isinstance(state, bytes) else state
        return kept.hand_over(super().authorize(flow["callback"], state, **more), way)

    def handle_oauth1_response(self, *args: Any) -> Any:
        """Refuse an answer of OAuth 1, which is none to what was asked."""
        if self.provider is None:
            return super().handle_oauth1_response(*args)
        refuse("an answer of another protocol")

    def handle_unknown_response(self) -> Any:
        """Lead back to what was written where the provider says no; else this is left to the host."""
        if self.provider is None:
            return super().handle_unknown_response()
        _, way = self._flow()
        if has_written(way):
            refuse("no code", way=way)
        return super().handle_unknown_response()

    def handle_oauth2_response(self, *args: Any) -> Any:
        """Exchange the code, verify what comes, and let the session of the account have its strength."""
        if self.provider is None:
            return super().handle_oauth2_response(*args)
        flow, way = self._flow()
        # the address of a tab's own start, and not that of the last one
        g.secureb2share_token_params = {"code_verifier": flow["verifier"], "redirect_uri": flow["callback"]}
        try:
            data = super().handle_oauth2_response(*args)
        except OAuthException:
            refuse("no token for this code", way=way)
        if not is_token_answer(data):
            refuse("no access token", way=way)
        claims = self._claims(data, flow, way)
        g.secureb2share_claims = claims
        account_check.check(self.provider, claims, flow, way)
        session[account_check.SUBJECT + self.name] = claims["sub"]
        settings = current().sign_in
        if settings is None:
            return data
        ended_at = int(time.time()) if flow["is_anew"] else None
        proved = rules.strength_of("", self.name, claims, settings.every_rule(), ended_at)
        strength.prove(proved, self.provider.method)
        if flow["is_step_up"] and current_user.is_authenticated:
            # the host renews the session's id at a login
            login_user(current_user._get_current_object())
        return data

    def _flow(self):
        """(what was kept at the start, the address to which the sign-in was to lead), once for each start."""
        state = _serializer().loads(request.args["state"])
        flow, way = kept.take("flow", state.get("flow")), state.get("next")
        if flow is None or flow["app"] != self.name:
            refuse("another browser or too late", way=way)
        # another tab may have logged in meanwhile, as whom is looked at below
        if flow["account"] not in ("", strength.account()):
            refuse("another account than at the start", way=way)
        if self.provider.issuer and request.args.get("iss", self.provider.issuer) != self.provider.issuer:
            refuse("mixed-up issuer", way=way)
        return flow, way

    def _claims(self, data, flow, way):
        if not self.provider.issuer:
            claims = self._claims_of_userinfo(data, way)
        else:
            claims = self._claims_of_token(data, flow, way)
        if not is_subject(claims.get("sub")):
            refuse("no subject", way=way)
        return claims

    def _claims_of_token(self, data, flow, way):
        try:
            claims = id_token.verify(
                data.get("id_token"),
                self.provider.issuer,
                self.consumer_key,
                flow["nonce"],
                lambda kid: self._ask(self.discovery.key, kid),
                time.time(),
                self.provider.algorithms,
            )
        except NotVerified as error:
            refuse(str(error), way=way)
        # max_age was asked for, so that the claim has to be there (OpenID Connect Core 1.0, 2)
        auth_time = claims.get("auth_time")
        if flow["is_anew"] and not (rules.is_time(auth_time) and auth_time >= flow["began"] - STALE):
            refuse("an earlier authentication", way=way)
        return claims

    def _claims_of_userinfo(self, data, way):
        answer = self.get(self.provider.userinfo, token=(data["access_token"], ""))
        if answer.status != 200:
            refuse("no userinfo", way=way)
        # what only an id token could prove is nobody's word
        return {name: value for name, value in answer.data.items() if name not in ("acr", "amr", "auth_time")}


def _canonical(callback):
    # the host's view says https and the name that the request came for
    base, way = urlsplit(current().host.base_url()), urlsplit(callback)
    return "%s://%s%s" % (base.scheme, base.netloc, way.path)


def equip(app: Flask, name: str) -> None:
    """Give the remote app of this name the class, where it has not got it from the configuration.

    Such a host's own handler may lead to its first page always: whoever came from a page of ours is led back there.
    """
    remotes = getattr(app.extensions.get("oauthlib.client"), "remote_apps", {})
    remote: Any = remotes.get(name)
    if remote is None or isinstance(remote, RemoteApp):
        return
    remote.__class__ = type("StepUpRemoteApp", (RemoteApp, type(remote)), {})
    handlers = getattr(app.extensions.get("invenio-oauthclient"), "handlers", {})
    if name in handlers:
        handlers[name] = _leading_back(handlers[name])


def _leading_back(handler):
    @functools.wraps(handler)
    def handle(*args, **kwargs):
        answer = handler(*args, **kwargs)
        to = _serializer().loads(request.args["state"]).get("next") or ""
        is_done = getattr(answer, "status_code", None) in (302, 303) and current_user.is_authenticated
        return redirect(to) if is_done and _is_ours(to) else answer

    return handle


def _is_ours(address):
    # everything else stays as the host has it; an application may be mounted, as under /api
    return address.startswith(request.script_root + OURS)
