"""The page of one group of a draft's fields: it is shown, and saved."""

import json
from typing import Any

from flask import abort, current_app, redirect, request, url_for
from invenio_db import db

from ..comparing import comparison, field_words
from ..comparing.difference import Budget
from ..descriptions.schema import MAX_FAULTS
from ..errors import Invalid
from ..pages import language, notices, private
from ..pages.language import gettext
from ..pages.render import render
from ..pages.words import N_
from . import buttons, drafts, limits
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
from .groups import GROUPS, after, find, standing

OPEN_TOO_LONG = N_("This page was open for too long, so nothing was saved. What you wrote is below: save it again.")
NOT_SAVED = N_("Nothing was saved yet. What you wrote is below.")


@blueprint.route("/<int:number>/<any(%s):key>" % ", ".join(group.key for group in GROUPS))
def group(number: int, key: str) -> Any:
    """Show one group of a draft's fields."""
    draft = draft_of(number)
    if draft is None:
        return gone()
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
    draft = drafts.find(number, sources(), is_locked=is_fresh)
    if draft is None:
        return gone(form_values.from_values(own))
    if not is_fresh:
        return _group(draft, chosen, own, problem=gettext(OPEN_TOO_LONG), status=400)
    stored = json.loads(draft.description)
    there = form_values.to_values(stored)
    theirs, mine = _description_of(chosen, there), form_values.from_values(own)
    if request.form.get("seen") != digest_of(theirs) and theirs != mine:
        return _group(draft, chosen, own, theirs=theirs, status=409)
    merged = form_values.from_values(dict(form_values.without_group(there, chosen.names), **own))
    merged = form_values.in_old_order(merged, stored)
    refused = limits.not_stored(mine)
    if len(json.dumps(merged)) > current_app.config["SECUREB2SHARE_MAX_BODY"]:
        return _group(draft, chosen, own, problem=gettext("The description is too long to be saved."), status=400)
    if refused:
        return _group(draft, chosen, own, told=refused[:MAX_FAULTS], problem=gettext(NOT_SAVED), status=400)
    if merged != stored:
        drafts.keep(draft, merged)
    found = faults_of(draft, merged)
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
    if go == "check" or go in [group.key for group in GROUPS]:
        return url_for(CHECK, number=number) if go == "check" else url_for(GROUP, number=number, key=go)
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
    of_draft = faults_by_field(faults_of(draft, stored))
    if told is not None or status != 200:
        own = faults_by_field(told or [])
    else:
        # a group that nobody has begun has no faults yet
        own = of_draft if is_told or standing(chosen, shown).state != "empty" else {}
    form = Form(shown, own, language.current(), source_of(draft).describe_files)
    page = render(
        "secureb2share_ext/describe/group.html",
        draft=draft,
        group=chosen,
        number=GROUPS.index(chosen) + 1,
        steps=steps_of(of_draft, form_values.to_values(stored)),
        form=form,
        faults=[("#" + form.anchor(fault.control), fault) for fault in in_order(own, chosen.names)],
        order=private.Order(),
        seen=_seen(chosen, stored, problem, theirs),
        problem=problem,
        conflict=_conflict(chosen, shown, theirs),
        spelled=title_of_field,
        title=title_of(stored),
        following=after(chosen),
        is_saved=not problem and theirs is None,
        notice=notices.take(),
    )
    return page if status == 200 else (page, status)


def _seen(chosen, stored, problem, theirs):
    """The digest of what the reader of the page knows to be saved in this group."""
    if problem and request.method == "POST":
        # whoever did not see what stands there now is told of it when they save
        return request.form.get("seen", "")
    if theirs is not None:
        return digest_of(theirs)
    return digest_of(_description_of(chosen, form_values.to_values(stored)))


def _conflict(chosen, shown, theirs):
    """The Changes between what somebody else saved and what stands on the page; None where nobody did."""
    if theirs is None:
        return None
    mine = _description_of(chosen, shown)
    return comparison.compare(theirs, mine, field_words.spell, Budget()).changes


def _description_of(chosen, shown):
    return form_values.from_values(form_values.of_group(shown, chosen.names))
