"""The revisions of many records, read where invenio-records keeps them, without the records themselves."""

from typing import Any, Dict, Sequence

from invenio_db import db

from ..datasets.models import DatasetRow


def of_rows(model: Any, rows: Sequence[DatasetRow], *conditions: Any) -> Dict[Any, int]:
    """{record_uuid: revision number from 0} of those rows whose record is there, by one statement.

    model: the SQLAlchemy model of the records; conditions: on its columns, beside that the record was not deleted.
    """
    uuids = [row.record_uuid for row in rows if row.record_uuid is not None]
    if not uuids:
        return {}
    query = db.session.query(model.id, model.version_id).filter(model.id.in_(uuids), model.json.isnot(None))
    # SQLAlchemy counts versions from 1, invenio-records from 0
    return {record_uuid: version - 1 for record_uuid, version in query.filter(*conditions)}
