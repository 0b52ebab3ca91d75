"""The review pages: a curator reads what waits there, and releases or refuses it, in the site's own theme."""

import json
from typing import Any

from flask import Blueprint, abort, current_app, redirect, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from invenio_db import db
from wtforms import HiddenField, TextAreaField

from ...descriptions import labels
from ...errors import Problem
from ...pages.render import render
from ...proxies import current
from .. import review, store

PAGE = 50

blueprint = Blueprint("secureb2share_review", __name__, url_prefix="/secureb2share/review", template_folder="templates")


class Decision(FlaskForm):
    """The form that a curator sends; Flask-WTF's token keeps other sites from sending it."""

    digest = HiddenField()  # of what was on the page: nobody releases what they have not seen
    reason = TextAreaField()


@blueprint.before_request
def _only_for_curators():
    if not current().is_on:
        abort(404)
    if not current_user.is_authenticated:
        return _ask_to_log_in()
    if not current().host.may_review():
        abort(403)
    return None


def _ask_to_log_in():
    application: Any = current_app  # the types of Flask know nothing of Flask-Login
    manager = application.login_manager
    if manager.login_view in current_app.view_functions:
        return manager.unauthorized()
    # the catalogue's log-in is in another application
    return render("secureb2share_ext/review/login.html"), 401


@blueprint.after_request
def _keep_private(response):
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.route("/")
def waiting() -> str:
    """List what waits, the oldest first."""
    start = min(max(request.args.get("start", 0, type=int), 0), 2**31)
    rows = store.held_page(start, PAGE)
    entries = [(row, held, json.loads(held.description)) for row, held in rows]
    more = start + PAGE if len(rows) == PAGE else None
    return render("secureb2share_ext/review/list.html", entries=entries, more=more)


@blueprint.route("/<int:number>")
def show(number: int) -> str:
    """Show one held description, beside what is published now."""
    return _page(number, Decision())


@blueprint.route("/<int:number>", methods=["POST"])
def decide(number: int) -> Any:
    """Release or refuse; the answer leads back to the list, or is the page again with what is wrong."""
    form = Decision()
    if not form.validate():
        return _page(number, form, "This page was open for too long; read it again, and then decide."), 400
    row, _ = _held(number)
    host, named = current().host, (row.source, row.identifier)
    seen = form.digest.data or ""
    try:
        if request.form.get("decision") == "release":
            review.release(host, *named, seen=seen)
        else:
            review.refuse(host, *named, reason=form.reason.data, seen=seen)
        db.session.commit()
    except Problem as problem:
        db.session.rollback()
        faults = ["%(field)s %(message)s" % fault for fault in problem.extra.get("errors", [])]
        return _page(number, form, " ".join([problem.detail, *faults])), problem.status
    except Exception:
        db.session.rollback()
        raise
    return redirect(url_for("secureb2share_review.waiting"))


def _held(number):
    row = store.by_number(number)
    held = store.held(row.id) if row is not None else None
    if held is None:
        abort(404)
    return row, held


def _page(number, form, problem=None):
    row, held = _held(number)
    description, host = json.loads(held.description), current().host
    record = host.record(row) if row.pid else None
    published = host.from_record(record) if record is not None else {}
    form.digest.data = held.digest
    return render(
        "secureb2share_ext/review/show.html",
        row=row,
        held=held,
        title=description["core"]["titles"][0],
        facts=list(_facts(description, published)),
        form=form,
        problem=problem,
    )


def _facts(description, published):
    """Yield (title, [text held], [text published now] where it differs, or None) of every field of either."""
    now, then = dict(_fields(description)), dict(_fields(published))
    for field in list(now) + [field for field in then if field not in now]:
        differs = published and now.get(field) != then.get(field)
        yield labels.title(field), _words(field, now), _words(field, then) if differs else None


def _fields(description):
    for part in ("core", "sensitive", "version"):
        for name, value in description.get(part, {}).items():
            yield "%s.%s" % (part, name), value
    if "files" in description:
        yield "files", description["files"]


def _words(field, values):
    value = values.get(field, [])
    return [_whole(field, entry) for entry in (value if isinstance(value, list) else [value])]


def _whole(field, entry):
    # all of it becomes public: addresses, ORCIDs and languages are looked at too
    if not isinstance(entry, dict):
        return labels.in_words(field, entry)[0]
    names = sorted(entry, key=lambda name: (name not in ("text", "name", "label"), name))
    return ", ".join(labels.in_words("%s.%s" % (field, name), entry[name])[0] for name in names)
