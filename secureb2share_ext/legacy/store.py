"""The rows of the legacy records that are being moved out. This module has the only SQL that touches their table."""

import json
from typing import Any, List, Optional, Sequence, Set

from invenio_db import db

from .holder import LegacyRecord
from .models import Legacy


def find(pid: str) -> Any:
    """The row of a PID, or None while it is not frozen."""
    return db.session.query(Legacy).filter_by(pid=pid).one_or_none()


def lock(pid: str) -> Any:
    """The row of a PID, locked until the transaction ends, or None while it is not frozen."""
    return db.session.query(Legacy).filter_by(pid=pid).with_for_update().populate_existing().one_or_none()


def is_frozen(pid: Optional[str]) -> bool:
    """Whether a PID's files are hidden from everybody."""
    return bool(pid) and db.session.query(Legacy.pid).filter_by(pid=pid).scalar() is not None


def frozen(pids: Sequence[str]) -> Set[str]:
    """Those of the PIDs whose files are hidden from everybody, as set."""
    return {pid for (pid,) in db.session.query(Legacy.pid).filter(Legacy.pid.in_(pids))} if pids else set()


def every_pid() -> Any:
    """A query of the PIDs of all rows, for use inside another query."""
    return db.session.query(Legacy.pid)


def has_bucket(bucket: str) -> bool:
    """Whether a bucket (its id as canonical text) belongs to a PID that is frozen or was purged."""
    return db.session.query(Legacy.pid).filter(Legacy.buckets.contains(bucket)).first() is not None


def is_kept(pid: Optional[str]) -> bool:
    """Whether a PID's files are frozen and not deleted yet, so that its record has to stay."""
    return bool(pid) and pid in pids("frozen", "exported", "confirmed", "purging", pid=pid)


def every() -> List[Legacy]:
    """All rows, sorted by PID."""
    return db.session.query(Legacy).order_by(Legacy.pid).all()


def pids(*states: str, pid: Optional[str] = None) -> List[str]:
    """The PIDs in these states, sorted; pid: of this one only."""
    query = db.session.query(Legacy.pid).filter(Legacy.state.in_(states))
    if pid is not None:
        query = query.filter_by(pid=pid)
    return [found for (found,) in query.order_by(Legacy.pid)]


def add(former: LegacyRecord, closed: Sequence[str]) -> Legacy:
    """Add the row of a LegacyRecord, flush and return it; closed: ids of the buckets that were open before."""
    row = Legacy(
        pid=former.pid,
        source=former.source,
        state="frozen",
        kind=former.kind,
        buckets=json.dumps(former.buckets),
        closed=json.dumps(closed),
        files=former.files,
        size=former.size,
    )
    db.session.add(row)
    db.session.flush()
    return row


def remove(row: Legacy) -> None:
    """Delete a row and flush."""
    db.session.delete(row)
    db.session.flush()
