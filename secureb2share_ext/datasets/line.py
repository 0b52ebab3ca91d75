"""What does one line of a bulk say, and may it?

Pure: nothing is stored here.
"""

from ..client import TOLERANCE
from ..compat import utcnow
from ..errors import Problem
from . import message, sources


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
        envelope = message.read_envelope(given)
        line.answer.update(id=envelope.headers["webhook-id"], identifier=envelope.identifier)
        source = all_sources.get(envelope.source)
        tolerance = source.file_age if from_file and source is not None else TOLERANCE
        line.sender = sources.authenticate(all_sources, envelope.source, envelope.headers, envelope.body, tolerance)
        line.message = message.read(
            line.sender.message_id,
            envelope.action,
            envelope.source,
            envelope.identifier,
            envelope.body,
            line.sender.source.describe_files,
            utcnow(),
        )
    except Problem as problem:
        line.refused(problem)
    return line
