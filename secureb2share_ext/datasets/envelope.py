"""What does one line of a bulk hold around its message?"""

from typing import NamedTuple

from ..errors import Invalid
from . import message, schema


class Envelope(NamedTuple):
    """One line of a bulk: a signed message with what its headers would hold."""

    headers: dict
    body: bytes
    action: str
    source: str
    identifier: str


SHAPE = schema.Strict(
    {
        "type": "object",
        "properties": {
            "id": message.ID,
            "timestamp": {"type": "integer"},
            "signature": message.TEXT,
            "body": message.TEXT,
        },
        "required": ["id", "timestamp", "signature", "body"],
        "additionalProperties": False,
    }
)


def read(line, actions=message.ACTIONS):
    """The Envelope in `line` (bytes), of which nothing is verified yet; raises Invalid. actions: that it may name."""
    value = message.parse(line)
    faults = schema.schema_faults(SHAPE, value)
    if faults:
        raise Invalid(faults, code="envelope")
    body = value["body"].encode("utf-8")
    said = message.parse(body)
    named = [said.get(name) if isinstance(said, dict) else None for name in ("action", "source", "identifier")]
    if not all(isinstance(name, str) for name in named) or named[0] not in actions:
        raise Invalid([("body", "must name its action, source and identifier")], code="envelope")
    headers = {"webhook-" + name: str(value[name]) for name in ("id", "timestamp", "signature")}
    return Envelope(headers, body, *named)
