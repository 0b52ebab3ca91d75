"""RDM's search index and DOIs: what a sweep does for each record that this package wrote.

It is what RDM's own unit of work would have done after the commit.
"""

import uuid
from typing import Any, Dict, List, Optional, Set

from invenio_db import db
from invenio_rdm_records.proxies import current_rdm_records_service as service
from invenio_rdm_records.records.api import RDMRecord
from invenio_rdm_records.services.pids.tasks import register_or_update_pid
from invenio_search import current_search_client
from invenio_search.engine import search
from invenio_search.utils import build_alias_name
from sqlalchemy.exc import NoResultFound

from ...datasets import store
from ...messages.sources import Source
from .. import ghosts, index_sweep
from . import communities

BATCH = 50


def sweep() -> Dict[str, int]:
    """Bring index and DOIs up to date; {"indexed" and "refused": count of records}. Never raises."""
    return index_sweep.sweep(_bring_each, BATCH)


def _bring_each(uuids):
    for record_uuid in uuids:
        refused = None
        try:
            _bring(record_uuid)
        except search.RequestError as error:
            if error.status_code not in index_sweep.OF_RECORD:
                raise
            db.session.rollback()
            # the error's own words may repeat the record
            refused = "status %s" % error.status_code
        yield {record_uuid: refused}


def _bring(record_uuid):
    try:
        record = service.record_cls.get_record(record_uuid)
    except NoResultFound:
        return
    siblings = list(service.record_cls.get_records_by_parent(record.parent, with_deleted=False))
    left = {row.record_uuid for row in store.by_records([one.id for one in siblings]) if row.state in index_sweep.LEFT}
    for one in siblings:
        # which version is the latest changes in all of them
        if one.id in left:
            _missing_is_fine(service.indexer.delete, one)
        else:
            _missing_is_fine(service.indexer.index, one)
    _without_draft(record)
    for scheme, pids, is_parent in (
        (s, r.pids, p) for r, p in ((record, False), (record.parent, True)) for s in r.pids
    ):
        if pids[scheme].get("provider"):
            register_or_update_pid.delay(record["id"], scheme, parent=is_parent)


def before_deletion(record: RDMRecord) -> None:
    """Index a record that RDM is about to take out of its index: it fails where no sweep has put it there yet."""
    _missing_is_fine(service.indexer.index, record)


def _without_draft(record):
    """Take the draft that was published out of the index of drafts."""
    try:
        draft = service.draft_cls.get_record(record.id, with_deleted=True)
    except NoResultFound:
        return
    if draft.is_deleted:
        _missing_is_fine(service.draft_indexer.delete, draft)


def _missing_is_fine(act, record):
    try:
        act(record)
    except (search.NotFoundError, search.ConflictError):
        # there is none, as a deletion wants it, or a newer copy
        pass


class Entries(ghosts.Entries):
    """The entries of the records in the sources' communities."""

    updated = "updated"

    def __init__(self, sources: Dict[str, Source]) -> None:
        self.sources = sources
        super().__init__(current_search_client, build_alias_name(service.record_cls.index._name))

    def conditions(self) -> Optional[List[Dict[str, Any]]]:
        ids = [found for found in map(communities.id_of_source, self.sources.values()) if found is not None]
        return [{"terms": {"parent.communities.ids": ids}}] if ids else None

    def living(self, uuids: List[uuid.UUID]) -> Set[uuid.UUID]:
        return ghosts.with_record(service.record_cls.model_cls, uuids)
