"""The decisions of the secure side: states and counts of applications, never persons."""

import datetime
from typing import Dict

from invenio_db import db
from sqlalchemy import func

from ..client import canonical, digest
from .application_models import Application
from .models import DatasetRow

COUNTED = {"submitted": "open", "approved": "approved", "denied": "denied", "closed": "closed"}


def note(row: DatasetRow, application: str, state: str, issued: datetime.datetime) -> bool:
    """Remember the state of an application of the dataset `row` (locked), and return whether it was news.

    A report older than the last one about the same application changes nothing: reports may overtake each other.
    """
    hashed = digest(canonical([row.source, row.identifier, application]))
    known = db.session.query(Application).filter_by(dataset_id=row.id, digest=hashed).one_or_none()
    if known is None:
        db.session.add(Application(dataset_id=row.id, digest=hashed, state=state, issued=issued))
    elif issued < known.issued:
        return False
    else:
        known.state, known.issued = state, issued
    db.session.flush()
    return True


def none() -> Dict[str, int]:
    """The counts of a dataset that nobody applied for yet."""
    return dict.fromkeys(COUNTED.values(), 0)


def counts(row: DatasetRow) -> Dict[str, int]:
    """The counts of a dataset's applications: {"open": n, "approved": n, "denied": n, "closed": n}."""
    grouped = (
        db.session.query(Application.state, func.count(Application.id))
        .filter(Application.dataset_id == row.id)
        .group_by(Application.state)
    )
    found = dict(grouped.all())
    return {name: found.get(state, 0) for state, name in COUNTED.items()}
