"""The pages of errors: each says what happened, and what one can do."""

from flask import Blueprint, current_app, make_response, render_template, request

from secureb2share_ext.pages import language
from secureb2share_ext.pages.words import N_

from . import find

blueprint = Blueprint("catalogue_errors", __name__, template_folder="templates")

# when nothing else can be made any more
BARE = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>Something went wrong</title>"
    "<h1>Something went wrong</h1><p>The catalogue could not answer. Try again in a minute.</p>"
)


# status: (heading, what one can do)
TEXTS = {
    400: (
        N_("This request could not be understood"),
        N_(
            "A form may have been open for too long, or a part of the address is missing. Go back, load the "
            "page again, and repeat what you did."
        ),
    ),
    401: (
        N_("Log in to see this page"),
        N_("This page is for curators and operators. Log in, and open the page again."),
    ),
    403: (
        N_("You cannot see this page"),
        N_(
            "This page is for curators and operators. Log in with an account that may open it, or ask those "
            "who run this catalogue."
        ),
    ),
    404: (
        N_("There is no such page"),
        N_("The address may be mistyped, or there was never such a page. A dataset that was withdrawn keeps its page."),
    ),
    405: (
        N_("This page cannot be used in that way"),
        N_("The address is right, but what was sent to it is not. Open the page again from the catalogue."),
    ),
    410: (
        N_("This page is gone"),
        N_("It was here once and will not come back. Search for what you need, or see all datasets."),
    ),
    413: (
        N_("That is too large"),
        N_("The catalogue takes descriptions only, and no files. Shorten what you sent, and try again."),
    ),
    429: (
        N_("Too many requests"),
        N_("Many requests came from your network in a short time. Wait a minute, and load the page again."),
    ),
    500: (
        N_("Something went wrong"),
        N_(
            "The mistake is ours, and it has been written down. Try again in a minute; if it happens again, "
            "tell those who run this catalogue what you did."
        ),
    ),
    503: (
        N_("The catalogue cannot answer now"),
        N_("It may be under maintenance. Nothing was lost. Try again in a few minutes."),
    ),
}


def page(error):
    """The page of an error with its status; a page of its own for each status that people meet."""
    status = getattr(error, "code", None) or 500
    heading, text = (language.gettext(one) for one in TEXTS.get(status, TEXTS[500 if status >= 500 else 400]))
    try:
        body = render_template("catalogue/error.html", status=status, heading=heading, text=text, path=find.PATH)
    except Exception:
        current_app.logger.exception("catalogue.error-page-failed")
        body = BARE
    response = make_response(body, status)
    response.headers["Cache-Control"] = "no-store"
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        value = dict(error.get_headers(request.environ)).get(name) if hasattr(error, "get_headers") else None
        if value:
            response.headers[name] = value
    return response


for _status in TEXTS:
    blueprint.app_errorhandler(_status)(page)
