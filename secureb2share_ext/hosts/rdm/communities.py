"""The community of a record, and its source: the default community of the record's parent decides."""

import uuid
from typing import Dict, Optional, Union

from flask import current_app, request
from invenio_communities.communities.records.models import CommunityMetadata
from invenio_communities.communities.records.systemfields.deletion_status import CommunityDeletionStatusEnum
from invenio_db import db
from invenio_pidstore.models import PersistentIdentifier
from invenio_rdm_records.records.api import RDMDraft, RDMRecord
from invenio_rdm_records.records.models import RDMDraftMetadata, RDMParentMetadata
from invenio_requests.records.models import RequestMetadata

from ...messages.sources import Source
from .. import bindings

PUBLISHED = CommunityDeletionStatusEnum.PUBLISHED.value


def id_of(name: str) -> Optional[str]:
    """The id (str) of a community by its slug or id, or None."""
    # what nobody can have named is not asked for; PostgreSQL takes no such character
    if not name or "\0" in name:
        return None
    # the host marks a deleted community and keeps its row
    query = db.session.query(CommunityMetadata.id).filter_by(deletion_status=PUBLISHED)
    found = query.filter_by(slug=name).scalar()
    if found is None:
        try:
            found = query.filter_by(id=uuid.UUID(name)).scalar()
        except ValueError:
            return None
    return str(found) if found else None


def id_of_source(source: Source) -> Optional[str]:
    """The id (str) of a source's community, or None; that to which `init` bound it, or before that the named one."""
    bound = bindings.bound(source.name)
    if bound is None:
        return id_of(source.community)
    query = db.session.query(CommunityMetadata.id).filter_by(id=uuid.UUID(bound), deletion_status=PUBLISHED)
    return bound if query.scalar() is not None else None


def slug_of(community: str) -> str:
    """The slug of the community with this id (str), or ""."""
    return db.session.query(CommunityMetadata.slug).filter_by(id=uuid.UUID(community)).scalar() or ""


def default_of(record: Union[RDMDraft, RDMRecord]) -> Optional[str]:
    """The id (str) of a record's or draft's default community, or None."""
    return record.parent.communities.to_dict().get("default")


def meant_by(draft: RDMDraft) -> Optional[str]:
    """The id (str) of the community in which a draft will be, as far as it is known, or None."""
    default = default_of(draft)
    review = draft.parent.get("review") if default is None else None
    if review is None:
        return default
    receiver = getattr(draft.parent.review, "receiver", None)
    return (receiver.reference_dict or {}).get("community") if receiver is not None else None


def source_of(sources: Dict[str, Source], community: Union[str, uuid.UUID, None]) -> Optional[Source]:
    """The Source whose community (id as str, or None) this is, or None."""
    if community is None:
        return None
    # a bound id is known here, so that another community costs no statement
    near = [source for source in sources.values() if bindings.bound(source.name) in (None, str(community))]
    return next((source for source in near if id_of_source(source) == str(community)), None)


def of_request() -> str:
    """The slug of the community of the draft that the current request writes to, or for which it is meant, or ""."""
    try:
        found = of_draft((request.view_args or {}).get("pid_value"))
        return db.session.query(CommunityMetadata.slug).filter_by(id=uuid.UUID(found)).scalar() if found else ""
    except Exception:
        # counting must not fail the user's request; nothing of it is in the session yet
        db.session.rollback()
        current_app.logger.exception("secureb2share.community-unknown endpoint=%s", request.endpoint)
        return ""


def of_draft(pid: Optional[str]) -> Optional[str]:
    """The id (str) of the community in which the draft with this PID is, or for which it is meant, or None."""
    if not pid or "\0" in pid:
        return None
    parent = (
        db.session.query(RDMParentMetadata)
        .join(RDMDraftMetadata, RDMDraftMetadata.parent_id == RDMParentMetadata.id)
        .join(PersistentIdentifier, PersistentIdentifier.object_uuid == RDMDraftMetadata.id)
        .filter(PersistentIdentifier.pid_type == "recid", PersistentIdentifier.pid_value == pid)
        .first()
    )
    said = (parent.json or {}) if parent is not None else {}
    default, review = (said.get("communities") or {}).get("default"), (said.get("review") or {}).get("id")
    if default is not None or review is None:
        return default
    asked = db.session.query(RequestMetadata).filter_by(id=uuid.UUID(review)).one_or_none()
    return ((asked.json or {}).get("receiver") or {}).get("community") if asked is not None else None
