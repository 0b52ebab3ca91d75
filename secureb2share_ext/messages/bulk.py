"""A bulk of messages, each of which takes effect on its own, and fast.

A chunk is one transaction with a savepoint for each message; its answers are handed out after its commit. A dataset is
in a chunk once, so that it gets the same revisions and events as by single messages. On a host that cannot insert many
records at once a chunk is one message.
"""

import traceback
from typing import Iterable, Iterator, List, Set, Tuple

from flask import current_app
from invenio_db import db

from .. import stops
from ..datasets import store
from ..errors import Failed, Invalid, Problem
from ..proxies import Host
from . import bulk_insert, inbox, senders
from .envelope import Line
from .quota import Tally
from .run import Order, Patience, of_many
from .withdrawal_limit import Withdrawals

MAX_ENVELOPES = 500  # of one request
CHUNK = 50  # messages a transaction, on a host that inserts many records at once


def split(body: bytes) -> List[bytes]:
    """The lines of a request's body; raises Invalid."""
    lines = [line for line in body.split(b"\n") if line.strip()]
    if not 1 <= len(lines) <= MAX_ENVELOPES:
        raise Invalid([("(body)", "must be 1 to %d envelopes, one JSON object per line" % MAX_ENVELOPES)])
    return lines


class Run:
    """What the chunks of one run share."""

    def __init__(self, confirmed: bool) -> None:
        self.withdrawals = Withdrawals(confirmed)
        self.order, self.patience = Order(), Patience()


def carry_out(host: Host, lines: Iterable[Line], confirmed: bool) -> Iterator[Line]:
    """Yield each line, with its answer, in order.

    confirmed: whether the sender confirmed that many withdrawals are intended.
    """
    run = Run(confirmed)
    chunk: List[Line] = []
    datasets: Set[Tuple[str, str]] = set()
    size = CHUNK
    for line in lines:
        if line.expired is not None:
            senders.tell_expired(line.expired)
        together = _together(host, line)
        if line.datasets & datasets or len(chunk) >= min(size, together):
            yield from _answered(host, chunk, run)
            chunk, datasets, size = [], set(), CHUNK
        chunk.append(line)
        datasets |= line.datasets
        size = min(size, together)
    yield from _answered(host, chunk, run)


def _together(host, line):
    """The number of messages that may share a transaction with this one."""
    if line.sender is None or host.can_publish_many(line.sender.source):
        return CHUNK
    # more would save no statement, make SQLAlchemy-Continuum look at all of them at each flush, and leave more hits
    # without a record when a host that indexes in its transaction (B2SHARE) is killed
    return 1


def _answered(host, chunk, run):
    with of_many():
        try:
            lines = [
                line
                for line in chunk
                if line.message is not None and not run.order.holds(line) and not _is_stopped(line, run)
            ]
            _carry_out_chunk(host, lines, run)
        except BaseException:
            db.session.rollback()
            raise
    # every flush looks at every object of the session
    db.session.expunge_all()
    yield from chunk


def _is_stopped(line, run):
    """Refuse the line where an operator has stopped its source or everything; returns whether it was."""
    try:
        stops.must_not_be_suspended(line.message.source)
        stops.must_be_writable()
    except Problem as problem:
        run.order.refuse(line, problem)
        return True
    return False


def _carry_out_chunk(host, lines, run):
    if len(lines) == 1:
        _carry_out_alone(host, lines[0], run)
        return
    withdrawals, failed = run.withdrawals, run.order.failed
    stopped, tally = withdrawals.stopped, Tally()
    try:
        # a run that may stop in the middle goes on one by one
        only_registers = all(line.message.action == "register" for line in lines)
        rest = bulk_insert.register(host, lines, tally) if only_registers and not withdrawals.stopped else lines
        changed: Set[Tuple[str, str]] = set()
        changed = changed.union(*(line.datasets for line in lines)).difference(*(line.datasets for line in rest))
        for line in rest:
            touched = line.datasets | _released_by(line)
            if touched & changed:
                # two changes of a dataset in one transaction would be one event
                tally.settle()
                db.session.commit()
                changed = set()
            changed |= touched
            _carry_out_in_savepoint(host, line, run, tally)
        tally.settle()
        db.session.commit()
    except Exception as error:
        # one of these fails, or somebody else changed it just now: each line has its own transaction then
        db.session.rollback()
        _tell(error, "secureb2share.bulk-one-by-one messages=%d" % len(lines))
        withdrawals.stopped, run.order.failed = stopped, failed
        for line in lines:
            _carry_out_alone(host, line, run)


def _tell(error, event):
    """Log an event (text) with the kind of the error behind it; an error's own words may repeat a description."""
    if isinstance(error, inbox.CONFLICTS + (Problem,)):
        current_app.logger.warning("%s error=%s", event, type(error).__name__)
    else:
        # a fault of a program, which is found by its place
        places = "".join(traceback.format_tb(error.__traceback__))
        current_app.logger.error("%s error=%s\n%s", event, type(error).__name__, places)


def _released_by(line):
    """The {(source, identifier)} of the datasets whose records still name the line's dataset as their newer version."""
    if line.message.action != "register":
        return set()
    source = line.message.source
    return {(source, old) for old in store.replaced_identifiers(source, line.message.identifier)}


def _carry_out_in_savepoint(host, line, run, tally):
    if run.order.holds(line):
        return
    try:
        run.withdrawals.must_go_on()
        with db.session.begin_nested():
            line.accepted(*inbox.take(host, line.sender, line.message, run.withdrawals, tally))
    except Problem as problem:
        run.order.refuse(line, problem)


def _carry_out_alone(host, line, run):
    if run.order.holds(line):
        return
    try:
        run.withdrawals.must_go_on()
        line.accepted(*inbox.carry_out(host, line.sender, line.message, run.patience, run.withdrawals))
    except Problem as problem:
        run.order.refuse(line, problem)
    except Exception as error:
        _tell(error, "secureb2share.message-failed id=%s" % line.message.id)
        run.order.refuse(line, Failed())
