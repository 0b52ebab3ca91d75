"""The records of datasets in B2SHARE: published, written anew, taken out of the index.

They are made by B2SHARE's own deposit: its minters, workflow, schema and index. Everything happens in the caller's
transaction and in the canonical base URL, because B2SHARE builds schema addresses from the host of the request, and
reads a schema over HTTP where that host is not its own.
"""

import contextlib
import uuid
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from b2share.modules.deposit.api import Deposit, PublicationStates, find_version_master_and_previous_record
from b2share.modules.deposit.errors import IncorrectRecordVersioningError, RecordNotFoundVersioningError
from b2share.modules.deposit.minters import b2share_deposit_uuid_minter
from b2share.modules.records.api import B2ShareRecord
from b2share.modules.records.providers import RecordUUIDProvider
from b2share.utils import get_base_url
from elasticsearch.exceptions import ElasticsearchException, NotFoundError
from flask import current_app
from invenio_accounts.models import User
from invenio_db import db
from invenio_indexer.api import RecordIndexer
from invenio_pidrelations.contrib.versioning import PIDVersioning
from invenio_pidstore.models import PersistentIdentifier, PIDStatus
from invenio_records.models import RecordMetadata
from invenio_search import current_search_client
from sqlalchemy.orm.exc import NoResultFound

from ...client import seconds
from ...dataset import CATALOGUE_PREFIX, Dataset
from ...datasets import store, view
from ...datasets.models import DatasetRow
from ...errors import NotReady
from ...messages.sources import Source
from .. import pids
from ..host import Host
from ..revisions import of_rows
from . import coercion, communities, mapping

PID_TYPES = ("b2rec", "doi", "hdl")  # under which a record can be asked for


@contextlib.contextmanager
def canonical() -> Iterator[None]:
    """A request context in the canonical base URL, with the session and causes of the current one."""
    with current_app.test_request_context("/", base_url=get_base_url()):
        yield


def check_search() -> None:
    """Raise NotReady when the search cluster, which B2SHARE needs for every write, cannot be written to."""
    try:
        is_there = current_search_client.ping(request_timeout=5)
    except ElasticsearchException:
        is_there = False
    if not is_there:
        current_app.logger.error("secureb2share.search-down")
        raise NotReady(
            "The search index of the catalogue does not answer, so that nothing was published; try again later.",
            code="search-down",
        )


def publish(source: Source, row: DatasetRow, dataset: Dataset) -> Any:
    """Make the record of a Dataset as a draft, publish it and return it; sets the row's pid and record_uuid."""
    community = communities.id_of_source(source)
    block_id, _ = communities.current_block(community) if community else (None, None)
    if community is None or block_id is None or not communities.has_our_block(community):
        raise NotReady("The community of this source is not prepared; the catalogue's operator has to run `init`.")
    owner = db.session.query(User.id).filter(User.email == source.owner).scalar()
    if owner is None:
        raise NotReady("The account that owns this source's records is missing; the catalogue's operator makes it.")
    check_search()
    deposit_uuid = uuid.uuid4()
    metadata = dict(mapping.to_record(dataset.description, block_id), community=community)
    with canonical():
        b2share_deposit_uuid_minter(deposit_uuid, metadata)
        row.pid = metadata["_deposit"]["id"]
        db.session.flush()
        metadata["_deposit"].update(owners=[owner], created_by=owner)
        deposit = Deposit.create(metadata, id_=deposit_uuid, version_of=_previous(row, dataset))
        # what the web interface and the API do, one after the other
        deposit.commit()
        try:
            deposit.submit()
            if deposit["publication_state"] != PublicationStates.published.name:
                deposit.publish()
        except Exception:
            # a Handle or DOI that was minted elsewhere outlives the rollback
            current_app.logger.error("secureb2share.publication-failed pid=%s source=%s", row.pid, row.source)
            raise
    _, record = deposit.fetch_published()
    row.record_uuid = record.id
    note_handle(record)
    forget_withdrawn(row.source, dataset.replaces)
    return record


