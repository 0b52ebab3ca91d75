"""What the routes for programs have in common: tokens in addresses, how long an answer is kept, bodies left unread."""

import re
from typing import Dict, Mapping, Optional
from urllib.parse import unquote_plus

from flask import Blueprint, Response, abort, g, request, session

from . import caching, drain
from .errors import TokenInAddress, Waits
from .problems import problem_response
from .proxies import current

TOKEN = "access_token"  # the parameter from which the hosts' OAuth2 server would take a token

_ages: Dict[str, Mapping[str, int]] = {}


def prepare(blueprint: Blueprint, ages: Optional[Mapping[str, int]] = None) -> None:
    """Let a blueprint refuse tokens in addresses, and say with each of its answers for how long that may be kept.

    ages: {name of a view: seconds for which its public answer holds}; all others are not to be stored.
    """
    _ages[blueprint.name] = {"%s.%s" % (blueprint.name, view): seconds for view, seconds in (ages or {}).items()}
    blueprint.before_request(refuse_token)
    blueprint.record(_say_at_last)


def must_be_on() -> None:
    """Answer 404 while the mode is not on, as where there is no such route; for a blueprint's before_request."""
    if not current().is_on:
        abort(404)


def refuse_token() -> Optional[Response]:
    """The 400 for a token in the address, which servers write into their logs; None without one, or while off."""
    return problem_response(TokenInAddress()) if current().is_on and _has_token() else None


def _has_token():
    # an OAuth2 server on an old Python takes a semicolon for the end of a parameter too
    pieces = re.split("[&;]", request.query_string.decode("latin-1"))
    return TOKEN in request.args or any(unquote_plus(piece.split("=")[0]) == TOKEN for piece in pieces)


def is_signed() -> bool:
    """Whether the current request has a signature or a token, right or wrong."""
    return any(name in request.headers for name in caching.VARY)


def put_off(problem: Waits) -> Response:
    """The 429 that says how long to wait."""
    # the hosts' rate limit writes when its own window ends into each answer
    g.secureb2share_wait = str(problem.extra["retry_after"])
    return problem_response(problem)


def _say_at_last(state):
    # the first after_request of an application runs last: what sets such headers for all answers does not undo ours
    functions = state.app.after_request_funcs.setdefault(None, [])
    if _say not in functions:
        functions.insert(0, _say)


def _say(response):
    ages = _ages.get(request.blueprint or "")
    if ages is None or not current().is_on:
        return response
    is_known = is_signed() or bool(request.cookies) or _has_token()
    # Flask writes the cookie of a changed session after this; an unchanged one came with a cookie
    sets_cookie = "Set-Cookie" in response.headers or bool(session.modified)
    age = ages.get(request.endpoint or "")
    keeping = caching.decide(request.method, response.status_code, age, is_known, sets_cookie)
    for name in keeping.without:
        response.headers.pop(name, None)
    response.headers["Cache-Control"] = keeping.cache_control
    for name in caching.VARY:
        response.vary.add(name)
    if "secureb2share_wait" in g:
        response.headers["Retry-After"] = g.secureb2share_wait
    if keeping.is_public:
        response.add_etag()
        response.make_conditional(request)
    # a refusal may come before the body was read
    return drain.answered(request, response) if response.status_code >= 400 else response
