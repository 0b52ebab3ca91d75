"""The table of what hosts remember beside the records themselves.

Every host's environment loads this module, so that it imports no host.
"""

from invenio_db import db
from sqlalchemy_utils import UUIDType

from ..compat import utcnow


class IndexJob(db.Model):
    """A record whose copy in the search index is to be made anew, or removed.

    The row is written in the transaction that changes the record, and goes when the index has what the record then
    was. Whoever holds the lease token brings it there until next_at; a change meanwhile takes the token away.
    """

    __tablename__ = "secureb2share_index"
    __table_args__ = (db.Index("ix_secureb2share_index_next_at", "next_at"),)

    record_uuid = db.Column(UUIDType, primary_key=True)
    since = db.Column(db.DateTime, nullable=False, default=utcnow)
    next_at = db.Column(db.DateTime, nullable=False, default=utcnow)
    attempts = db.Column(db.Integer, nullable=False, default=0)
    lease_token = db.Column(db.String(36))
    outcome = db.Column(db.String(200))  # of the last attempt: status and kind of error, nothing of the record


class Binding(db.Model):
    """The community of a source as its host knows it for good: an id, which stays when the community is renamed."""

    __tablename__ = "secureb2share_binding"

    source = db.Column(db.String(100), primary_key=True)
    community = db.Column(db.String(255), nullable=False)
