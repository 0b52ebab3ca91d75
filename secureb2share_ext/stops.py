"""What an operator has stopped: a source whose key was stolen, or, in an incident, all writing, signing and sending.

The table is asked by each request that writes or is signed, so that a stop holds at once in every process.
"""

import datetime
import time
from typing import Dict, NamedTuple, Optional

from flask import g
from invenio_db import db

from .compat import utcnow
from .errors import Frozen, SourceSuspended
from .instance import StopRow

INCIDENT = "incident"
SOURCE = "source:"  # begins what is stopped where it is a source
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


def must_not_be_frozen() -> None:
    """Raise Frozen while an incident freezes the catalogue."""
    if INCIDENT in _recent():
        raise Frozen()


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
    """Stop something in the open transaction; returns whether it was not stopped before, else nothing changes."""
    g.pop("secureb2share_stops", None)
    if what in every():
        return False
    db.session.add(StopRow(what=what, reason=reason, since=utcnow()))
    db.session.flush()
    return True


def end(what: str) -> bool:
    """Stop it no more, in the open transaction; returns whether it was stopped."""
    g.pop("secureb2share_stops", None)
    return bool(db.session.query(StopRow).filter_by(what=what).delete(synchronize_session=False))
