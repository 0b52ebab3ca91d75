"""The data owner's inbox: the requests for access, and what the owner decides."""

import time

from flask import Blueprint, current_app, jsonify, render_template, request, url_for

from secureb2share_ext.pages.language import gettext

from . import applications, datasets, history, listing, login, look, tokens, waiting, working
from .environment import here
from .problem import Problem, wants_json

blueprint = Blueprint("inbox", __name__)
blueprint.before_request(login.must_be_owner)

VIEWS = {"open": ("submitted",), "returned": ("returned",), "decided": ("approved", "denied", "revoked", "closed")}
# the verb in an address, and the step
VERBS = {"approve": "approved", "change": "changed", "return": "returned", "deny": "denied", "revoke": "revoked"}
GIVING = ("approved", "changed")  # the steps that give access until a day; all others need words for who asked
TEXTS = ("reason", "how")


@blueprint.route("/inbox")
def page():
    """The requests, open ones first and the oldest of them at the top; a program gets all that the owner sees."""
    store = here().store
    rows = store.all("SELECT * FROM applications ORDER BY state != 'submitted', created DESC")
    if wants_json():
        return jsonify(_everything(store, rows))
    view = request.args.get("show") if request.args.get("show") in VIEWS else "open"
    chosen, words = request.args.get("dataset", ""), request.args.get("q", "").strip()
    known = {identifier: datasets.find(store, identifier) for identifier in sorted({row["dataset"] for row in rows})}
    of_dataset = [row for row in rows if chosen in ("", row["dataset"]) and _is_about(row, words, known)]
    shown = [row for row in of_dataset if row["state"] in VIEWS[view]]
    if view == "open":
        shown.reverse()
    listed = listing.page(shown, request.args.get("page"))
    return render_template(
        "inbox.html",
        listed=listed,
        requests=[_entry(store, row, known) for row in listed.entries],
        counts={name: sum(row["state"] in states for row in of_dataset) for name, states in VIEWS.items()},
        view=view,
        chosen=chosen,
        words=words,
        known=known,
        refused=waiting.of_owner(store).refused,
    )


def _is_about(row, words, known):
    texts = [row[name] for name in ("id", "title", "name", "institution", "email", "purpose")]
    return listing.matches(words, *texts, known[row["dataset"]]["title"])


def _entry(store, row, known):
    steps = applications.steps(store, row["id"])
    return {
        "row": row,
        "dataset": known[row["dataset"]],
        "day": history.days(steps, time.time()),
        "last": steps[-1],
        "ends": history.day_of(row["expires"] - 1) if row["expires"] else None,
        "left": history.days_left(row["expires"], time.time()),
    }


def _everything(store, rows):
    secret = ("status_token", "publication_token", "form")
    outgoing = store.all(
        "SELECT id, kind, identifier, state, attempts, said FROM outgoing WHERE state != 'sent' ORDER BY id"
    )
    return {
        "applications": [{k: row[k] for k in row.keys() if k not in secret} for row in rows],
        "datasets": [datasets.summary(row, True) for row in datasets.own(store)],
        "announced": [datasets.summary(row, False) for row in datasets.announced(store)],
        "outgoing": [dict(row) for row in outgoing],
    }


def _known(application):
    row = here().store.one("SELECT * FROM applications WHERE id = ?", (application,))
    if row is None:
        raise Problem(
            404,
            gettext("There is no such request"),
            gettext("No request with this number was sent to this secure environment."),
            [(gettext("Inbox"), url_for("inbox.page"))],
        )
    return row


@blueprint.route("/inbox/<application>")
def one(application):
    """One request: who asks, what for, for which dataset, what happened, and what can be decided."""
    row = _known(application)
    store, known = here().store, {row["dataset"]: datasets.find(here().store, row["dataset"])}
    others = store.all(
        "SELECT state, count(*) AS number FROM applications WHERE dataset = ? AND id != ? GROUP BY state",
        (row["dataset"], application),
    )
    return render_template(
        "application.html",
        **_entry(store, row, known),
        steps=applications.steps(store, application),
        exchanges=history.exchanges(applications.steps(store, application)),
        others={other["state"]: other["number"] for other in others},
        link=applications.link_is_open(row, known[row["dataset"]]),
    )


