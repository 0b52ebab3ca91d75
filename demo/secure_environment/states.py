"""The owner's datasets, and the pages that suspend, reopen, withdraw or discard one: each asks once more."""

import requests
from flask import Blueprint, jsonify, redirect, render_template, request, url_for

from secureb2share_ext import client
from secureb2share_ext.pages.language import gettext

from . import datasets, listing, login, look, registration
from .environment import here
from .problem import Problem, wants_json

blueprint = Blueprint("states", __name__)
blueprint.before_request(login.must_be_owner)

STATES = ("active", "suspended", "withdrawn")
LONGEST = 1000  # characters of a reason
VIEWS = ("public", "waiting", "closed", "announced")


@blueprint.route("/datasets")
def page():
    """The datasets that are public, wait for the catalogue, are closed, or were described by a curator there."""
    store = here().store
    view = request.args.get("show") if request.args.get("show") in VIEWS else "public"
    words = request.args.get("q", "").strip()
    found = {name: [] for name in VIEWS}
    for row in datasets.own(store):
        found[_view_of(row)].append(_entry(row, True))
    for row in datasets.announced(store):
        found["announced"].append(_entry(row, False))
    for name in VIEWS:
        found[name] = [entry for entry in found[name] if _is_about(entry, words)]
    return render_template(
        "datasets.html",
        listed=listing.page(found[view], request.args.get("page")),
        counts={name: len(entries) for name, entries in found.items()},
        view=view,
        words=words,
    )


def _view_of(row):
    if row["registration"] != "registered":
        return "waiting"
    return "public" if row["state"] == "active" else "closed"


def _entry(row, own):
    return dict(datasets.view(row, own), row=row, reason=datasets.reason(row) if own else "")


def _is_about(entry, words):
    return listing.matches(words, entry["title"], entry["identifier"], entry["pid"] or "")


def _known(identifier):
    return datasets.must_be_known(here().store.one("SELECT * FROM datasets WHERE identifier = ?", (identifier,)))


@blueprint.route("/datasets/<path:identifier>/state", methods=["GET"])
def ask_state(identifier):
    """Ask once more before a dataset is suspended, opened again or withdrawn."""
    row, state = _known(identifier), request.args.get("to", "")
    _must_be_possible(row, state)
    return _state_page(row, state, "", {})


@blueprint.route("/datasets/<path:identifier>/state", methods=["POST"])
def set_state(identifier):
    """Suspend, reactivate or withdraw a dataset that was registered here and is public."""
    state, reason = request.form.get("state", ""), request.form.get("reason", "").strip()
    if state not in STATES or (wants_json() and not 0 < len(reason) <= LONGEST):
        said = gettext("A state (active, suspended, withdrawn) and a reason are needed.")
        raise Problem(400, gettext("Not changed"), said)
    if not 0 < len(reason) <= LONGEST:
        fault = gettext("Please write a reason of at most %(limit)s characters.", limit=LONGEST)
        return _state_page(_known(identifier), state, reason, {"reason": fault}), 400
    with here().store.write() as db:
        row = db.execute("SELECT * FROM datasets WHERE identifier = ?", (identifier,)).fetchone()
        _must_be_possible(row, state)
        if state != "active":
            db.execute("UPDATE datasets SET state = ? WHERE identifier = ?", (state, identifier))
        here().outgoing.write(db, "state", identifier, state=state, reason=reason)
    here().outgoing.send(identifier)
    waiting = bool(here().outgoing.waiting(identifier))
    if wants_json():
        return jsonify(identifier=identifier, state=_known(identifier)["state"], waiting=waiting)
    leads_to = url_for("portal.registered", identifier=identifier)
    if not waiting and here().outgoing.last(identifier)["state"] == "refused":
        said = gettext("The catalogue did not accept this. Its answer stands among the messages.")
        return look.done(leads_to, said, "stop")
    return look.done(leads_to, _said(state, waiting), "wait" if waiting else "ok")


def _state_page(row, state, reason, faults):
    return render_template(
        "state.html",
        row=row,
        dataset=datasets.view(row, True),
        state=state,
        reason=reason,
        faults=faults,
        limit=LONGEST,
        approved=_number(row["identifier"], "approved"),
        open=_number(row["identifier"], "submitted") + _number(row["identifier"], "returned"),
    )


def _number(identifier, state):
    counted = "SELECT count(*) AS number FROM applications WHERE dataset = ? AND state = ?"
    return here().store.one(counted, (identifier, state))["number"]


def _must_be_possible(row, state):
    datasets.must_be_known(row if state in STATES else None)
    ways = [(gettext("The page of the dataset"), url_for("portal.registered", identifier=row["identifier"]))]
    if row["registration"] != "registered":
        said = gettext("The catalogue has not published this dataset.")
        raise Problem(409, gettext("Not public yet"), said, ways)
    if row["state"] == "withdrawn":
        raise Problem(409, gettext("Withdrawn"), gettext("A withdrawal cannot be taken back."), ways)
    if state == "active" and row["state"] != "suspended":
        raise Problem(409, gettext("Not possible"), gettext("Only a suspended dataset can be opened again."), ways)


def _said(state, waiting):
    if state == "active":
        if waiting:
            return gettext("The catalogue does not answer now. The dataset is opened again as soon as it has agreed.")
        return gettext("The dataset is open again, here and in the catalogue.")
    if state == "suspended":
        if waiting:
            return gettext("The dataset is suspended here. The catalogue is told as soon as it answers.")
        return gettext("The dataset is suspended, here and in the catalogue. You can open it again.")
    if waiting:
        return gettext("The dataset is withdrawn here. The catalogue is told as soon as it answers.")
    return gettext("The dataset is withdrawn, here and in the catalogue. Its record stays, with your reason.")


@blueprint.route("/datasets/<path:identifier>/discard", methods=["GET"])
def ask_discard(identifier):
    """Ask once more before a registration is forgotten with its files."""
    row = _known(identifier)
    files = here().store.all("SELECT * FROM files WHERE dataset = ? ORDER BY number", (identifier,))
    return render_template("discard.html", row=row, dataset=datasets.view(row, True), files=files)


@blueprint.route("/datasets/<path:identifier>/discard", methods=["POST"])
def discard(identifier):
    """Forget a registration that waits for a curator or was refused."""
    row = _known(identifier)
    if row["review"] and row["registration"] != "registered":
        # a curator may have released it meanwhile, and its event be on the way
        _compare(identifier)
    registration.discard(here(), identifier)
    here().outgoing.send(identifier)
    if wants_json():
        return jsonify(identifier=identifier)
    said = gettext("The registration was discarded, and its files were deleted.")
    return look.done(url_for("portal.registered", identifier=identifier), said)


@blueprint.route("/datasets/<path:identifier>/ask", methods=["POST"])
def ask(identifier):
    """Ask the catalogue what its curators made of a registration; its events say the same."""
    _known(identifier)
    _compare(identifier)
    if wants_json():
        return jsonify(datasets.summary(_known(identifier), True))
    return redirect(url_for("portal.registered", identifier=identifier), 303)


def _compare(identifier):
    try:
        said = here().client().get(identifier)
    except (requests.RequestException, client.Refused):
        raise Problem(
            503,
            gettext("Please try again in a while"),
            gettext("The catalogue does not answer at the moment."),
            [(gettext("The page of the dataset"), url_for("portal.registered", identifier=identifier))],
        )
    with here().store.write() as db:
        datasets.compare(db, identifier, said)
