"""The claims of a worker on events: leased, settled, given back. All SQL of sending that touches the events is here.

On PostgreSQL a claim is one statement with SKIP LOCKED, so that two workers never wait for each other. Elsewhere it is
a compare-and-set: the rows are chosen, then updated where they are still free.
"""

import datetime
import json
import uuid
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Set

from invenio_db import db
from sqlalchemy import bindparam, func, or_, text

from .models import IS_DELIVERED, IS_PENDING, WOKEN, Event

# longer than a batch (sending.BATCH_TIME) with its last attempt, which may be made twice (connection.TOTAL, or
# targets.rems.TOTAL, which is longer), can take
LEASE = datetime.timedelta(seconds=180)
BOUND = 2 * LEASE  # a lease that ends later from now was written by a clock that ran ahead
MOST_PASSED = 1000  # events that are looked through for one that its target took
LONGEST_WAIT = datetime.timedelta(hours=27)  # longer than any wait in retry.py


class Claimed(NamedTuple):
    """An event that is leased to this worker."""

    id: int
    target: str
    sequence: int
    message_id: str
    body: bytes
    attempts: int
    next_at: datetime.datetime
    token: str
    is_early: bool  # whether it is sent before its time, so that a failure does not count


class Settled(NamedTuple):
    """The outcome of one attempt, as its row is to be."""

    id: int
    state: str
    attempts: int
    next_at: datetime.datetime
    wakes: bool
    outcome: str
    finished: Optional[datetime.datetime] = None
    receipt: Optional[str] = None
    before: Optional[int] = None  # attempts when it was claimed, where another number is to be kept


# A subquery with min() cannot be turned into a join, so that no statistics make PostgreSQL read the settled events.
_CHOOSE = """
SELECT e.id FROM secureb2share_event e
WHERE e.state = 'pending' AND e.target = :target AND {when}
AND (e.lease_until IS NULL OR e.lease_until <= :now OR e.lease_until > :bound)
AND e.sequence = (SELECT min(f.sequence) FROM secureb2share_event f
    WHERE f.state = 'pending' AND f.target = e.target AND f.dataset_id = e.dataset_id)
ORDER BY {order} LIMIT :size
"""
_DUE = {"when": "e.next_at <= :now", "order": "e.next_at, e.id"}
# any of them, so that one which always fails is not the trial each time
_EARLY = {"when": "e.next_at > :now AND e.wakes", "order": "random()"}
_CLAIM = """
WITH chosen AS ({choose} FOR UPDATE OF e SKIP LOCKED)
UPDATE secureb2share_event e SET lease_token = :lease_token, lease_until = :lease_until FROM chosen
WHERE e.id = chosen.id
RETURNING e.id, e.target, e.sequence, e.message_id, e.body, e.attempts, e.next_at
"""
_SETTLE = """
UPDATE secureb2share_event e SET state = v.state, attempts = v.attempts, next_at = v.next_at, wakes = v.wakes,
    outcome = v.outcome, finished = v.finished, receipt = v.receipt, lease_token = NULL, lease_until = NULL
FROM json_to_recordset(CAST(:rows AS json)) AS v(id integer, state text, attempts integer, next_at timestamp,
    wakes boolean, outcome text, finished timestamp, receipt text, before integer)
WHERE e.id = v.id AND e.lease_token = :token AND (v.before IS NULL OR e.attempts = v.before) RETURNING e.id
"""


def claim(target: str, size: int, now: datetime.datetime, is_trial: bool = False) -> List[Claimed]:
    """At most `size` events of a target that may be sent now, the longest due first; the caller commits.

    is_trial: where none is due, one that waits because the target was down is taken before its time.
    """
    token = str(uuid.uuid4())
    found = _claim(_DUE, target, size, now, token)
    if not found and is_trial:
        found = _claim(_EARLY, target, 1, now, token)
    rows = [
        Claimed(
            number, name, sequence, message_id, bytes(body), attempts, next_at, token, next_at > now or next_at == WOKEN
        )
        for number, name, sequence, message_id, body, attempts, next_at in found
    ]
    return sorted(rows, key=lambda row: (row.next_at, row.id))


def due(target: str, size: int, now: datetime.datetime) -> List[int]:
    """Ids of at most `size` events of a target that nobody has claimed and that are due, the longest due first."""
    return _choose(_DUE, target, size, now)


def _choose(which, target, size, now):
    times = [bindparam(name, type_=db.DateTime) for name in ("now", "bound")]
    statement = text(_CHOOSE.format(**which)).bindparams(*times)
    return [row[0] for row in db.session.execute(statement, _asked(target, size, now))]


def _asked(target, size, now):
    """The values of _CHOOSE."""
    return {"target": target, "size": size, "now": now, "bound": now + BOUND}


