"""The question before an action: is this session strong enough? If not, what was asked waits, and a step-up begins."""

import logging
from typing import Any, Dict, Optional

from flask import current_app, redirect, request, url_for
from invenio_db import db

from ..errors import NotStrong
from ..pages import private
from ..pages.render import render
from ..problems import problem_response
from ..proxies import current
from ..uploads import observe
from . import identities, kept, rules, strength, tokens
from .settings import SignIn

logger = logging.getLogger(__name__)
LOGIN = "invenio_oauthclient.login"
READING = ("GET", "HEAD")
FIELDS = 5000  # of a form that waits
OBSERVED = observe.SIGN_IN + "%s-%s"  # under this a request is counted that would have been stopped: action, lack


def lack(action: str) -> Optional[str]:
    """None where the current request is strong enough for an action of rules.ACTIONS, else what is missing."""
    settings: Optional[SignIn] = current().sign_in
    if settings is None or not settings.rules[action]:
        return None
    if tokens.is_token():
        missing = tokens.lack(settings, action)
    else:
        # a session may end while the body of its request still comes
        request.get_data()
        held = strength.standing(db.session.connection()) if strength.held() is not None else None
        held = held if settings.proved_by(held) is not None else None
        missing = rules.missing(held, strength.account(), settings.rules[action], tokens.now())
        # rights may have come since the sign-in
        if missing is None and not _counts(settings, held):
            missing = rules.LEVEL
    if missing is not None and settings.mode == "observe":
        observe.note(OBSERVED % (action, missing), "")
        logger.info("secureb2share.sign-in-observed action=%s lack=%s", action, missing)
        return None
    return missing


def _counts(settings, held):
    return identities.counts(int(held.account), settings.proved_by(held), held.subject)


def must_be_strong(action: str) -> None:
    """Raise NotStrong, which becomes the 401 of RFC 9470, where the current request is not strong enough."""
    missing = lack(action)
    if missing is not None:
        raise problem(action)


def problem(action: str) -> NotStrong:
    """What a program is told: the levels and the age that are needed."""
    found = current().sign_in.rules[action]
    levels = sorted({level for rule in found for level in rule.acr})
    return NotStrong(levels, max(rule.max_age for rule in found))


def ask(action: str, readable: str = "") -> Optional[Any]:
    """The response that begins a step-up for the page or form of the current request, or None where none is needed.

    readable: the address to which a form leads that does not wait, as no page of this catalogue has sent it, or as it
    is too long.
    """
    missing = lack(action)
    if missing is None:
        return None
    if tokens.is_token() or LOGIN not in current_app.view_functions or not _is_for_reading():
        return problem_response(problem(action))
    settings = current().sign_in
    provider = _provider(settings, action)
    step: Dict[str, Any] = {
        "wish": rules.wish(settings.rules[action], provider, missing),
        "action": action,
        "account": strength.account(),
    }
    # a fresh token comes with the page, so that a form of another site would get one
    step.update(_asked() if request.method in READING or private.is_own_form() else _page(readable or "/"))
    waiting = kept.keep("step", step) if len(step["form"]) <= FIELDS else None
    if waiting is None:
        # what was typed is nowhere else
        typed = private.typed(step["form"])
        return render(private.PRIVATE, needs=None, typed=typed, address=readable or "/"), 413
    back = url_for("secureb2share_sign_in.back", key=waiting.key)
    # 303: what was sent is not sent to the provider
    return kept.hand_over(redirect(url_for(LOGIN, remote_app=provider, next=back), 303), waiting)


def _asked():
    """The page or form of the current request, as it waits."""
    # full_path ends with a ? where there is no query
    to = request.full_path if request.query_string else request.path
    form = [pair for pair in request.form.items(multi=True) if pair[0] != private.TOKEN_FIELD]
    return {"method": request.method, "to": request.script_root + to, "route": request.endpoint, "form": form}


def _page(address):
    return {"method": "GET", "to": address, "route": "", "form": []}


def _provider(settings, action):
    """The name of the provider to ask: the session's own, else the account's, where it can satisfy a rule."""
    able, held, account = settings.able(action) or sorted(settings.providers), strength.held(), strength.account()
    if held is not None and held.provider in able:
        return held.provider
    if len(able) > 1 and account:
        linked = (one for one in able if identities.has_identity(int(account), settings.providers[one].method))
        return next(linked, able[0])
    return able[0]


def refuse_token(action: str) -> Optional[Any]:
    """The 401 of RFC 9470 for a token that is not strong enough, on a page that no token opens; None for a browser."""
    # while it is observed, such a page asks to log in, as it does without sign-in
    is_on = current().sign_in.mode == "on"
    return problem_response(problem(action)) if is_on and tokens.is_token() and lack(action) is not None else None


def _is_for_reading():
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best != "application/json"
