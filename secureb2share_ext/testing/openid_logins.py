"""Logins at an OpenID provider for tests: the pages that ask for a password and a code, and signing out.

OpenID Connect Core 1.0, 3.1.2, with the issuer in the answer (RFC 9207), and RP-Initiated Logout 1.0. A login is kept
by a cookie, which is another one after each factor.
"""

import hmac
import secrets
from typing import Any, Dict
from urllib.parse import urlencode, urlsplit

from flask import redirect, render_template_string, request

from .openid_grants import Asked, Login
from .openid_pages import DESCRIBED, PAGE, TITLES, WRONG
from .openid_requests import Refusal, read
from .openid_tokens import PERIOD, totp

TRIES = 5
PAGE_LIFE = 600  # seconds
# the cookies of all ports of one address are together
COOKIE = "secureb2share_openid"


class Logins:
    """The logins of all browsers, and the requests whose pages are open."""

    def __init__(self, provider: Any) -> None:
        """provider: an OpenIdProvider."""
        self._provider = provider
        self._path = urlsplit(provider.issuer).path
        self._logins: Dict[str, Login] = {}
        self._asked: Dict[str, Asked] = {}
        self._last = 0.0

    def authorize(self) -> Any:
        """Take a request (GET) or what somebody typed (POST)."""
        login = self._logins.get(request.cookies.get(COOKIE, ""))
        # somebody may have been taken away meanwhile
        login = login if login and login.user in self._provider.users else None
        if request.method == "POST":
            return self._take(login)
        values = {name: found[0] for name, found in request.args.lists()}
        client = self._provider.clients.get(values.get("client_id", ""), {"redirect_uris": []})
        if values.get("redirect_uri") not in client["redirect_uris"]:
            return self._page("Sign-in stopped", "This client or its redirect_uri is not known."), 400
        try:
            wish = read(dict(request.args.lists()), self._at(), self._provider.is_oauth_enough)
        except Refusal as refusal:
            return self._back(values, error=refusal.error, error_description=str(refusal))
        return self._next(Asked(secrets.token_urlsafe(16), values, wish, self._provider.now() + PAGE_LIFE), login)

    def _at(self):
        """The time; later than ever before, so that what was typed before a request is older than it."""
        self._last = max(self._provider.now(), self._last + 1e-6)
        return self._last

    def _take(self, login):
        """Take what somebody typed, and ask for the next or go back to the client."""
        asked = self._asked.get(request.form.get("ticket", ""))
        if asked is None or asked.until < self._provider.now():
            return self._page("Sign-in stopped", "This page is too old: begin again at the client."), 400
        step = asked.wish.missing(login.times if login else {}, self._has_totp(login))
        # nothing is typed for a factor that another tab has asked for meanwhile
        if step is None or step not in request.form:
            return self._next(asked, login)
        name = login.user if login and step == "otp" else request.form.get("username", "")
        if not self._is_right(step, name, request.form[step]):
            asked.tries += 1
            if asked.tries < TRIES:
                return self._next(asked, login, wrong=WRONG[step])
            del self._asked[asked.ticket]
            return self._back(asked.values, error="access_denied", error_description="That was wrong too often.")
        if login is None or login.user != name:
            login = Login(name, secrets.token_hex(8), {})
        login = login._replace(times=dict(login.times, **{step: self._at()}))
        answer = self._provider.app.make_response(self._next(asked, login))
        self._logins.pop(request.cookies.get(COOKIE, ""), None)
        cookie = secrets.token_urlsafe(24)
        self._logins[cookie] = login
        # an old Werkzeug has no samesite of its own
        answer.headers.add("Set-Cookie", "%s=%s; Path=%s; HttpOnly; SameSite=Lax" % (COOKIE, cookie, self._path or "/"))
        return answer

    def _next(self, asked, login, wrong=""):
        """The page that asks for what is missing, or the answer to the client."""
        if asked.wish.level(self._has_totp(login)) is None:
            return self._back(asked.values, error="unmet_authentication_requirements")
        step = asked.wish.missing(login.times if login else {}, self._has_totp(login))
        if step is None:
            self._asked.pop(asked.ticket, None)
            return self._back(asked.values, code=self._provider.grants.code(asked, login))
        if asked.wish.is_silent:
            return self._back(asked.values, error="login_required")
        self._asked[asked.ticket] = asked
        shown = {"user": request.form.get("username", login.user if login else "")}
        if step == "otp" and self._provider.show_codes:
            shown["code"] = totp(self._provider.users[login.user]["totp"], self._provider.now())
        return self._page(TITLES[step], wrong, step=step, ticket=asked.ticket, button="Go on", **shown)

    def _has_totp(self, login):
        return login is None or bool(self._provider.users[login.user].get("totp"))

    def _is_right(self, step, name, given):
        user = self._provider.users.get(name, {})
        good = [user.get("password")]
        if step == "otp":
            good = [totp(user["totp"], self._provider.now() + late) for late in (-PERIOD, 0, PERIOD)]
        return any(one and hmac.compare_digest(one.encode("utf-8"), given.encode("utf-8")) for one in good)

    def _back(self, values, **said):
        """The answer at the client's redirect URI, with the issuer in it (RFC 9207)."""
        if "state" in values:
            said["state"] = values["state"]
        place = values["redirect_uri"]
        return redirect(place + ("&" if "?" in place else "?") + urlencode(dict(said, iss=self._provider.issuer)), 303)

    def _page(self, title, wrong="", **shown):
        action = self._path + ("/logout" if shown.get("step") == "sign out" else "/authorize")
        shown.update(title=title, wrong=wrong, described=DESCRIBED if wrong else "")
        return render_template_string(PAGE, style=self._provider.style, action=action, **shown)

    def logout(self) -> Any:
        """End the login of a browser: at once where an id token of ours is given, else after a page that asks."""
        client = self._provider.grants.issued.get(request.values.get("id_token_hint", ""))
        if request.method == "GET" and client is None:
            said = "Sign out here? What you have open elsewhere may stay open."
            return self._page(TITLES["sign out"], said=said, step="sign out", button="Sign out")
        self._logins.pop(request.cookies.get(COOKIE, ""), None)
        place = request.values.get("post_logout_redirect_uri", "")
        if client is None or place not in self._provider.clients[client].get("post_logout_redirect_uris", ()):
            return self._page("Signed out", said="You are signed out.")
        state = urlencode({"state": request.values["state"]}) if "state" in request.values else ""
        return redirect(place + (("&" if "?" in place else "?") + state if state else ""), 303)
