"""What the routes for programs have in common: no token in an address, and how long an answer may be kept."""

from typing import Dict, Mapping, Optional

from flask import Blueprint, Response, g, request

from . import caching
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


def refuse_token() -> Optional[Response]:
    """The 400 for a token in the address, which servers write into their logs; None without one, or while off."""
    if not current().is_on:
        return None
    return problem_response(TokenInAddress()) if TOKEN in request.args else None


def is_signed() -> bool:
    """Whether the current request has a signature or a token, right or wrong."""
    return any(name in request.headers for name in caching.VARY)


def put_off(seconds: int) -> Response:
    """The 429 for an address that has to wait."""
    # the hosts' rate limit writes when its own window ends into each answer
    g.secureb2share_wait = str(seconds)
    return problem_response(Waits(seconds))


def _say_at_last(state):
    # the first after_request of an application runs last: what sets such headers for all answers does not undo ours
    functions = state.app.after_request_funcs.setdefault(None, [])
    if _say not in functions:
        functions.insert(0, _say)


def _say(response):
    ages = _ages.get(request.blueprint or "")
    if ages is None or not current().is_on:
        return response
    is_known = is_signed() or bool(request.cookies) or TOKEN in request.args
    age, sets_cookie = ages.get(request.endpoint or ""), "Set-Cookie" in response.headers
    keeping = caching.decide(request.method, response.status_code, age, is_known, sets_cookie)
    for name in keeping.without:
        response.headers.pop(name, None)
    response.headers["Cache-Control"] = keeping.cache_control
    for name in caching.VARY:
        response.vary.add(name)
    if "secureb2share_wait" in g:
        response.headers["Retry-After"] = g.secureb2share_wait
    return response
