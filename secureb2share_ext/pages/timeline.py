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


def changes(
    revisions: Sequence[Tuple[datetime.datetime, Dict[str, Any]]], language: str, is_whole: bool = True
) -> List[Change]:
    """The Changes, the newest first; revisions: [(time, description)], the oldest first.

    is_whole: whether the first one is the record's first; else it is only what the second one is compared with.
    """
    texts = [translate(language, N_("The description was published."))] if is_whole else []
    texts += [_text(older[1], newer[1], language) for older, newer in zip(revisions, revisions[1:])]
    times = [time for time, _ in revisions[0 if is_whole else 1 :]]
    return [_change(time, text, language) for time, text in zip(times, texts)][::-1]


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


def _text(older, newer, language):
    fields = changed_fields(older, newer, language)
    if not fields:
        return translate(language, N_("The state changed, or a newer or older version was named."))
    return translate(language, N_("Changed: %(fields)s.")) % {"fields": listed(fields, language)}
