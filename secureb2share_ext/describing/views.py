"""The list of what curators describe, and the pages on which a draft or a published dataset ends.

The blueprint has the pages of group_view and publish_view too.
"""

import json
from typing import Any

from flask import abort, redirect, request, url_for
from invenio_db import db
from sqlalchemy.exc import IntegrityError

from ..compat import utcnow
from ..errors import Invalid, Problem
from ..pages import notices, private
from ..pages.language import gettext
from ..pages.render import render
from ..pages.words import N_
from ..proxies import current as extension
from . import drafts, group_view, publish_view, publishing  # noqa: F401 (two of them add pages)
from .draft_page import (
    GROUP,
    LIST,
    back_to_list,
    blueprint,
    gone,
    row_of,
    sources,
    title_of,
    title_of_row,
    titles_of_rows,
)
from .groups import GROUPS

PAGE = 20
OPEN_TOO_LONG = N_("This page was open for too long, and nothing was done. Try again.")


@blueprint.route("/")
def begun() -> str:
    """List the drafts of the curator's sources, and what curators published."""
    start, at = _start("start"), _start("drafts")
    names, host = sources(), extension().host
    found = drafts.page(names, at, PAGE + 1)
    rows = drafts.published(names, start, PAGE + 1)
    return render(
        "secureb2share_ext/describe/list.html",
        sources=names,
        drafts=[(draft, title_of(json.loads(draft.description))) for draft in found[:PAGE]],
        count=drafts.count(names),
        at=at,
        before_drafts=max(at - PAGE, 0) if at else None,
        more_drafts=at + PAGE if len(found) > PAGE else None,
        published=[(row, title, host.record_url(row)) for row, title in zip(rows, titles_of_rows(host, rows[:PAGE]))],
        order=private.Order(),
        start=start,
        before=max(start - PAGE, 0) if start else None,
        more=start + PAGE if len(rows) > PAGE else None,
        now=utcnow(),
        notice=notices.take(),
    )


def _start(name):
    return min(max(request.args.get(name, 0, type=int), 0), 2**31 - PAGE)


@blueprint.route("/new", methods=["POST"])
def begin() -> Any:
    """Begin a draft of a new dataset."""
    name = request.form.get("source", "")
    if not private.Order().validate():
        return back_to_list(gettext(OPEN_TOO_LONG))
    if name not in sources():
        abort(404)
    try:
        draft = drafts.begin(name, {"core": {}, "sensitive": {}})
        db.session.commit()
    except Problem as problem:
        return back_to_list(notices.of_problem(problem))
    return redirect(url_for(GROUP, number=draft.id, key=GROUPS[0].key), 303)


@blueprint.route("/dataset/<int:number>/edit", methods=["POST"])
def edit(number: int) -> Any:
    """Begin a draft of a change of a published dataset, or open the one that was begun."""
    if not private.Order().validate():
        return back_to_list(gettext(OPEN_TOO_LONG))
    row = row_of(number)
    draft = drafts.of_dataset(row.id)
    if draft is None:
        try:
            row = publishing.lock_editable(extension().host, number)
            description, base = publishing.current(extension().host, row)
            draft = drafts.begin(row.source, description, row.id, base)
            db.session.commit()
        except Problem as problem:
            return back_to_list(notices.of_problem(problem))
        except IntegrityError:
            # another curator was faster
            db.session.rollback()
            draft = drafts.of_dataset(number)
    if draft is None:
        return gone()
    return redirect(url_for(GROUP, number=draft.id, key=GROUPS[0].key), 303)


@blueprint.route("/<int:number>/discard", methods=["GET", "POST"])
def discard(number: int) -> Any:
    """Ask once more, and forget a draft."""
    draft = drafts.find(number, sources(), is_locked=request.method == "POST")
    if draft is None:
        return gone()
    order, title = private.Order(), title_of(json.loads(draft.description))
    is_late = request.method == "POST" and not order.validate()
    if request.method == "POST" and not is_late:
        drafts.drop(draft)
        db.session.commit()
        notices.leave(gettext("The draft is discarded."))
        return redirect(url_for(LIST), 303)
    page = render(
        "secureb2share_ext/describe/discard.html",
        draft=draft,
        title=title,
        order=order,
        problem=gettext(OPEN_TOO_LONG) if is_late else "",
    )
    return (page, 400) if is_late else page


@blueprint.route("/dataset/<int:number>/withdraw", methods=["GET", "POST"])
def withdraw(number: int) -> Any:
    """Ask once more, and withdraw a dataset for good."""
    host, order, row = extension().host, private.Order(), row_of(number)
    reason = request.form.get("reason", "").replace("\r\n", "\n").strip()
    if row.state == "withdrawn":
        return redirect(url_for(LIST), 303)
    if request.method == "GET":
        return _withdraw(row, order, reason)
    if not order.validate():
        return _withdraw(row, order, reason, problem=gettext("This page was open for too long. Nothing was withdrawn."))
    try:
        row = publishing.withdraw(host, number, reason)
        db.session.commit()
    except Invalid:
        db.session.rollback()
        fault = gettext("Write a reason of at most 1,000 characters, which every reader can see.")
        return _withdraw(row_of(number), order, reason, fault=fault)
    except Problem as problem:
        return back_to_list(notices.of_problem(problem))
    except Exception:
        db.session.rollback()
        raise
    notices.leave(gettext("%(identifier)s is withdrawn.", identifier=row.identifier), address=host.record_url(row))
    return redirect(url_for(LIST), 303)


def _withdraw(row, order, reason, fault="", problem=""):
    page = render(
        "secureb2share_ext/describe/withdraw.html",
        row=row,
        title=title_of_row(extension().host, row),
        order=order,
        reason=reason,
        fault=fault,
        problem=problem,
    )
    return (page, 400) if fault or problem else page