def _claim(which, target, size, now, token):
    lease = {"lease_token": token, "lease_until": now + LEASE}
    if _is_postgresql():
        statement = text(_CLAIM.format(choose=_CHOOSE.format(**which)))
        return list(db.session.execute(statement, dict(_asked(target, size, now), **lease)))
    ids = _choose(which, target, size, now)
    if not ids:
        return []
    free = db.session.query(Event).filter(Event.id.in_(ids), Event.state == "pending", _is_free(now))
    free.update(lease, synchronize_session=False)
    columns = (Event.id, Event.target, Event.sequence, Event.message_id, Event.body, Event.attempts, Event.next_at)
    return list(db.session.query(*columns).filter(Event.id.in_(ids), Event.lease_token == token))


def _is_free(now):
    return or_(Event.lease_until.is_(None), Event.lease_until <= now, Event.lease_until > now + BOUND)


def _is_postgresql():
    """Whether rows can be claimed with SKIP LOCKED, which SQLite drops silently."""
    return db.session.get_bind().dialect.name == "postgresql"


def settle(settled: Sequence[Settled], token: str) -> Set[int]:
    """Write the outcomes where the lease still holds; returns the ids of these. The caller commits.

    A failure is not written where an operator has given the event a full plan meanwhile: it is sent again.
    """
    if not settled:
        return set()
    if _is_postgresql():
        rows = json.dumps([_as_json(one) for one in settled])
        return {row[0] for row in db.session.execute(text(_SETTLE), {"rows": rows, "token": token})}
    held = set()
    for one in settled:
        values = dict(one._asdict(), lease_token=None, lease_until=None)
        rows = db.session.query(Event).filter_by(id=values.pop("id"), lease_token=token)
        before = values.pop("before")
        if before is not None:
            rows = rows.filter_by(attempts=before)
        if rows.update(values, synchronize_session=False):
            held.add(one.id)
    return held


def _as_json(settled):
    return {
        name: value.isoformat() if isinstance(value, datetime.datetime) else value
        for name, value in settled._asdict().items()
    }


def outcomes(ids: Iterable[int]) -> Dict[int, str]:
    """{id: what became of its last attempt} of events."""
    wanted = list(ids)
    rows = db.session.query(Event.id, Event.outcome).filter(Event.id.in_(wanted)) if wanted else ()
    return {number: outcome or "" for number, outcome in rows}


def last_passed(target: str, since: datetime.datetime) -> Optional[datetime.datetime]:
    """A moment from `since` on at which, or after which, a target took an event, the latest that is known; or None.

    What is acknowledged counts by the moment it was written at: its other time may be that of a receipt that came much
    later. Of each kind the newest MOST_PASSED of all targets are looked through, by the end of an index.
    """
    delivered = db.session.query(Event.target, Event.finished.label("at")).filter(IS_DELIVERED, Event.finished >= since)
    newest = db.session.query(Event.target, Event.state, Event.created.label("at")).order_by(Event.id.desc())
    of_delivered = delivered.order_by(Event.finished.desc()).limit(MOST_PASSED).subquery().c
    of_newest = newest.limit(MOST_PASSED).subquery().c
    passed = db.session.query(func.max(of_delivered.at)).filter(of_delivered.target == target).scalar()
    written = db.session.query(func.max(of_newest.at)).filter(
        of_newest.target == target, of_newest.state == "acknowledged", of_newest.at >= since
    )
    return max((moment for moment in (passed, written.scalar()) if moment is not None), default=None)


def park(ids: Iterable[int]) -> None:
    """Park pending events; the caller commits."""
    wanted = list(ids)
    if wanted:
        rows = db.session.query(Event).filter(IS_PENDING, Event.id.in_(wanted))
        rows.update({"state": "parked", "wakes": False}, synchronize_session=False)


def give_back(ids: Iterable[int], token: str) -> None:
    """Free the events that were claimed and not sent; the caller commits."""
    wanted = list(ids)
    if wanted:
        rows = db.session.query(Event).filter(Event.id.in_(wanted), Event.lease_token == token)
        rows.update({"lease_token": None, "lease_until": None}, synchronize_session=False)


def wake(target: str, now: datetime.datetime) -> int:
    """Make every event due that waits because its target was down; returns how many. The caller commits."""
    rows = db.session.query(Event).filter(IS_PENDING, Event.target == target, Event.next_at > now, Event.wakes)
    return rows.filter(_is_free(now)).update({"next_at": WOKEN, "wakes": False}, synchronize_session=False)


def bound_waits(targets: Iterable[str], now: datetime.datetime, bound: datetime.timedelta) -> int:
    """Make every pending event of the targets (names) due that waits longer than `bound` from now; returns how many.

    The clock was set back after these waits were written, or two workers have different clocks: a failure then costs
    no attempt. The caller commits.
    """
    rows = db.session.query(Event).filter(IS_PENDING, Event.target.in_(list(targets)), Event.next_at > now + bound)
    return rows.update({"next_at": WOKEN, "wakes": False}, synchronize_session=False)
