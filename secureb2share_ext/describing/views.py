"""The pages on which a curator describes a dataset: drafts, the form in groups, publication, changes, withdrawal."""

import json
from typing import Any, Dict, List, Optional, Tuple

from flask import Blueprint, abort, current_app, redirect, request, url_for
from invenio_db import db
from sqlalchemy.exc import IntegrityError

from ..client import digest
from ..compat import utcnow
from ..datasets import store
from ..errors import Invalid, Problem
from ..pages import language, notices, private
from ..pages.language import gettext
from ..pages.render import render
from ..proxies import Source
from ..proxies import current as extension
from ..reviewing import changes, spelling
from ..reviewing.difference import Budget
from . import buttons, drafts, publishing
from . import values as form_values
from .faults import faults_by_field, in_order
from .form import Form
from .groups import GROUPS, Group, after, find, standing

PAGE = 20
LIST, GROUP, CHECK = ("secureb2share_describe." + name for name in ("begun", "group", "check"))
NEEDS = "This page is for curators. Ask an administrator of the catalogue for the right to describe datasets."
OPEN_TOO_LONG = "This page was open for too long, so nothing was saved. What you wrote is below: save it again."
NOT_SAVED = "Nothing was saved yet. What you wrote is below."

blueprint = Blueprint(
    "secureb2share_describe", __name__, url_prefix="/secureb2share/describe", template_folder="templates"
)


def _sources() -> List[str]:
    return extension().host.described_sources()


private.keep(blueprint, lambda: bool(_sources()), NEEDS)


@blueprint.route("/")
def begun() -> str:
    """List the drafts of the curator's sources, and what curators published."""
    start = min(max(request.args.get("start", 0, type=int), 0), 2**31 - PAGE)
    names, host = _sources(), extension().host
    rows = drafts.published(names, start, PAGE + 1)
    return render(
        "secureb2share_ext/describe/list.html",
        sources=names,
        drafts=[(draft, _title(json.loads(draft.description))) for draft in drafts.page(names, 0, 200)],
        published=[(row, _title_of(host, row), host.record_url(row)) for row in rows[:PAGE]],
        order=private.Order(),
        start=start,
        before=max(start - PAGE, 0) if start else None,
        more=start + PAGE if len(rows) > PAGE else None,
        now=utcnow(),
        notice=notices.take(),
    )


@blueprint.route("/new", methods=["POST"])
def begin() -> Any:
    """Begin a draft of a new dataset."""
    name = request.form.get("source", "")
    if not private.Order().validate() or name not in _sources():
        return redirect(url_for(LIST), 303)
    draft = drafts.begin(name, {"core": {}, "sensitive": {}})
    db.session.commit()
    return redirect(url_for(GROUP, number=draft.id, key=GROUPS[0].key), 303)


@blueprint.route("/dataset/<int:number>/edit", methods=["POST"])
def edit(number: int) -> Any:
    """Begin a draft of a change of a published dataset, or open the one that was begun."""
    if not private.Order().validate():
        return redirect(url_for(LIST), 303)
    row = _row(number)
    draft = drafts.of_dataset(row.id)
    if draft is None:
        try:
            row = publishing.lock_editable(extension().host, number)
            description, base = publishing.current(extension().host, row)
            draft = drafts.begin(row.source, description, row.id, base)
            db.session.commit()
        except Problem as problem:
            return _back_to_list(problem)
        except IntegrityError:
            # another curator was faster
            db.session.rollback()
            draft = drafts.of_dataset(number)
    if draft is None:
        return _gone()
    return redirect(url_for(GROUP, number=draft.id, key=GROUPS[0].key), 303)


@blueprint.route("/<int:number>/<any(%s):key>" % ", ".join(group.key for group in GROUPS))
def group(number: int, key: str) -> Any:
    """Show one group of a draft's fields."""
    draft = _draft(number)
    if draft is None:
        return _gone()
    shown = form_values.to_values(json.loads(draft.description))
    shown = buttons.press(shown, "add", request.args.get("more", ""))
    return _group(draft, find(key), shown, is_told="told" in request.args)


