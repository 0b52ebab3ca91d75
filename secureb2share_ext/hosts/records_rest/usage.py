"""The uploads and files from the time before, as far as this host knows of them.

invenio-files-rest notes no user with a file and no community with a bucket, so that neither can be told. Numbers only,
never names.
"""

import datetime

from invenio_db import db
from invenio_files_rest.models import ObjectVersion
from invenio_records.models import RecordMetadata
from sqlalchemy import distinct, func, or_

from ..host import FormerContent

MEMBERS = ("_files", "_bucket")  # with which invenio-records-files and B2SHARE say that a record has files


def content(since: datetime.datetime) -> FormerContent:
    """The FormerContent of this instance; since: naive UTC."""
    recent = db.session.query(func.count(), func.count(distinct(ObjectVersion.bucket_id))).filter(
        ObjectVersion.created >= since, ObjectVersion.file_id.isnot(None)
    )
    uploads, buckets = recent.one()
    records = db.session.query(RecordMetadata).filter(RecordMetadata.json.isnot(None))
    with_files = records.filter(or_(*map(_has, MEMBERS)))
    return FormerContent(uploads, buckets, None, None, records.count(), with_files.count())


def _has(member):
    if db.engine.dialect.name == "postgresql":
        return func.jsonb_exists(RecordMetadata.json, member)
    return func.json_type(RecordMetadata.json, '$."%s"' % member).isnot(None)
