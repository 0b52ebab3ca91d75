"""The queue of records that a search index, or DataCite, does not have yet as they are.

This module has the only SQL that touches that table.

A sweep holds row locks for moments only and waits for none (SQLite, which drops SKIP LOCKED, lets one write at a time
anyway): a request that changes many records never meets a sweep that waits for it.
"""

import datetime
import uuid
from typing import Dict, Iterable, Optional, Sequence, Tuple

from invenio_db import db
from sqlalchemy.exc import IntegrityError

from ..compat import utcnow
from ..datasets import store
from ..messages import run
from .models import IndexJob

# by which a single change goes before those of a run, whose sender waits for none of them in particular
HEAD_START = datetime.timedelta(hours=1)


def want(record_uuid: uuid.UUID) -> None:
    """Note, in the open transaction, that the record changed."""
    now = utcnow()
    due = now if run.is_of_many() else now - HEAD_START
    anew = {"next_at": due, "lease_token": None, "attempts": 0}
    if not _rows().filter_by(record_uuid=record_uuid).update(anew, synchronize_session=False):
        values = {"record_uuid": record_uuid, "since": now, "next_at": due, "attempts": 0}
        db.session.execute(IndexJob.__table__.insert().values(values))


def want_new(uuids: Iterable[uuid.UUID]) -> None:
    """Note records that were made in the open transaction."""
    now = utcnow()
    rows = [{"record_uuid": record_uuid, "since": now, "next_at": now, "attempts": 0} for record_uuid in uuids]
    db.session.execute(IndexJob.__table__.insert(), rows)


def want_all(sources: Iterable[str]) -> int:
    """Note every record of these sources as changed, and commit; returns how many records wait now."""
    now = utcnow()
    _rows().update({"next_at": now, "lease_token": None, "attempts": 0}, synchronize_session=False)
    published = store.record_uuids(sources).subquery().c.record_uuid
    there = db.session.query(IndexJob.record_uuid).filter(IndexJob.record_uuid == published).exists()
    others = db.session.query(published, db.literal(now), db.literal(now), db.literal(0)).filter(~there)
    columns = ["record_uuid", "since", "next_at", "attempts"]
    db.session.execute(IndexJob.__table__.insert().from_select(columns, others))
    db.session.commit()
    return waiting()[0]


def claim(now: datetime.datetime, until: datetime.datetime, size: int) -> Tuple[str, Dict[uuid.UUID, int]]:
    """(token, {record_uuid: attempts}) of at most `size` records, leased until then and committed; the oldest first.

    A single change counts as HEAD_START older than it is.
    """
    token = str(uuid.uuid4())
    if not size:
        return token, {}
    due = db.session.query(IndexJob.record_uuid).filter(IndexJob.next_at <= now).order_by(IndexJob.next_at).limit(size)
    found = [row.record_uuid for row in due.with_for_update(skip_locked=True)]
    mine = _rows().filter(IndexJob.record_uuid.in_(found), IndexJob.next_at <= now)
    taken = found and mine.update({"lease_token": token, "next_at": until}, synchronize_session=False)
    rows = db.session.query(IndexJob.record_uuid, IndexJob.attempts).filter_by(lease_token=token).all() if taken else []
    db.session.commit()
    return token, {row.record_uuid: row.attempts for row in rows}


def finish(token: str, uuids: Sequence[uuid.UUID]) -> None:
    """Forget records that the index has now, unless they changed meanwhile; committed."""
    held = _held(token, uuids)
    _rows().filter(IndexJob.record_uuid.in_(held)).delete(synchronize_session=False)
    still = {row.record_uuid for row in db.session.query(IndexJob.record_uuid).filter(IndexJob.record_uuid.in_(uuids))}
    db.session.commit()
    # one that went away without us: another sweep was faster, and our copy may be older than the one it brought
    for record_uuid in sorted(set(uuids) - set(held) - still):
        try:
            want(record_uuid)
            db.session.commit()
        except IntegrityError:
            db.session.rollback()


def postpone(
    token: str, uuids: Sequence[uuid.UUID], next_at: datetime.datetime, failed: int = 0, outcome: Optional[str] = None
) -> None:
    """Try records once more at next_at; committed.

    failed: number to add to their attempts; outcome: text of the last attempt, or None.
    """
    values = {"lease_token": None, "next_at": next_at, "outcome": outcome, "attempts": IndexJob.attempts + failed}
    _rows().filter(IndexJob.record_uuid.in_(_held(token, uuids))).update(values, synchronize_session=False)
    db.session.commit()


def waiting() -> Tuple[int, Optional[datetime.datetime]]:
    """(how many records wait, time of the oldest as naive UTC or None)."""
    return db.session.query(db.func.count(), db.func.min(IndexJob.since)).select_from(IndexJob).one()


def _rows():
    return db.session.query(IndexJob)


def _held(token, uuids):
    held = db.session.query(IndexJob.record_uuid).filter(IndexJob.lease_token == token, IndexJob.record_uuid.in_(uuids))
    return [row.record_uuid for row in held.with_for_update(skip_locked=True)]
