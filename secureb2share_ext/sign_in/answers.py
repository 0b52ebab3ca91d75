"""What may come from a provider, the pages that end a sign-in, and what was written on a page that waits for it."""

import logging
from typing import Any, NoReturn

from flask import abort, make_response, url_for

from ..pages import private
from ..pages.render import render
from ..pages.words import N_
from . import kept

logger = logging.getLogger(__name__)
LONGEST_LASTING = 10 * 366 * 86400  # seconds of an access token; the host adds them to the time
DOWN = N_("The sign-in service does not answer now. What you can read stays readable; try to sign in again later.")
REFUSED = N_("This sign-in was not accepted. Nothing was changed. Start again from the page that you want to see.")
OTHER = N_("Somebody else is signed in at the sign-in service than here. Sign out at both, and start again.")
UNLINKED = N_(
    "This account decides about datasets, and is not linked to this identity. An operator of the catalogue can link it."
)
SELF_MADE = N_(
    "This account decides about datasets, and a sign-in alone has linked this identity to it, or one at another issuer."
    " An operator of the catalogue has to confirm the link: secureb2share sign-in link."
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
    back = url_for("secureb2share_sign_in.back", key=step_key(way)) if has_written(way) else None
    page = render("secureb2share_ext/sign_in/refused.html", told=told, back=back)
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def refuse(reason: str, told: str = REFUSED, status: int = 403, way: Any = None) -> NoReturn:
    """End the request with what `refused` gives."""
    abort(refused(reason, told, status, way))
    raise AssertionError("abort raises")


def has_written(way: Any) -> bool:
    """Whether somebody has written something on the page that waits at an address of ours."""
    step = kept.find("step", step_key(way))
    return step is not None and bool(private.typed(step["form"]))


def step_key(way: Any) -> str:
    """The key of what waits at an address of our own, something that is none for any other address."""
    return way.rpartition("/")[2] if isinstance(way, str) else ""


def is_text(value: Any) -> bool:
    """Whether a value of JSON is a text that every database takes: not empty, and without control characters."""
    return isinstance(value, str) and value != "" and value.isprintable()


def is_subject(value: Any) -> bool:
    """Whether a claim sub is one that the host can keep (OpenID Connect Core 1.0, 2: 255 characters at most)."""
    return is_text(value) and len(value) <= 255


def is_token_answer(data: Any) -> bool:
    """Whether the members of an answer with tokens are of their types (RFC 6749, 5.1), as the host takes them to be."""
    if not isinstance(data, dict) or not is_text(data.get("access_token")):
        return False
    lasts = data.get("expires_in", 0)
    is_time = lasts is None or (isinstance(lasts, int) and 0 <= lasts <= LONGEST_LASTING)
    return is_time and ("refresh_token" not in data or is_text(data["refresh_token"]))
