"""One line of a bulk: the envelope around its message, and its way from its sender to its answer.

No database is asked here; what a line says takes effect in bulk.py.
"""

import datetime
from typing import Any, Collection, Dict, Iterable, List, Mapping, NamedTuple, Optional, Set, Tuple

from ..client import TOLERANCE
from ..dataset import replaces_of
from ..descriptions import schema, strict_json
from ..errors import Invalid, KeyExpired, Problem
from . import message, sources


class Envelope(NamedTuple):
    """One line of a bulk: a signed message with what its headers would hold."""

    headers: Dict[str, str]
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


def read(line: bytes, actions: Collection[str] = message.ACTIONS) -> Envelope:
    """The Envelope in a line, of which nothing is verified yet; raises Invalid. actions: those that it may name."""
    value = strict_json.parse(line)
    faults = schema.schema_faults(SHAPE, value)
    if faults:
        raise Invalid(faults, code="envelope")
    body = value["body"].encode("utf-8")
    said = strict_json.parse(body)
    named: List[Any] = [
        said.get(name) if isinstance(said, dict) else None for name in ("action", "source", "identifier")
    ]
    if not all(isinstance(name, str) for name in named) or named[0] not in actions:
        raise Invalid([("body", "must name its action, source and identifier")], code="envelope")
    headers = {"webhook-" + name: str(value[name]) for name in ("id", "timestamp", "signature")}
    return Envelope(headers, body, *named)


class Line:
    """One envelope on its way to its answer."""

    def __init__(self, given: bytes) -> None:
        self.given = given
        # None where it is refused already
        self.sender: Optional[sources.Sender] = None
        self.message: Optional[message.Message] = None
        self.expired: Optional[KeyExpired] = None  # why it is refused, where that belongs into the log
        self.answer: Dict[str, Any] = {"id": None, "identifier": None, "status": None}

    @property
    def datasets(self) -> Set[Tuple[str, str]]:
        """The {(source, identifier)} of the datasets whose records it may change; empty where it is refused already."""
        if self.message is None:
            return set()
        replaces = replaces_of(self.message.members.get("dataset", {}))
        return {(self.message.source, name) for name in (self.message.identifier, replaces) if name}

    @property
    def touched(self) -> Set[Tuple[str, str]]:
        """`datasets` and the successor that it names: all that it builds on."""
        successor = self.message.members.get("successor") if self.message is not None else None
        return self.datasets | ({(self.message.source, successor)} if self.message and successor else set())

    def accepted(self, status: int, answer: Dict[str, Any]) -> None:
        """Write the answer to a message that was accepted; status: HTTP."""
        self.answer.pop("problem", None)
        self.answer.update(status=status, answer=answer)

    def refused(self, problem: Problem) -> None:
        """Write why the line is refused."""
        self.expired = problem if isinstance(problem, KeyExpired) else None
        self.answer.pop("answer", None)
        self.answer.update(status=problem.status, problem=problem.body())


def read_line(
    all_sources: Mapping[str, sources.Source],
    given: bytes,
    now: datetime.datetime,
    names: Iterable[str],
    only: Optional[str] = None,
) -> Line:
    """The Line of `given`: who sent it and what it says, or why it is refused.

    all_sources: by name; now: naive UTC; names: as in message.read; only: the source whose lines a request may bring;
    None: the line stands in a file, and may be of any source and as old as that allows.
    """
    line = Line(given)
    try:
        found = read(given)
        line.answer.update(id=found.headers["webhook-id"], identifier=found.identifier)
        if only not in (None, found.source):
            raise Invalid([("source", "differs from the source of the request")])
        source = all_sources.get(found.source)
        tolerance = source.file_age if only is None and source is not None else TOLERANCE
        line.sender = sources.authenticate(all_sources, found.source, found.headers, found.body, tolerance)
        line.message = message.read(
            line.sender.message_id,
            found.action,
            found.source,
            found.identifier,
            found.body,
            line.sender.source.describe_files,
            now,
            names,
            line.sender.source.needs_hdab(now.date()),
        )
    except Problem as problem:
        line.refused(problem)
    return line
