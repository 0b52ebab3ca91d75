"""The table of drafts: descriptions that curators have begun. Nobody's name is kept."""

from invenio_db import db

from ..compat import utcnow


class Draft(db.Model):
    """A description that is not published yet, of a new dataset or of one that is there."""

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
