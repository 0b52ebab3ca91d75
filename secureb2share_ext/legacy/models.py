"""The table of the legacy records that are being moved out, with the state of each."""

from invenio_db import db

from ..compat import utcnow


class Legacy(db.Model):
    """One PID. No name of a file stands here: the manifest lies with the exported files, and its digest is enough."""

    __tablename__ = "secureb2share_legacy"

    pid = db.Column(db.String(255), primary_key=True)
    source = db.Column(db.String(100), nullable=False)
    state = db.Column(db.String(12), nullable=False, default="frozen")  # see listing.STATES
    kind = db.Column(db.String(12), nullable=False)
    buckets = db.Column(db.Text, nullable=False)  # JSON: ids of all, as they were when it was frozen
    closed = db.Column(db.Text, nullable=False)  # JSON: ids of those that were open before
    files = db.Column(db.Integer, nullable=False)
    size = db.Column(db.BigInteger, nullable=False)  # bytes
    digest = db.Column(db.String(64))  # SHA-256 hex of the manifest
    receipt_id = db.Column(db.String(255))  # of the message that confirmed it
    places = db.Column(db.Text)  # JSON: what is still to be erased, while it is purging
    frozen_at = db.Column(db.DateTime, nullable=False, default=utcnow)
    exported_at = db.Column(db.DateTime)
    confirmed_at = db.Column(db.DateTime)
    purged_at = db.Column(db.DateTime)
