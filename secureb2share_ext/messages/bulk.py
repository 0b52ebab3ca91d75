"""A bulk of messages, each of which takes effect on its own, and fast.

A chunk is one transaction with a savepoint for each message; its answers are handed out after its commit. A dataset is
in a chunk once, so that it gets the same revisions and events as by single messages.
"""

from typing import Iterable, Iterator, List, Set, Tuple

from flask import current_app
from invenio_db import db

from ..datasets import store
from ..errors import Failed, Invalid, Problem
from ..proxies import Host
from . import bulk_insert, inbox
from .envelope import Line
from .withdrawal_limit import Withdrawals

MAX_ENVELOPES = 500  # of one request
CHUNK = 50  # messages a transaction


def split(body: bytes) -> List[bytes]:
    """The lines of a request's body; raises Invalid."""
    lines = [line for line in body.split(b"\n") if line.strip()]
    if not 1 <= len(lines) <= MAX_ENVELOPES:
        raise Invalid([("(body)", "must be 1 to %d envelopes, one JSON object per line" % MAX_ENVELOPES)])
    return lines


def carry_out(host: Host, lines: Iterable[Line], confirmed: bool) -> Iterator[Line]:
    """Yield each line, with its answer, in order.

    confirmed: whether the sender confirmed that many withdrawals are intended.
    """
    run = Withdrawals(confirmed)
    chunk: List[Line] = []
    datasets: Set[Tuple[str, str]] = set()
    for line in lines:
        if line.datasets & datasets or len(chunk) == CHUNK:
            yield from _answered(host, chunk, run)
            chunk, datasets = [], set()
        chunk.append(line)
        datasets |= line.datasets
    yield from _answered(host, chunk, run)


def _answered(host, chunk, run):
    before = run.copy()
    try:
        # a run that may stop in the middle goes on one by one
        only_registers = all(line.message is None or line.message.action == "register" for line in chunk)
        rest = bulk_insert.register(host, chunk) if only_registers and not run.stopped else chunk
        changed: Set[Tuple[str, str]] = set()
        changed = changed.union(*(line.datasets for line in chunk)).difference(*(line.datasets for line in rest))
        for line in rest:
            touched = line.datasets | _released_by(line)
            if touched & changed:
                # two changes of a dataset in one transaction would be one event
                db.session.commit()
                changed = set()
            changed |= touched
            _carry_out_in_savepoint(host, line, run)
        db.session.commit()
        # every flush looks at every object of the session
        db.session.expunge_all()
    except Exception:
        # one of these fails, or somebody else changed it just now: each line has its own transaction then
        db.session.rollback()
        run.made, run.stopped = before
        for line in chunk:
            _carry_out_alone(host, line, run)
    except BaseException:
        db.session.rollback()
        raise
    yield from chunk


def _released_by(line):
    """The {(source, identifier)} of the datasets whose records still name the line's dataset as their newer version."""
    if line.message is None or line.message.action != "register":
        return set()
    source = line.message.source
    return {(source, old) for old in store.replaced_identifiers(source, line.message.identifier)}


def _carry_out_in_savepoint(host, line, run):
    if line.message is None or line.sender is None:
        return
    try:
        run.check(line.message, line.sender)
        with db.session.begin_nested():
            line.accepted(*inbox.take(host, line.sender, line.message))
    except Problem as problem:
        line.refused(problem)


def _carry_out_alone(host, line, run):
    if line.message is None or line.sender is None:
        return
    try:
        run.check(line.message, line.sender)
        line.accepted(*inbox.carry_out(host, line.sender, line.message))
    except Problem as problem:
        line.refused(problem)
    except Exception:
        current_app.logger.exception("secureb2share.message-failed id=%s", line.message.id)
        line.refused(Failed())
