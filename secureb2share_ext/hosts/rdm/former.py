"""What does this instance have of uploads, files and records from the time before? Numbers only, never names."""

from invenio_communities.communities.records.models import CommunityMetadata
from invenio_db import db
from invenio_files_rest.models import ObjectVersion
from invenio_rdm_records.records.models import RDMParentCommunity, RDMRecordMetadata
from sqlalchemy import distinct, func

from ...health.findings import FormerContent


def content(since):
    """The health.FormerContent; since: naive UTC."""
    recent = db.session.query(ObjectVersion).filter(ObjectVersion.created >= since, ObjectVersion.file_id.isnot(None))
    buckets = recent.with_entities(func.count(distinct(ObjectVersion.bucket_id))).scalar()
    with_recent = (
        db.session.query(CommunityMetadata.slug, func.count(distinct(RDMRecordMetadata.id)))
        .join(RDMParentCommunity, RDMParentCommunity.community_id == CommunityMetadata.id)
        .join(RDMRecordMetadata, RDMRecordMetadata.parent_id == RDMParentCommunity.record_id)
        .join(ObjectVersion, ObjectVersion.bucket_id == RDMRecordMetadata.bucket_id)
        .filter(ObjectVersion.created >= since, ObjectVersion.file_id.isnot(None))
        .group_by(CommunityMetadata.slug)
    )
    records = db.session.query(RDMRecordMetadata).filter(RDMRecordMetadata.is_deleted.is_(False))
    with_files = (
        records.join(ObjectVersion, ObjectVersion.bucket_id == RDMRecordMetadata.bucket_id)
        .filter(ObjectVersion.file_id.isnot(None))
        .with_entities(func.count(distinct(RDMRecordMetadata.id)))
    )
    return FormerContent(recent.count(), buckets, None, dict(with_recent.all()), records.count(), with_files.scalar())
