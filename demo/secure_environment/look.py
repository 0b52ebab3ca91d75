"""The frame of every page: the pieces of the package, the reader's language, and what browsers may do."""

import re

from flask import Blueprint, flash, redirect, request, session, url_for

from secureb2share_ext.pages import language, render
from secureb2share_ext.pages.language import LANGUAGES, SESSION_KEY
from secureb2share_ext.pages.views import blueprint as pieces

from . import datasets, tokens
from .problem import Problem

HEADERS = {
    # a secret address must not leave with a link; own forms still need their Origin header
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; {scripts}"
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ADDRESS = re.compile(r"(?<!\w)(https://[\w\[][^\s<>\"]*)")
SCRIPTED = ("portal.group", "portal.save")  # the pages with a file field, whose script shows how far a file is

blueprint = Blueprint("look", __name__)
# the macros of the form that describes a dataset
fields = Blueprint("describing", "secureb2share_ext.describing", template_folder="templates")


def dress(app, site, catalogue_url):
    """Give the application of a sites.Site the frame of its pages."""
    app.config.update(THEME_SITENAME="Secure environment", SITE_UI_URL="/", I18N_SET_LANGUAGE_URL="/lang")
    app.jinja_env.tests["weblink"] = is_weblink
    app.jinja_env.globals.update(site=site, catalogue_url=catalogue_url, csrf_token=tokens.token, once=tokens.once)
    for name in ("texts", "expected_days", "ways_of_access", "allows_download", "reason"):
        app.jinja_env.globals[name] = getattr(datasets, name)
    app.jinja_env.filters.update(size=size, linked=linked)
    app.context_processor(render.context)
    for part in (pieces, fields, blueprint):
        app.register_blueprint(part)
    app.after_request(add_headers)


def size(number):
    """A number of bytes as a person reads it: ``200 MB``."""
    for unit, word in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if number >= unit:
            return "%s %s" % (language.format_number(round(number / unit, 1)), word)
    return "%s B" % language.format_number(number)


def is_weblink(url):
    """Whether an address may become a link."""
    return str(url or "").startswith(("https://", "http://"))


def linked(text):
    """[(part, whether it is an address that may become a link)] of a text, in its order."""
    parts = []
    for number, part in enumerate(ADDRESS.split(text)):
        # a full stop or a bracket after an address belongs to the sentence
        address = part.rstrip(".,;:!?)]}\u201d\u00bb'") if number % 2 else ""
        parts += [(address, True)] if address else []
        parts += [(part[len(address) :], False)] if part[len(address) :] else []
    return parts


def add_headers(response):
    """What browsers may do with any answer."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    scripts = "script-src 'self'; connect-src 'self'; " if request.endpoint in SCRIPTED else ""
    response.headers["Content-Security-Policy"] = POLICY.format(scripts=scripts)
    if request.endpoint in ("static", pieces.name + ".static"):
        # their addresses name their version
        response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@blueprint.route("/lang/<code>")
def choose(code):
    """Keep the reader's choice of a language, and go back to the page."""
    if code in LANGUAGES:
        session[SESSION_KEY] = code
    return redirect(own_page(request.args.get("next"), url_for("front")), 303)


def own_page(address, other):
    """The address if it is a page of this program, else the other one."""
    # browsers read "//host", "/\host" and "/<tab>/host" as another site
    return address if re.fullmatch(r"/([^/\\\s][^\\\s]*)?", address or "") else other


def done(address, said, kind="ok"):
    """The answer to a form that had its effect: the next page, which begins with what was done.

    kind: of the notice, ok or wait
    """
    flash(said, kind)
    return redirect(address, 303)


def take_little():
    """Whoever is not signed in sends a form of text, and no file."""
    request.max_content_length = 1 << 20


def refuse_other_origins():
    """A form of another site must not act here in the name of who has both open."""
    origin = request.headers.get("Origin")
    if request.method in ("POST", "PUT", "DELETE") and origin is not None and origin + "/" != request.host_url:
        raise Problem(403, "Refused", "This was sent by a page of another origin.")
