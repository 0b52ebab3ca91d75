"""The data owner's registrations, on a page or by a program, and what became of each."""

import json

from flask import Blueprint, jsonify, redirect, render_template, request, url_for

from . import archive, datasets, description, fields, login, registration
from .environment import here
from .problem import Problem

blueprint = Blueprint("portal", __name__)
blueprint.before_request(login.must_be_owner)


def _row(identifier):
    return here().store.one("SELECT * FROM datasets WHERE identifier = ?", (identifier,))


def _known(identifier):
    row = _row(identifier)
    if row is None:
        raise Problem(404, "Not found", "No dataset with this identifier was registered here.")
    return row


@blueprint.route("/register", methods=["GET"])
def form():
    """The empty form, or that of a registered dataset."""
    identifier = request.args.get("dataset")
    if not identifier:
        return _page(None, {"eligibility": ["not-stated"], "controller_country": [here().site.country]})
    row = _known(identifier)
    return _page(row, description.to_form(json.loads(row["description"])), json.loads(row["problem"] or "{}"))


@blueprint.route("/register", methods=["POST"])
def submit():
    """Register what the form holds; the catalogue's faults come back next to their fields."""
    identifier = request.args.get("dataset")
    if identifier:
        row = _known(identifier)
        registration.correct(here(), identifier, description.from_form(request.form, json.loads(row["description"])))
    else:
        described = description.from_form(request.form, description.blank(here().site))
        identifier = registration.register(here(), described, _uploads())
    here().outgoing.send(identifier)
    row = _row(identifier)
    if row["problem"]:
        page = _page(row, description.to_form(json.loads(row["description"])), json.loads(row["problem"]))
        return page, 400
    return redirect(url_for("portal.registered", identifier=identifier), 303)


def _page(row, values, problem=None):
    problem = problem or {}
    return render_template(
        "register.html",
        dataset=row,
        values=values,
        groups=fields.GROUPS,
        languages=fields.LANGUAGES,
        problem=problem,
        faults=description.faults_by_field(problem.get("errors", [])),
    )


def _uploads():
    labels = request.form.getlist("label")
    labels += [""] * len(request.files.getlist("file"))
    return [
        archive.Upload(file.stream, file.filename, file.mimetype, label)
        for file, label in zip(request.files.getlist("file"), labels)
        if file.filename
    ]


@blueprint.route("/registered/<path:identifier>")
def registered(identifier):
    """What became of one registration."""
    row = _known(identifier)
    files = here().store.all("SELECT * FROM files WHERE dataset = ? ORDER BY number", (identifier,))
    described = json.loads(row["description"])
    title, lang = datasets.main_title(described)
    return render_template(
        "registered.html",
        dataset=row,
        title=title,
        lang=lang,
        files=files,
        said=description.in_words(described),
        problem=json.loads(row["problem"] or "null"),
    )


@blueprint.route("/api/register", methods=["POST"])
def api_register():
    """The same for programs: multipart with `dataset` (JSON), `tenant`, `identifier`, `file`s, `label`s."""
    try:
        dataset = json.loads(request.form.get("dataset", ""))
    except ValueError:
        dataset = None
    if not (isinstance(dataset, dict) and all(isinstance(dataset.get(part), dict) for part in ("core", "sensitive"))):
        raise Problem(
            400,
            "Not registered",
            "The field `dataset` must hold a JSON object whose core and sensitive are objects.",
        )
    identifier, uploads = request.form.get("identifier"), _uploads()
    if identifier and _row(identifier):
        if uploads:
            raise Problem(409, "Not registered", "New data are a new dataset: register them under a new identifier.")
        registration.correct(here(), identifier, dataset)
    else:
        identifier = registration.register(here(), dataset, uploads, request.form.get("tenant"), identifier)
    here().outgoing.send(identifier)
    row = _row(identifier)
    if row["problem"]:
        problem = json.loads(row["problem"])
        raise Problem(
            problem["status"],
            "The catalogue refused the description",
            problem.get("detail") or "It has faults.",
            code=problem.get("code"),
            errors=problem.get("errors", []),
            identifier=identifier,
        )
    return jsonify(_short(row)), 201


@blueprint.route("/api/datasets/<path:identifier>")
def api_dataset(identifier):
    """Where one registration stands."""
    return jsonify(_short(_known(identifier)))


def _short(row):
    # until the catalogue has the dataset, its state is that of the registration
    state = row["state"] if row["registration"] == "registered" else row["registration"]
    shown = ("identifier", "pid", "record_url", "access_url", "review")
    return dict({name: row[name] for name in shown}, state=state, problem=json.loads(row["problem"] or "null"))
