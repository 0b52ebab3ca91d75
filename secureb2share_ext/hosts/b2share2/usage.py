"""What does this instance have of uploads, files and records from the time before?

Numbers only, never names. B2SHARE notes an owner in every record, and each record's community.
"""

from b2share.modules.communities.models import Community
from invenio_db import db
from invenio_files_rest.models import ObjectVersion
from invenio_records.models import RecordMetadata
from invenio_records_files.models import RecordsBuckets
from sqlalchemy import distinct, func

from ..host import FormerContent
from . import communities


def content(since):
    """The health.FormerContent; since: naive UTC."""
    recent = db.session.query(ObjectVersion).filter(ObjectVersion.created >= since, ObjectVersion.file_id.isnot(None))
    uploads = recent.count()
    buckets = recent.with_entities(func.count(distinct(ObjectVersion.bucket_id))).scalar()
    of_buckets = (
        db.session.query(RecordMetadata)
        .join(RecordsBuckets, RecordsBuckets.record_id == RecordMetadata.id)
        .join(ObjectVersion, ObjectVersion.bucket_id == RecordsBuckets.bucket_id)
        .filter(ObjectVersion.created >= since, ObjectVersion.file_id.isnot(None), RecordMetadata.json.isnot(None))
        .distinct(RecordMetadata.id)
    )
    users, where = set(), {}
    for record in of_buckets:
        users.update(record.json.get("_deposit", {}).get("owners", []))
        where[record.json.get("community", "")] = where.get(record.json.get("community", ""), 0) + 1
    published = [r.json for r in db.session.query(RecordMetadata) if r.json and communities.is_record(r.json)]
    with_files = sum(bool(record.get("_files")) for record in published)
    return FormerContent(uploads, buckets, len(users), _named(where), len(published), with_files)


def _named(counts):
    names = {str(row.id): row.name for row in db.session.query(Community.id, Community.name)}
    return {names.get(community, community): count for community, count in counts.items()}
