"""The communities of B2SHARE: the source to which a record or draft belongs, and how the two are told apart.

A source's `community` is the name of a B2SHARE community; records and drafts carry its id. A record is what was
published (B2ShareRecord); a draft is a deposit that may become one under the same PID.
"""

import json
import re
import uuid
from typing import Any, Dict, Optional, Tuple

from b2share.modules.communities.models import Community
from b2share.modules.schemas.api import BlockSchema, CommunitySchema
from b2share.modules.schemas.errors import CommunitySchemaDoesNotExistError
from invenio_db import db
from invenio_pidstore.models import PersistentIdentifier
from invenio_records.models import RecordMetadata
from invenio_records_files.models import RecordsBuckets

from ...messages.sources import Source
from .. import bindings
from . import block

RECORD = "#/json_schema"
DRAFT = "#/draft_json_schema"
TYPES = ("b2rec", "b2dep")  # PID types of records and drafts
VERSION = re.compile(r"/versions/([0-9]+)#")  # in the address of a block schema


def is_record(record: Any) -> bool:
    """Whether a dict is the metadata of a published record."""
    return str(record.get("$schema")).endswith(RECORD)


def is_draft(record: Any) -> bool:
    """Whether a dict is the metadata of a draft, or of the deposit that stays behind a published record."""
    return str(record.get("$schema")).endswith(DRAFT)


def pid_of(record: Any) -> str:
    """The PID of a record or draft: both have the same, text of 32 hexadecimal digits."""
    return record["_deposit"]["id"]


def id_of(name: str) -> Optional[str]:
    """The id (str) of the community with this name, or None."""
    with db.session.no_autoflush:
        found = db.session.query(Community.id).filter_by(name=name, deleted=False).one_or_none()
    return str(found[0]) if found else None


def id_of_source(source: Source) -> Optional[str]:
    """The id (str) of a source's community, or None; that to which `init` bound it, or before that the named one."""
    bound = bindings.bound(source.name)
    if bound is None:
        return id_of(source.community)
    with db.session.no_autoflush:
        found = db.session.query(Community.id).filter_by(id=bound, deleted=False).one_or_none()
    return bound if found else None


def normal(community: Any) -> Optional[str]:
    """A community's id (str) as B2SHARE's tables have it, from any spelling that B2SHARE takes; None for others."""
    try:
        return str(uuid.UUID(community))
    except (AttributeError, TypeError, ValueError):
        return None


def name_of(community: Any) -> str:
    """The name of the community with this id (str), or ""."""
    wanted = normal(community)
    return (db.session.query(Community.name).filter_by(id=wanted).scalar() if wanted else None) or ""


def of_pid(pid: str) -> Optional[str]:
    """The community id (str) in the record or draft with this PID, or None."""
    query = db.session.query(RecordMetadata.json).join(
        PersistentIdentifier, PersistentIdentifier.object_uuid == RecordMetadata.id
    )
    found = query.filter(PersistentIdentifier.pid_value == pid, PersistentIdentifier.pid_type.in_(TYPES)).first()
    return found[0].get("community") if found and found[0] else None


def of_bucket(bucket: Any) -> Optional[str]:
    """The community id (str) in the record or draft to which this bucket (UUID or its text) belongs, or None."""
    query = db.session.query(RecordMetadata.json).join(RecordsBuckets, RecordsBuckets.record_id == RecordMetadata.id)
    found = query.filter(RecordsBuckets.bucket_id == bucket).first()
    return found[0].get("community") if found and found[0] else None


def source_of(sources: Dict[str, Source], record: Any) -> Optional[Source]:
    """The Source in whose community a record or draft (dict) is, or None; sources: {name: Source}."""
    community = normal(record.get("community"))
    if community is None:
        return None
    return next((source for source in sources.values() if id_of_source(source) == community), None)


def pid_in_index(metadata: Any) -> str:
    """The PID of a record as a search index has it, or ""."""
    return next((pid["value"] for pid in metadata.get("_pid", []) if pid.get("type") == "b2rec"), "")


def block_id(record: Any) -> Optional[str]:
    """The key of the one block in a record or draft, or None."""
    blocks = record.get("community_specific")
    return next(iter(blocks), None) if isinstance(blocks, dict) else None


def current_block(community: str) -> Tuple[Optional[str], Optional[Dict[str, Any]]]:
    """(id, JSON Schema as dict) of the block that new records of this community (id) have, or (None, None)."""
    try:
        schema = json.loads(CommunitySchema.get_community_schema(community).community_schema)
    except CommunitySchemaDoesNotExistError:
        return None, None
    found = next(iter(schema.get("properties", {})), None)
    if found is None:
        return None, None
    address = schema["properties"][found]["$ref"]
    number = int(VERSION.findall(address)[0])
    return found, json.loads(BlockSchema.get_block_schema(found).versions[number].json_schema)


def has_our_block(community: str) -> bool:
    """Whether new records of this community (id) can hold a description."""
    _, schema = current_block(community)
    return schema is not None and block.is_ours(schema)
