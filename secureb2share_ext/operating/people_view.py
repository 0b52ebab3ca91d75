"""The page that tells who may do what, where a sign-in with a second factor is configured."""

from typing import Any, Dict

from flask import abort

from ..compat import utcnow
from ..pages.render import render
from ..proxies import current
from ..sign_in import people
from . import words
from .page import blueprint


@blueprint.context_processor
def has_people() -> Dict[str, Any]:
    """Let the pages of operation know whether this one is there, for the link to it."""
    return {"has_people": current().sign_in is not None}


@blueprint.route("/people")
def show_people() -> str:
    """Show who may do what: account, right, by whom it was given and since when, and the last sign-in."""
    if current().sign_in is None:
        abort(404)
    return render("secureb2share_ext/operate/people.html", lines=people.lines(), words=words, now=utcnow())
