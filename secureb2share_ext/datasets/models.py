"""The tables of datasets, of what waits for a curator, of what was decided, and of drafts.

`DatasetRow` is the truth about which records are ours: one row per dataset, whoever made its record. Its SQL lives in
store.py; that of drafts in describing/drafts.py, but for what a withdrawal drops.
"""

from typing import Any

from invenio_db import db
from sqlalchemy import text
from sqlalchemy.orm import deferred, validates
from sqlalchemy_utils import UUIDType

from ..compat import utcnow
from ..dataset import CATALOGUE_PREFIX


class DatasetRow(db.Model):
    """One dataset, its record and where it stands."""

    __tablename__ = "secureb2share_dataset"
    __table_args__ = (
        db.UniqueConstraint("source", "identifier", name="uq_secureb2share_dataset_source_identifier"),
        db.UniqueConstraint("pid", name="uq_secureb2share_dataset_pid"),
        db.UniqueConstraint("record_uuid", name="uq_secureb2share_dataset_record_uuid"),
        db.Index("ix_secureb2share_dataset_replaced_by", "replaced_by"),
        db.Index(
            "ix_secureb2share_dataset_final",
            "source",
            "state_at",
            postgresql_where=text("state IN ('superseded', 'withdrawn')"),
            sqlite_where=text("state IN ('superseded', 'withdrawn')"),
        ),
        db.Index(
            "ix_secureb2share_dataset_former",
            "state_at",
            postgresql_where=text("former IS NOT NULL"),
            sqlite_where=text("former IS NOT NULL"),
        ),
    )

    id = db.Column(db.Integer, primary_key=True)
    source = db.Column(db.String(100), nullable=False)
    identifier = db.Column(db.String(255), nullable=False)
    tenant = db.Column(db.String(100))
    origin = db.Column(db.String(10), nullable=False)  # "source" or "curator": who edits it
    pid = db.Column(db.String(255))
    record_uuid = db.Column(UUIDType)
    state = db.Column(db.String(12), nullable=False, default="active")
    reason = db.Column(db.Text)
    state_at = db.Column(db.String(32))
    successor = db.Column(db.String(255))
    former = deferred(db.Column(db.Text))  # JSON, until a final state can no longer be taken back; see former.py
    replaced_by = db.Column(db.String(255))  # identifier of the dataset whose `version.replaces` names this one
    digest = db.Column(db.String(64))  # of the last accepted description
    issued = db.Column(db.DateTime)  # of the last accepted message, naive UTC
    sequence = db.Column(db.Integer, nullable=False, default=0)  # of the last event
    event_digest = db.Column(db.String(64))  # of what the last event said
    created = db.Column(db.DateTime, nullable=False, default=utcnow)

    is_named_by_pid = False  # while the catalogue assigns the identifier of a dataset that is being published

    @validates("pid")
    def _name_by_pid(self, key: str, pid: Any) -> Any:
        # the record that is written next has the identifier in it
        if self.is_named_by_pid and pid:
            self.identifier = CATALOGUE_PREFIX + pid
        return pid


class HeldDescription(db.Model):
    """A registration, or a change of one, that waits for a curator: it is here and nowhere else."""

    __tablename__ = "secureb2share_held"

    dataset_id = db.Column(
        db.Integer,
        db.ForeignKey("secureb2share_dataset.id", name="fk_secureb2share_held_dataset_id"),
        primary_key=True,
        autoincrement=False,
    )
    description = db.Column(db.Text, nullable=False)  # canonical JSON
    digest = db.Column(db.String(64), nullable=False)
    received = db.Column(db.DateTime, nullable=False, default=utcnow)
    reason = db.Column(db.Text)  # why a curator refused it; None while it waits
    decided_at = db.Column(db.String(32))


class Decision(db.Model):
    """What a curator decided, when, and with which account; nobody's name or address is kept."""

    __tablename__ = "secureb2share_review"
    __table_args__ = (db.Index("ix_secureb2share_review_dataset_id", "dataset_id", "id"),)

    id = db.Column(db.Integer, primary_key=True)
    dataset_id = db.Column(
        db.Integer, db.ForeignKey("secureb2share_dataset.id", name="fk_secureb2share_review_dataset_id"), nullable=False
    )
    outcome = db.Column(db.String(10), nullable=False)  # "released" or "refused"
    kind = db.Column(db.String(10), nullable=False)  # "new", or "change" of what was published
    digest = db.Column(db.String(64), nullable=False)  # of the description that was decided on
    reason = db.Column(db.Text)  # of a refusal
    decided = db.Column(db.DateTime, nullable=False, default=utcnow)
    account = db.Column(db.String(36))  # the host's id of it; None where an operator decided by a command


class Draft(db.Model):
    """A description that is not published yet, of a new dataset or of one that is there. Nobody's name is kept."""

    __tablename__ = "secureb2share_draft"
    __table_args__ = (db.UniqueConstraint("dataset_id", name="uq_secureb2share_draft_dataset_id"),)

    id = db.Column(db.Integer, primary_key=True)
    source = db.Column(db.String(100), nullable=False)
    dataset_id = db.Column(  # of the published dataset that it will change
        db.Integer, db.ForeignKey("secureb2share_dataset.id", name="fk_secureb2share_draft_dataset_id")
    )
    base = db.Column(db.String(64))  # digest of the published description with which it began
    description = db.Column(db.Text, nullable=False)  # JSON, in ASCII; it may have faults
    updated = db.Column(db.DateTime, nullable=False, default=utcnow)
