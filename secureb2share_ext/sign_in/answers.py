"""The pages that end a sign-in, and what was written on a page that waits for it."""

import logging
from typing import Any, NoReturn

from flask import abort, make_response, url_for

from ..pages import private
from ..pages.render import render
from ..pages.words import N_
from . import kept

logger = logging.getLogger(__name__)
DOWN = N_("The sign-in service does not answer now. What you can read stays readable; try to sign in again later.")
REFUSED = N_("This sign-in was not accepted. Nothing was changed. Start again from the page that you want to see.")
OTHER = N_("Somebody else is signed in at the sign-in service than here. Sign out at both, and start again.")
UNLINKED = N_(
    "This account decides about datasets, and is not linked to this identity. An operator of the catalogue can link it."
)
UNCONFIRMED = N_(
    "No account can be made of this sign-in: the sign-in service names no e-mail address of yours that it has"
    " confirmed. Confirm your address there, and start again."
)
KEPT = N_("This account decides about datasets. An operator of the catalogue can take this identity from it.")


def refused(reason: str, told: str = REFUSED, status: int = 403, way: Any = None) -> Any:
    """The response that ends a sign-in.

    reason: a few words for the log; told: the sentence for who signs in; way: the address to which the sign-in was to
    lead, a page of ours where what was written waits, or any other.
    """
    logger.warning("secureb2share.sign-in-refused reason=%s", reason.replace(" ", "-"))
    page = render("secureb2share_ext/sign_in/refused.html", told=told, back=_written(way))
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def refuse(reason: str, told: str = REFUSED, status: int = 403, way: Any = None) -> NoReturn:
    """End the request with what `refused` gives."""
    abort(refused(reason, told, status, way))
    raise AssertionError("abort raises")


def _written(way):
    """The address of the page that shows what was written, or None."""
    key = step_key(way)
    step = kept.find("step", key)
    return url_for("secureb2share_sign_in.back", key=key) if step and private.typed(step["form"]) else None


def step_key(way: Any) -> str:
    """The key of what waits at an address of our own, "" or something that is none for any other address."""
    return way.rpartition("/")[2] if isinstance(way, str) else ""
