"""The document that the search index holds of a record of ours, and the name of that index."""

import os
from typing import Any, Dict, Iterable, List, Sequence, Tuple

from flask import Flask, current_app
from invenio_db import db
from invenio_indexer.api import RecordIndexer
from invenio_records_rest.utils import obj_or_import_string
from invenio_search import current_search_client
from invenio_search.utils import build_alias_name

from ...datasets import store
from ...exports.record_json import FULL_ONLY
from .. import index_sweep
from . import records, search_mapping, search_member
from .search_mapping import INDEX

ALIAS = "secureb2share"


def indexers(endpoints: Dict[str, Any], communities: Iterable[str]) -> Dict[str, Any]:
    """{community: its indexer's class or import path} of the endpoints whose records have an index."""
    found = {name: endpoints[name].get("indexer_class", RecordIndexer) for name in communities}
    return {name: indexer for name, indexer in found.items() if indexer is not None}


def register_mapping(app: Flask) -> None:
    """Have `invenio index init` make our index."""
    state = app.extensions["invenio-search"]
    if INDEX not in state.mappings:
        state.mappings[INDEX] = os.path.abspath(search_mapping.PATH)
        state.aliases.setdefault(ALIAS, {})[INDEX] = state.mappings[INDEX]


def index_of(endpoint: Dict[str, Any]) -> str:
    """The name of the index that an endpoint's records are written to."""
    name = endpoint.get("search_index") or INDEX
    # whoever reads may name the alias of all our indexes; written is the newest
    return INDEX if name == ALIAS else name


def actions(host: Any, uuids: Sequence[Any]) -> Tuple[List[Dict[str, Any]], Dict[str, str]]:
    """([bulk action], {str(record_uuid): why none could be made}); records without an index have neither."""
    made: List[Dict[str, Any]] = []
    unfit: Dict[str, str] = {}
    rows = store.by_records(uuids)
    for source in host.sources.values():
        if source.community in host.indexers:
            made += _of_source(host, source, [row for row in rows if row.source == source.name], unfit)
    return made, unfit


def _of_source(host, source, rows, unfit):
    endpoint = host.endpoint(source)
    record_class, index = records.record_class(endpoint), index_of(endpoint)
    indexer = obj_or_import_string(host.indexers[source.community])(record_cls=record_class)
    uuids = [row.record_uuid for row in rows]
    found = {record.id: record for record in record_class.get_records(uuids)}
    versions = {record_uuid: record.revision_id for record_uuid, record in found.items()}
    versions.update(_deleted(record_class.model_cls, set(uuids) - set(versions)))
    for row in rows:
        action = {"_index": build_alias_name(index), "_id": str(row.record_uuid)}
        if row.record_uuid in versions:
            # an older copy never overwrites a newer one, in whatever order they arrive
            action.update(_version=versions[row.record_uuid], _version_type="external_gte")
        if row.record_uuid not in found or row.state in index_sweep.LEFT:
            yield dict(action, _op_type="delete")
            continue
        try:
            document, arguments = _document(indexer, found[row.record_uuid], index, source, row)
        except Exception as error:
            # a receiver of the site's may fail on one record; the others go on
            unfit[action["_id"]] = type(error).__name__
            continue
        yield dict(action, _op_type="index", _source=document, **arguments)


def _deleted(model, uuids):
    # {record_uuid: revision} of records that an administrator deleted
    rows = db.session.query(model.id, model.version_id).filter(model.id.in_(uuids)).all() if uuids else []
    return {row.id: row.version_id - 1 for row in rows}


def _document(indexer, record, index, source, row):
    arguments: Dict[str, Any] = {}
    # no description holds a $ref, and looking for one takes as long as all the rest
    record.replace_refs = lambda: record
    # made as the host's indexer makes it: with dates, its dumper, and what receivers of before_record_index add
    document = indexer._prepare_record(record, index, arguments)
    document[search_member.NAME] = search_member.of(record)
    if source.describe_files != "full" and isinstance(document.get("files"), list):
        document["files"] = [{k: v for k, v in entry.items() if k not in FULL_ONLY} for entry in document["files"]]
    if "invenio-oaiserver" in current_app.extensions:
        from . import oai

        # its own receiver knows the sets
        document["_oai"] = dict(oai.indexed(row), **(document.get("_oai") or {}))
    # what the client cannot send is this record's fault, not the cluster's
    current_search_client.transport.serializer.dumps(document)
    return document, arguments
