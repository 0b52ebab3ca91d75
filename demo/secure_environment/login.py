"""The login of the data owner: a sign-in with two factors where a provider is told (sign_in.py), else one password.

Everything that shows or decides something in the owner's name is behind it. A reader who asks for access needs none.
"""

import hmac

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.urls import iri_to_uri

from secureb2share_ext.pages.language import gettext

from . import look, tokens
from .environment import here
from .problem import Problem, wants_json

blueprint = Blueprint("login", __name__)
blueprint.before_request(look.take_little)

KEEPING = ("portal.save", "inbox.decide")  # they show what was typed again when the form is too old


def must_be_owner():
    """Lead a person who is not logged in to the login; raise Problem for a program, and for a form of elsewhere."""
    if session.get("owner"):
        if request.endpoint not in KEEPING:
            tokens.must_be_of_session()
        return None
    if wants_json() or request.path.startswith("/api/"):
        raise Problem(401, gettext("Not signed in"), gettext("Please sign in as the data owner, at /login."))
    wanted = iri_to_uri(request.full_path.rstrip("?")) if request.method == "GET" else None
    return redirect(url_for("login.form", next=wanted), 303)


@blueprint.route("/login", methods=["GET"])
def form():
    """Show the form for the password."""
    return render_template("login.html", next=own_page(request.args.get("next")))


@blueprint.route("/login", methods=["POST"])
def submit():
    """Log the owner in by the password, and lead to the page that was asked for."""
    wanted = own_page(request.form.get("next"))
    if here().sign_in is not None:
        return refused(403)
    if not tokens.is_ours():
        return render_template("login.html", next=wanted, is_old=True), 400
    waits = here().wrong_passwords.wait(request.environ, None)
    if waits:
        return render_template("login.html", next=wanted, is_wrong=True), 429, {"Retry-After": str(waits)}
    given = request.form.get("password", "")
    if not hmac.compare_digest(given.encode("utf-8"), here().password.encode("utf-8")):
        seconds = here().wrong_passwords.failed(request.environ, None)
        late = (429, {"Retry-After": str(seconds)}) if seconds else (403,)
        return (render_template("login.html", next=wanted, is_wrong=True), *late)
    return begin(wanted)


def begin(wanted):
    """Begin the session of the owner, who has signed in, and lead to a page."""
    kept = {name: session[name] for name in ("language", "mine") if name in session}
    session.clear()
    session.update(kept, owner=True)
    tokens.begin()
    return redirect(wanted, 303)


def refused(status):
    """The page of the sign-in again, which says that it did not work; status: 403, or 503 while nobody can."""
    return render_template("login.html", next=own_page(None), refused=status), status


@blueprint.route("/logout", methods=["POST"])
def leave():
    """Log the owner out."""
    tokens.must_be_of_session()
    for name in ("owner", "form"):
        session.pop(name, None)
    return redirect(url_for("front"), 303)


def own_page(address):
    """The address if it is a page of this program, else that of the inbox."""
    return look.own_page(address, url_for("inbox.page"))
