"""The application, and what holds for every page of it."""

import secrets

from flask import Flask, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from . import applications, inbox, ingest, login, portal, problem, publication
from .environment import Environment, here

HEADERS = {
    # a secret address must not leave with a link; own forms still need their Origin header
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}


def create_app(data, catalogue_url, retry_every=2.0, source="tsd"):
    """The application on one data folder.

    catalogue_url: the catalogue's base URL, as its references name it
    retry_every: seconds between attempts to send what waits; None for no such thread
    source: whose secure environment it is, a key of sites.SITES
    """
    app = Flask(__name__)
    app.config.update(MAX_CONTENT_LENGTH=200 << 20, PUBLICATION_SECONDS=7 * 24 * 3600)
    # a new secret at each start: a login ends with the process. Browsers share cookies among the ports of a host
    app.config.update(
        SECRET_KEY=secrets.token_bytes(32), SESSION_COOKIE_NAME="owner_" + source, SESSION_COOKIE_SAMESITE="Strict"
    )
    app.jinja_env.tests["weblink"] = lambda url: str(url or "").startswith(("https://", "http://"))
    environment = app.extensions["environment"] = Environment(data, catalogue_url, source)
    app.jinja_env.globals["site"] = environment.site
    app.before_request(refuse_other_origins)
    app.after_request(add_headers)
    app.register_error_handler(problem.Problem, problem.answer)
    app.register_error_handler(HTTPException, problem.from_http)
    for part in (login, portal, applications, inbox, publication, ingest):
        app.register_blueprint(part.blueprint)
    app.add_url_rule("/", "front", front)
    app.add_url_rule("/health", "health", lambda: jsonify(ok=True))
    if retry_every is not None:
        environment.outgoing.start(retry_every)
    return app


def refuse_other_origins():
    """A form of another site must not act here in the name of who has both open."""
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin is not None and origin + "/" != request.host_url:
        raise problem.Problem(403, "Refused", "This was sent by a page of another origin.")


def add_headers(response):
    """What browsers may do with any answer."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response


def front():
    """Where to go from here."""
    return render_template("front.html", catalogue_url=here().catalogue_url)
