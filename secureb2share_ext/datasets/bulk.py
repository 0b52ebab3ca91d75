"""How do many messages take effect, each on its own, and fast?

A chunk is one transaction with a savepoint for each message; its answers are handed out after its commit. A dataset is
in a chunk once, so that it gets the same revisions and events as by single messages.
"""

from flask import current_app
from invenio_db import db

from ..errors import Invalid, NotAccepted, Problem
from . import fresh, inbox, store

MAX_ENVELOPES = 500  # of one request
CHUNK = 50  # messages a transaction
FREE_WITHDRAWALS, FREE_SHARE = 10, 0.05  # that one run may make without being confirmed


def split(body):
    """[bytes] of the lines of a request's body; raises Invalid."""
    lines = [line for line in body.split(b"\n") if line.strip()]
    if not 1 <= len(lines) <= MAX_ENVELOPES:
        raise Invalid([("(body)", "must be 1 to %d envelopes, one JSON object a line" % MAX_ENVELOPES)])
    return lines


def carry_out(host, lines, confirmed):
    """Yield each line, with its answer, in order.

    lines: iterable of line.Line; confirmed: whether many withdrawals are meant.
    """
    withdrawals, chunk, there = Withdrawals(confirmed), [], set()
    for line in lines:
        if line.datasets & there or len(chunk) == CHUNK:
            yield from _answered(host, chunk, withdrawals)
            chunk, there = [], set()
        chunk.append(line)
        there |= line.datasets
    yield from _answered(host, chunk, withdrawals)


def _answered(host, chunk, withdrawals):
    before = withdrawals.copy()
    try:
        # a run that may stop in the middle goes on one by one
        is_plain = all(line.message is None or line.message.action == "register" for line in chunk)
        rest = fresh.register(host, chunk) if is_plain and not withdrawals.stopped else chunk
        there = set().union(*(line.datasets for line in chunk)).difference(*(line.datasets for line in rest))
        for line in rest:
            touched = line.datasets | _released_by(line)
            if touched & there:
                # two changes of a dataset in one transaction would be one event
                db.session.commit()
                there = set()
            there |= touched
            _carry_out_in_savepoint(host, line, withdrawals)
        db.session.commit()
        # every flush looks at every object of the session
        db.session.expunge_all()
    except Exception:
        # one of these fails, or somebody else changed it just now: each for itself then
        db.session.rollback()
        withdrawals.made, withdrawals.stopped = before
        for line in chunk:
            _carry_out_alone(host, line, withdrawals)
    except BaseException:
        db.session.rollback()
        raise
    yield from chunk


def _released_by(line):
    """{(source, identifier)} of the datasets whose records say that the line's one replaced them, until now."""
    if line.message is None or line.message.action != "register":
        return set()
    source = line.message.source
    return {(source, old) for old in store.replaced_identifiers(source, line.message.identifier)}


def _carry_out_in_savepoint(host, line, withdrawals):
    if line.message is None:
        return
    try:
        withdrawals.check(line.message, line.sender)
        with db.session.begin_nested():
            line.accepted(*inbox.take(host, line.sender, line.message))
    except Problem as problem:
        line.refused(problem)


def _carry_out_alone(host, line, withdrawals):
    if line.message is None:
        return
    try:
        withdrawals.check(line.message, line.sender)
        line.accepted(*inbox.carry_out(host, line.sender, line.message))
    except Problem as problem:
        line.refused(problem)
    except Exception:
        current_app.logger.exception("secureb2share.message-failed id=%s", line.message.id)
        line.refused(Failed())


class Failed(Problem):
    """The catalogue could not carry this out now; nothing of it is stored. Send it again later."""

    status = 500
    code = "failed"
    title = "Failed"


class Withdrawals:
    """Stops a run before it withdraws more than is likely to be meant."""

    def __init__(self, confirmed):
        self.confirmed = confirmed
        self.made = {}  # source -> identifiers
        self.allowed = {}  # source -> how many
        self.stopped = False

    def copy(self):
        """(made, stopped) as they are now."""
        return {source: set(made) for source, made in self.made.items()}, self.stopped

    def check(self, read_message, sender=None):
        """Raise NotAccepted before the first withdrawal too many of a source, and for whatever follows in the run.

        sender: sources.Sender; a dataset that it may not touch is as unknown here as everywhere.
        """
        if self.confirmed:
            return
        source, identifier = read_message.source, read_message.identifier
        if not self.stopped and read_message.members.get("state") == "withdrawn" and read_message.action == "state":
            row = store.find(source, identifier)
            is_there = row is not None and (sender is None or sender.may_touch(row.tenant))
            if is_there and row.state != "withdrawn":
                if source not in self.allowed:
                    self.allowed[source] = max(FREE_WITHDRAWALS, int(FREE_SHARE * store.count(source)))
                made = self.made.setdefault(source, set())
                made.add(identifier)
                self.stopped = len(made) > self.allowed[source]
        if self.stopped:
            raise NotAccepted(
                "This run stopped before it withdrew more than %d datasets and %d %% of the source; confirm that this"
                " is meant." % (FREE_WITHDRAWALS, FREE_SHARE * 100),
                code="mass-withdrawal",
            )
