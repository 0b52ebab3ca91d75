"""Applications: a person asks for access, and learns what was decided.

The catalogue's access link leads here with a signed reference, which names a dataset and nobody.
The person is named in the form, and the name stays in this environment.
"""

import re
import secrets
import time

import requests
from flask import Blueprint, jsonify, render_template, request, url_for

from secureb2share_ext import client

from . import datasets
from .environment import here
from .problem import Problem, wants_json

blueprint = Blueprint("applications", __name__)

LIMITS = {"name": 200, "email": 254, "purpose": 5000}


@blueprint.route("/request", methods=["GET"])
def form():
    """The form for one dataset, if the reference holds."""
    dataset = _referenced(request.args)
    if wants_json():
        return jsonify(
            dataset=dataset["identifier"],
            title=dataset["title"],
            record_url=dataset["record_url"],
            verified=True,
        )
    return _page(dataset, request.args["ref"])


@blueprint.route("/request", methods=["POST"])
def submit():
    """Store the application, and report to the catalogue that there is one."""
    given = request.get_json(silent=True) if request.is_json else request.form
    given = {k: v for k, v in dict(request.args, **(given or {})).items() if isinstance(v, str)}
    dataset = _referenced(given)
    values = {name: given.get(name, "").strip() for name in LIMITS}
    faults = _faults(values)
    if faults:
        if wants_json():
            errors = [{"field": name, "message": text} for name, text in faults.items()]
            raise Problem(400, "Not sent", "The application has faults.", errors=errors)
        return _page(dataset, given["ref"], values, faults), 400
    application, token = "app-" + secrets.token_hex(8), secrets.token_urlsafe(24)
    with here().store.write() as db:
        db.execute(
            "INSERT INTO applications (id, dataset, name, email, purpose, created, status_token)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                application,
                dataset["identifier"],
                values["name"],
                values["email"],
                values["purpose"],
                client.now_utc(),
                token,
            ),
        )
        here().outgoing.write(db, "decision", dataset["identifier"], application=application, state="submitted")
    here().outgoing.send(dataset["identifier"])
    status_url = url_for("applications.status", token=token, _external=True)
    if wants_json():
        return jsonify(application=application, state="submitted", status_url=status_url), 201
    return render_template("sent.html", dataset=dataset, application=application, status_url=status_url), 201


def _page(dataset, ref, values=(), faults=()):
    ways = datasets.ways_of_access(dataset)
    return render_template(
        "request.html", dataset=dataset, ways=ways, ref=ref, values=dict(values), faults=dict(faults)
    )


def _faults(values):
    faults = {name: "must be filled in" for name, text in values.items() if not text}
    faults.update(
        (n, "is longer than %d characters" % LIMITS[n]) for n, text in values.items() if len(text) > LIMITS[n]
    )
    if values["email"] and not re.fullmatch(r"[^@\s]+@[^@\s]+", values["email"]):
        faults["email"] = "is not an e-mail address"
    return faults


def _referenced(given):
    """The dataset that the reference names; raises Problem."""
    identifier, ref = given.get("dataset", ""), given.get("ref", "")
    if not identifier or not ref:
        raise Problem(
            400,
            "Not a link of the catalogue",
            "Please start from the dataset's page in the catalogue, and follow its link to request access.",
        )
    try:
        claims = here().keys.verify(lambda jwks: client.verify_reference(ref, jwks, issuer=here().catalogue_url))
    except client.NotVerified as error:
        raise Problem(400, "The reference is not valid", str(error))
    except (requests.RequestException, client.Refused):
        raise Problem(503, "Please try again", "The catalogue cannot be reached to check the reference.")
    if (claims["source"], claims["identifier"]) != (here().site.source, identifier):
        raise Problem(400, "The reference is not valid", "It was made for another dataset.")
    dataset = datasets.find(here().store, identifier)
    if dataset is None:
        raise Problem(404, "Not known here", "This dataset has not arrived in the secure environment yet.")
    datasets.must_take_requests(dataset)
    return dataset


@blueprint.route("/request/<token>")
def status(token):
    """What was decided; who has the address may read it."""
    row = here().store.one("SELECT * FROM applications WHERE status_token = ?", (token,))
    if row is None:
        raise Problem(404, "Not found", "There is no application at this address.")
    dataset = datasets.find(here().store, row["dataset"])
    link, downloads = None, datasets.allows_download(dataset)
    is_open = dataset["state"] not in datasets.CLOSED
    if row["publication_token"] and downloads and is_open and row["expires"] > time.time():
        link = url_for("publication.page", token=row["publication_token"], _external=True)
    if wants_json():
        return jsonify(application=row["id"], dataset=row["dataset"], state=row["state"], publication_url=link)
    ways = datasets.ways_of_access(dataset) if is_open and not downloads else []
    return render_template("status.html", application=row, dataset=dataset, link=link, ways=ways)
