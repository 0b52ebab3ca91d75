"""The instance: which catalogue this database belongs to, so that a copy of it is not taken for the original."""

from typing import Any, List

from invenio_db import db


class Instance(db.Model):
    """The id that `init` made, and the base URL under which the catalogue is known; one row."""

    __tablename__ = "secureb2share_instance"

    id = db.Column(db.String(36), primary_key=True)
    catalogue = db.Column(db.String(255), nullable=False)


def doubts(extension: Any) -> List[str]:
    """[sentence] for each reason why this may be a copy of an instance."""
    return []
