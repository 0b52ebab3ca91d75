"""The sweep that brings a search index, or DataCite, up to date.

After the commit, durably: the transaction that changes a record notes it (index_queue.py), and the sweep claims,
commits, has the host bring what it claimed, outside any transaction of the queue, and records each outcome. A service
that is down costs no request anything; it is paused and asked again, like a target of events.
"""

import datetime
import time
import uuid
from typing import Callable, Dict, Iterable, List, Optional, Sequence

from flask import current_app
from invenio_db import db

from ..compat import utcnow
from ..errors import Unusable
from ..outbox import pauses
from . import index_queue

CLUSTER = "(search index)"  # its name among the paused targets
LEFT = ("withdrawn",)  # states of datasets that search does not find
OF_RECORD = (400, 413)  # HTTP statuses by which a cluster refuses one record and not all

Outcomes = Dict[uuid.UUID, Optional[str]]  # {record_uuid: None, or why it was refused}

LONGEST = 20  # seconds that one sweep goes on claiming
LEASE = datetime.timedelta(seconds=120)
PAUSE = datetime.timedelta(seconds=15)
PLAN = (10, 60, 300, 1800, 3600)  # seconds after the 1st, 2nd, ... refusal of one record; then the last, for ever


def sweep(
    bring: Callable[[List[uuid.UUID]], Iterable[Outcomes]],
    size: int,
    done: str = "indexed",
    lease: datetime.timedelta = LEASE,
    plan: Sequence[int] = PLAN,
) -> Dict[str, int]:
    """Have everything brought that changed; returns {done and "refused": count of records}. Never raises.

    bring(uuids): yields {record_uuid: None, or why it was refused} until all of at most `size` are dealt with; raises
    when the service cannot be used. done: the word for what was brought; plan: seconds, as PLAN.
    """
    counts: Dict[str, int] = {}
    end, claimed = time.monotonic() + LONGEST, size
    try:
        while claimed == size and time.monotonic() < end:
            claimed = _batch(bring, size, done, lease, plan, counts)
    except Exception:
        db.session.rollback()
        current_app.logger.exception("secureb2share.index-failed")
    return counts


def _batch(
    bring: Callable[[List[uuid.UUID]], Iterable[Outcomes]],
    size: int,
    done: str,
    lease: datetime.timedelta,
    plan: Sequence[int],
    counts: Dict[str, int],
) -> int:
    """Claim, bring, record the outcome; returns how many records were dealt with."""
    now = utcnow()
    is_up = pauses.may_send(CLUSTER, now, now + lease)
    db.session.commit()
    token, attempts = index_queue.claim(now, now + lease, size if is_up else 0)
    left = dict(attempts)
    try:
        for outcomes in bring(list(attempts)) if attempts else ():
            db.session.commit()
            _record(token, left, outcomes, plan)
            refused = sum(reason is not None for reason in outcomes.values())
            for name, number in ((done, len(outcomes) - refused), ("refused", refused)):
                if number:
                    counts[name] = counts.get(name, 0) + number
    except Exception as error:
        db.session.rollback()
        _pause(token, left, str(error) if isinstance(error, Unusable) else type(error).__name__)
        return 0
    if attempts:
        pauses.end_pause(CLUSTER)
        db.session.commit()
    return len(attempts)


def _record(token, left, outcomes, plan):
    index_queue.finish(token, [record_uuid for record_uuid, refused in outcomes.items() if refused is None])
    for record_uuid, refused in outcomes.items():
        failed = left.pop(record_uuid)
        if refused is not None:
            wait = datetime.timedelta(seconds=plan[min(failed, len(plan) - 1)])
            index_queue.postpone(token, [record_uuid], utcnow() + wait, 1, refused[:200])
            current_app.logger.error("secureb2share.index-refused record=%s", record_uuid)


def _pause(token, left, reason):
    # no record is to blame: they keep their attempts and are due when the service is asked again
    index_queue.postpone(token, list(left), utcnow())
    pauses.pause(CLUSTER, reason[:200], utcnow() + PAUSE)
    db.session.commit()
    current_app.logger.warning("secureb2share.index-paused %s", reason)