@blueprint.route("/<int:number>/<any(%s):key>" % ", ".join(group.key for group in GROUPS), methods=["POST"])
def save(number: int, key: str) -> Any:
    """Save one group of a draft's fields, and go where the pressed button leads."""
    chosen = find(key)
    try:
        sent = form_values.submitted(request.form.items(multi=True))
    except Invalid:
        abort(400)
    own = form_values.of_group(sent, chosen.names)
    pressed = next(((name, request.form[name]) for name in ("add", "remove") if name in request.form), ("", ""))
    own = buttons.press(own, *pressed) if pressed[0] == "remove" else own
    is_fresh = private.Order().validate()
    draft = drafts.find(number, _sources(), is_locked=is_fresh)
    if draft is None:
        return _gone(form_values.from_values(own))
    if not is_fresh:
        return _group(draft, chosen, own, problem=gettext(OPEN_TOO_LONG), status=400)
    stored = json.loads(draft.description)
    there = form_values.to_values(stored)
    theirs, mine = form_values.from_values(form_values.of_group(there, chosen.names)), form_values.from_values(own)
    if request.form.get("seen") != _digest(theirs) and theirs != mine:
        return _group(draft, chosen, own, theirs=theirs, status=409)
    merged = form_values.from_values(dict(form_values.without_group(there, chosen.names), **own))
    merged = form_values.in_old_order(merged, stored)
    refused = publishing.not_stored(publishing.faults(_source(draft), mine))
    if len(json.dumps(merged)) > current_app.config["SECUREB2SHARE_MAX_BODY"]:
        return _group(draft, chosen, own, problem=gettext("The description is too long to be saved."), status=400)
    if refused:
        return _group(draft, chosen, own, told=refused, problem=gettext(NOT_SAVED), status=400)
    if merged != stored:
        drafts.keep(draft, merged)
    found = _faults(draft, merged)
    db.session.commit()
    return redirect(_next(number, chosen, pressed, request.form.get("go", ""), found, own), 303)


def _next(number, chosen, pressed, go, found, own):
    button, target = pressed
    here = url_for(GROUP, number=number, key=chosen.key)
    if button == "add":
        numbers = buttons.parts(own, target)
        field = next((field for field in chosen.fields if field.name == target), None)
        if field is None or not field.inner:
            return "%s#%s-f" % (here, target) if field is not None else here
        kept = form_values.from_values(own)
        filled = len(_at(kept, target) or [])
        place = "%s.%d.%s" % (target, filled if filled or numbers else 0, field.inner[0].name)
        return "%s#%s" % (url_for(GROUP, number=number, key=chosen.key, more=target), place)
    if button == "remove":
        return "%s#%s-f" % (here, target.rpartition(".")[0])
    if go == "next":
        if in_order(faults_by_field(found), chosen.names):
            return url_for(GROUP, number=number, key=chosen.key, told=1) + "#faults"
        other = after(chosen)
        return url_for(GROUP, number=number, key=other.key) if other else url_for(CHECK, number=number)
    notices.leave(gettext("The draft is saved."))
    return here if go != "leave" else url_for(LIST)


def _at(description, name):
    part, _, member = name.partition(".")
    return description.get(part, {}).get(member) if member else description.get(part)


def _group(draft, chosen, shown, told=None, problem="", theirs=None, is_told=False, status=200):
    """The page of a group.

    shown: its values; told: faults, where others than the draft's; theirs: what somebody else saved in this group.
    """
    stored = json.loads(draft.description)
    saved = form_values.to_values(stored)
    mine = form_values.from_values(form_values.of_group(shown, chosen.names))
    found = _faults(draft, stored) if told is None and status == 200 else told or []
    by_field = faults_by_field(found)
    of_draft = faults_by_field(_faults(draft, stored)) if told is not None or status != 200 else by_field
    steps = _steps(of_draft, saved)
    is_begun = is_told or told is not None or standing(chosen, shown).state != "empty"
    listed = in_order(by_field, chosen.names) if is_begun else []
    form = Form(
        shown,
        {name: by_field[name] for name in by_field if is_begun},
        language.current(),
        _source(draft).describe_files,
    )
    seen = theirs if theirs is not None else form_values.from_values(form_values.of_group(saved, chosen.names))
    # whoever did not see what stands there now is told of it when they save
    if problem and request.method == "POST":
        seen = None
    number = GROUPS.index(chosen) + 1
    page = render(
        "secureb2share_ext/describe/group.html",
        draft=draft,
        group=chosen,
        number=number,
        steps=steps,
        form=form,
        faults=[("#" + form.anchor(fault.control), fault) for fault in listed],
        order=private.Order(),
        seen=_digest(seen) if seen is not None else request.form.get("seen", ""),
        problem=problem,
        conflict=changes.compare(theirs, mine, spelling.spell, Budget()).changes if theirs is not None else None,
        spelled=spelling.title,
        title=_title(stored),
        following=after(chosen),
        is_saved=not problem and theirs is None,
        notice=notices.take(),
    )
    return page if status == 200 else (page, status)


