"""Drafts: what is typed into the form of a registration is kept group by group, until it is sent."""

import datetime
import json
import secrets
import time

from secureb2share_ext.describing import faults, groups, values
from secureb2share_ext.pages.language import current, gettext

from .problem import Problem

LONGEST = 90 * 24 * 3600  # seconds for which a draft that nobody touches is kept


def blank(site):
    """A description with what is the same for every dataset of a sites.Site."""
    return {
        "core": {"publication_year": datetime.date.today().year},
        "sensitive": {
            "access_mode": [site.default_way],
            "access_eligibility": ["not-stated"],
            "controller_country": site.country,
            "storage_service": site.name,
            "storage_organisation": site.organisation,
            "storage_country": site.country,
        },
    }


def begin(environment, form=None, dataset=None):
    """The id of a new draft; of the one that there is, if the same form began it, or one for the same dataset.

    dataset: a row of `datasets` whose description is to be corrected, or None
    """
    clean(environment)
    described = json.loads(dataset["description"]) if dataset else blank(environment.site)
    told = json.loads(dataset["problem"] or "{}").get("errors", []) if dataset else []
    with environment.store.write() as db:
        row = db.execute(
            "SELECT id FROM drafts WHERE form = ? OR (dataset = ? AND sent = 0)",
            (form or "", dataset["identifier"] if dataset else ""),
        ).fetchone()
        if row is not None:
            return row["id"]
        draft = secrets.token_hex(8)
        db.execute(
            "INSERT INTO drafts (id, form, dataset, typed, told, touched) VALUES (?, ?, ?, ?, ?, ?)",
            (
                draft,
                form or None,
                dataset["identifier"] if dataset else None,
                json.dumps(values.to_values(described)),
                json.dumps(told),
                time.time(),
            ),
        )
    return draft


def get(environment, draft):
    """The row of a draft; raises Problem."""
    return _there(environment.store.one("SELECT * FROM drafts WHERE id = ?", (draft,)))


def _there(row):
    if row is None:
        raise Problem(
            404,
            gettext("There is no such draft"),
            gettext("It was discarded, or nobody has touched it for long."),
        )
    return row


def open_ones(store):
    """The drafts that were not sent, the last touched first."""
    return store.all("SELECT * FROM drafts WHERE sent = 0 ORDER BY touched DESC")


def typed(row):
    """The values of a draft's form, see describing.values."""
    return json.loads(row["typed"])


def faults_of(row):
    """{name of a control: [Fault]} of what the catalogue refused."""
    found = [(_place(error), str(error.get("message", ""))) for error in json.loads(row["told"])]
    return faults.faults_by_field(found)


def _place(error):
    place = str(error.get("field", ""))
    return place[len("dataset.") :] if place.startswith("dataset.") else place


def save(environment, draft, group, given):
    """Keep the values of one group of the form; what the catalogue said against what has changed is over."""
    with environment.store.write() as db:
        row = _there(db.execute("SELECT * FROM drafts WHERE id = ?", (draft,)).fetchone())
        before = typed(row)
        after = dict(values.without_group(before, group.names), **given)
        told = [
            error
            for error, control in zip(json.loads(row["told"]), _controls(row))
            if groups.group_of(control) != group or _is_same(before, after, control)
        ]
        db.execute(
            "UPDATE drafts SET typed = ?, told = ?, touched = ? WHERE id = ?",
            (json.dumps(after), json.dumps(told), time.time(), draft),
        )


def _controls(row):
    for error in json.loads(row["told"]):
        yield next(iter(faults.faults_by_field([(_place(error), str(error.get("message", "")))])))


def _is_same(before, after, control):
    names = {name for name in {*before, *after} if name == control or name.startswith(control + ".")}
    return all(before.get(name) == after.get(name) for name in names)


def settle(environment, draft, dataset):
    """Note that a draft was sent as a dataset (a row); one that the catalogue refused stays open, with its faults."""
    errors = json.loads(dataset["problem"] or "{}").get("errors", [])
    with environment.store.write() as db:
        db.execute(
            "UPDATE drafts SET sent = ?, told = ?, touched = ? WHERE id = ?",
            (0 if dataset["problem"] else 1, json.dumps(errors), time.time(), draft),
        )
    for upload in environment.uploads.of_draft(draft):
        environment.uploads.forget(draft, upload["id"])


def forget(environment, draft):
    """Throw a draft and its files away; a dataset that it is about stays."""
    for upload in environment.uploads.of_draft(draft):
        environment.uploads.forget(draft, upload["id"])
    with environment.store.write() as db:
        db.execute("DELETE FROM drafts WHERE id = ?", (draft,))


def clean(environment):
    """Throw away what nobody has touched for long."""
    old = "SELECT id FROM drafts WHERE touched < ?"
    for row in environment.store.all(old, (time.time() - LONGEST,)):
        forget(environment, row["id"])


def title(row):
    """(title, language) that a draft has so far; an empty text where it has none."""
    shown = typed(row)
    for name in sorted(shown):
        if name.startswith("core.titles.") and name.endswith(".text") and shown[name][0].strip():
            return shown[name][0], next(iter(shown.get(name[: -len("text")] + "lang", [])), "") or current()
    return "", current()
