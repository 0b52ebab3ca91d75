"""The search index of the sources' records: what a sweep sends to the cluster."""

import uuid
from typing import Any, Dict, List, Optional, Set

from flask import current_app
from invenio_db import db
from invenio_search import current_search_client
from invenio_search.engine import search
from invenio_search.utils import build_alias_name

from ...errors import Unusable
from .. import ghosts, index_sweep
from . import index_document, mapping, records

BATCH = 500


def sweep(host: Any) -> Dict[str, int]:
    """Bring the index up to date; {"indexed" and "refused": count of records}. Never raises."""

    def bring(uuids):
        actions, refused = index_document.actions(host, uuids)
        db.session.commit()
        refused.update(_send(actions))
        yield {record_uuid: refused.get(str(record_uuid)) for record_uuid in uuids}

    return index_sweep.sweep(bring, BATCH) if host.indexers else {}


def _send(actions):
    """{str(record_uuid): why the index refused it}; raises when the cluster cannot be used."""
    for name in sorted({action["_index"] for action in actions}):
        # a bulk request would make it, without its mapping
        if not current_search_client.indices.exists(index=name):
            raise Unusable("no index %s: run `invenio index init`" % name)
    seconds = current_app.config["INDEXER_BULK_REQUEST_TIMEOUT"]
    answers = search.helpers.streaming_bulk(
        current_search_client, actions, raise_on_error=False, request_timeout=seconds, chunk_size=BATCH
    )
    refused = {}
    for is_done, answer in answers:
        ((operation, said),) = answer.items()
        # 409: there is a newer copy; 404: there is none, as a deletion wants it
        if is_done or said["status"] == 409 or (operation == "delete" and said["status"] == 404):
            continue
        error = said.get("error")
        # the error's own words may repeat the record
        reason = "status %s %s" % (said["status"], error.get("type") if isinstance(error, dict) else "")
        if said["status"] not in index_sweep.OF_RECORD:
            raise Unusable(reason)
        refused[said["_id"]] = reason.strip()[:200]
    return refused


class Entries(ghosts.Entries):
    """The entries of the sources that have an index."""

    def __init__(self, host: Any) -> None:
        self.sources = [source for source in host.sources.values() if source.community in host.indexers]
        endpoints = [host.endpoint(source) for source in self.sources]
        self.models = {records.record_class(endpoint).model_cls for endpoint in endpoints}
        names = {build_alias_name(index_document.index_of(endpoint)) for endpoint in endpoints}
        super().__init__(current_search_client, ",".join(sorted(names)))

    def conditions(self) -> Optional[List[Dict[str, Any]]]:
        return [{"terms": {mapping.STAMP + ".source": [source.name for source in self.sources]}}]

    def living(self, uuids: List[uuid.UUID]) -> Set[uuid.UUID]:
        return {found for model in self.models for found in ghosts.with_record(model, uuids)}
