"""The former revisions of a record, from the table in which invenio-records keeps them."""

import datetime
from typing import Any, Dict, List, Tuple

from invenio_db import db
from invenio_records.api import Record

from . import mapping

MOST = 20


def revisions(record: Record) -> Tuple[List[Tuple[datetime.datetime, Dict[str, Any]]], bool]:
    """([(time, description)] of the last revisions, the oldest first; whether the record's first one is among them).

    By one statement, and by none for a record that was never changed, or where no revisions are kept.
    """
    if not record.revision_id or not hasattr(record.model, "versions"):
        return [], True
    from sqlalchemy_continuum import version_class

    kept = version_class(type(record.model))
    query = db.session.query(kept.updated, kept.json).filter(kept.id == record.id)
    found = query.order_by(kept.transaction_id.desc()).limit(MOST + 1).all()
    return [(time, mapping.from_record(json)) for time, json in reversed(found) if json], len(found) <= MOST
