"""The tables of the outbox.

The package's docstring has the invariants. A row is *due* iff its state is pending, its next_at has come, its lease is
unset or expired, no earlier row of the same target and dataset is pending, and its target is not paused. One row per
target, dataset and sequence.

    pending   -> delivered, acknowledged (the answer has a receipt), parked, discarded
    parked    -> pending (retry), acknowledged, discarded
    delivered -> acknowledged, discarded (of a copy alone)
    observed: written while the mode was observe; never sent, and never any other state
"""

import datetime

from invenio_db import db
from sqlalchemy import text

from ..compat import utcnow

STATES = ("pending", "delivered", "acknowledged", "parked", "discarded", "observed")

AT_ONCE = datetime.datetime(1970, 1, 1)  # next_at of what was never tried: due whatever the clock says
WOKEN = datetime.datetime(1970, 1, 2)  # next_at of what waited for its target: an attempt that does not count


def _index(name, columns, condition):
    # what is settled is in none of them, however much of it there is
    where = text(condition)
    return db.Index("ix_secureb2share_event_" + name, *columns, postgresql_where=where, sqlite_where=where)


class Event(db.Model):
    """One event for one target."""

    __tablename__ = "secureb2share_event"
    __table_args__ = (
        db.UniqueConstraint(
            "dataset_id", "target", "sequence", name="uq_secureb2share_event_dataset_id_target_sequence"
        ),
        _index("due", ("target", "next_at", "id"), "state = 'pending'"),
        _index("order", ("target", "dataset_id", "sequence"), "state = 'pending'"),
        _index("open", ("state", "created"), "state IN ('pending', 'parked')"),
        _index("delivered", ("finished",), "state = 'delivered'"),
    )

    id = db.Column(db.Integer, primary_key=True)
    target = db.Column(db.String(100), nullable=False)
    dataset_id = db.Column(
        db.Integer, db.ForeignKey("secureb2share_dataset.id", name="fk_secureb2share_event_dataset_id"), nullable=False
    )
    sequence = db.Column(db.Integer, nullable=False)
    kind = db.Column(db.String(12), nullable=False)  # the last part of its type: published, changed, a state, refused
    message_id = db.Column(db.String(36), nullable=False)
    body = db.Column(db.LargeBinary, nullable=False)
    state = db.Column(db.String(12), nullable=False, default="pending")
    created = db.Column(db.DateTime, nullable=False, default=utcnow)
    next_at = db.Column(db.DateTime, nullable=False, default=AT_ONCE)
    attempts = db.Column(db.Integer, nullable=False, default=0)
    # whether the first success of its target makes it due: it failed because the target was down
    wakes = db.Column(db.Boolean(name="ck_secureb2share_event_wakes"), nullable=False, default=False)
    lease_token = db.Column(db.String(36))
    lease_until = db.Column(db.DateTime)
    outcome = db.Column(db.String(200))  # of the last attempt, in words; nothing of the answer's body
    finished = db.Column(db.DateTime)
    receipt = db.Column(db.Text)  # what the target answered, at most 8 kB


# written out: SQLite takes an index with a condition only for the same condition
IS_PENDING, IS_PARKED, IS_DELIVERED = (
    text("secureb2share_event.state = '%s'" % state) for state in ("pending", "parked", "delivered")
)


class Registration(db.Model):
    """What a target that registers (REMS) holds of a dataset, as far as this catalogue knows; see registrations.py."""

    __tablename__ = "secureb2share_registration"

    dataset_id = db.Column(
        db.Integer,
        db.ForeignKey("secureb2share_dataset.id", name="fk_secureb2share_registration_dataset_id"),
        primary_key=True,
        autoincrement=False,
    )
    target = db.Column(db.String(100), primary_key=True)
    resid = db.Column(db.String(64))  # digest of the external id for which the rest was noted
    sequence = db.Column(db.Integer)  # of the last event that was carried out
    resource = db.Column(db.BigInteger)  # ids of the target's own
    item = db.Column(db.BigInteger)
    digest = db.Column(db.String(64))  # of what the resource can never change
    is_open = db.Column(db.Boolean(name="ck_secureb2share_registration_is_open"), nullable=False, default=False)
    holder = db.Column(db.String(36))  # the attempt that may change it
    held_until = db.Column(db.DateTime)


class Pause(db.Model):
    """A target to which nothing is sent before `until` (one probe), or before an operator resumes it (until: None)."""

    __tablename__ = "secureb2share_pause"

    target = db.Column(db.String(100), primary_key=True)
    reason = db.Column(db.String(200), nullable=False)
    since = db.Column(db.DateTime, nullable=False, default=utcnow)
    until = db.Column(db.DateTime)
    failures = db.Column(db.Integer, nullable=False, default=0)  # one after the other, of a target that is down


class SweepRow(db.Model):
    """The end of the last sweep, the number of steps of sending (mark.py), and the floor of new sequences."""

    __tablename__ = "secureb2share_sweep"

    name = db.Column(db.String(50), primary_key=True)
    finished = db.Column(db.DateTime)
    mark = db.Column(db.BigInteger, nullable=False, default=0)
    floor = db.Column(db.Integer, nullable=False, default=0)
