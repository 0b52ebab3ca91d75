"""The pages of review: a curator reads what waits, publishes it or refuses it, and sees what was decided."""

import json
from typing import Any, List

from flask import Blueprint, abort, redirect, request, url_for
from invenio_db import db
from wtforms import HiddenField, TextAreaField

from ..comparing import comparison, field_words
from ..comparing.difference import Budget
from ..compat import utcnow
from ..datasets import publication, review, store, view
from ..describing.draft_page import title_of_field
from ..describing.faults import faults_by_field
from ..describing.groups import grouped
from ..errors import Problem
from ..exports.published import Published
from ..pages import language, notices, private
from ..pages.dataset_page import DatasetPage
from ..pages.language import gettext, in_language, preferred
from ..pages.render import render
from ..pages.words import N_
from ..proxies import current
from . import seen

PAGE = 50
LAST = 10  # decisions on one dataset that its page tells
LIST, ONE = "secureb2share_review.waiting", "secureb2share_review.show"
NEEDS = N_("This page is for curators. Ask an administrator of the catalogue for the right to review.")
OPEN_TOO_LONG = N_("This page was open for too long. Read it again, and then decide.")

blueprint = Blueprint("secureb2share_review", __name__, url_prefix="/secureb2share/review", template_folder="templates")


def sources() -> List[str]:
    """Names of the sources for which the user of the request may decide."""
    return private.once("reviewed", current().host.reviewed_sources)


private.keep(blueprint, lambda: bool(sources()), NEEDS, LIST, "review")


class Decision(private.Order):
    """What a curator sends: the decision, the digest of what was on the page, and its text."""

    digest = HiddenField()  # nobody decides on what they have not seen
    page = HiddenField()
    reason = TextAreaField()


@blueprint.route("/")
def waiting() -> str:
    """List what waits, the oldest first."""
    start, rows, more = _page_of(store.held_page)
    entries = [(row, held, _title(json.loads(held.description))) for row, held in rows]
    return _list("waiting", entries, start, more)


@blueprint.route("/decided")
def decided() -> str:
    """List what was decided, the newest first."""
    start, rows, more = _page_of(store.decided_page)
    return _list("decided", [(row, decision, _address(row)) for decision, row in rows], start, more)


def _page_of(find):
    start = min(max(request.args.get("start", 0, type=int), 0), 2**31 - PAGE)
    rows = find(start, PAGE + 1, sources())
    return start, rows[:PAGE], start + PAGE if len(rows) > PAGE else None


def _list(which, entries, start, more):
    return render(
        "secureb2share_ext/review/list.html",
        which=which,
        entries=entries,
        count=store.waiting(sources()),
        start=start,
        before=max(start - PAGE, 0) if start else None,
        more=more,
        now=utcnow(),
        notice=notices.take(),
    )


@blueprint.route("/<int:number>")
def show(number: int) -> str:
    """Show one registration that waits: what it changes first; or what became of it."""
    return _page(number, Decision())


@blueprint.route("/<int:number>/preview")
def preview(number: int) -> Any:
    """Show what waits as readers will see it."""
    row, held = _held(number)
    if held is None:
        return redirect(url_for(ONE, number=number), 303)
    host, source = current().host, current().sources.get(row.source)
    shown = Published(
        dataset=view.dataset_from(row, json.loads(held.description)),
        record_url=_address(row),
        access_url=host.access_url(row.pid) if row.pid else "#access",  # there is none yet
        today=utcnow().date(),
        describe_files=source.describe_files if source is not None else "labels",
    )
    page = DatasetPage(shown, language.current(), preferred())
    return render("secureb2share_ext/review/preview.html", row=row, page=page)


@blueprint.route("/<int:number>/publish")
def confirm(number: int) -> Any:
    """Ask once more before a registration is published."""
    row, held = _held(number)
    if held is None or held.reason is not None:
        return redirect(url_for(ONE, number=number), 303)
    if request.args.get("seen") != held.digest:
        return _page(number, Decision(), _faults("changed"), 409)
    form, description = _filled(Decision(), held), json.loads(held.description)
    values = {"count": len(_compared(row, description).changes)} if row.pid else {}
    return render("secureb2share_ext/review/confirm.html", row=row, form=form, title=_title(description), **values)


