"""The login of the data owner: one password for each environment, where a real one has its own sign-in.

Everything that shows or decides something in the owner's name is behind it. A reader who asks for access needs none.
"""

import hmac
import re

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.urls import iri_to_uri

from .environment import here
from .problem import Problem, wants_json

blueprint = Blueprint("login", __name__)


def must_be_owner():
    """Lead a person who is not logged in to the login; raise Problem for a program."""
    if session.get("owner"):
        return None
    if wants_json() or request.path.startswith("/api/"):
        raise Problem(401, "Not logged in", "Please log in as the data owner, at /login.")
    wanted = iri_to_uri(request.full_path.rstrip("?")) if request.method == "GET" else None
    return redirect(url_for("login.form", next=wanted), 303)


@blueprint.route("/login", methods=["GET"])
def form():
    """Show the form for the password."""
    return render_template("login.html", next=_own_page(request.args.get("next")))


@blueprint.route("/login", methods=["POST"])
def submit():
    """Log the owner in, and lead to the page that was asked for."""
    wanted = _own_page(request.form.get("next"))
    given = request.form.get("password", "")
    if not hmac.compare_digest(given.encode("utf-8"), here().password.encode("utf-8")):
        return render_template("login.html", next=wanted, is_wrong=True), 403
    session.clear()
    session["owner"] = True
    return redirect(wanted, 303)


@blueprint.route("/logout", methods=["POST"])
def leave():
    """Log the owner out."""
    session.clear()
    return redirect(url_for("front"), 303)


def _own_page(address):
    # browsers read "//host", "/\host" and "/<tab>/host" as another site
    return address if re.fullmatch(r"/([^/\\\s][^\\\s]*)?", address or "") else url_for("inbox.page")
