"""The application, and what holds for every page of it."""

import secrets

from flask import Flask, jsonify, render_template, session
from werkzeug.exceptions import HTTPException

from . import (
    asking,
    file_api,
    files,
    inbox,
    ingest,
    inside,
    login,
    look,
    messages,
    nettskjema,
    portal,
    problem,
    publication,
    sd_apply,
    sign_in,
    states,
    uploading,
    waiting,
)
from .environment import Environment, here

MULTIPART = 200 * 10**6  # bytes that one form without a script may bring


def create_app(data, catalogue_url, retry_every=2.0, source="tsd", decides=None, signs_in=None):
    """The application on one data folder.

    catalogue_url: the catalogue's base URL, as its references name it
    retry_every: seconds between attempts to send what waits; None for no such thread
    source: whose secure environment it is, a key of sites.SITES
    decides: (address, folder of the secrets) of the SD Apply that decides on applications; None: the owner does, here
    signs_in: path of the file that tells of the provider where the owner signs in; None: with a password, here
    """
    app = Flask(__name__)
    app.config.update(MAX_CONTENT_LENGTH=MULTIPART, PUBLICATION_SECONDS=7 * 24 * 3600)
    # a new secret at each start: a login ends with the process. Browsers share cookies among the ports of a host
    app.config.update(
        SECRET_KEY=secrets.token_bytes(32), SESSION_COOKIE_NAME="owner_" + source, SESSION_COOKIE_SAMESITE="Strict"
    )
    environment = app.extensions["environment"] = Environment(data, catalogue_url, source)
    look.dress(app, environment.site, environment.catalogue_url)
    app.before_request(look.refuse_other_origins)
    app.register_error_handler(problem.Problem, problem.answer)
    app.register_error_handler(HTTPException, problem.from_http)
    for part in (
        login,
        portal,
        uploading,
        asking,
        inbox,
        states,
        files,
        messages,
        publication,
        file_api,
        inside,
        ingest,
    ):
        app.register_blueprint(part.blueprint)
    if source == "tsd":
        # the other sites are asked at the form of `asking`, or elsewhere
        nettskjema.install(app, environment, str(data), retry_every)
    if signs_in:
        environment.sign_in = sign_in.Provider(signs_in, source)
        # the browser comes from a provider of another site, and without the cookie would begin a second session
        app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
        app.register_blueprint(sign_in.blueprint)
    if decides:
        sd_apply.install(app, *decides)
    app.jinja_env.globals["has_provider"] = environment.sign_in is not None
    app.add_url_rule("/", "front", front)
    app.add_url_rule("/health", "health", lambda: jsonify(ok=True))
    if retry_every is not None:
        environment.outgoing.start(retry_every)
    return app


def front():
    """The first page; an owner who is signed in reads on it what waits."""
    waits = waiting.of_owner(here().store) if session.get("owner") else None
    return render_template("front.html", waits=waits)
