"""One line of a bulk: the envelope around its message, and its way from its sender to its answer.

No database is asked here; what a line says takes effect in bulk.py.
"""

from typing import NamedTuple

from ..client import TOLERANCE
from ..descriptions import schema, strict_json
from ..errors import Invalid, Problem
from . import message, sources


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
    value = strict_json.parse(line)
    faults = schema.schema_faults(SHAPE, value)
    if faults:
        raise Invalid(faults, code="envelope")
    body = value["body"].encode("utf-8")
    said = strict_json.parse(body)
    named = [said.get(name) if isinstance(said, dict) else None for name in ("action", "source", "identifier")]
    if not all(isinstance(name, str) for name in named) or named[0] not in actions:
        raise Invalid([("body", "must name its action, source and identifier")], code="envelope")
    headers = {"webhook-" + name: str(value[name]) for name in ("id", "timestamp", "signature")}
    return Envelope(headers, body, *named)


class Line:
    """One envelope on its way to its answer."""

    def __init__(self, given):
        self.given = given  # bytes
        self.sender = self.message = None  # sources.Sender, message.Message; None where it is refused already
        self.answer = {"id": None, "identifier": None, "status": None}

    @property
    def datasets(self):
        """{(source, identifier)} of the datasets whose records it may change; empty where it is refused already."""
        if self.message is None:
            return set()
        replaces = self.message.members.get("dataset", {}).get("version", {}).get("replaces")
        return {(self.message.source, one) for one in (self.message.identifier, replaces) if one}

    def accepted(self, status, said):
        """status: int; said: the answer as dict."""
        self.answer.pop("problem", None)
        self.answer.update(status=status, answer=said)

    def refused(self, problem):
        """problem: errors.Problem."""
        self.answer.pop("answer", None)
        self.answer.update(status=problem.status, problem=problem.body())


def read_line(all_sources, given, now, from_file=False):
    """The Line of `given` (bytes): who sent it and what it says, or why it is refused.

    all_sources: {name: Source}; now: naive UTC; from_file: it may be as old as its source allows.
    """
    line = Line(given)
    try:
        found = read(given)
        line.answer.update(id=found.headers["webhook-id"], identifier=found.identifier)
        source = all_sources.get(found.source)
        tolerance = source.file_age if from_file and source is not None else TOLERANCE
        line.sender = sources.authenticate(all_sources, found.source, found.headers, found.body, tolerance)
        line.message = message.read(
            line.sender.message_id,
            found.action,
            found.source,
            found.identifier,
            found.body,
            line.sender.source.describe_files,
            now,
        )
    except Problem as problem:
        line.refused(problem)
    return line
