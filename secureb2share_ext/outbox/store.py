"""The events in the outbox: written, listed, decided on, counted. claims.py has the SQL of their sending."""

import datetime
from typing import Collection, Dict, Iterable, List, Optional, Set, Tuple

from invenio_db import db
from sqlalchemy import and_, func
from sqlalchemy.orm import defer

from .. import client
from ..compat import utcnow
from .models import AT_ONCE, IS_DELIVERED, IS_PARKED, IS_PENDING, Event

MOST = 10001  # events that health counts of one kind
UNFINISHED = ("pending", "parked")  # what a sweep or an operator still has to deal with


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


def listed(state: Optional[str] = None, size: int = 100) -> List[Event]:
    """Events in a state, or by default those that are pending or parked; at most `size`.

    Those for which something is still to be done come oldest first, the others newest first.
    """
    query = db.session.query(Event)
    if state in (None, "pending", "parked"):
        query = query.filter_by(state=state) if state else _unfinished()
        return query.order_by(Event.created, Event.id).limit(size).all()
    return query.filter_by(state=state).order_by(Event.id.desc()).limit(size).all()


def page(states: Iterable[str], target: Optional[str], start: int, size: int) -> List[Event]:
    """At most `size` events in these states (of one target), behind the first `start`; without bodies and receipts.

    Those for which something is still to be done come oldest first, the others newest first.
    """
    wanted = list(states)
    query = _light(db.session.query(Event)).filter(Event.state.in_(wanted))
    if target is not None:
        query = query.filter(Event.target == target)
    is_open = set(wanted) <= set(UNFINISHED)
    order = (Event.created, Event.id) if is_open else (Event.id.desc(),)
    return query.order_by(*order).offset(start).limit(size).all()


def some(event_ids: Iterable[int]) -> List[Event]:
    """The parked or pending ones of these events, without bodies and receipts."""
    return _light(_unfinished()).filter(Event.id.in_(list(event_ids))).order_by(Event.created, Event.id).all()


def take(event_ids: Iterable[int]) -> Tuple[List[Event], int]:
    """The parked or pending ones of these events, as of `some`, locked; and how many of them somebody else has locked.

    Nobody is waited for, since a worker writes many of them at once, in an order of its own.
    """
    wanted = list(event_ids)
    query = _light(_unfinished()).filter(Event.id.in_(wanted)).order_by(Event.id)
    taken = query.with_for_update(skip_locked=True).populate_existing().all()
    return taken, _unfinished().filter(Event.id.in_(wanted)).count() - len(taken)


def counts() -> Dict[Tuple[str, str], int]:
    """{(target, state): count} of parked and delivered events; of each state at most MOST are counted."""
    found: Dict[Tuple[str, str], int] = {}
    for state in (IS_PARKED, IS_DELIVERED):
        rows = db.session.query(Event.target, Event.state).filter(state).limit(MOST).subquery()
        query = db.session.query(rows.c.target, rows.c.state, func.count()).group_by(rows.c.target, rows.c.state)
        found.update(((target, name), count) for target, name, count in query)
    return found


def waits() -> Dict[str, Tuple[int, int, datetime.datetime, datetime.datetime]]:
    """{target: (pending events, those tried before, when the oldest was written, next attempt)}, of at most MOST."""
    columns = (Event.target, Event.outcome, Event.created, Event.next_at)
    rows = db.session.query(*columns).filter(IS_PENDING).limit(MOST).subquery().c
    figures = (func.count(), func.count(rows.outcome), func.min(rows.created), func.min(rows.next_at))
    return {target: tuple(found) for target, *found in db.session.query(rows.target, *figures).group_by(rows.target)}


def last_of(dataset_ids: Iterable[int]) -> List[Event]:
    """The last event of each of these datasets for each target, without body and receipt; never an observed one."""
    wanted = list(dataset_ids)
    if not wanted:
        return []
    last = db.session.query(Event.dataset_id, Event.target, func.max(Event.sequence).label("sequence"))
    last = last.filter(Event.dataset_id.in_(wanted), Event.state != "observed")
    last = last.group_by(Event.dataset_id, Event.target).subquery()
    same = and_(*(getattr(Event, name) == last.c[name] for name in ("dataset_id", "target", "sequence")))
    return _light(db.session.query(Event)).join(last, same).order_by(Event.dataset_id, Event.target).all()