@blueprint.route("/inbox/<application>/<any(%s):verb>" % ", ".join(VERBS), methods=["GET", "POST"])
def decide(application, verb):
    """The page of one decision, and the decision; each is made once, and no person is in what the catalogue learns."""
    row = _known(application)
    what = VERBS[verb]
    if request.method == "GET":
        if row["state"] not in history.MAY[what]:
            return look.done(url_for("inbox.one", application=application), _is_decided(), "wait")
        ends = history.day_of(row["expires"] - 1) if what == "changed" and row["expires"] else ""
        return _decision(row, verb, {"until": ends, "how": row["how"]}, {})
    given = {name: request.form.get(name, "").strip().replace("\r\n", "\n") for name in (*TEXTS, "until")}
    faults, until = {}, None
    if what not in GIVING and not given["reason"]:
        faults["reason"] = gettext("Please say why: the person who asked reads this.")
    for name in TEXTS:
        if len(given[name]) > applications.LONGEST_TEXT:
            faults[name] = gettext("Please write at most %(limit)s characters.", limit=applications.LONGEST_TEXT)
    if what in GIVING:
        until = _end(given["until"] or (_default_end() if wants_json() else ""))
        if until is None:
            faults["until"] = gettext("Please choose a day from today on, within the next five years.")
    if faults or not tokens.is_of_session():
        if wants_json():
            errors = [{"field": name, "message": text} for name, text in faults.items()]
            raise Problem(400, gettext("Not decided"), gettext("The decision has faults."), errors=errors)
        return _decision(row, verb, given, faults), 400
    seen = request.form.get("seen", "")
    try:
        number = int(seen) if seen.isdecimal() else None
        applications.change(here(), application, what, given["reason"], number, until, how=given["how"])
    except applications.Overtaken as overtaken:
        if wants_json():
            raise
        typed = "\n\n".join(given[name] for name in TEXTS if given[name])
        return render_template("overtaken.html", row=overtaken.row, last=overtaken.steps[-1], text=typed), 409
    if wants_json():
        return jsonify(application=application, state=history.STATE_AFTER[what])
    return look.done(url_for("inbox.one", application=application), _said(what))


def _decision(row, verb, values, faults):
    steps = applications.steps(here().store, row["id"])
    dataset = datasets.find(here().store, row["dataset"])
    return render_template(
        "decision.html",
        application=row,
        dataset=dataset,
        working=working.sentences(dataset),
        verb=verb,
        seen=request.form.get("seen") or len(steps),
        values=values,
        faults=faults,
        today=history.day_of(time.time()),
        latest=history.day_of(time.time() + applications.LONGEST_APPROVAL),
        limit=applications.LONGEST_TEXT,
    )


def _default_end():
    # of a program that names no day
    return history.day_of(time.time() + current_app.config["PUBLICATION_SECONDS"])


def _end(day):
    """Seconds since 1970 at which an approval until this day ends, or None if it cannot."""
    try:
        until = history.end_of(day)
    except ValueError:
        return None
    return until if time.time() < until <= time.time() + applications.LONGEST_APPROVAL + history.DAY else None


def _is_decided():
    return gettext("This cannot be decided any more: the request has changed. Its page says where it stands.")


def _said(what):
    return {
        "approved": gettext("You have approved the request. The person who asked reads it on the page of the request."),
        "changed": gettext("You have changed the approval. The person who asked reads it on the page of the request."),
        "returned": gettext("You have given the request back. The days stand still until the person has answered."),
        "denied": gettext("You have denied the request. The person who asked reads your reason."),
        "revoked": gettext("You have taken the approval back. Its link is closed from this moment on."),
    }[what]
