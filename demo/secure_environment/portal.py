"""The data owner's registrations, on pages or by a program, and what became of each.

The form has a page for each group of fields; each is kept as a draft when one goes on, and the last page sends it.
"""

import json
import os

from flask import Blueprint, jsonify, redirect, render_template, request, url_for

from secureb2share_ext.comparing import comparison, field_words
from secureb2share_ext.comparing.difference import Budget
from secureb2share_ext.describing import buttons, groups, values
from secureb2share_ext.describing import form as forms
from secureb2share_ext.describing.draft_page import title_of_field
from secureb2share_ext.errors import Invalid
from secureb2share_ext.pages import language
from secureb2share_ext.pages.language import gettext

from . import archive, datasets, description, drafts, login, look, registration, tokens, uploads
from .environment import here
from .problem import Problem

blueprint = Blueprint("portal", __name__)
blueprint.before_request(login.must_be_owner)

ROWS = 3  # file fields that the page has at first
UPLOAD_JS = archive.copy(open(os.path.join(os.path.dirname(__file__), "static/upload.js"), "rb"))[1][:8]
FILES = "files"  # the group that has them


def _row(identifier):
    return here().store.one("SELECT * FROM datasets WHERE identifier = ?", (identifier,))


def _known(identifier):
    return datasets.must_be_known(_row(identifier))


@blueprint.route("/register", methods=["GET"])
def form():
    """Where a registration or a correction begins, and the drafts that can be gone on with."""
    identifier = request.args.get("dataset")
    row = _known(identifier) if identifier else None
    return render_template(
        "register.html",
        row=row,
        dataset=row and datasets.view(row, True),
        reason=row and datasets.reason(row),
        drafts=[(one, *drafts.title(one)) for one in drafts.open_ones(here().store)],
        groups=groups.GROUPS,
    )


@blueprint.route("/register", methods=["POST"])
def begin():
    """Begin a draft, or go on with that of the dataset."""
    identifier = request.args.get("dataset")
    row = _known(identifier) if identifier else None
    draft = drafts.begin(here(), request.form.get("once"), row)
    return redirect(url_for("portal.group", draft=draft, key=groups.GROUPS[0].key), 303)


@blueprint.route("/register/<draft>/<any(%s):key>" % ", ".join(one.key for one in groups.GROUPS))
def group(draft, key):
    """One page of the form."""
    row = drafts.get(here(), draft)
    if row["sent"]:
        return redirect(url_for("portal.registered", identifier=row["dataset"]), 303)
    return _page(row, groups.find(key))


@blueprint.route("/register/<draft>/<key>", methods=["POST"])
def save(draft, key):
    """Keep what is typed, do what the button says, and go where it leads."""
    row, one = drafts.get(here(), draft), groups.find(key)
    if one is None:
        raise Problem(404, gettext("There is no such page"), gettext("The form has no such part."))
    try:
        given = values.of_group(values.submitted(request.form.items(multi=True)), one.names)
    except Invalid:
        raise Problem(413, gettext("This form is too large"), gettext("Nothing was stored."))
    if not tokens.is_of_session():
        return _page(row, one, given), 400
    if row["sent"]:
        said = gettext("This form was sent already, and nothing of it was changed. What was sent stands here.")
        return look.done(url_for("portal.registered", identifier=row["dataset"]), said, "wait")
    button = next((name for name in ("add", "remove") if name in request.form), "")
    target = request.form.get(button, "")
    if button:
        given = buttons.press(given, button, target)
    drafts.save(here(), draft, one, given)
    if key == FILES and row["dataset"] is None:
        _keep_files(draft)
    if button or "more" in request.form or "drop" in request.form:
        rows = _rows(request.form.get("rows", "")) + 1 if "more" in request.form else None
        place = {"add": target + "-f", "remove": target.rpartition(".")[0] + "-f"}.get(button, "uploads")
        return redirect(url_for("portal.group", draft=draft, key=key, rows=rows, _anchor=place), 303)
    if "leave" in request.form:
        return look.done(url_for("portal.form"), gettext("The draft is kept. You can go on with it later."))
    following = groups.after(one)
    wanted = request.form.get("go") or (following.key if following else "check")
    if wanted not in [group.key for group in groups.GROUPS]:
        return redirect(url_for("portal.check", draft=draft), 303)
    return redirect(url_for("portal.group", draft=draft, key=wanted), 303)


def _page(row, one, given=None):
    """given: values of the group that were sent and are not kept, because the form was too old."""
    shown, told = drafts.typed(row), drafts.faults_of(row)
    if given is not None:
        shown = dict(values.without_group(shown, one.names), **given)
    shown_form = forms.Form(shown, told, language.current())
    return render_template(
        "group.html",
        draft=row,
        group=one,
        form=shown_form,
        faults=[("#" + shown_form.anchor(fault.control), fault) for fault in forms.faults.in_order(told, one.names)],
        files=here().uploads.of_draft(row["id"]),
        rows=_rows(request.args.get("rows", "")),
        limit=uploads.LARGEST,
        together=request.max_content_length,
        version=UPLOAD_JS,
        steps=_steps(shown, told),
        number=groups.GROUPS.index(one) + 1,
        is_first_time=row["dataset"] is None,
        is_correction=_is_correction(row),
        is_old=given is not None,
        refused=_refused(row),
    )