@blueprint.route("/<int:number>/check")
def check(number: int) -> Any:
    """Show what will be public, or what is still to mend."""
    draft = _draft(number)
    return _check(draft) if draft is not None else _gone()


def _check(draft, problem="", status=200):
    description = json.loads(draft.description)
    found = _faults(draft, description)
    by_field = faults_by_field(found)
    form = Form(form_values.to_values(description), by_field, language.current())
    listed = [
        (group, [(_place(draft, group, form, fault), fault) for fault in in_order(by_field, group.names)])
        for group in GROUPS
    ]
    published, is_changed = _published(draft)
    budget = Budget()
    page = render(
        "secureb2share_ext/describe/check.html",
        draft=draft,
        steps=_steps(by_field, form.values),
        listed=[(group, faults) for group, faults in listed if faults],
        count=sum(len(faults) for _, faults in listed),
        compared=changes.compare(published, description, spelling.spell, budget) if published else None,
        fields=changes.fields(description, spelling.spell) if not found else [],
        is_changed=is_changed,
        published_digest=_digest_published(draft) if is_changed else None,
        order=private.Order(),
        problem=problem,
        spelled=spelling.title,
        title=_title(description),
        notice=notices.take(),
    )
    return page if status == 200 else (page, status)


def _place(draft, group, form, fault):
    return "%s#%s" % (url_for(GROUP, number=draft.id, key=group.key, told=1), form.anchor(fault.control))


def _published(draft):
    """(description that is published now or {}, whether it is another one than that with which the draft began)."""
    row = store.by_number(draft.dataset_id) if draft.dataset_id else None
    if row is None or extension().host.record(row) is None:
        return {}, False
    published, seen = publishing.current(extension().host, row)
    return published, seen != draft.base


@blueprint.route("/<int:number>/publish")
def confirm(number: int) -> Any:
    """Ask once more before a draft is published."""
    draft = _draft(number)
    if draft is None:
        return _gone()
    description = json.loads(draft.description)
    _, is_changed = _published(draft)
    if _faults(draft, description) or (is_changed and request.args.get("seen") != _digest_published(draft)):
        return redirect(url_for(CHECK, number=number), 303)
    return _confirm(draft, description)


def _digest_published(draft):
    row = store.by_number(draft.dataset_id)
    return publishing.current(extension().host, row)[1] if row is not None else ""


def _confirm(draft, description, fault=None, problem="", status=200):
    page = render(
        "secureb2share_ext/describe/publish.html",
        draft=draft,
        title=_title(description),
        order=private.Order(),
        seen=_digest(description),
        base=_digest_published(draft) if draft.dataset_id else "",
        identifier=request.form.get("identifier", ""),
        fault=fault,
        problem=problem,
    )
    return page if status == 200 else (page, status)


@blueprint.route("/<int:number>/publish", methods=["POST"])
def publish(number: int) -> Any:
    """Publish a draft as a new dataset, or as a change of one."""
    host, is_fresh = extension().host, private.Order().validate()
    draft = drafts.find(number, _sources(), is_locked=is_fresh)
    if draft is None:
        return _gone()
    description = json.loads(draft.description)
    if not is_fresh:
        return _confirm(
            draft, description, problem=gettext("This page was open for too long. Publish it again."), status=400
        )
    if request.form.get("seen") != _digest(description):
        return _check(draft, gettext("Somebody changed this draft meanwhile. Read it before you publish it."), 409)
    is_change = draft.dataset_id is not None
    try:
        if is_change:
            row = publishing.edit(host, draft.dataset_id, description, request.form.get("base", ""))
        else:
            claimed = request.form.get("identifier", "").strip()
            row = publishing.publish(host, _source(draft), description, claimed)
        drafts.drop(draft)
        db.session.commit()
    except Problem as problem:
        db.session.rollback()
        return _refused(number, problem)
    except Exception:
        db.session.rollback()
        raise
    said = (
        gettext("The change of %(identifier)s is published.", identifier=row.identifier)
        if is_change
        else gettext("%(identifier)s is published.", identifier=row.identifier)
    )
    notices.leave(said, address=host.record_url(row), link=gettext("See the record"))
    return redirect(url_for(LIST), 303)


