"""The records of datasets in RDM: made, written anew and read by RDM's own services."""

from typing import Any, Dict, List, Optional, Sequence, Tuple
from uuid import UUID

from invenio_access.permissions import system_identity
from invenio_accounts.models import User
from invenio_communities.communities.records.api import Community
from invenio_db import db
from invenio_drafts_resources.services.records.uow import ParentRecordCommitOp
from invenio_pidstore.errors import PIDDoesNotExistError
from invenio_rdm_records.proxies import current_rdm_records_service as service
from invenio_rdm_records.records.api import RDMRecord
from invenio_rdm_records.records.systemfields.deletion_status import RecordDeletionStatusEnum
from invenio_records_resources.services.uow import UnitOfWork
from invenio_vocabularies.contrib.affiliations.api import Affiliation
from invenio_vocabularies.proxies import current_service as vocabularies
from marshmallow import ValidationError
from sqlalchemy.exc import NoResultFound

from ...characters import composed
from ...client import seconds
from ...dataset import CATALOGUE_PREFIX, Dataset
from ...datasets import store, view
from ...datasets.models import DatasetRow
from ...errors import Invalid, NotAccepted, NotReady
from ...messages.sources import Source
from ...pages.words import N_
from ...proxies import current
from .. import index_queue
from ..revisions import of_rows
from . import communities
from .fields import creators, mapping, validation_errors

PID_TYPES = ("recid", "doi", "hdl")  # under which a record can be asked for
OPEN_DRAFT = N_(
    "Somebody has begun another change of this record in the catalogue's own form. Publish or discard that one first."
)


class OpenWork(UnitOfWork):
    """A unit of work in a transaction that this package does not commit itself.

    Its changes are in the session; what follows the commit is left to index.py, which does it durably.

    row: of the dataset whose record is written; data: {"metadata", "custom_fields"} that its drafts hold as they are,
    whatever RDM's schema makes of such texts.
    """

    def __init__(self, row: DatasetRow, data: Dict[str, Any]) -> None:
        super().__init__()
        self.row, self.data = row, data

    def register(self, op: Any) -> None:
        op.on_register(self)


def publish(source: Source, row: DatasetRow, dataset: Dataset) -> RDMRecord:
    """The record of a Dataset, published in the source's community; sets the row's pid and record_uuid."""
    community = communities.id_of_source(source)
    if community is None:
        raise NotReady("The community of this source is missing; the catalogue's operator has to make it.")
    data = _known(mapping.to_record(dataset.description))
    open_work = OpenWork(row, data)
    body = dict(data, access={"record": "public", "files": "restricted"}, files={"enabled": False})
    draft = _next_version(row, dataset, community, open_work)
    if draft is None:
        draft = service.create(system_identity, body, uow=open_work)
        _enter(draft._record.parent, source, community, open_work)
    else:
        service.update_draft(system_identity, draft.id, body, uow=open_work)
    row.pid = draft.id
    db.session.flush()
    return _publish(row, open_work)


def _enter(parent, source, community, open_work):
    parent.communities.add(Community.get_record(community), default=True)
    owner = db.session.query(User.id).filter(User.email == source.owner).scalar() if source.owner else None
    if owner is not None:
        parent.access.owner = {"user": owner}
    open_work.register(ParentRecordCommitOp(parent))


def _next_version(row, dataset, community, open_work):
    """A draft of the next version of the record that this one replaces, where RDM's chain of versions allows that."""
    replaced = store.find(row.source, dataset.replaces) if dataset.replaces else None
    record = get(replaced) if replaced is not None and replaced.record_uuid else None
    if record is None or communities.default_of(record) != community:
        return None
    if not record.versions.is_latest or record.versions.next_draft_id:
        return None
    return service.new_version(system_identity, record.pid.pid_value, uow=open_work)


def _publish(row, open_work):
    try:
        published = service.publish(system_identity, row.pid, uow=open_work)
    except ValidationError as error:
        # a rule of this instance that the schema of descriptions does not have
        raise Invalid(
            [("dataset", "the catalogue cannot hold it: %s" % path) for path in validation_errors.paths(error)]
        )
    row.record_uuid = published._record.id
    index_queue.want(row.record_uuid)
    return published._record


