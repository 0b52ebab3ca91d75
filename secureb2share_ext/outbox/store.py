"""The events in the outbox: written, claimed, finished. This module has the only SQL that touches their table.

Claiming is a compare-and-set with a lease: it holds on PostgreSQL and SQLite alike (SKIP LOCKED is dropped silently
by SQLite).
"""

import datetime
import uuid
from typing import Any, Dict, Iterable, List, Optional, Tuple

from invenio_db import db
from sqlalchemy import and_, func, or_
from sqlalchemy.orm import aliased

from .. import client
from ..compat import utcnow
from . import steps
from .mark import NO_MARK, Mark
from .models import Event, Pause

LEASE = datetime.timedelta(seconds=120)  # longer than a delivery can take, see targets/webhook.py


def add(target: str, dataset_id: int, sequence: int, kind: str, message_id: str, body: bytes, state: str) -> None:
    """Write a new event."""
    values = {"sequence": sequence, "kind": kind, "message_id": message_id, "body": body, "state": state}
    db.session.add(Event(target=target, dataset_id=dataset_id, **values))


def put(target: str, dataset_id: int, sequence: int, kind: str, message_id: str, body: bytes, state: str) -> None:
    """Write an event anew while its transaction is still open, or add it for a target that has none yet."""
    event = db.session.query(Event).filter_by(target=target, dataset_id=dataset_id, sequence=sequence).one_or_none()
    if event is None:
        add(target, dataset_id, sequence, kind, message_id, body, state)
    else:
        event.kind, event.message_id, event.body = kind, message_id, body


def due(targets: Iterable[str], now: datetime.datetime, size: int) -> List[int]:
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


def claim(event_id: int, now: datetime.datetime, mark: Mark = NO_MARK) -> Optional[Event]:
    """Lease the event to the caller and commit; returns a detached copy of it, or None when another worker has it.

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


def finish(event: Event, now: datetime.datetime, **values: Any) -> bool:
    """Record the one outcome of an attempt if the lease still holds; returns whether it held."""
    values.update(lease_token=None, lease_until=None)
    held = db.session.query(Event).filter_by(id=event.id, lease_token=event.lease_token)
    return bool(held.update(values, synchronize_session=False))


def listed(state: Optional[str] = None, size: int = 100) -> List[Event]:
    """Events in a state, or by default those that are pending or parked, the newest first; at most `size`."""
    query = db.session.query(Event)
    query = query.filter_by(state=state) if state else query.filter(Event.state.in_(("pending", "parked")))
    return query.order_by(Event.id.desc()).limit(size).all()


def retry(event_id: int, now: datetime.datetime) -> bool:
    """Make a parked or pending event due now, with a full plan of attempts; returns whether there was such an event."""
    rows = db.session.query(Event).filter(Event.id == event_id, Event.state.in_(("pending", "parked")))
    return bool(rows.update({"state": "pending", "next_at": now, "attempts": 0}, synchronize_session=False))


def discard(event_id: int, now: datetime.datetime, reason: str) -> bool:
    """Discard a parked or pending event for good; returns whether there was such an event."""
    rows = db.session.query(Event).filter(Event.id == event_id, Event.state.in_(("pending", "parked")))
    values = {"state": "discarded", "finished": now, "outcome": reason[:200], "lease_token": None, "lease_until": None}
    return bool(rows.update(values, synchronize_session=False))


def acknowledged(dataset_ids: Iterable[int]) -> Dict[int, Dict[str, bool]]:
    """{dataset id: {target: whether it acknowledged an event}} of the targets that get events of these datasets.

    Events of refusals do not count, because nothing is published with them.
    """
    known: Dict[int, Dict[str, bool]] = {dataset_id: {} for dataset_id in dataset_ids}
    if not known:
        return known
    query = db.session.query(Event.dataset_id, Event.target, Event.state).filter(Event.dataset_id.in_(list(known)))
    for dataset_id, target, state in query.filter(Event.state != "observed", Event.kind != "refused").distinct():
        told = known[dataset_id]
        told[target] = told.get(target, False) or state == "acknowledged"
    return known


def acknowledge(dataset_id: int, message_id: str, digest: str, receipt: str) -> Optional[str]:
    """Note that the secure side has an event; "changed", "unchanged", "differs" (other bytes) or None (no such event).

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


def of_dataset(dataset_id: int) -> List[Event]:
    """Every event of a dataset but the observed ones, in the order of their sequences."""
    query = db.session.query(Event).filter(Event.dataset_id == dataset_id, Event.state != "observed")
    return query.order_by(Event.sequence, Event.target).all()


def figures() -> Dict[str, Tuple[int, Optional[datetime.datetime]]]:
    """{name: (count, oldest time)} of the events that are not acknowledged, for health."""
    counts = {}
    grouped = db.session.query(Event.state, func.count(Event.id), func.min(Event.created), func.min(Event.finished))
    for state, count, created, finished in grouped.group_by(Event.state):
        counts[state] = (count, finished if state == "delivered" else created)
    return {
        "undelivered": counts.get("pending", (0, None)),
        "unacknowledged": counts.get("delivered", (0, None)),
        "parked": counts.get("parked", (0, None)),
    }
