"""The arguments of OAI-PMH's selective harvesting (OAI-PMH 2.0, sections 2.7, 3.5 and 3.6). Pure."""

import datetime
import re
from typing import Dict, List, NamedTuple, Optional, Tuple

FORMS = (
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z"), "%Y-%m-%d", datetime.timedelta(days=1)),
    (
        re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z"),
        "%Y-%m-%dT%H:%M:%SZ",
        datetime.timedelta(seconds=1),
    ),
)
LISTS = ("ListIdentifiers", "ListRecords")
NAMES = ("verb", "metadataPrefix", "from", "until", "set")


class Fault(ValueError):
    """An answer with an error; args: its code in OAI-PMH, and a sentence."""


class Window(NamedTuple):
    """A span of datestamps (naive UTC)."""

    start: Optional[datetime.datetime] = None
    end: Optional[datetime.datetime] = None  # the first moment that is no longer in it


def single(values: Dict[str, List[str]]) -> Dict[str, str]:
    """The arguments {name: value} of a request; raises Fault where one is repeated."""
    for name, given in values.items():
        if len(given) > 1:
            raise Fault("badArgument", "The argument %s is there twice." % name)
    return {name: given[0] for name, given in values.items()}


def check_names(given: Dict[str, str]) -> None:
    """Raise Fault for an argument that a list does not have, and without the format."""
    unknown = sorted(set(given) - set(NAMES))
    if unknown:
        raise Fault("badArgument", "The argument %s is not one of this verb." % unknown[0])
    if not given.get("metadataPrefix"):
        raise Fault("badArgument", "The argument metadataPrefix is missing.")


def window(start: Optional[str], until: Optional[str]) -> Window:
    """The Window of the arguments from and until (texts or None); `until` is in it, as a whole day or second.

    Raises Fault for what is no date, for two granularities, and for a window that ends before it begins.
    """
    first, last = (_read(name, given) for name, given in (("from", start), ("until", until)))
    if first and last and first[1] != last[1]:
        raise Fault("badArgument", "The arguments from and until must have the same granularity.")
    if first and last and first[0] > last[0]:
        raise Fault("badArgument", "The argument from must not be later than until.")
    end = None
    if last:
        try:
            end = last[0] + last[1]
        except OverflowError:
            # the last day of the calendar excludes nothing
            end = None
    return Window(first[0] if first else None, end)


def _read(name: str, given: Optional[str]) -> Optional[Tuple[datetime.datetime, datetime.timedelta]]:
    if given is None:
        return None
    for form, spelt, size in FORMS:
        if form.match(given):
            try:
                return datetime.datetime.strptime(given, spelt), size
            except ValueError:
                break
    raise Fault("badArgument", "The argument %s must be YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ, in UTC." % name)
