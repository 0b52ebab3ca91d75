"""The delivery of events to their targets.

A delivery claims the event, commits, sends outside any transaction, and records exactly one outcome. A worker that is
killed between two of these steps leaves a lease that runs out, and the same bytes are sent again under the same id.
"""

import datetime
import random
import time
from typing import Any, Dict

from flask import current_app
from invenio_db import db

from ..compat import utcnow
from . import pauses, receipt, retry, steps, store
from .mark import NO_MARK, Mark

BATCH = 100
LONGEST = 60  # seconds that one sweep goes on claiming


def sweep(targets: Dict[str, Any], mark: Mark = NO_MARK, size: int = BATCH) -> Dict[str, int]:
    """Send the events that are due; returns {outcome name: count}.

    targets: {name: target with send(event) -> targets.answer.Answer}.

    mark: outbox.mark.Mark. A database that came back from a backup sends nothing: every target is held.
    """
    counts: Dict[str, int] = {}
    end = time.monotonic() + LONGEST
    try:
        steps.begin(mark)
        waiting = store.due(targets, utcnow(), size)
        db.session.commit()
        for event_id in waiting:
            if time.monotonic() > end:
                break
            name = _one(targets, event_id, mark)
            counts[name] = counts.get(name, 0) + 1
    except steps.Restored:
        steps.restored(targets, mark, utcnow())
        current_app.logger.error("secureb2share.database-restored targets=%s", ",".join(sorted(targets)))
    steps.end(utcnow())
    return counts


def _one(targets, event_id, mark):
    try:
        event = store.claim(event_id, utcnow(), mark)
        outcome = attempt(targets[event.target], event, mark) if event is not None else None
    except steps.Restored:
        raise
    except Exception:
        # one event must not keep the others from leaving; its lease runs out
        db.session.rollback()
        current_app.logger.exception("secureb2share.delivery-failed event=%d", event_id)
        return "failed"
    return type(outcome).__name__.lower() if outcome is not None else "skipped"


def attempt(target: Any, event: Any, mark: Mark = NO_MARK) -> Any:
    """Send a claimed event and record the outcome, which is returned; None when the target is paused."""
    now = utcnow()
    sendable = pauses.may_send(event.target, now, now + datetime.timedelta(seconds=retry.PROBE))
    if not sendable:
        store.finish(event, now)
        db.session.commit()
        return None
    db.session.commit()
    answer = target.send(event)
    now = utcnow()
    outcome = retry.decide(answer, event.attempts, now, random.random())
    if record(event, outcome, answer, now):
        _settle(event.target, outcome, now)
    steps.commit(mark)
    current_app.logger.info(
        "secureb2share.delivery %s event=%s target=%s", type(outcome).__name__.lower(), event.message_id, event.target
    )
    return outcome


def record(event: Any, outcome: Any, answer: Any, now: datetime.datetime) -> bool:
    """Write the outcome of the attempt; returns whether the lease still held."""
    if isinstance(outcome, retry.Delivered):
        kept, acknowledged = receipt.read(answer.body, event.body)
        values = {"receipt": kept, "outcome": "status %d" % answer.status, "attempts": event.attempts + 1}
        return store.finish(event, now, state="acknowledged" if acknowledged else "delivered", finished=now, **values)
    if isinstance(outcome, retry.Park):
        return store.finish(event, now, state="parked", outcome=outcome.reason[:200], attempts=event.attempts + 1)
    if isinstance(outcome, retry.Pause):
        # the target is at fault: its messages keep their attempts and are due at once when it is resumed
        return store.finish(event, now, outcome=outcome.reason[:200])
    wait = datetime.timedelta(seconds=outcome.seconds)
    return store.finish(event, now, next_at=now + wait, outcome=outcome.reason[:200], attempts=event.attempts + 1)


def _settle(target, outcome, now):
    if isinstance(outcome, retry.Pause):
        pauses.pause(target, outcome.reason[:200], now + datetime.timedelta(seconds=outcome.seconds))
    else:
        pauses.end_pause(target)
