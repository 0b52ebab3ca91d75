"""How do events get into the outbox, and who may send which? The only SQL that touches its tables.

Claiming is a compare-and-set with a lease: it holds on PostgreSQL and SQLite alike (SKIP LOCKED is dropped silently
by SQLite).
"""

import contextlib
import datetime
import uuid

from invenio_db import db
from sqlalchemy import and_, or_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from ..compat import utcnow
from .models import Event, Pause

LEASE = datetime.timedelta(seconds=120)  # longer than a delivery can take, see targets/webhook.py


def put(target, dataset_id, sequence, message_id, body):
    """Write an event, or write it anew while its transaction is still open."""
    event = db.session.query(Event).filter_by(target=target, dataset_id=dataset_id, sequence=sequence).one_or_none()
    if event is None:
        event = Event(target=target, dataset_id=dataset_id, sequence=sequence)
        db.session.add(event)
    event.message_id = message_id
    event.body = body
    db.session.flush()


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
    paused = [row.target for row in db.session.query(Pause).filter(Pause.until > now)]
    query = db.session.query(Event.id).filter(
        Event.state == "pending", Event.next_at <= now, _free(now), Event.target.in_(set(targets) - set(paused)), ~waits
    )
    return [row.id for row in query.order_by(Event.id).limit(size)]


def _free(now):
    return or_(Event.lease_until.is_(None), Event.lease_until <= now)


def claim(event_id, now):
    """A detached copy of the event, leased to the caller and committed; None when another worker has it."""
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
    db.session.commit()
    return event


def finish(event, now, **values):
    """Record the one outcome of an attempt, if the lease still holds; whether it did."""
    values.update(lease_token=None, lease_until=None)
    held = db.session.query(Event).filter_by(id=event.id, lease_token=event.lease_token)
    return bool(held.update(values, synchronize_session=False))


def pause(target, reason, until):
    """Stop sending to a target, but for one probe after `until`."""
    values = {"reason": reason, "until": until}
    rows = db.session.query(Pause).filter_by(target=target)
    if not rows.update(values, synchronize_session=False):
        with contextlib.suppress(IntegrityError), db.session.begin_nested():
            # another worker may pause it at this very moment, which is just as well
            db.session.add(Pause(target=target, since=utcnow(), **values))


def may_send(target, now, until):
    """Whether the target is not paused, or the caller has won the one probe of its pause, which goes on to `until`."""
    if db.session.query(Pause).filter_by(target=target).count() == 0:
        return True
    rows = db.session.query(Pause).filter(Pause.target == target, Pause.until <= now)
    return bool(rows.update({"until": until}, synchronize_session=False))


def resume(target):
    """Send to the target again."""
    db.session.query(Pause).filter_by(target=target).delete(synchronize_session=False)


def pauses():
    """Every paused target."""
    return db.session.query(Pause).order_by(Pause.target).all()


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


def of_dataset(dataset_id):
    """Every event of a dataset, in order."""
    return db.session.query(Event).filter_by(dataset_id=dataset_id).order_by(Event.sequence, Event.target).all()
