"""Datasets of a list, each as the card that tells what it is, who may ask, and how long a decision takes."""

import uuid
from typing import NamedTuple

from invenio_db import db
from invenio_records.models import RecordMetadata

from secureb2share_ext.descriptions import search_document
from secureb2share_ext.exports import coverage
from secureb2share_ext.hosts import published
from secureb2share_ext.pages import dataset_page, language, words

COUNTRIES = 3  # named on a card


class Hit(NamedTuple):
    """A dataset of a list."""

    shown: object  # exports.published.Published
    title: dict  # {lang, text}
    text: dict
    state: tuple  # as dataset_page.state
    facts: list  # short texts
    access: list  # (icon, name, text); empty where nobody can ask

    @property
    def icons(self):
        """[name] of the icons on the card."""
        return [self.state[1]] + [name for name, _, _ in self.access]


def of(found):
    """[Hit] of [(record's UUID as text, PID)], by a statement for the records and one for their rows."""
    ours = published.by_pids([pid for _, pid in found])
    wanted = [uuid.UUID(one) for one, pid in found if pid in ours]
    rows = db.session.query(RecordMetadata).filter(RecordMetadata.id.in_(wanted)) if wanted else []
    records = {str(row.id): row.json for row in rows}
    pages = [published.shown(ours[pid], records[one]) for one, pid in found if pid in ours and records.get(one)]
    tags = [*language.preferred(), "en"]
    # an index may lag behind a withdrawal
    return [_hit(shown, tags) for shown in pages if shown is not None and shown.dataset.state != "withdrawn"]


def _hit(shown, tags):
    core, sensitive, tag = shown.dataset.core, shown.dataset.sensitive, tags[0]
    return Hit(
        shown,
        language.in_language(core["titles"], tags)[0],
        language.in_language(core["descriptions"], tags)[0],
        dataset_page.state(shown, tag),
        [text for text in _facts(core, sensitive, tag) if text],
        _access(shown, tag) if shown.right.value != "metadata-only" else [],
    )


def _facts(core, sensitive, tag):
    people = words.participants(sensitive, tag)
    yield language.gettext("%(number)s people", number=people) if people else None
    names = search_document.countries(sensitive)
    if len(names) > COUNTRIES + 1:
        yield language.ngettext("%(number)s country", "%(number)s countries", len(names))
    else:
        yield words.countries(names, tag)
    yield words.years(sensitive, tag)
    yield coverage.controller(sensitive) or core["publisher"]


def _access(shown, tag):
    sensitive = shown.dataset.sensitive
    who = words.who(sensitive, tag) if shown.is_requestable else words.who_in_short(sensitive, tag)
    found = [
        ("user", language.gettext("Who may ask"), who),
        ("lock", language.gettext("Way of access"), words.ways(sensitive, tag)),
    ]
    if sensitive.get("expected_decision_days") is not None:
        found.append(("clock", language.gettext("Decision"), words.decision(sensitive, tag)))
    return found
