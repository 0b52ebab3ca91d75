"""The decisions of the secure side: states and counts of applications, never persons."""

import datetime
from typing import Collection, Dict, Optional

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


def settle(
    application: str,
    dataset_ids: Collection[int],
    former: Collection[int],
    state: Optional[str],
    issued: datetime.datetime,
) -> None:
    """Have an application counted in a state for some datasets (numbers) alone; None: for none at all.

    application: a pseudonym; former: numbers of the datasets for which it is counted so far. One statement reads.
    """
    digests = {number: digest(canonical([number, application])) for number in set(dataset_ids) | set(former)}
    wanted = set(dataset_ids) if state is not None else set()
    query = db.session.query(Application).filter(
        Application.dataset_id.in_(list(digests)), Application.digest.in_(list(digests.values()))
    )
    known = {row.dataset_id: row for row in query} if digests else {}
    for number, row in known.items():
        if number not in wanted:
            db.session.delete(row)
        else:
            row.state, row.issued = state, issued
    for number in sorted(wanted - set(known)):
        db.session.add(Application(dataset_id=number, digest=digests[number], state=state, issued=issued))
    db.session.flush()


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