@blueprint.route("/<int:number>", methods=["POST"])
def decide(number: int) -> Any:
    """Lead to the question before a publication, publish, or refuse; else the page again with what is wrong."""
    form = Decision()
    if not form.validate():
        return _page(number, form, [gettext(OPEN_TOO_LONG)], 400)
    row, held = _held(number)
    decision, given = request.form.get("decision"), form.digest.data or ""
    if held is None or held.digest != given:
        return _page(number, form, _faults("changed"), 409)
    if held.reason is not None:
        return _page(number, form, _faults("refused"), 409)
    if decision == "ask":
        return redirect(url_for("secureb2share_review.confirm", number=number, seen=given), 303)
    host, named, account = current().host, (row.source, row.identifier), private.account()
    is_change = bool(row.pid)
    try:
        if decision == "release":
            row = review.release(host, *named, seen=given, account=account)
        elif decision == "refuse":
            reason = (form.reason.data or "").strip()
            row = review.refuse(host, *named, reason=reason, seen=given, account=account)
        else:
            abort(400)
        publication.commit(row.source, row.pid)
    except Problem as problem:
        db.session.rollback()
        return _page(number, form, _faults(problem.code, problem), problem.status)
    except Exception:
        db.session.rollback()
        raise
    _tell(row, decision, is_change)
    return redirect(url_for(LIST), 303)


def _tell(row, decision, is_change):
    if decision == "refuse":
        notices.leave(gettext("%(identifier)s was refused. Its source can read the reason.", identifier=row.identifier))
        return
    said = (
        gettext("The change of %(identifier)s is published.", identifier=row.identifier)
        if is_change
        else gettext("%(identifier)s is published.", identifier=row.identifier)
    )
    notices.leave(said, address=current().host.record_url(row), link=gettext("See the record"))


def _faults(code, problem=None):
    """[sentence] of what keeps a decision from being taken."""
    if code == "changed":
        return [gettext("The source has sent another description in the meantime. Read it before you decide.")]
    if code == "refused":
        return [gettext("Another curator was faster: this registration was already refused.")]
    if code == "invalid" and not any(fault["field"] != "reason" for fault in problem.extra["errors"]):
        return [gettext("A refusal needs a reason of at most 1,000 characters, which the source can read.")]
    told = faults_by_field((one["field"], one["message"]) for one in problem.extra.get("errors", []))
    found = [fault for faults in told.values() for fault in faults]
    return [notices.of_problem(problem)] + [
        "%s: %s" % (gettext(fault.title), gettext(fault.text, **fault.values)) for fault in found
    ]


def _held(number):
    row = store.by_number(number)
    # nobody learns what there is of a source that is not theirs
    return (row, store.held(row.id)) if row is not None and row.source in sources() else abort(404)


def _page(number, form, faults=(), status=200):
    row, held = _held(number)
    decisions = store.decisions_of(row.id, LAST)
    if held is None:
        return _gone(row, decisions, form, faults, status)
    description = json.loads(held.description)
    budget = Budget()
    before = seen.unpacked(form.page.data or "", form.digest.data or "") if form.digest.data != held.digest else None
    since = comparison.compare(before, description, field_words.spell, budget).changes if before else None
    fields = comparison.fields(description, field_words.spell)
    compared = _compared(row, description, budget) if row.pid else None
    reason_fault = bool(faults) and request.form.get("decision") == "refuse" and form.digest.data == held.digest
    page = render(
        "secureb2share_ext/review/show.html",
        row=row,
        held=held,
        decisions=decisions,
        title=_title(description),
        compared=compared,
        same=grouped(compared.same) if compared else [],
        groups=grouped(fields),
        count=len(fields),
        since=since,
        form=_filled(form, held),
        faults=faults,
        is_reason_wrong=reason_fault,
        address=_address(row),
        spelled=title_of_field,
        now=utcnow(),
    )
    return page if status == 200 else (page, status)


def _gone(row, decisions, form, faults, status):
    """What became of a registration that waits no longer; 404 where nothing of this dataset was ever decided."""
    last = decisions[0] if decisions else None
    if last is None and row.state != "withdrawn" and not faults:
        abort(404)
    page = render(
        "secureb2share_ext/review/gone.html",
        row=row,
        last=last,
        is_late=bool(faults),
        # what was decided is what was on the page, where the form names its digest
        is_same=last is not None and form.digest.data in (None, "", last.digest),
        address=_address(row),
        now=utcnow(),
    )
    return page if status == 200 else (page, 409)


def _compared(row, description, budget=None):
    host = current().host
    record = host.record(row)
    published = host.from_record(record) if record is not None else {}
    return comparison.compare(published, description, field_words.spell, budget or Budget())


def _filled(form, held):
    form.digest.data, form.page.data = held.digest, seen.packed(held.description)
    return form


def _title(description):
    return in_language(description["core"]["titles"], preferred())[0]


def _address(row):
    return current().host.record_url(row) if row.pid else ""