def newest_of(dataset_id: int, size: int) -> List[Event]:
    """At most `size` events of a dataset, the newest first, without bodies and receipts."""
    query = _light(db.session.query(Event)).filter(Event.dataset_id == dataset_id)
    return query.order_by(Event.sequence.desc(), Event.target).limit(size).all()


def _light(query):
    # bodies hold whole descriptions
    return query.options(defer(Event.body), defer(Event.receipt))


def retry(event_id: int, now: datetime.datetime) -> bool:
    """Make a parked or pending event due now, with a full plan of attempts; returns whether there was such an event."""
    return bool(_anew(_unfinished().filter(Event.id == event_id), now))


def retry_all(targets: Iterable[str]) -> Dict[str, int]:
    """Make every parked or pending event of these targets due now, with a full plan; {target: count}."""
    return {target: _anew(_unfinished().filter(Event.target == target), AT_ONCE) for target in targets}


def discard(event_id: int, now: datetime.datetime, reason: str) -> bool:
    """Discard a parked or pending event for good; returns whether there was such an event."""
    return bool(_discarded(_unfinished().filter(Event.id == event_id), now, reason))


def discard_all(now: datetime.datetime, reason: str) -> int:
    """Discard for good every event that was sent, or is to be sent, and is not acknowledged; returns how many."""
    rows = db.session.query(Event).filter(Event.state.in_(UNFINISHED + ("delivered",)))
    return _discarded(rows, now, reason)


def _unfinished():
    return db.session.query(Event).filter(Event.state.in_(UNFINISHED))


def _anew(rows, next_at):
    values = {"state": "pending", "next_at": next_at, "attempts": 0, "wakes": False}
    return rows.update(values, synchronize_session=False)


def _discarded(rows, now, reason):
    values = {"state": "discarded", "finished": now, "outcome": reason[:200], "lease_token": None, "lease_until": None}
    return rows.update(values, synchronize_session=False)


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


def told(target: str, dataset_ids: Iterable[int], is_waiting: bool = False) -> Set[int]:
    """Those of these datasets that have an event for a target; is_waiting: one that it has not got yet."""
    query = db.session.query(Event.dataset_id).filter(Event.target == target, Event.dataset_id.in_(list(dataset_ids)))
    # nothing is published with a refusal
    query = query.filter(Event.state != "observed", Event.kind != "refused")
    return {found for (found,) in (query.filter(IS_PENDING) if is_waiting else query).distinct()}


def acknowledge(
    dataset_id: int, message_id: str, digest: str, receipt: str, registering: Collection[str] = ()
) -> Optional[str]:
    """Note that the secure side has an event.

    Returns "changed", "unchanged", "differs" (the secure side got other bytes), "registers" (the event is for one of
    the targets `registering`, of which the journal alone proves anything) or None (there is no such event). digest:
    SHA-256 hex of the bytes that arrived; receipt: canonical JSON text to keep.
    """
    event = db.session.query(Event).filter_by(dataset_id=dataset_id, message_id=message_id).one_or_none()
    if event is None:
        return None
    if event.target in registering:
        return "registers"
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
    """{name: (count, oldest time)} of the events that are not acknowledged, for health; no count is above MOST.

    `undelivered` counts pending and parked events together, so that an event that was parked stays as old as it was.
    """
    waiting, parked, delivered = (_figure(*one) for one in _OF_HEALTH)
    oldest = [time for _, time in (waiting, parked) if time is not None]
    undelivered = min(waiting[0] + parked[0], MOST), min(oldest) if oldest else None
    return {"undelivered": undelivered, "unacknowledged": delivered, "parked": parked}


def newest() -> Optional[datetime.datetime]:
    """When the newest event was written, naive UTC, or None."""
    return db.session.query(Event.created).order_by(Event.id.desc()).limit(1).scalar()


def _figure(state, time):
    # each reads the end of an index of its own, however many events there are
    rows = db.session.query(Event.id).filter(state).limit(MOST)
    oldest = db.session.query(time).filter(state).order_by(time).limit(1)
    return db.session.query(func.count()).select_from(rows.subquery()).scalar(), oldest.scalar()


_OF_HEALTH = ((IS_PENDING, Event.created), (IS_PARKED, Event.created), (IS_DELIVERED, Event.finished))
