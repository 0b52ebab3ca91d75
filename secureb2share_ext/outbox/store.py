"""How do events get into the outbox, and who may send which? The only SQL that touches its tables.

Claiming is a compare-and-set with a lease: it holds on PostgreSQL and SQLite alike (SKIP LOCKED is dropped silently
by SQLite).
"""

import datetime
import uuid

from invenio_db import db
from sqlalchemy import and_, func, or_
from sqlalchemy.orm import aliased

from .. import client
from ..compat import utcnow
from . import steps
from .mark import NO_MARK
from .models import Event, Pause

LEASE = datetime.timedelta(seconds=120)  # longer than a delivery can take, see targets/webhook.py


def add(target, dataset_id, sequence, kind, message_id, body, state):
    """Write a new event."""
    values = {"sequence": sequence, "kind": kind, "message_id": message_id, "body": body, "state": state}
    db.session.add(Event(target=target, dataset_id=dataset_id, **values))


def put(target, dataset_id, sequence, kind, message_id, body, state):
    """Write an event anew while its transaction is still open; a target may not have had it yet."""
    event = db.session.query(Event).filter_by(target=target, dataset_id=dataset_id, sequence=sequence).one_or_none()
    if event is None:
        add(target, dataset_id, sequence, kind, message_id, body, state)
    else:
        event.kind, event.message_id, event.body = kind, message_id, body


def due(targets, now, size):
    """Ids of at most `size` events that may be sent now, the oldest first; one per target and dataset."""
    earlier = aliased(Event)
    waits = (
        db.session.query(earlier.id)
        .filter(
            earlier.target == Event.target,
            earlier.dataset_id == Event.dataset_id,
            earlier.sequence < Event.sequence,
            earlier.state == "pending",
        )
        .exists()
    )
    paused = [row.target for row in db.session.query(Pause).filter(or_(Pause.until.is_(None), Pause.until > now))]
    query = db.session.query(Event.id).filter(
        Event.state == "pending", Event.next_at <= now, _free(now), Event.target.in_(set(targets) - set(paused)), ~waits
    )
    return [row.id for row in query.order_by(Event.id).limit(size)]


def _free(now):
    return or_(Event.lease_until.is_(None), Event.lease_until <= now)


def claim(event_id, now, mark=NO_MARK):
    """A detached copy of the event, leased to the caller and committed; None when another worker has it.

    Raises Restored.
    """
    token = str(uuid.uuid4())
    mine = and_(Event.id == event_id, Event.state == "pending", Event.next_at <= now, _free(now))
    taken = (
        db.session.query(Event)
        .filter(mine)
        .update({"lease_token": token, "lease_until": now + LEASE}, synchronize_session=False)
    )
    event = db.session.query(Event).filter_by(id=event_id).populate_existing().one() if taken else None
    if event is not None:
        db.session.expunge(event)
        steps.commit(mark)
    else:
        db.session.commit()
    return event


def finish(event, now, **values):
    """Record the one outcome of an attempt, if the lease still holds; whether it did."""
    values.update(lease_token=None, lease_until=None)
    held = db.session.query(Event).filter_by(id=event.id, lease_token=event.lease_token)
    return bool(held.update(values, synchronize_session=False))


def listed(state=None, size=100):
    """Events with a state, or those that are not finished well, the newest first."""
    query = db.session.query(Event)
    query = query.filter_by(state=state) if state else query.filter(Event.state.in_(("pending", "parked")))
    return query.order_by(Event.id.desc()).limit(size).all()


def retry(event_id, now):
    """Make a parked or waiting event due now, with a full plan of attempts; whether there was one."""
    rows = db.session.query(Event).filter(Event.id == event_id, Event.state.in_(("pending", "parked")))
    return bool(rows.update({"state": "pending", "next_at": now, "attempts": 0}, synchronize_session=False))


def discard(event_id, now, reason):
    """Give an unfinished event up for good; whether there was one."""
    rows = db.session.query(Event).filter(Event.id == event_id, Event.state.in_(("pending", "parked")))
    values = {"state": "discarded", "finished": now, "outcome": reason[:200], "lease_token": None, "lease_until": None}
    return bool(rows.update(values, synchronize_session=False))


def acknowledged(dataset_ids):
    """{dataset id: {target: whether it acknowledged an event}} of the targets that were told, or are going to be.

    A refusal tells of nothing that is published.
    """
    known = {dataset_id: {} for dataset_id in dataset_ids}
    if not known:
        return known
    query = db.session.query(Event.dataset_id, Event.target, Event.state).filter(Event.dataset_id.in_(list(known)))
    for dataset_id, target, state in query.filter(Event.state != "observed", Event.kind != "refused").distinct():
        told = known[dataset_id]
        told[target] = told.get(target, False) or state == "acknowledged"
    return known


def acknowledge(dataset_id, message_id, digest, receipt):
    """Note that the secure side has an event: "changed", "unchanged", "differs" (other bytes) or None (no such event).

    digest: SHA-256 hex of the bytes that arrived; receipt: canonical JSON text to keep.
    """
    event = db.session.query(Event).filter_by(dataset_id=dataset_id, message_id=message_id).one_or_none()
    if event is None:
        return None
    if client.digest(bytes(event.body)) != digest:
        return "differs"
    rows = db.session.query(Event).filter(Event.id == event.id, Event.state != "acknowledged")
    # also while a worker sends it: its outcome is then dropped with its lease
    values = {"state": "acknowledged", "finished": utcnow(), "receipt": receipt, "lease_token": None}
    return "changed" if rows.update(values, synchronize_session=False) else "unchanged"


def of_dataset(dataset_id):
    """Every event of a dataset that was to be sent, in order."""
    query = db.session.query(Event).filter(Event.dataset_id == dataset_id, Event.state != "observed")
    return query.order_by(Event.sequence, Event.target).all()


def figures():
    """{name: (count, oldest time)} for health of what is not finished well."""
    counts = {}
    grouped = db.session.query(Event.state, func.count(Event.id), func.min(Event.created), func.min(Event.finished))
    for state, count, created, finished in grouped.group_by(Event.state):
        counts[state] = (count, finished if state == "delivered" else created)
    return {
        "undelivered": counts.get("pending", (0, None)),
        "unacknowledged": counts.get("delivered", (0, None)),
        "parked": counts.get("parked", (0, None)),
    }
