"""Which source does a record belong to, and what is a record here?

A source's `community` is the name of a B2SHARE community; records and drafts carry its id. A record is what was
published (B2ShareRecord), a draft is a deposit that may become one under the same PID.
"""

import json
import re

from b2share.modules.communities.models import Community
from b2share.modules.schemas.api import BlockSchema, CommunitySchema
from b2share.modules.schemas.errors import CommunitySchemaDoesNotExistError
from invenio_db import db

from . import block

RECORD = "#/json_schema"
DRAFT = "#/draft_json_schema"
VERSION = re.compile(r"/versions/([0-9]+)#")  # in the address of a block schema


def is_record(record):
    """Whether a dict is the metadata of a published record."""
    return str(record.get("$schema")).endswith(RECORD)


def is_draft(record):
    """Whether a dict is the metadata of a draft, or of the deposit that stays behind a published record."""
    return str(record.get("$schema")).endswith(DRAFT)


def pid_of(record):
    """The PID of a record or draft: both have the same, text of 32 hexadecimal digits."""
    return record["_deposit"]["id"]


def id_of(name):
    """The id (str) of the community with this name, or None."""
    with db.session.no_autoflush:
        found = db.session.query(Community.id).filter_by(name=name, deleted=False).one_or_none()
    return str(found[0]) if found else None


def source_of(sources, record):
    """The Source in whose community a record or draft (dict) is, or None; sources: {name: Source}."""
    community = record.get("community")
    if not isinstance(community, str):
        return None
    return next((source for source in sources.values() if id_of(source.community) == community.lower()), None)


def block_id(record):
    """The key of the one block in a record or draft, or None."""
    blocks = record.get("community_specific")
    return next(iter(blocks), None) if isinstance(blocks, dict) else None


def current_block(community):
    """(id, JSON Schema as dict) of the block that new records of this community (id) have, or (None, None)."""
    try:
        schema = json.loads(CommunitySchema.get_community_schema(community).community_schema)
    except CommunitySchemaDoesNotExistError:
        return None, None
    found = next(iter(schema.get("properties", {})), None)
    if found is None:
        return None, None
    number = int(VERSION.search(schema["properties"][found]["$ref"]).group(1))
    return found, json.loads(BlockSchema.get_block_schema(found).versions[number].json_schema)


def has_our_block(community):
    """Whether new records of this community (id) can hold a description."""
    _, schema = current_block(community)
    return schema is not None and block.is_ours(schema)
