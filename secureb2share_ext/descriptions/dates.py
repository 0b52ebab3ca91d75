"""The rules of dates and ranges: every date is in the calendar, and every range runs forwards."""

import datetime
import re
from typing import Any, Iterator, Tuple

from .tolerant import member

DAYS = ("embargo_until", "duo_until", "retention_until", "retention_review")
PERIODS = ("temporal_start", "temporal_end")  # a year, a month or a day
IN_ORDER = (
    ("min_age", "max_age"),
    ("temporal_start", "temporal_end"),
    ("retention_review", "retention_until"),
    ("embargo_until", "retention_until"),
)
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?\Z")  # what the schema lets through, at most


def calendar(description: Any) -> Iterator[Tuple[str, str]]:
    """Every date is a year, a month or a day of the calendar."""
    sensitive = member(description, "sensitive")
    for name in DAYS + PERIODS:
        if _is_dated(sensitive.get(name)) and not _is_in_calendar(sensitive[name]):
            yield "sensitive." + name, "is not a day of the calendar"


def order(description: Any) -> Iterator[Tuple[str, str]]:
    """`min_age` is at most `max_age`; `temporal_start` is not later than `temporal_end`, nor `retention_review` and
    `embargo_until` than `retention_until`.
    """
    sensitive = member(description, "sensitive")
    for first, last in IN_ORDER:
        one: Any = sensitive.get(first)
        other: Any = sensitive.get(last)
        if _is_dated(one) and _is_dated(other):
            shared = min(len(one), len(other))
            if one[:shared] > other[:shared]:
                yield "sensitive." + first, "must not be later than %s" % last
        elif type(one) is type(other) is int and one > other:
            yield "sensitive." + first, "must not be more than %s" % last


def _is_dated(value):
    return isinstance(value, str) and bool(_DATE.match(value))


def _is_in_calendar(text):
    try:
        datetime.datetime.strptime((text + "-01-01")[:10], "%Y-%m-%d")
    except ValueError:
        return False
    return True


RULES = (calendar, order)
