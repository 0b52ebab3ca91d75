"""The pages of who asks for access: the form, the page that shows where the request stands, and what one may do there.

A second request from one e-mail address for one dataset, while the first is open or approved, makes no new one. Only
the browser that made the first one is led to its page: anybody can type the address of somebody else, and the page
shows a name, a purpose and a decision. What such a person does learn is that there is a request; a site that sends
mail would send the link to the address instead, and say the same in both cases.
"""

import time

from flask import Blueprint, jsonify, redirect, render_template, request, session, url_for

from secureb2share_ext.pages.language import gettext

from . import applications, datasets, history, look, references, tokens, working
from .environment import here
from .problem import Problem, wants_json

blueprint = Blueprint("asking", __name__)
blueprint.before_request(look.take_little)

REMEMBERED = 20  # requests whose pages a browser finds again


@blueprint.route("/request", methods=["GET"])
def form():
    """The form for one dataset, if the reference holds."""
    dataset = references.referenced(request.args)
    if wants_json():
        return jsonify(
            dataset=dataset["identifier"],
            title=dataset["title"],
            record_url=dataset["record_url"],
            verified=True,
        )
    return _form(dataset, {}, {})


@blueprint.route("/requests")
def mine():
    """The requests that this browser knows, the newest first; nobody who asks signs in here."""
    store = here().store
    rows = sorted(_remembered(), key=lambda row: row["created"], reverse=True)
    return render_template("mine.html", requests=[(row, datasets.find(store, row["dataset"])) for row in rows])


@blueprint.route("/request", methods=["POST"])
def submit():
    """Store the application, and report to the catalogue that there is one."""
    given = _given()
    dataset = references.referenced(given)
    values = {name: given.get(name, "").strip().replace("\r\n", "\n") for name in applications.LIMITS}
    faults = applications.faults(values)
    if faults or not tokens.is_ours():
        if wants_json():
            errors = [{"field": name, "message": text} for name, text in faults.items()]
            raise Problem(400, gettext("Not sent"), gettext("The request has faults."), errors=errors)
        return _form(dataset, values, faults), 400
    # names that a browser chooses are apart from those of other ways to ask
    form = "form:" + given["once"] if given.get("once") else None
    row, is_new = applications.submit(here(), dataset, values, form)
    if not _is_mine(row, is_new, form):
        fault = gettext(
            "A request for this dataset from this e-mail address is open or approved already, so no new one was made."
            " The address of its page was shown when it was sent. If you have lost it, please ask the contact of the"
            " dataset."
        )
        if wants_json():
            raise Problem(409, gettext("Not sent"), fault)
        return _form(dataset, values, {"email": fault}), 409
    status_url = url_for("asking.status", token=row["status_token"], _external=True)
    if wants_json():
        return jsonify(application=row["id"], state=row["state"], status_url=status_url), 201 if is_new else 200
    if is_new:
        return look.done(status_url, gettext("Your request was sent to the owner of the data."))
    if form and row["form"] == form:
        return redirect(status_url, 303)
    said = gettext("You have asked for this dataset already, and no new request was made. This is the first one.")
    return look.done(status_url, said, "wait")


def _is_mine(row, is_new, form):
    """Whether this browser may see the request; if it made it, it is remembered."""
    if is_new or (form and row["form"] == form):
        _remember(row)
        return True
    return is_of_session(row)


def _remember(row):
    known, token = session.get("mine", []), row["status_token"]
    if token in known:
        return
    session["mine"] = (known + [token])[-REMEMBERED:]
    # an owner's login ends with the browser
    session.permanent = not session.get("owner")


def is_signed_in():
    """Whether this browser knows a request; its secret page stands in for the sign-in of who asks."""
    return bool(session.get("mine"))


def is_of_session(row):
    """Whether this browser made a request, or opened its page."""
    return row["status_token"] in session.get("mine", [])


def _remembered():
    found = (
        here().store.one("SELECT * FROM applications WHERE status_token = ?", (token,))
        for token in session.get("mine", [])
    )
    return [row for row in found if row]


def approved():
    """[(row, dataset)] of the requests of this browser whose approval holds now."""
    found = [(row, datasets.find(here().store, row["dataset"])) for row in _remembered()]
    return [(row, dataset) for row, dataset in found if applications.is_open(row, dataset)]


def _earlier(dataset):
    """The request of this browser that the dataset's form would lead to, or None."""
    for row in _remembered():
        is_going = row["state"] in history.OPEN or history.days_left(row["expires"], time.time())
        if row["dataset"] == dataset["identifier"] and is_going:
            return row
    return None