def forget_withdrawn(source: str, identifier: Optional[str]) -> None:
    """Take a withdrawn dataset out of the index again, where B2SHARE indexed it anew with its next version."""
    replaced = store.find(source, identifier) if identifier else None
    if replaced is not None and replaced.state == "withdrawn":
        _forget(B2ShareRecord.get_record(replaced.record_uuid))


def _previous(row, dataset):
    """The PID of the record that this one is a new version of, or None where B2SHARE's chain of versions forbids it."""
    replaced = store.find(row.source, dataset.replaces) if dataset.replaces else None
    if replaced is None or replaced.pid is None:
        return None
    try:
        master, _ = find_version_master_and_previous_record(replaced.pid)
    except (IncorrectRecordVersioningError, RecordNotFoundVersioningError):
        return None
    return None if master.draft_child else replaced.pid


def update(host: Host, row: DatasetRow, dataset: Dataset) -> Any:
    """Write the record anew with the description and the row's state, and return it."""
    check_search()
    record = B2ShareRecord.get_record(row.record_uuid)
    block_id = communities.block_id(record)
    with canonical():
        metadata = mapping.updated(record, dataset.description, block_id)
        dict.clear(record)
        record.update(metadata)
        complete(host, row, record)
        record.commit()
        if row.state == "withdrawn":
            _forget(record)
    return record


def complete(host: Host, row: DatasetRow, record: Any) -> None:
    """Write into the record of a row (changed) what the catalogue itself says, in place of an editor's entries."""
    coercion.close(record)
    mapping.compose(record)
    identifier = None if row.identifier.startswith(CATALOGUE_PREFIX) else row.identifier
    address, state = host.access_url(row.pid), view.state_in_words(row)
    mapping.write(record, communities.block_id(record), address, state, identifier)


def _forget(record):
    """Take a withdrawn record out of the index, with its version, so that the host can index the record again."""
    index, kind = RecordIndexer().record_to_index(record)
    version = {"version": record.revision_id, "version_type": "external_gte"}
    try:
        current_search_client.delete(id=str(record.id), index=index, doc_type=kind, **version)
    except NotFoundError:
        pass


def get(row: DatasetRow) -> Any:
    """The record of a row, or None where it was deleted."""
    try:
        return B2ShareRecord.get_record(row.record_uuid)
    except NoResultFound:
        return None


def get_many(rows: Sequence[DatasetRow]) -> Dict[uuid.UUID, Any]:
    """{record_uuid: record} of those rows' records that were not deleted, by one statement."""
    uuids = [row.record_uuid for row in rows if row.record_uuid is not None]
    return {record.id: record for record in B2ShareRecord.get_records(uuids)} if uuids else {}


def revision(record: Any) -> Tuple[int, int]:
    """(revision number from 0, time of that revision in seconds since 1970)."""
    return record.revision_id, seconds(record.updated)


def revisions(rows: List[DatasetRow]) -> Dict[Any, int]:
    """{record_uuid: revision from 0} of those rows' records that were not deleted, by one statement."""
    return of_rows(RecordMetadata, rows)


def note_handle(record: Any) -> None:
    """Keep the Handle of a new record where DOIs are kept, so that the record is found by it."""
    for pid in record["_pid"]:
        if pid.get("type") == "ePIC_PID":
            named = {"object_type": "rec", "object_uuid": record.id, "status": PIDStatus.REGISTERED}
            PersistentIdentifier.create("hdl", pids.bare(pid["value"]), **named)


def previous_of(draft: Dict[str, Any]) -> Optional[uuid.UUID]:
    """The UUID of the record of which a new draft (dict) is a new version, or None."""
    parent = next(
        (pid["value"] for pid in draft.get("_pid", []) if pid.get("type") == RecordUUIDProvider.parent_pid_type), None
    )
    if parent is None:
        return None
    last = PIDVersioning(parent=RecordUUIDProvider.get(parent).pid).last_child
    return last.object_uuid if last is not None else None
