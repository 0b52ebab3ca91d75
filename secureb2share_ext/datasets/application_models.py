"""The table of applications for access: their states, which are counted; it holds no person and no text."""

from invenio_db import db


class Application(db.Model):
    """One application, by a digest of its id: a pseudonym that the secure side alone can connect with anything."""

    __tablename__ = "secureb2share_application"
    __table_args__ = (
        db.UniqueConstraint("dataset_id", "digest", name="uq_secureb2share_application_dataset_id_digest"),
    )

    id = db.Column(db.Integer, primary_key=True)
    dataset_id = db.Column(
        db.Integer,
        db.ForeignKey("secureb2share_dataset.id", name="fk_secureb2share_application_dataset_id"),
        nullable=False,
    )
    digest = db.Column(db.String(64), nullable=False)
    state = db.Column(db.String(12), nullable=False)
    issued = db.Column(db.DateTime, nullable=False)
