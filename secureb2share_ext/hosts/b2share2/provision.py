"""The block schema of a source's community, which holds the descriptions: making it, and what is missing for it.

B2SHARE can have one block per community (Deposit.create keeps the first only). A community that has a block of its own
is left alone unless the operator gives `--extend`: then a new version has our properties beside the community's own.
Root schema 2 is the newest of B2SHARE 2.4. Versions are only ever added, so that older records keep theirs.
"""

from functools import partial
from typing import Dict, List
from urllib.error import URLError

from b2share.modules.schemas.api import BlockSchema, CommunitySchema, RootSchema
from b2share.modules.schemas.errors import InvalidJSONSchemaError, RootSchemaDoesNotExistError
from b2share.modules.schemas.serializers import block_schema_version_json_schema_link
from invenio_db import db
from invenio_pidstore.models import PersistentIdentifier

from ...datasets import store
from ...errors import NotReady, SecureB2ShareError
from ...messages.sources import Source
from .. import accounts, bindings
from ..host import SourceFault
from . import block, communities, records

ROOT_SCHEMA = 2
NO_META_SCHEMA = (
    "B2SHARE checks every schema against http://json-schema.org/draft-04/schema and could not read it: let this machine"
    " reach it, or set http_proxy to a server that answers with a copy, and run `init` again."
)


def source_faults(sources: Dict[str, Source]) -> List[SourceFault]:
    """[SourceFault] of the sources' communities and owners, and of the search cluster without which none registers."""
    found = []
    for source in sources.values():
        said = partial(SourceFault, source.name)
        community = communities.id_of_source(source)
        if community is None:
            found.append(said(_no_community(source), True))
        else:
            if not communities.has_our_block(community):
                found.append(
                    said(
                        "The community %r cannot hold descriptions: run `secureb2share init`." % source.community, True
                    )
                )
            name = communities.name_of(community)
            if name != source.community:
                found.append(said(bindings.renamed(source.name, source.community, name), False))
        found += map(partial(said, stops=True), accounts.owner_faults(source))
    try:
        records.check_search()
    except NotReady:
        down = "The search cluster (SEARCH_ELASTIC_HOSTS) does not answer: until it does, nothing can be published."
        found.append(SourceFault("", down, True))
    return found


def faults(sources: Dict[str, Source]) -> List[str]:
    """[sentence] for each thing that a source's community or owner lacks."""
    return [fault.sentence for fault in source_faults(sources)]


def _no_community(source):
    return "SECUREB2SHARE_SOURCES[%r]: there is no community %r; make it with `b2share communities create`." % (
        source.name,
        source.community,
    )


def provision(sources: Dict[str, Source], is_extending: bool) -> List[str]:
    """[sentence] of what was done, committed; raises SecureB2ShareError with nothing changed for that community."""
    done = []
    for source in sources.values():
        named = communities.id_of(source.community)
        # one that was renamed goes on under its id
        community = named or communities.id_of_source(source)
        if community is None:
            raise SecureB2ShareError(_no_community(source))
        done.append(_provide(community, source.community, is_extending))
        # last, so that a source is not bound to a community that cannot hold its descriptions
        if named is not None and bindings.bind(source.name, named):
            done.append(bindings.sentence(source.name, source.community))
    return done


def _provide(community, name, is_extending):
    """Make the schema of a community (id), where it is not there, and commit; a sentence."""
    block_id, existing = communities.current_block(community)
    if existing is not None and block.is_ours(existing):
        return "Community %s: the schema is in place." % name
    if existing is not None and existing.get("properties") and not is_extending and not _was_ours(existing):
        raise SecureB2ShareError(
            "The community %r has a schema of its own, and B2SHARE allows only one schema: run `init --extend` to"
            " add our properties to a new version of it." % name
        )
    try:
        version = _make(community, name, block_id, block.extended(existing) if existing else block.schema())
        db.session.commit()
    except (InvalidJSONSchemaError, URLError):
        db.session.rollback()
        raise SecureB2ShareError(NO_META_SCHEMA)
    except RootSchemaDoesNotExistError:
        db.session.rollback()
        raise SecureB2ShareError("B2SHARE's root schema %d is missing: run `b2share schemas init`." % ROOT_SCHEMA)
    except BaseException:
        db.session.rollback()
        raise
    return "Community %s: version %d of the schema was made." % (name, version)


def _was_ours(existing):
    """Whether an older version of this package made a block, so that a new version needs no permission."""
    return "access_request_url" in existing["properties"]


def _make(community, name, block_id, schema):
    # else only the database would notice that it is missing
    RootSchema.get_root_schema(ROOT_SCHEMA)
    with records.canonical():
        made = BlockSchema.get_block_schema(block_id) if block_id else BlockSchema.create_block_schema(community, name)
        version = made.create_version(schema)
        content = {
            "$schema": "http://json-schema.org/draft-04/schema#",
            "type": "object",
            "properties": {str(made.id): {"$ref": block_schema_version_json_schema_link(version, _external=True)}},
            "additionalProperties": False,
            "required": [str(made.id)],
        }
        return CommunitySchema.create_version(community, content, ROOT_SCHEMA).version


def forget() -> List[str]:
    """Delete the Handles that `records.note_handle` kept, and return [sentence] of what was done.

    B2SHARE itself keeps them in the records.
    """
    gone = (
        db.session.query(PersistentIdentifier)
        .filter_by(pid_type="hdl")
        .filter(PersistentIdentifier.object_uuid.in_(store.record_uuids().subquery()))
        .delete(synchronize_session=False)
    )
    return ["Handles in the table of PIDs: %d deleted; the records keep their Handles." % gone]


def remains(sources: Dict[str, Source]) -> List[str]:
    """[sentence] for each thing that `provision` made and B2SHARE cannot take back."""
    found = []
    for source in sorted(sources.values()):
        name, community = source.community, communities.id_of_source(source)
        if community is not None and communities.has_our_block(community):
            found.append(
                "The schema of the community %r stays, because B2SHARE cannot delete schemas: new records there still"
                " have its fields. `b2share communities set_schema` gives the community another schema." % name
            )
    return found
