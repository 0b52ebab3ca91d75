"""The paused targets, to which nothing is sent for a time. This module has the only SQL that touches their table."""

import contextlib
import datetime
from typing import List, Optional

from invenio_db import db
from sqlalchemy.exc import IntegrityError

from ..compat import utcnow
from .models import Pause


def hold(target: str, reason: str, now: datetime.datetime) -> None:
    """Stop sending to a target until `resume`, without any probe."""
    values = {"reason": reason, "since": now, "until": None, "failures": 0}
    rows = db.session.query(Pause).filter_by(target=target)
    if not rows.update(values, synchronize_session=False):
        db.session.add(Pause(target=target, **values))
        db.session.flush()


def pause(target: str, reason: str, until: datetime.datetime, failures: int = 0) -> None:
    """Stop sending to a target, except for one trial after `until`; a target that is held stays held.

    failures: how many trials have failed one after the other, this one included.
    """
    values = {"reason": reason, "until": until, "failures": failures}
    rows = db.session.query(Pause).filter_by(target=target)
    is_paused = rows.filter(Pause.until.isnot(None)).update(values, synchronize_session=False)
    if not is_paused and not rows.count():
        with contextlib.suppress(IntegrityError), db.session.begin_nested():
            # another worker may pause it at this very moment, which is just as well
            db.session.add(Pause(target=target, since=utcnow(), **values))


def may_send(target: str, now: datetime.datetime, until: datetime.datetime) -> bool:
    """Whether the target is not paused, or the caller has won the one trial of its pause, which goes on to `until`."""
    if db.session.query(Pause).filter_by(target=target).count() == 0:
        return True
    rows = db.session.query(Pause).filter(Pause.target == target, Pause.until <= now)
    return bool(rows.update({"until": until}, synchronize_session=False))


def give_back(target: str, until: datetime.datetime, now: datetime.datetime) -> None:
    """Let another worker make the trial that `may_send` gave, until `until`, to one that could not make it."""
    rows = db.session.query(Pause).filter(Pause.target == target, Pause.until == until)
    rows.update({"until": now}, synchronize_session=False)


def resume(target: str) -> bool:
    """Send to the target again, because an operator says so; returns whether it was paused."""
    return bool(db.session.query(Pause).filter_by(target=target).delete(synchronize_session=False))


def end_pause(target: str) -> bool:
    """Send to the target again because it answered, unless it is held; returns whether it was paused."""
    rows = db.session.query(Pause).filter(Pause.target == target, Pause.until.isnot(None))
    return bool(rows.delete(synchronize_session=False))


def of(target: str) -> Optional[Pause]:
    """The pause of a target, if it is paused or held."""
    return db.session.query(Pause).filter_by(target=target).one_or_none()


def every() -> List[Pause]:
    """Every paused target."""
    return db.session.query(Pause).order_by(Pause.target).all()


def bound(now: datetime.datetime, longest: datetime.timedelta) -> None:
    """End every pause, but of a held target, that lasts longer than `longest` from now."""
    rows = db.session.query(Pause).filter(Pause.until > now + longest)
    rows.update({"until": now}, synchronize_session=False)
