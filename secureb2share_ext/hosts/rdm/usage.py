"""Counts of the uploads, files and records that an instance has from the time before; numbers only, never names.

An upload is a file in the storage: the copies that RDM makes of its entry, for drafts and versions, are none.
"""

import datetime
from collections import defaultdict
from typing import Any, Dict, Set

from invenio_communities.communities.records.models import CommunityMetadata
from invenio_db import db
from invenio_files_rest.models import ObjectVersion
from invenio_rdm_records.records.models import (
    RDMDraftMetadata,
    RDMParentCommunity,
    RDMParentMetadata,
    RDMRecordMetadata,
)
from invenio_rdm_records.records.systemfields.deletion_status import RecordDeletionStatusEnum
from sqlalchemy import distinct, func, or_

from ..host import FormerContent


def content(since: datetime.datetime) -> FormerContent:
    """The FormerContent of this instance; since: naive UTC."""
    recent = ObjectVersion.created >= since, ObjectVersion.file_id.isnot(None)
    uploads, buckets = (
        db.session.query(func.count(distinct(column))).filter(*recent).scalar()
        for column in (ObjectVersion.file_id, ObjectVersion.bucket_id)
    )
    of_parents: Dict[Any, Set[Any]] = defaultdict(set)
    for model in (RDMRecordMetadata, RDMDraftMetadata):
        for parent, file in _with_files(db.session.query(model.parent_id, ObjectVersion.file_id), model).filter(
            *recent
        ):
            of_parents[parent].add(file)
    owners: Set[Any] = set()
    where: Dict[str, Set[Any]] = defaultdict(set)
    for parent, json, slug in _parents():
        if parent in of_parents:
            owners.add((((json or {}).get("access") or {}).get("owned_by") or {}).get("user"))
            if slug is not None:
                where[slug] |= of_parents[parent]
    records = db.session.query(func.count(distinct(RDMRecordMetadata.id))).filter(
        RDMRecordMetadata.is_deleted.is_(False),
        RDMRecordMetadata.deletion_status == RecordDeletionStatusEnum.PUBLISHED,
    )
    with_files = _with_files(records, RDMRecordMetadata).filter(ObjectVersion.file_id.isnot(None))
    communities = {slug: len(files) for slug, files in where.items()}
    return FormerContent(uploads, buckets, len(owners - {None}), communities, records.scalar(), with_files.scalar())


def _with_files(query, model):
    return query.join(
        ObjectVersion, or_(ObjectVersion.bucket_id == model.bucket_id, ObjectVersion.bucket_id == model.media_bucket_id)
    )


def _parents():
    """(id, JSON, a community's slug or None) of every parent, once for each of its communities."""
    return (
        db.session.query(RDMParentMetadata.id, RDMParentMetadata.json, CommunityMetadata.slug)
        .outerjoin(RDMParentCommunity, RDMParentCommunity.record_id == RDMParentMetadata.id)
        .outerjoin(CommunityMetadata, CommunityMetadata.id == RDMParentCommunity.community_id)
    )
