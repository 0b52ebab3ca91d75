"""What an OpenID provider for tests gives for a login: a code, for it an id token and an access token, and userinfo.

OpenID Connect Core 1.0, 3.1.3 and 5.3, with PKCE (RFC 7636): a code is good once, and for a minute.
"""

import hashlib
import hmac
import secrets
from typing import Any, Dict, NamedTuple, Tuple
from urllib.parse import unquote_plus

from flask import jsonify, request

from .openid_requests import Times, Wish, is_openid
from .openid_tokens import base64url

CODE_LIFE, TOKEN_LIFE = 60, 300  # seconds


class Login(NamedTuple):
    """Somebody at one browser; `sid` stays the same at every level."""

    user: str
    sid: str
    times: Times


class Asked:
    """A request whose answer is not there yet."""

    def __init__(self, ticket: str, values: Dict[str, str], wish: Wish, until: float) -> None:
        self.ticket, self.values, self.wish, self.until, self.tries = ticket, values, wish, until, 0

    def proof(self) -> Tuple[str, ...]:
        """What must come with the code: client, redirect URI, and the SHA-256 of the verifier."""
        return tuple(self.values[name] for name in ("client_id", "redirect_uri", "code_challenge"))


class Grants:
    """Codes and tokens; `issued` has the client of each id token."""

    def __init__(self, provider: Any) -> None:
        """provider: an OpenIdProvider."""
        self._provider = provider
        self._codes: Dict[str, Tuple[Asked, Login, float]] = {}
        self._spent: Dict[str, str] = {}  # {code: the access token that it gave}
        self._tokens: Dict[str, Tuple[Dict[str, Any], float]] = {}
        self.issued: Dict[str, str] = {}

    def code(self, asked: Asked, login: Login) -> str:
        """A new code for a login that misses nothing."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = (asked, login, self._provider.now() + CODE_LIFE)
        return code

    def token(self) -> Any:
        """Answer with tokens for a code."""
        form, basic = request.form, request.authorization
        if basic:
            name, secret = unquote_plus(basic.username or ""), unquote_plus(basic.password or "")
        else:
            name, secret = form.get("client_id", ""), form.get("client_secret", "")
        known = self._provider.clients.get(name, {}).get("secret", "")
        if not known or not hmac.compare_digest(known.encode("utf-8"), secret.encode("utf-8")):
            return jsonify(error="invalid_client"), 401, {"WWW-Authenticate": 'Basic realm="OpenID"'}
        if form.get("grant_type") != "authorization_code":
            return jsonify(error="unsupported_grant_type"), 400
        code = form.get("code", "")
        granted = self._codes.pop(code, None)
        # whoever has a code that was used may have stolen it: what it gave ends too (RFC 6749, 4.1.2)
        self._tokens.pop(self._spent.get(code, ""), None)
        verifier = form.get("code_verifier", "").encode("utf-8")
        proof = (name, form.get("redirect_uri"), base64url(hashlib.sha256(verifier).digest()))
        if granted is None or granted[2] < self._provider.now() or granted[0].proof() != proof:
            return jsonify(error="invalid_grant"), 400
        asked, login, _ = granted
        access = secrets.token_urlsafe(24)
        person = self._person(login.user)
        self._spent[code], self._tokens[access] = access, (person, self._provider.now() + TOKEN_LIFE)
        given: Dict[str, Any] = {"access_token": access, "token_type": "Bearer", "expires_in": TOKEN_LIFE}
        if is_openid(asked.values):
            given["id_token"] = self._id_token(asked, login, person)
            self.issued[given["id_token"]] = name
        return jsonify(given)

    def _id_token(self, asked, login, person):
        provider = self._provider
        client, now = asked.values["client_id"], int(provider.now())
        acr, amr, auth_time = asked.wish.reached(login.times)
        claims = dict(person, iss=provider.issuer, aud=client, azp=client, iat=now, exp=now + TOKEN_LIFE, sid=login.sid)
        claims.update(acr=acr, amr=amr, auth_time=auth_time)
        if "nonce" in asked.values:
            claims["nonce"] = asked.values["nonce"]
        header = provider.signer.header()
        other = provider.tamper(header, claims) if provider.tamper else None
        return provider.signer.token(header, claims) if other is None else other

    def _person(self, name):
        user = self._provider.users[name]
        return {
            # another issuer may have the same one: it is the issuer's, and nobody else's
            "sub": hashlib.sha256(name.encode("utf-8")).hexdigest()[:32],
            "email": user["email"],
            "email_verified": user.get("email_verified", True),
            "preferred_username": name,
            "name": user.get("name", name),
            "groups": list(user.get("groups", [])),
        }

    def userinfo(self) -> Any:
        """Answer with what is known of whom an access token is for."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        person, until = self._tokens.get(token if kind.lower() == "bearer" else "", (None, 0))
        if person is None or until < self._provider.now():
            return jsonify(error="invalid_token"), 401, {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        person = dict(person)
        other = self._provider.tamper_userinfo(person) if self._provider.tamper_userinfo else None
        return jsonify(**person) if other is None else other
