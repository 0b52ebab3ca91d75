"""The history of a record in words: when which fields of its description changed. Pure."""

import datetime
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from ..descriptions import labels
from .language import format_date, listed, translate
from .words import N_


class Change(NamedTuple):
    """One change of a record."""

    date: str  # YYYY-MM-DD
    day: str  # the same in words
    text: str


def changes(revisions: Sequence[Tuple[datetime.datetime, Dict[str, Any]]], language: str) -> List[Change]:
    """The Changes, the newest first; revisions: [(time, description)], the oldest first, from the first one on."""
    found = [_change(time, _text(revisions, number, language), language) for number, (time, _) in enumerate(revisions)]
    return list(reversed(found))


def changed_fields(older: Dict[str, Any], newer: Dict[str, Any], language: str) -> List[str]:
    """The titles of the fields in which two descriptions differ, each once."""
    found = []
    for part in ("core", "sensitive", "version"):
        one, other = (description.get(part) or {} for description in (older, newer))
        found += [part + "." + name for name in dict.fromkeys([*one, *other]) if one.get(name) != other.get(name)]
    if older.get("files") != newer.get("files"):
        found.append("files")
    return list(dict.fromkeys(translate(language, labels.title(field)) for field in found))


def _change(time, text, language):
    date = time.date().isoformat()
    return Change(date, format_date(date, language), text)


def _text(revisions, number, language):
    if number == 0:
        return translate(language, N_("The description was published."))
    fields = changed_fields(revisions[number - 1][1], revisions[number][1], language)
    if not fields:
        return translate(language, N_("The state changed, or a newer or older version was named."))
    return translate(language, N_("Changed: %(fields)s.")) % {"fields": listed(fields, language)}