def update(row: DatasetRow, dataset: Dataset) -> RDMRecord:
    """The record, written anew with this description and the row's state."""
    version(service.record_cls.model_cls, row.record_uuid)
    record = service.record_cls.get_record(row.record_uuid)
    data = _known(mapping.updated(record, dataset.description))
    if mapping.from_record(record) == dataset.description:
        # a draft that somebody has open is left as it is
        return rewrite(row, record)
    if row.origin == "curator":
        _check_open_draft(row, record)
    open_work = OpenWork(row, data)
    body = dict(data, access={"record": "public", "files": "restricted"}, files={"enabled": False}, pids=record.pids)
    service.edit(system_identity, row.pid, uow=open_work)
    service.update_draft(system_identity, row.pid, body, uow=open_work)
    return _publish(row, open_work)


def _check_open_draft(row, record):
    """Raise NotAccepted where a curator has begun another change of the record in RDM's form, which would be lost."""
    try:
        draft = service.draft_cls.get_record(row.record_uuid)
    except NoResultFound:
        return
    if mapping.from_record(draft) != mapping.from_record(record):
        raise NotAccepted(OPEN_DRAFT, code="draft-open")


def rewrite(row: DatasetRow, record: RDMRecord) -> RDMRecord:
    """The record, in which what the catalogue says of its dataset is written, in the open transaction."""
    complete(row, record)
    # a query in between would flush, and what fails then is taken for a relation of the record's
    with db.session.no_autoflush:
        record.commit()
    index_queue.want(record.id)
    return record


def complete(row: DatasetRow, record: RDMRecord) -> None:
    """Write into the custom fields of a record (changed) what the catalogue itself says: address, state, identifier.

    What an editor wrote is kept in NFC, so that it is found however a reader's keyboard composes it.
    """
    identifier = None if row.identifier.startswith(CATALOGUE_PREFIX) else row.identifier
    address, state = current().host.access_url(row.pid), view.state_in_words(row)
    record.metadata = composed(record.get("metadata", {}))
    fields, chosen = composed(record.get("custom_fields", {})), creators.affiliation_ids(record.metadata)
    if chosen:
        said = {"metadata": record.metadata, "custom_fields": fields}
        fields = composed(creators.with_affiliations(said, {one: _affiliation(one) for one in chosen}))
    record.custom_fields = mapping.write(fields, address, state, identifier)


def _affiliation(name):
    with db.session.no_autoflush:
        try:
            return Affiliation.pid.resolve(name).get("name")
        except (PIDDoesNotExistError, NoResultFound):
            return None


def version(model: Any, record_uuid: UUID) -> Optional[int]:
    """The number of the last version of a record's row in the database, which is locked until the transaction ends."""
    return db.session.query(model.version_id).filter_by(id=record_uuid).with_for_update().scalar()


def _known(data):
    """A record's metadata (dict, changed) without languages that this instance's vocabulary does not have."""
    metadata, known = data["metadata"], {}

    def is_known(entry):
        if entry["id"] not in known:
            known[entry["id"]] = _is_known("languages", entry["id"])
        return known[entry["id"]]

    if "languages" in metadata:
        metadata["languages"] = [entry for entry in metadata["languages"] if is_known(entry)]
    for entry in metadata.get("additional_titles", []) + metadata.get("additional_descriptions", []):
        if "lang" in entry and not is_known(entry["lang"]):
            del entry["lang"]
    return data


def _is_known(vocabulary, name):
    try:
        vocabularies.record_cls.pid.with_type_ctx(vocabulary).resolve(name)
    except (PIDDoesNotExistError, NoResultFound):
        return False
    return True


def get(row: DatasetRow) -> Optional[RDMRecord]:
    """The record of a row, or None where it was deleted."""
    try:
        record = service.record_cls.get_record(row.record_uuid)
    except NoResultFound:
        return None
    return None if record.deletion_status.is_deleted else record


def get_many(rows: Sequence[DatasetRow]) -> Dict[UUID, RDMRecord]:
    """{record_uuid: record} of those rows' records that were not deleted, by one statement."""
    uuids = [row.record_uuid for row in rows if row.record_uuid is not None]
    found = service.record_cls.get_records(uuids) if uuids else []
    return {record.id: record for record in found if not record.deletion_status.is_deleted}


def doi_of(record: Any) -> Optional[str]:
    """The DOI of a record, or None."""
    pids = getattr(record, "pids", None) or {}
    return pids.get("doi", {}).get("identifier")


def revision(record: RDMRecord) -> Tuple[int, int]:
    """(revision from 0, seconds since 1970 of its time)."""
    return record.revision_id, seconds(record.updated)


def revisions(rows: List[DatasetRow]) -> Dict[Any, int]:
    """{record_uuid: revision from 0} of those rows' records that were not deleted, by one statement."""
    model = service.record_cls.model_cls
    return of_rows(model, rows, model.deletion_status == RecordDeletionStatusEnum.PUBLISHED)
