"""What an operator has stopped: a source whose key was stolen, or, in an incident, all writing, signing and sending.

The table is asked by each request that writes or is signed, so that a stop holds at once in every process. One place
lets writing pass: whoever flushes a row of WRITTEN or has a record written comes here, be it a request, a command or a
task; while the lock is not complete, nothing passes either.
"""

import datetime
import time
from itertools import chain
from typing import Dict, NamedTuple, Optional

from flask import current_app, g, has_app_context
from invenio_db import db
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from .compat import utcnow
from .errors import Frozen, SourceSuspended
from .instance import StopRow
from .proxies import PREFIX, current

INCIDENT = "incident"
SOURCE = "source:"  # begins what is stopped where it is a source
# tables of datasets, and of what is said and decided of them; the others are the operator's and the worker's own
WRITTEN = {PREFIX + name for name in "application dataset draft held legacy message rems review sent".split()}
KEPT = 1.0  # seconds for which a request or run goes by what it read: a bulk asks once, not for each line


class Stop(NamedTuple):
    """One thing that is stopped, why, and since when (naive UTC)."""

    reason: Optional[str]
    since: datetime.datetime


def every() -> Dict[str, Stop]:
    """{what: Stop} as the database has it now."""
    with db.session.no_autoflush:
        rows = db.session.query(StopRow.what, StopRow.reason, StopRow.since).order_by(StopRow.what).all()
    return {what: Stop(reason, since) for what, reason, since in rows}


def _recent():
    asked = g.get("secureb2share_stops")
    now = time.monotonic()
    if asked is None or now - asked[0] > KEPT:
        asked = g.secureb2share_stops = (now, every())
    return asked[1]


def must_not_be_suspended(source: str) -> None:
    """Raise SourceSuspended where an operator has suspended the source (name)."""
    if SOURCE + source in _recent():
        raise SourceSuspended()


def must_be_writable() -> None:
    """Raise WritesStopped while the lock is not complete, and Frozen while an incident freezes the catalogue."""
    # the table of stops is asked where it is known to be there
    current().lock.must_be_complete()
    if is_frozen():
        raise Frozen()


def watch() -> None:
    """Let no row of WRITTEN be flushed that must not be written, once a process."""
    if not is_watching():
        event.listen(Session, "before_flush", _look)


def is_watching() -> bool:
    """Whether every flush passes here."""
    return event.contains(Session, "before_flush", _look)


def _look(session, context, objects):
    extension = current_app.extensions.get("secureb2share") if has_app_context() else None
    if extension is None or not extension.is_on:
        return
    flushed = chain(session.new, session.dirty, session.deleted)
    if any(getattr(one, "__tablename__", None) in WRITTEN for one in flushed):
        must_be_writable()


def is_frozen() -> bool:
    """Whether an incident freezes the catalogue."""
    return INCIDENT in _recent()


def suspended() -> Dict[str, Stop]:
    """The suspended sources {name: Stop}."""
    return {what[len(SOURCE) :]: stop for what, stop in every().items() if what.startswith(SOURCE)}


def incident() -> Optional[Stop]:
    """The incident that freezes the catalogue, or None."""
    return every().get(INCIDENT)


def begin(what: str, reason: Optional[str]) -> bool:
    """Stop something in the open transaction; returns whether it was not stopped before, else nothing changes.

    Where somebody else stops it at the same moment, the transaction is rolled back.
    """
    g.pop("secureb2share_stops", None)
    if what in every():
        return False
    db.session.add(StopRow(what=what, reason=reason, since=utcnow()))
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        return False
    return True


def end(what: str) -> bool:
    """Stop it no more, in the open transaction; returns whether it was stopped."""
    g.pop("secureb2share_stops", None)
    return bool(db.session.query(StopRow).filter_by(what=what).delete(synchronize_session=False))