def _refused(number, problem):
    draft = _draft(number)
    if draft is None:
        return _gone()
    if problem.code == "changed":
        said = gettext(
            "Somebody changed the published description meanwhile. See below what your draft would change now."
        )
        return _check(draft, said, problem.status)
    found = [(error["field"], error["message"]) for error in problem.extra.get("errors", [])]
    own = faults_by_field(found).get("identifier")
    if own or problem.code == "identifier-taken":
        text = (
            gettext(own[0].text, **own[0].values) if own else gettext("A dataset with this identifier exists already.")
        )
        return _confirm(draft, json.loads(draft.description), fault=text, status=problem.status)
    return _check(draft, gettext(problem.detail), problem.status)


@blueprint.route("/<int:number>/discard", methods=["GET", "POST"])
def discard(number: int) -> Any:
    """Ask once more, and forget a draft."""
    draft = drafts.find(number, _sources(), is_locked=request.method == "POST")
    if draft is None:
        return _gone()
    order, title = private.Order(), _title(json.loads(draft.description))
    if request.method == "POST" and order.validate():
        drafts.drop(draft)
        db.session.commit()
        notices.leave(gettext("The draft is discarded."))
        return redirect(url_for(LIST), 303)
    return render("secureb2share_ext/describe/discard.html", draft=draft, title=title, order=order)


@blueprint.route("/dataset/<int:number>/withdraw", methods=["GET", "POST"])
def withdraw(number: int) -> Any:
    """Ask once more, and withdraw a dataset for good."""
    host, order, row = extension().host, private.Order(), _row(number)
    reason = request.form.get("reason", "").replace("\r\n", "\n").strip()
    if row.state == "withdrawn":
        return redirect(url_for(LIST), 303)
    if request.method == "GET":
        return _withdraw(row, order, reason)
    if not order.validate():
        return _withdraw(row, order, reason, problem=gettext("This page was open for too long. Nothing was withdrawn."))
    try:
        row = publishing.withdraw(host, number, reason)
        drafts.drop(drafts.of_dataset(row.id))
        db.session.commit()
    except Invalid:
        db.session.rollback()
        fault = gettext("Write a reason of at most 1,000 characters, which every reader can see.")
        return _withdraw(_row(number), order, reason, fault=fault)
    except Problem as problem:
        return _back_to_list(problem)
    except Exception:
        db.session.rollback()
        raise
    notices.leave(gettext("%(identifier)s is withdrawn.", identifier=row.identifier), address=host.record_url(row))
    return redirect(url_for(LIST), 303)


def _withdraw(row, order, reason, fault="", problem=""):
    page = render(
        "secureb2share_ext/describe/withdraw.html",
        row=row,
        title=_title_of(extension().host, row),
        order=order,
        reason=reason,
        fault=fault,
        problem=problem,
    )
    return (page, 400) if fault or problem else page


def _back_to_list(problem):
    db.session.rollback()
    notices.leave(gettext(problem.detail), kind="stop")
    return redirect(url_for(LIST), 303)


def _row(number):
    """The row of a published dataset of a curator in the reader's sources; 404 for every other."""
    row = store.by_number(number)
    if row is None or row.source not in _sources() or row.pid is None or row.origin != "curator":
        abort(404)
    return row


def _draft(number):
    return drafts.find(number, _sources())


def _gone(typed: Optional[Dict[str, Any]] = None) -> Any:
    """The page in the place of a draft that is no more, with what its reader typed."""
    fields = changes.fields(typed, spelling.spell) if typed else []
    return render("secureb2share_ext/describe/gone.html", fields=fields, spelled=spelling.title), 409 if typed else 404


def _source(draft) -> Source:
    return extension().sources[draft.source]


def _faults(draft, description):
    row = store.by_number(draft.dataset_id) if draft.dataset_id else None
    return publishing.faults(_source(draft), description, row.identifier if row is not None else None)


def _steps(by_field, values) -> List[Tuple[Group, Any]]:
    faulty = [control for control, found in by_field.items() for _ in found]
    return [(group, standing(group, values, faulty)) for group in GROUPS]


def _digest(description):
    return digest(json.dumps(description, sort_keys=True).encode("ascii"))


def _title(description):
    """The first title that is filled in, {lang, text}, or None."""
    titles = description.get("core", {}).get("titles") or []
    found = language.in_language([one for one in titles if one.get("text") and one.get("lang")], language.preferred())
    return found[0] if found else None


def _title_of(host, row):
    record = host.record(row)
    return _title(host.from_record(record)) if record is not None else None
