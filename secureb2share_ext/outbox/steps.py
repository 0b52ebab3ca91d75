"""The counted steps of sending, by which a database that came back from a backup is noticed.

The counter and the floor of the sequences stand in one row; see mark.py for what is compared with it.
"""

import contextlib
import datetime
from typing import Iterable, Optional

from invenio_db import db
from sqlalchemy.exc import IntegrityError

from ..errors import Restored
from . import pauses
from .mark import Mark
from .models import Event, Sweep

SWEEP = "outbox"
RESTORED = "the database was restored; look at what would be sent, then resume"


def commit(mark: Mark) -> None:
    """Commit one step of sending, counted in the database and in the Mark; raises Restored, with nothing committed."""
    counter = _counter()
    last = mark.read() if mark.is_kept else None
    if mark.shows_restored(counter):
        db.session.rollback()
        raise Restored(Restored.__doc__)
    _of_sweep().update({"mark": counter + 1}, synchronize_session=False)
    if not mark.is_kept:
        db.session.commit()
        return
    # the counter's row is locked until the commit, so that nobody else writes the file meanwhile
    mark.write(counter + 1)
    try:
        db.session.commit()
    except Exception:
        mark.write(last)
        raise


def begin(mark: Mark) -> None:
    """Raise Restored if the database is older than the last sending."""
    is_older = mark.shows_restored(_counter())
    db.session.commit()
    if is_older:
        raise Restored(Restored.__doc__)


def end(now: datetime.datetime) -> None:
    """Note that a sweep came to its end."""
    _of_sweep().update({"finished": now}, synchronize_session=False)
    db.session.commit()


def finished() -> Optional[datetime.datetime]:
    """When the last sweep ended, naive UTC, or None."""
    return db.session.query(Sweep.finished).filter_by(name=SWEEP).scalar()


def _counter():
    """The counter of the steps of sending, locked until the transaction ends."""
    # an update takes the lock on SQLite too
    if not _of_sweep().update({"mark": Sweep.mark}, synchronize_session=False):
        with contextlib.suppress(IntegrityError), db.session.begin_nested():
            db.session.add(Sweep(name=SWEEP, mark=0, floor=0))
        _of_sweep().update({"mark": Sweep.mark}, synchronize_session=False)
    return db.session.query(Sweep.mark).filter_by(name=SWEEP).scalar()


def _of_sweep():
    return db.session.query(Sweep).filter_by(name=SWEEP)


def restored(targets: Iterable[str], mark: Mark, now: datetime.datetime) -> None:
    """Hold every target, and give new events sequences that no event sent before can have; commits.

    targets: names. An operator, or a Mark, has said that this database came back from a backup.
    """
    counter = max(_counter(), (mark.read() or 0) if mark.is_kept else 0)
    waiting = {target for (target,) in db.session.query(Event.target).filter_by(state="pending").distinct()}
    for target in sorted(waiting | set(targets)):
        pauses.hold(target, RESTORED, now)
    # minutes since 1970: no dataset had that many events, and receivers drop what is not behind the last sequence
    first = int((now - datetime.datetime(1970, 1, 1)).total_seconds() // 60)
    (key,) = Event.__table__.c.dataset_id.foreign_keys
    dataset = key.column.table
    db.session.execute(dataset.update().where(dataset.c.sequence < first).values(sequence=first))
    _of_sweep().update({"mark": counter, "floor": first}, synchronize_session=False)
    db.session.commit()
    if mark.is_kept:
        mark.write(counter)


def floor() -> int:
    """The sequence after which the events of a new dataset begin: 0, unless the database was restored."""
    return db.session.query(Sweep.floor).filter_by(name=SWEEP).scalar() or 0
