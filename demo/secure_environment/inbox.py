"""The data owner's inbox: what the owner sees and decides."""

import json
import secrets
import time

import requests
from flask import Blueprint, current_app, jsonify, redirect, render_template, request, url_for
from markupsafe import Markup

from secureb2share_ext import client

from . import datasets, login, registration
from .environment import here
from .problem import Problem, wants_json

blueprint = Blueprint("inbox", __name__)
blueprint.before_request(login.must_be_owner)


@blueprint.route("/inbox")
def page():
    """Applications, open ones first; the datasets; what the catalogue announced; what waits to be sent."""
    store = here().store
    applications = store.all("SELECT * FROM applications ORDER BY state != 'submitted', created DESC")
    own = store.all("SELECT * FROM datasets WHERE registration != 'discarded' ORDER BY created DESC")
    announced = store.all(
        "SELECT * FROM announced WHERE identifier NOT IN (SELECT identifier FROM datasets) ORDER BY identifier"
    )
    outgoing = store.all(
        "SELECT id, kind, identifier, state, attempts, said FROM outgoing WHERE state != 'sent' ORDER BY id"
    )
    if wants_json():
        secret = ("status_token", "publication_token")
        return jsonify(
            applications=[{k: row[k] for k in row.keys() if k not in secret} for row in applications],
            datasets=[_summary(row, True) for row in own],
            announced=[_summary(row, False) for row in announced],
            outgoing=[dict(row) for row in outgoing],
        )
    titles = {row["identifier"]: _title(row) for row in [*announced, *own]}
    return render_template(
        "inbox.html",
        applications=applications,
        own=own,
        announced=announced,
        outgoing=outgoing,
        titles=titles,
        asked_for={row["dataset"]: datasets.find(store, row["dataset"]) for row in applications},
        ways_of=datasets.ways_of_access,
        allows_download=datasets.allows_download,
        reasons={row["identifier"]: _reason(row) for row in own},
    )


def _title(row):
    title, lang = datasets.main_title(json.loads(row["description"]))
    return Markup('<span lang="{}">{}</span>').format(lang, title)


def _reason(row):
    return json.loads(row["problem"] or "{}").get("detail", "")


def _summary(row, own):
    summary = datasets.view(row, own)
    del summary["sensitive"]
    if own:
        summary.update(registration=row["registration"], review=row["review"], reason=_reason(row))
    return summary


@blueprint.route("/inbox/<application>/approve", methods=["POST"], defaults={"state": "approved"})
@blueprint.route("/inbox/<application>/deny", methods=["POST"], defaults={"state": "denied"})
def decide(application, state):
    """Decide an open application once, and report that to the catalogue; no person is in the report."""
    with here().store.write() as db:
        row = db.execute("SELECT * FROM applications WHERE id = ?", (application,)).fetchone()
        if row is None:
            raise Problem(404, "Not found", "There is no such application.")
        if row["state"] != "submitted":
            raise Problem(409, "Already decided", "This application was %s before." % row["state"])
        token = expires = None
        if state == "approved":
            dataset = datasets.find(here().store, row["dataset"])
            datasets.must_be_open(dataset)
            # a later change of the way of access must not turn this approval into a download
            if datasets.allows_download(dataset):
                token = secrets.token_urlsafe(24)
                expires = time.time() + current_app.config["PUBLICATION_SECONDS"]
        db.execute(
            "UPDATE applications SET state = ?, publication_token = ?, expires = ? WHERE id = ?",
            (state, token, expires, application),
        )
        here().outgoing.write(db, "decision", row["dataset"], application=application, state=state)
    here().outgoing.send(row["dataset"])
    if wants_json():
        return jsonify(application=application, state=state)
    return redirect(url_for("inbox.page"), 303)


@blueprint.route("/datasets/<path:identifier>/state", methods=["POST"])
def set_state(identifier):
    """Suspend, reactivate or withdraw a dataset that was registered here and is public."""
    state, reason = request.form.get("state", ""), request.form.get("reason", "").strip()
    if state not in ("active", "suspended", "withdrawn") or not 0 < len(reason) <= 1000:
        raise Problem(400, "Not changed", "A state (active, suspended, withdrawn) and a reason are needed.")
    with here().store.write() as db:
        row = db.execute("SELECT * FROM datasets WHERE identifier = ?", (identifier,)).fetchone()
        if row is None:
            raise Problem(404, "Not found", "No dataset with this identifier was registered here.")
        if row["registration"] != "registered":
            raise Problem(409, "Not public yet", "The catalogue has not published this dataset.")
        if row["state"] == "withdrawn":
            raise Problem(409, "Withdrawn", "A withdrawal is final.")
        if state != "active":
            db.execute("UPDATE datasets SET state = ? WHERE identifier = ?", (state, identifier))
        here().outgoing.write(db, "state", identifier, state=state, reason=reason)
    here().outgoing.send(identifier)
    if wants_json():
        row = here().store.one("SELECT state FROM datasets WHERE identifier = ?", (identifier,))
        waiting = bool(here().outgoing.waiting(identifier))
        return jsonify(identifier=identifier, state=row["state"], waiting=waiting)
    return redirect(url_for("inbox.page"), 303)


@blueprint.route("/datasets/<path:identifier>/discard", methods=["POST"])
def discard(identifier):
    """Forget a registration that waits for a curator or was refused."""
    registration.discard(here(), identifier)
    here().outgoing.send(identifier)
    return jsonify(identifier=identifier) if wants_json() else redirect(url_for("inbox.page"), 303)


@blueprint.route("/datasets/<path:identifier>/ask", methods=["POST"])
def ask(identifier):
    """Ask the catalogue what its curators made of a registration; its events say the same."""
    if here().store.one("SELECT 1 FROM datasets WHERE identifier = ?", (identifier,)) is None:
        raise Problem(404, "Not found", "No dataset with this identifier was registered here.")
    try:
        said = here().client().get(identifier)
    except (requests.RequestException, client.Refused):
        raise Problem(503, "Please try again", "The catalogue does not tell at the moment.")
    with here().store.write() as db:
        datasets.compare(db, identifier, said)
    if wants_json():
        row = here().store.one("SELECT * FROM datasets WHERE identifier = ?", (identifier,))
        return jsonify(_summary(row, True))
    return redirect(url_for("portal.registered", identifier=identifier), 303)


@blueprint.route("/outgoing/send", methods=["POST"])
def send_now():
    """Try at once what waits for the catalogue."""
    here().outgoing.send()
    return redirect(url_for("inbox.page"), 303)
