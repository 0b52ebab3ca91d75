"""The row that a table of TSD's file API gets of an event.

A row is a pure function of the event's frozen bytes, because the API takes two rows that differ in one byte for two: it
has the event's members, `event_id`, which is unique for dataset and sequence, and `digest`, the SHA-256 of the frozen
bytes, by which the inside acknowledges them.

A row has no signature. One that is made at each attempt would, after a change of the signing key between an attempt
whose answer was lost and the next, put a second row beside the first. Who may write to the table is decided by TSD: the
holder of the project's client secret, from the addresses on its list.
"""

import json
import re
from typing import Any, Dict, Iterator, Tuple

from ..client import canonical, digest

IDENTIFIER = "event_id"  # the one member by which TSD's message queue names a row


class NoRow(ValueError):
    """An event that no table can hold; its text quotes nothing of it but names of members."""


def row(body: bytes) -> bytes:
    """The canonical bytes of the row; body: an event's frozen bytes. Raises NoRow for what no table can hold.

    Damaged bytes raise ValueError, RecursionError and the like.

    The API answers 201 to a JSON string and to an empty list without storing anything, and 500 for ever to a NUL, so
    that the answer alone would not tell.
    """
    event = json.loads(body.decode("utf-8"))
    if body[:1] != b"{" or not isinstance(event, dict) or not isinstance(event.get("id"), str):
        raise NoRow("the event is no JSON object with an id")
    for place, text in _texts("", event):
        if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise NoRow("the text of %s has a NUL or half of a surrogate pair" % (place or "a member's name"))
    # which refuses NaN
    made = canonical(dict(event, **{IDENTIFIER: event["id"], "digest": digest(body)}))
    if made[:1] != b"{" or not isinstance(json.loads(made.decode("utf-8")), dict):
        raise NoRow("the row is no JSON object")
    return made


def headers(message_id: str) -> Dict[str, str]:
    """The headers that name the row in TSD's message queue; message_id: the event's id. Raises NoRow."""
    if not re.match(r"[!-~]+\Z", message_id):
        raise NoRow("the event's id cannot stand in a header")
    # a name with a point is looked up as nested members, and answered with 500 where the first is absent
    return {"resource-identifier-key": IDENTIFIER, "resource-identifier": message_id}


def _texts(place: str, value: Any) -> Iterator[Tuple[str, str]]:
    """Yield (place such as data.reason, text) of every text in a JSON value; the place of a member's name is ""."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield "", name
            yield from _texts((place + "." if place else "") + name, member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(place, member)