def _given():
    given = request.get_json(silent=True) if request.is_json else request.form
    given = given if hasattr(given, "items") else {}
    return {k: v for k, v in dict(request.args, **dict(given.items())).items() if isinstance(v, str)}


def _form(dataset, values, faults, row=None):
    return render_template(
        "request.html",
        dataset=dataset,
        ways=datasets.ways_of_access(dataset),
        expected=datasets.expected_days(dataset),
        conditions=datasets.texts(dataset, "access_conditions"),
        values=values,
        faults=faults,
        application=row,
        earlier=None if row else _earlier(dataset),
        question=history.last_of(applications.steps(here().store, row["id"]), "returned") if row else None,
        limit=applications.LONGEST_TEXT,
    )


def _application(token):
    row = here().store.one("SELECT * FROM applications WHERE status_token = ?", (token,))
    if row is None:
        raise Problem(
            404,
            gettext("There is no request at this address"),
            gettext("Please use the whole address that was shown when the request was sent."),
        )
    return row, datasets.find(here().store, row["dataset"])


@blueprint.route("/request/<token>")
def status(token):
    """Where the request stands; who has the address may read it."""
    row, dataset = _application(token)
    link = None
    if applications.link_is_open(row, dataset):
        link = url_for("publication.page", token=row["publication_token"], _external=True)
    bearer = row["publication_token"] if applications.token_works(row, dataset) else None
    inside = datasets.opens_inside(dataset) and applications.is_open(row, dataset)
    files_url = url_for("file_api.listed", _external=True)
    _remember(row)
    if wants_json():
        said = {"application": row["id"], "dataset": row["dataset"], "state": row["state"], "publication_url": link}
        given = {"files_url": files_url, "token": bearer} if bearer else {}
        return jsonify(**said, **given, **({"inside_url": url_for("inside.page", _external=True)} if inside else {}))
    steps = applications.steps(here().store, row["id"])
    return render_template(
        "status.html",
        application=row,
        dataset=dataset,
        steps=steps,
        approval=history.last_of(steps, "approved"),
        new_day=history.last_new_day(steps),
        ended=working.ending(dataset)["ended"],
        needs_agreement=datasets.needs_agreement(dataset),
        working=working.sentences(dataset),
        place=working.place(dataset),
        day=history.days(steps, time.time()),
        expected=datasets.expected_days(dataset),
        ways=datasets.ways_of_access(dataset),
        downloads=datasets.allows_download(dataset),
        link=link,
        bearer=bearer,
        files_url=files_url,
        inside=inside,
        ends=history.day_of(row["expires"] - 1) if row["expires"] else None,
        left=history.days_left(row["expires"], time.time()),
    )


@blueprint.route("/request/<token>/change", methods=["GET", "POST"])
def change(token):
    """The form again, for a request that the owner gave back."""
    row, dataset = _application(token)
    here_again = url_for("asking.status", token=token)
    if row["state"] != "returned":
        return redirect(here_again, 303)
    values = {name: row[name] for name in applications.LIMITS}
    if request.method == "GET":
        return _form(dataset, values, {}, row)
    for name in values.keys() - {"email"} | {"answer"}:
        values[name] = request.form.get(name, "").strip().replace("\r\n", "\n")
    faults = applications.faults(values)
    if not values["answer"]:
        faults["answer"] = gettext("Please fill in this field.")
    elif len(values["answer"]) > applications.LONGEST_TEXT:
        faults["answer"] = gettext("Please write at most %(limit)s characters.", limit=applications.LONGEST_TEXT)
    if faults or not tokens.is_ours():
        return _form(dataset, values, faults, row), 400
    try:
        applications.change(here(), row["id"], "sent-again", values["answer"], values=values)
    except applications.Overtaken:
        return redirect(here_again, 303)  # sent twice, or decided in the meantime: the page says where it stands
    return look.done(here_again, gettext("Your answer was sent to the owner of the data."))


@blueprint.route("/request/<token>/end", methods=["GET", "POST"])
def end(token):
    """Ask once more, and then take the request back."""
    row, dataset = _application(token)
    here_again = url_for("asking.status", token=token)
    if row["state"] not in history.OPEN:
        return redirect(here_again, 303)
    if request.method == "GET" or not tokens.is_ours():
        return render_template("end.html", application=row, dataset=dataset)
    try:
        applications.change(here(), row["id"], "taken-back")
    except applications.Overtaken:
        return redirect(here_again, 303)
    return look.done(here_again, gettext("You have taken the request back."))
