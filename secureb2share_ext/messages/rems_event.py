"""The few members of an event of REMS that say something of a dataset.

A whole event is personal data: it names who acted, carries free text, members and invited persons, and perhaps the
whole application. Five members are taken out while the bytes are parsed; the others are in no value, log line or
message of an error.
"""

import datetime
import json
import re
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple, Union

PREFIX = "application.event/"  # begins the types
NAMING = ("created", "resources-changed")  # types that name the datasets
# type -> state of the application; what is not there says nothing of it
STATES = {
    "submitted": "submitted",
    "returned": "submitted",
    "approved": "approved",
    "rejected": "denied",
    "revoked": "closed",
    "closed": "closed",
    "deleted": "deleted",
}
READ = ("event/id", "event/type", "event/time", "application/id", "application/resources")
RESOURCE = "resource/ext-id"
MOST = 1000  # resources of one application
LONGEST = 2000  # characters of a resource's id
LARGEST = 2**63  # of ids

_HELD = re.compile("[^\x00-\x1f\x7f\ud800-\udfff]+")  # a resource that has other characters is no dataset's
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.]([0-9]{1,9}))?(?:Z|([+-])([0-9]{2}):?([0-9]{2}))"
)


class Unreadable(NamedTuple):
    """The reason why a body is no event; it holds nothing of the body."""

    member: str
    fault: str


class Event(NamedTuple):
    """One event of an application, as far as it is read."""

    id: int  # rises with the order in which REMS wrote its events
    type: str  # without PREFIX
    time: datetime.datetime  # naive UTC
    application: int  # REMS's own id
    resources: Optional[Tuple[str, ...]] = None  # ids of all resources of the application; None: it does not say

    @property
    def state(self) -> Optional[str]:
        """The state into which the application came, or None."""
        return STATES.get(self.type)


def read(body: bytes) -> Union[Event, Unreadable, None]:
    """The Event in the bytes of a request; None for a type that says nothing of a dataset. Raises nothing."""
    value = parsed(body)
    return value if isinstance(value, Unreadable) else event_of(value)


def parsed(body: bytes) -> Union[Dict[str, Any], Unreadable]:
    """The members of READ, and of their resources the ids, as they stand in the bytes; or Unreadable."""
    # an exception of the parser holds the whole text, so that none leaves this function or is anybody's context
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_kept, parse_int=_whole)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else Unreadable("(body)", "is not a JSON object in UTF-8")


def _kept(pairs):
    return {name: value for name, value in pairs if name in READ or name == RESOURCE}


def _whole(digits):
    # the time that it takes to read a number grows with the square of its length
    return int(digits) if len(digits) < 20 else None


def event_of(value: Mapping[str, Any]) -> Union[Event, Unreadable, None]:
    """The Event that a mapping's members of READ describe; no other member is looked at."""
    named = value.get("event/type")
    if not isinstance(named, str):
        return Unreadable("event/type", "must be a text")
    kind = named[len(PREFIX) :] if named.startswith(PREFIX) else ""
    if kind not in STATES and kind not in NAMING:
        return None
    for member in ("event/id", "application/id"):
        if not _is_id(value.get(member)):
            return Unreadable(member, "must be a whole number from 0")
    moment = _moment(value.get("event/time"))
    if moment is None:
        return Unreadable("event/time", "must be a time such as 2026-01-31T12:00:00.000Z")
    resources = _resources(value.get("application/resources")) if kind in NAMING else None
    if kind in NAMING and resources is None:
        return Unreadable("application/resources", "must be a list of at most %d objects with %s" % (MOST, RESOURCE))
    return Event(value["event/id"], kind, moment, value["application/id"], resources)


def _is_id(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST


def _moment(text):
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    day, time, fraction, sign, hours, minutes = match.groups()
    try:
        found = datetime.datetime.strptime(day + time, "%Y-%m-%d%H:%M:%S")
        found += datetime.timedelta(microseconds=int((fraction or "0").ljust(6, "0")[:6]))
        offset = datetime.timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        return found + offset if sign == "-" else found - offset
    except (ValueError, OverflowError):
        return None


def _resources(entries):
    if not isinstance(entries, list) or len(entries) > MOST:
        return None
    found: List[str] = []
    for entry in entries:
        text = entry.get(RESOURCE) if isinstance(entry, Mapping) else None
        if not isinstance(text, str):
            return None
        if len(text) <= LONGEST and _HELD.fullmatch(text) and text not in found:
            found.append(text)
    return tuple(found)
