"""The uploads, files and records that this instance has from the time before it was switched on.

These are numbers, never names. B2SHARE notes an owner in every record, and each record's community.
"""

import collections
import datetime
from typing import Dict, Set

from b2share.modules.communities.models import Community
from invenio_db import db
from invenio_files_rest.models import ObjectVersion
from invenio_records.models import RecordMetadata
from invenio_records_files.models import RecordsBuckets
from sqlalchemy import distinct, func

from ..host import FormerContent
from . import communities


def content(since: datetime.datetime) -> FormerContent:
    """The FormerContent of this instance; since: naive UTC."""
    is_recent = ObjectVersion.created >= since, ObjectVersion.file_id.isnot(None)
    recent = db.session.query(ObjectVersion).filter(*is_recent)
    uploads = recent.count()
    buckets = recent.with_entities(func.count(distinct(ObjectVersion.bucket_id))).scalar()
    of_buckets = (
        db.session.query(RecordMetadata)
        .join(RecordsBuckets, RecordsBuckets.record_id == RecordMetadata.id)
        .join(ObjectVersion, ObjectVersion.bucket_id == RecordsBuckets.bucket_id)
        .filter(*(is_recent + (RecordMetadata.json.isnot(None),)))
        .distinct(RecordMetadata.id)
    )
    counted = (
        db.session.query(RecordsBuckets.record_id, func.count(distinct(ObjectVersion.version_id)))
        .join(ObjectVersion, ObjectVersion.bucket_id == RecordsBuckets.bucket_id)
        .filter(*is_recent)
        .group_by(RecordsBuckets.record_id)
    )
    uploads_of = dict(counted.all())
    users: Set[int] = set()
    where: Dict[str, int] = collections.Counter()
    for record in of_buckets:
        users.update(record.json.get("_deposit", {}).get("owners", []))
        where[record.json.get("community", "")] += uploads_of.get(record.id, 0)
    published = [r.json for r in db.session.query(RecordMetadata) if r.json and communities.is_record(r.json)]
    with_files = sum(bool(record.get("_files")) for record in published)
    return FormerContent(uploads, buckets, len(users), _named(where), len(published), with_files)


def _named(counts):
    names = {str(row.id): row.name for row in db.session.query(Community.id, Community.name)}
    return {names.get(community, community): count for community, count in counts.items()}
