"""The counted steps of sending, by which a database that came back from a backup is noticed.

A step is a batch that is claimed. The counter and the floor of the sequences stand in one row; mark.py says what they
are compared with.
"""

import contextlib
import datetime
from typing import Iterable, Optional

from invenio_db import db
from sqlalchemy import bindparam, text
from sqlalchemy.exc import IntegrityError

from ..errors import MarkNotWritten, Restored
from . import pauses
from .mark import PLAUSIBLE_HIGHEST, PLAUSIBLE_STEPS, Former, Mark, Seen, doubt
from .models import Event, SweepRow

SWEEP = "outbox"
AHEAD = datetime.timedelta(minutes=1)  # a sweep that ended later than this from now ended by another clock
ADVICE = "look at what would be sent, then resume"


def commit(mark: Mark, highest: int) -> None:
    """Commit one step of sending, counted in the database and in the Mark.

    highest: the highest sequence that is sent in it. Raises Restored and MarkNotWritten, with nothing committed.
    """
    counter = _counter()
    seen = _seen(mark, counter)
    _of_sweep().update({"mark": counter + 1}, synchronize_session=False)
    # the counter's row is locked until the commit, so that nobody else writes the file meanwhile
    if mark.is_kept:
        _write(mark, Seen(counter + 1, counter, max(highest, seen.highest if seen else 0)))
    # where this fails, the file is one step ahead, as after a kill
    db.session.commit()


def begin(mark: Mark) -> Optional[datetime.datetime]:
    """When the last sweep ended, naive UTC, or None; raises Restored or MarkNotWritten where nothing may be sent."""
    # the file first: another worker may write it, and then the database, at any moment
    seen = mark.read() if mark.is_kept else None
    counter, ended = db.session.query(SweepRow.mark, SweepRow.finished).filter_by(name=SWEEP).one_or_none() or (0, None)
    db.session.rollback()
    reason = doubt(seen, counter) if mark.is_kept else None
    if reason and isinstance(seen, Former):
        # another worker may have begun the file in the new folder meanwhile
        reason = doubt(mark.read(), counter)
    if reason:
        raise Restored(reason)
    fault = mark.fault() if mark.is_kept else None
    if fault:
        raise MarkNotWritten(fault)
    return ended


def rest(mark: Mark) -> None:
    """Note in the Mark that every step so far was committed; without it the last one is taken as not sure."""
    if mark.is_kept:
        counter = _counter()
        seen = _seen(mark, counter)
        _write(mark, Seen(counter, counter, seen.highest if seen else 0))
    db.session.commit()


def _seen(mark, counter):
    """The Seen of a Mark, or None where none is kept or nothing was ever sent; raises Restored."""
    seen = mark.read() if mark.is_kept else None
    reason = doubt(seen, counter) if mark.is_kept else None
    if reason:
        db.session.rollback()
        raise Restored(reason)
    return seen


def _write(mark, seen):
    try:
        mark.write(seen)
    except MarkNotWritten:
        db.session.rollback()
        raise


def end(now: datetime.datetime, went_back: bool = False) -> None:
    """Note that a sweep came to its end; commits.

    Where another one ended later than now, the clock was set back meanwhile. The later time stays until a sweep has
    seen it and has shortened the waits that were written by the clock of that time (went_back).
    """
    times = (("now", now), ("far", now + AHEAD))
    later = text(_LATER).bindparams(*[bindparam(name, value, type_=db.DateTime) for name, value in times])
    _update({"finished": now if went_back else later})
    db.session.commit()


_LATER = "CASE WHEN finished > :far THEN finished ELSE :now END"


def finished() -> Optional[datetime.datetime]:
    """When the last sweep ended, naive UTC, or None."""
    return db.session.query(SweepRow.finished).filter_by(name=SWEEP).scalar()


def _counter():
    """The counter of the steps of sending, locked until the transaction ends."""
    # an update takes the lock on SQLite too
    _update({"mark": SweepRow.mark})
    return db.session.query(SweepRow.mark).filter_by(name=SWEEP).scalar()


def _update(values):
    if not _of_sweep().update(values, synchronize_session=False):
        with contextlib.suppress(IntegrityError), db.session.begin_nested():
            db.session.add(SweepRow(name=SWEEP, mark=0, floor=0))
        _of_sweep().update(values, synchronize_session=False)


def _of_sweep():
    return db.session.query(SweepRow).filter_by(name=SWEEP)


def restored(
    targets: Iterable[str], mark: Mark, now: datetime.datetime, reason: str = "the database was restored"
) -> None:
    """Hold every target, and give new events sequences that no event sent before can have; commits.

    targets: names. An operator, or a Mark, has said that this database came back from a backup. Raises MarkNotWritten.
    """
    seen = mark.read() if mark.is_kept else None
    known = seen if isinstance(seen, Seen) else Seen(0, 0)
    counter = max(_counter(), min(known.steps, PLAUSIBLE_STEPS))
    waiting = {target for (target,) in db.session.query(Event.target).filter_by(state="pending").distinct()}
    for target in sorted(waiting | set(targets)):
        pauses.hold(target, "%s; %s" % (reason, ADVICE), now)
    # minutes since 1970: no dataset had that many events, and receivers drop what is not behind the last sequence;
    # after a second restore within minutes the events of the time between may have higher ones
    minutes = int((now - datetime.datetime(1970, 1, 1)).total_seconds() // 60)
    first = max(minutes, min(known.highest, PLAUSIBLE_HIGHEST), floor() + 1)
    (key,) = Event.__table__.c.dataset_id.foreign_keys
    dataset = key.column.table
    db.session.execute(dataset.update().where(dataset.c.sequence < first).values(sequence=first))
    _of_sweep().update({"mark": counter, "floor": first}, synchronize_session=False)
    if mark.is_kept:
        _write(mark, Seen(counter, counter, first))
    db.session.commit()


def floor() -> int:
    """The sequence after which the events of a new dataset begin: 0, unless the database was restored."""
    return db.session.query(SweepRow.floor).filter_by(name=SWEEP).scalar() or 0
