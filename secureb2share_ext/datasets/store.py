"""How are datasets and answered messages found and kept? The only SQL that touches their tables."""

import json

from invenio_db import db

from ..dataset import identifier_fault
from .models import Answered, Registered


def find(source, identifier):
    """The row of a dataset, or None; also for texts that no database holds."""
    if "\x00" in source or identifier_fault(identifier):
        return None
    return db.session.query(Registered).filter_by(source=source, identifier=identifier).one_or_none()


def lock(source, identifier):
    """The row of a dataset, locked until the transaction ends, or None."""
    return _locked(db.session.query(Registered).filter_by(source=source, identifier=identifier))


def lock_by_record(record_uuid):
    """The row whose record this is, locked until the transaction ends, or None."""
    return _locked(db.session.query(Registered).filter_by(record_uuid=record_uuid))


def _locked(query):
    return query.with_for_update().populate_existing().one_or_none()


def by_record(record_uuid):
    """The row whose record this is, or None."""
    return db.session.query(Registered).filter_by(record_uuid=record_uuid).one_or_none()


def by_pid(pid):
    """The row of a published record's PID, or None."""
    return db.session.query(Registered).filter_by(pid=pid).one_or_none()


def by_pids(pids):
    """{pid: row} of those PIDs that are ours."""
    rows = db.session.query(Registered).filter(Registered.pid.in_(list(pids))).all() if pids else []
    return {row.pid: row for row in rows}


def page(source, after, size):
    """At most `size` rows of a source whose identifier sorts behind `after`, in that order."""
    query = db.session.query(Registered).filter(Registered.source == source, Registered.identifier > after)
    return query.order_by(Registered.identifier).limit(size).all()


def add(source, identifier, origin):
    """A new row, flushed: of two at once, one waits here and then meets an IntegrityError."""
    row = Registered(source=source, identifier=identifier, origin=origin, state="active", sequence=0)
    db.session.add(row)
    db.session.flush()
    return row


def answered(source, message_id):
    """The row of an accepted message, or None."""
    return db.session.query(Answered).filter_by(source=source, message_id=message_id).one_or_none()


def keep_answer(message, status, answer):
    """Remember the answer (dict) of an accepted message, in the transaction of its effect."""
    db.session.add(
        Answered(
            source=message.source,
            message_id=message.id,
            digest=message.digest,
            status=status,
            answer=json.dumps(answer),
        )
    )
    db.session.flush()
