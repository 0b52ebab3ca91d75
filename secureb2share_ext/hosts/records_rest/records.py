"""The record that a registration becomes, with its new revisions and its tombstone."""

import uuid
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Type

from invenio_db import db
from invenio_pidstore.proxies import current_pidstore
from invenio_records.api import Record
from invenio_records_rest.utils import obj_or_import_string
from sqlalchemy.exc import NoResultFound

from ...client import seconds
from ...dataset import Dataset
from ...datasets.models import DatasetRow
from ..revisions import of_rows
from . import mapping, proof

Endpoint = Mapping[str, Any]  # an entry of RECORDS_REST_ENDPOINTS


def record_class(endpoint: Endpoint) -> Type[Record]:
    """The class of an endpoint's records."""
    return obj_or_import_string(endpoint.get("record_class"), default=Record)


def publish(endpoint: Endpoint, row: DatasetRow, dataset: Dataset) -> Record:
    """The record created of a Dataset under a PID that is minted for it, in the open transaction."""
    record_uuid = uuid.uuid4()
    metadata = mapping.to_record(dataset.description)
    pid = current_pidstore.minters[endpoint["pid_minter"]](record_uuid, data=metadata)
    row.pid, row.record_uuid = pid.pid_value, record_uuid
    db.session.flush()
    metadata[mapping.STAMP] = proof.proven(mapping.stamp(row.source, row.identifier, row), record_uuid)
    return record_class(endpoint).create(metadata, id_=record_uuid)


def update(endpoint: Endpoint, row: DatasetRow, dataset: Dataset) -> Record:
    """The record, written anew with this description and the row's state."""
    record = record_class(endpoint).get_record(row.record_uuid)
    record.clear()
    record.update(mapping.to_record(dataset.description))
    record[mapping.PID_FIELD] = row.pid
    record[mapping.STAMP] = proof.proven(mapping.stamp(row.source, row.identifier, row), row.record_uuid)
    db.session.flush()
    return record.commit()


def get(endpoint: Endpoint, row: DatasetRow) -> Optional[Record]:
    """The record of a row, or None where it was deleted."""
    try:
        return record_class(endpoint).get_record(row.record_uuid)
    except NoResultFound:
        return None


def by_class(pairs: Iterable[Tuple[Endpoint, DatasetRow]]) -> List[Tuple[Endpoint, List[DatasetRow]]]:
    """[(an endpoint, rows whose records have its class)] of pairs of an endpoint and a row."""
    found: Dict[Type[Record], Tuple[Endpoint, List[DatasetRow]]] = {}
    for endpoint, row in pairs:
        found.setdefault(record_class(endpoint), (endpoint, []))[1].append(row)
    return list(found.values())


def get_many(endpoint: Endpoint, rows: Sequence[DatasetRow]) -> Dict[uuid.UUID, Record]:
    """{record_uuid: record} of those rows' records that were not deleted, by one statement."""
    uuids = [row.record_uuid for row in rows if row.record_uuid is not None]
    return {record.id: record for record in record_class(endpoint).get_records(uuids)} if uuids else {}


def revision(record: Record) -> Tuple[int, int]:
    """(revision from 0, seconds since 1970 of its time)."""
    return record.revision_id, seconds(record.updated)


def revisions(endpoint: Endpoint, rows: List[DatasetRow]) -> Dict[uuid.UUID, int]:
    """{record_uuid: revision from 0} of those rows' records that were not deleted, by one statement."""
    return of_rows(record_class(endpoint).model_cls, rows)
