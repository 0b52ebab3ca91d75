"""The pages on which a draft is checked and published."""

import json
from typing import Any

from flask import redirect, request, url_for
from invenio_db import db

from ..comparing import comparison, field_words
from ..comparing.difference import Budget
from ..datasets import publication, store
from ..descriptions import health
from ..errors import Problem
from ..pages import language, notices, private
from ..pages.language import gettext
from ..pages.render import render
from ..proxies import current as extension
from . import drafts, publishing
from . import values as form_values
from .draft_page import (
    CHECK,
    GROUP,
    LIST,
    blueprint,
    digest_of,
    draft_of,
    faults_of,
    gone,
    source_of,
    sources,
    steps_of,
    title_of,
    title_of_field,
)
from .faults import faults_by_field, in_order
from .form import Form
from .groups import GROUPS, grouped


@blueprint.route("/<int:number>/check")
def check(number: int) -> Any:
    """Show what will be public, or what is still to mend."""
    draft = draft_of(number)
    return _check(draft) if draft is not None else gone()


def _check(draft, problem="", status=200):
    description = json.loads(draft.description)
    found = faults_of(draft, description)
    by_field = faults_by_field(found)
    form = Form(form_values.to_values(description), by_field, language.current())
    listed = [
        (group, [(_place(draft, group, form, fault), fault) for fault in in_order(by_field, group.names)])
        for group in GROUPS
    ]
    # of what has mistakes, these come first
    lacking = {} if found else faults_by_field(health.advice(description))
    advice = [
        (_place(draft, group, form, fault), fault) for group in GROUPS for fault in in_order(lacking, group.names)
    ]
    published = _published(draft)
    is_changed = published is not None and published[1] != draft.base
    budget = Budget()
    page = render(
        "secureb2share_ext/describe/check.html",
        draft=draft,
        steps=steps_of(by_field, form.values),
        listed=[(group, faults) for group, faults in listed if faults],
        count=sum(len(faults) for _, faults in listed),
        advice=advice,
        compared=comparison.compare(published[0], description, field_words.spell, budget) if published else None,
        fields=grouped(comparison.fields(description, field_words.spell)) if not found else [],
        is_changed=is_changed,
        published_digest=published[1] if is_changed else None,
        order=private.Order(),
        problem=problem,
        spelled=title_of_field,
        title=title_of(description),
        notice=notices.take(),
    )
    return page if status == 200 else (page, status)


def _place(draft, group, form, fault):
    return "%s#%s" % (url_for(GROUP, number=draft.id, key=group.key, told=1), form.anchor(fault.control))


def _published(draft):
    """(description that is published now, its digest), or None where the draft is of a new or deleted dataset."""
    row = store.by_number(draft.dataset_id) if draft.dataset_id else None
    if row is None or extension().host.record(row) is None:
        return None
    return publishing.current(extension().host, row)


@blueprint.route("/<int:number>/publish")
def confirm(number: int) -> Any:
    """Ask once more before a draft is published."""
    draft = draft_of(number)
    if draft is None:
        return gone()
    description = json.loads(draft.description)
    published = _published(draft)
    if draft.dataset_id and published is None:
        return gone()
    is_unseen = published is not None and published[1] not in (draft.base, request.args.get("seen"))
    if is_unseen or faults_of(draft, description):
        return redirect(url_for(CHECK, number=number), 303)
    return _confirm(draft, description)


def _confirm(draft, description, fault=None, problem="", status=200):
    published = _published(draft)
    page = render(
        "secureb2share_ext/describe/publish.html",
        draft=draft,
        title=title_of(description),
        order=private.Order(),
        seen=digest_of(description),
        base=published[1] if published else "",
        identifier=request.form.get("identifier", ""),
        fault=fault,
        problem=problem,
    )
    return page if status == 200 else (page, status)


@blueprint.route("/<int:number>/publish", methods=["POST"])
def publish(number: int) -> Any:
    """Publish a draft as a new dataset, or as a change of one."""
    host, is_fresh = extension().host, private.Order().validate()
    draft = _locked(number) if is_fresh else draft_of(number)
    if draft is None:
        return gone()
    description = json.loads(draft.description)
    if not is_fresh:
        return _confirm(
            draft, description, problem=gettext("This page was open for too long. Publish it again."), status=400
        )
    if request.form.get("seen") != digest_of(description):
        return _check(draft, gettext("Somebody changed this draft meanwhile. Read it before you publish it."), 409)
    is_change = draft.dataset_id is not None
    try:
        if is_change:
            row = publishing.edit(host, draft.dataset_id, description, request.form.get("base", ""))
        else:
            claimed = request.form.get("identifier", "").strip()
            row = publishing.publish(host, source_of(draft), description, claimed)
        drafts.drop(draft)
        publication.commit(row.source, row.pid)
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


def _locked(number):
    """The draft, locked behind the dataset that it changes: a withdrawal takes them in this order too."""
    draft = draft_of(number)
    row = store.by_number(draft.dataset_id) if draft is not None and draft.dataset_id else None
    if row is not None:
        store.lock(row.source, row.identifier)
    return drafts.find(number, sources(), is_locked=True)


def _refused(number, problem):
    draft = draft_of(number)
    if draft is None:
        return gone()
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
    return _check(draft, notices.of_problem(problem), problem.status)