def _is_correction(draft):
    """Whether the catalogue has taken the dataset of a draft before; one that it refused is still to be registered."""
    row = _row(draft["dataset"]) if draft["dataset"] else None
    return bool(row and (row["pid"] or row["review"] or not row["problem"]))


def _refused(draft):
    """The row of the dataset whose last description was refused with a reason and without faults of fields, or None."""
    row = _row(draft["dataset"]) if draft["dataset"] else None
    problem = json.loads(row["problem"] or "{}") if row else {}
    return row if problem and not problem.get("errors") else None


def _changes(draft, described):
    """What a correction changes in the description that was sent last, or None where nothing was sent."""
    if not draft["dataset"]:
        return None
    # of both what the form would send, so that its own spelling is no change
    sent = values.from_values(values.to_values(json.loads(_row(draft["dataset"])["description"])))
    return comparison.compare(sent, described, field_words.spell, Budget()).changes


def _rows(text):
    """How many file fields the page shows, as a text of its address or form says."""
    return min(int(text), uploads.MOST) if text.isdecimal() and len(text) < 4 else ROWS


def _steps(shown, told):
    """[(Group, Standing)] for the strip beside the form."""
    return [(one, groups.standing(one, shown, told)) for one in groups.GROUPS]


def _keep_files(draft):
    """Take the files that came with the form, the labels, and what is to be thrown away."""
    for field, file in request.files.items(multi=True):
        if field.startswith("file-") and file.filename:
            label = request.form.get(field.replace("file-", "label-"), "")
            try:
                here().uploads.keep(draft, file.stream, file.filename, file.mimetype, label)
            except uploads.Fault:
                raise Problem(409, gettext("Too many files"), gettext("A registration has at most 100 files."))
    named = {name[len("named-") :]: text for name, text in request.form.items() if name.startswith("named-")}
    here().uploads.name(draft, named)
    if request.form.get("drop"):
        here().uploads.forget(draft, request.form["drop"])


@blueprint.route("/register/<draft>/check", methods=["GET"])
def check(draft):
    """What will be sent, and what the catalogue refused."""
    row = drafts.get(here(), draft)
    if row["sent"]:
        return redirect(url_for("portal.registered", identifier=row["dataset"]), 303)
    shown, told = drafts.typed(row), drafts.faults_of(row)
    kept = here().uploads.of_draft(draft)
    faults = forms.faults.in_order(told, [name for one in groups.GROUPS for name in one.names])
    return render_template(
        "check.html",
        draft=row,
        dataset=row["dataset"] and datasets.view(_row(row["dataset"]), True),
        is_correction=_is_correction(row),
        refused=_refused(row),
        changes=_changes(row, values.from_values(shown)),
        spelled=title_of_field,
        faults=[(_address(draft, forms.Form(shown, told), fault), fault) for fault in faults],
        others=[one for control, ones in told.items() if groups.group_of(control) is None for one in ones],
        steps=_steps(shown, told),
        said=description.in_words(values.from_values(shown)),
        files=kept,
        unfinished=[one for one in kept if not one["sha256"]],
    )


def _address(draft, form, fault):
    one = groups.group_of(fault.control)
    return url_for("portal.group", draft=draft, key=one.key, _anchor=form.anchor(fault.control))


@blueprint.route("/register/<draft>/check", methods=["POST"])
def send(draft):
    """Register what the draft holds, or correct it; the catalogue's faults come back beside their fields."""
    row = drafts.get(here(), draft)
    if row["sent"]:
        return redirect(url_for("portal.registered", identifier=row["dataset"]), 303)
    described = values.from_values(drafts.typed(row))
    identifier = row["dataset"]
    if identifier is None:
        identifier = registration.register(here(), described, here().uploads.whole(draft), draft=draft)
    else:
        registration.correct(here(), identifier, described)
    here().outgoing.send(identifier)
    dataset = _row(identifier)
    drafts.settle(here(), draft, dataset)
    if dataset["problem"]:
        return redirect(url_for("portal.check", draft=draft, _anchor="faults"), 303)
    return redirect(url_for("portal.registered", identifier=identifier), 303)


@blueprint.route("/register/<draft>/discard", methods=["GET", "POST"])
def drop(draft):
    """Ask once more, and then throw a draft away."""
    row = drafts.get(here(), draft)
    if request.method == "GET":
        kept = here().uploads.of_draft(draft)
        return render_template("drop.html", draft=row, title=drafts.title(row)[0], files=kept)
    drafts.forget(here(), draft)
    return look.done(url_for("portal.form"), gettext("The draft was discarded."))


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
    return render_template(
        "registered.html",
        row=row,
        dataset=datasets.view(row, True),
        files=files,
        said=description.in_words(json.loads(row["description"])),
        reason=datasets.reason(row),
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
    identifier, given = request.form.get("identifier"), _uploads()
    if identifier and _row(identifier):
        if given:
            raise Problem(409, "Not registered", "New data are a new dataset: register them under a new identifier.")
        registration.correct(here(), identifier, dataset)
    else:
        identifier = registration.register(here(), dataset, given, request.form.get("tenant"), identifier)
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
