"""The tables of accepted messages, of how much a source sent in a day, and of applications in REMS."""

from invenio_db import db

from ..compat import utcnow


class AcceptedMessage(db.Model):
    """One accepted message and its answer: the same message again gets the same answer."""

    __tablename__ = "secureb2share_message"
    __table_args__ = (db.UniqueConstraint("source", "message_id", name="uq_secureb2share_message_source_message_id"),)

    id = db.Column(db.Integer, primary_key=True)
    source = db.Column(db.String(100), nullable=False)
    message_id = db.Column(db.String(255), nullable=False)
    action = db.Column(db.String(20), nullable=False)
    digest = db.Column(db.String(64), nullable=False)
    status = db.Column(db.Integer, nullable=False)
    answer = db.Column(db.Text, nullable=False)
    key = db.Column(db.String(16))  # fingerprint of the key that signed it; None: a token did
    accepted = db.Column(db.DateTime, nullable=False, default=utcnow)


class SentInDay(db.Model):
    """The bytes and revisions of a source in a day (UTC), from accepted messages, each of them once."""

    __tablename__ = "secureb2share_sent"

    source = db.Column(db.String(100), primary_key=True)
    day = db.Column(db.Date, primary_key=True)
    size = db.Column(db.BigInteger, nullable=False)  # bytes of their bodies
    revisions = db.Column(db.BigInteger, nullable=False)  # those that changed something


class RemsApplication(db.Model):
    """What the events of one application in REMS have said; it holds no person, and of the application a keyed digest.

    An application that was deleted, or of which only states were heard, has no resources, and is forgotten soon.
    """

    __tablename__ = "secureb2share_rems"
    __table_args__ = (
        db.Index(
            "ix_secureb2share_rems_touched",
            "touched",
            postgresql_where=db.text("resources IS NULL"),
            sqlite_where=db.text("resources IS NULL"),
        ),
    )

    entry = db.Column(db.String(100), primary_key=True)  # of SECUREB2SHARE_ACCESS
    digest = db.Column(db.String(64), primary_key=True)
    state = db.Column(db.String(12))
    state_event = db.Column(db.BigInteger, nullable=False)
    issued = db.Column(db.DateTime)
    resources = db.Column(db.Text)  # JSON list of ids
    resources_event = db.Column(db.BigInteger, nullable=False)
    counted = db.Column(db.Text, nullable=False)  # JSON list: numbers of the datasets for which it is counted
    touched = db.Column(db.DateTime, nullable=False, default=utcnow)
