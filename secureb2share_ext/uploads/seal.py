"""The note that uploads were closed: what the database's own marks were then, by which a picked lock is seen.

Processes that serve only read it, so that their role in the database needs no right to write it.
"""

import json
from typing import Any, List, Optional

from invenio_db import db
from sqlalchemy import inspect, text

from ..compat import utcnow
from ..errors import SecureB2ShareError
from . import comparison, state, triggers

SETTLED = (15,)  # from this PostgreSQL on, its counters are read as they are, and not from a file of half a second ago


class Seal(db.Model):
    """One closing, opening or acknowledgement; the last row counts."""

    __tablename__ = "secureb2share_lock"

    id = db.Column(db.Integer, primary_key=True)
    at = db.Column(db.DateTime, nullable=False)
    event = db.Column(db.String(12), nullable=False)  # closed, opened, acknowledged
    reason = db.Column(db.Text)
    marks = db.Column(db.Text, nullable=False)  # JSON of state.Marks


def faults(connection: Any) -> List[str]:
    """[sentence] for what is wrong with the triggers, or else for what came past them; one statement."""
    now = state.read(connection)
    wrong = comparison.differences(now.triggers, triggers.expected(connection.dialect.name), now.children)
    return wrong or comparison.broken(now.noted, now.marks)


def close(connection: Any) -> List[str]:
    """Make the triggers that are not as they should be and return their names; note it unless uploads were closed."""
    made = triggers.install(connection)
    noted = state.read(connection).noted
    if comparison.is_open(noted):
        note(connection, "closed")
    return made


def reopen(connection: Any) -> List[str]:
    """Drop the triggers, return their names, and note that uploads are open."""
    removed = triggers.remove(connection)
    is_there = Seal.__tablename__ in inspect(connection).get_table_names()
    noted = state.read(connection).noted if is_there else None
    if not comparison.is_open(noted):
        note(connection, comparison.OPENED)
    return removed


def acknowledge(connection: Any, reason: str) -> str:
    """Note anew what is there, with a reason; returns a sentence.

    Raises SecureB2ShareError where something else is wrong as well, or nothing.
    """
    now = state.read(connection)
    wrong = comparison.differences(now.triggers, triggers.expected(connection.dialect.name), now.children)
    if wrong:
        raise SecureB2ShareError("Mend this first: " + " ".join(wrong))
    told = comparison.broken(now.noted, now.marks)
    if comparison.is_open(now.noted) or not told:
        raise SecureB2ShareError("There is nothing to acknowledge.")
    note(connection, "acknowledged", reason)
    return "Acknowledged, and noted anew."


def owns_tables(connection: Any) -> bool:
    """Whether the role of a connection could alter the triggers; a superuser of PostgreSQL can."""
    if connection.dialect.name != "postgresql":
        return False
    owner = "SELECT pg_has_role(relowner, 'MEMBER') FROM pg_class WHERE oid = to_regclass('%s')" % state.TABLES[0]
    return bool(connection.execute(text(owner)).scalar())


def note(connection: Any, event: str, reason: Optional[str] = None) -> None:
    """Add a row with the marks of this moment."""
    if connection.dialect.name == "postgresql" and connection.dialect.server_version_info < SETTLED:
        connection.execute(text("SELECT pg_sleep(1), pg_stat_clear_snapshot()"))
    marks = json.dumps(state.read(connection).marks._asdict(), sort_keys=True)
    connection.execute(Seal.__table__.insert().values(at=utcnow(), event=event, reason=reason, marks=marks))


def history() -> List[Seal]:
    """Every Seal, the oldest first."""
    return db.session.query(Seal).order_by(Seal.id).all()
