"""What does one line of a bulk say, and is its sender known?

No database is asked here; what it says takes effect in bulk.py.
"""

from ..client import TOLERANCE
from ..compat import utcnow
from ..errors import Problem
from . import envelope, message, sources


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


def read(all_sources, given, from_file=False):
    """The Line of `given` (bytes): who sent it and what it says, or why it is refused.

    all_sources: {name: Source}; from_file: it may be as old as its source allows.
    """
    line = Line(given)
    try:
        found = envelope.read(given)
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
            utcnow(),
        )
    except Problem as problem:
        line.refused(problem)
    return line
