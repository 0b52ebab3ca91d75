"""The records of many registrations, written with few statements.

The rows are those that the endpoint's minter and the class of its records would leave, in one flush instead of ten for
each; a test compares them. Where a site has its own minter or class, each is made by those.
"""

import uuid
from typing import Any, Dict, Iterable, List, Sequence, Tuple

from invenio_db import db
from invenio_pidstore.minters import recid_minter
from invenio_pidstore.models import PersistentIdentifier, PIDStatus, RecordIdentifier
from invenio_pidstore.providers.recordid import RecordIdProvider
from invenio_pidstore.proxies import current_pidstore
from invenio_records import signals
from invenio_records.api import Record
from sqlalchemy import insert, text

from ... import compat
from ...dataset import Dataset
from ...datasets.models import DatasetRow
from . import mapping, proof, records

NUMBERS = (
    "INSERT INTO pidstore_recid (recid) SELECT nextval(pg_get_serial_sequence('pidstore_recid', 'recid'))"
    " FROM generate_series(1, :size) RETURNING recid"
)


def is_possible(endpoint: Dict[str, Any]) -> bool:
    """Whether an endpoint's PIDs and records are made as invenio-pidstore and invenio-records make them."""
    record_class = records.record_class(endpoint)
    is_plain = record_class.create.__func__ is Record.create.__func__ and not record_class._extensions
    return is_plain and current_pidstore.minters[endpoint["pid_minter"]] is recid_minter


def publish(endpoint: Dict[str, Any], pairs: Sequence[Tuple[DatasetRow, Dataset]]) -> List[Record]:
    """[record] of [(row, Dataset)], the rows new in the session; flushed."""
    numbers = _numbers(len(pairs))
    made = [_make(endpoint, number, row, dataset) for number, (row, dataset) in zip(numbers, pairs)]
    # the versioning looks for a former version of each record, and every look would flush once more
    with db.session.no_autoflush:
        db.session.flush()
    return made


def tell(made: Iterable[Record]) -> None:
    """Send the signal that follows an insert for each of the records."""
    for record in made:
        signals.after_record_insert.send(compat.application(), record=record)


def _numbers(size):
    # as the minter takes them one by one
    if db.engine.dialect.name == "postgresql":
        return [row.recid for row in db.session.execute(text(NUMBERS), {"size": size})]
    numbers = [db.session.execute(insert(RecordIdentifier.__table__)) for _ in range(size)]
    return [number.inserted_primary_key[0] for number in numbers]


def _make(endpoint, recid, row, dataset):
    record_uuid = uuid.uuid4()
    db.session.add(
        PersistentIdentifier(
            pid_type=RecordIdProvider.pid_type,
            pid_value=str(recid),
            pid_provider=RecordIdProvider.pid_provider,
            status=PIDStatus.REGISTERED,
            object_type="rec",
            object_uuid=record_uuid,
        )
    )
    row.pid, row.record_uuid = str(recid), record_uuid
    metadata = dict(mapping.to_record(dataset.description), **{mapping.PID_FIELD: row.pid})
    metadata[mapping.STAMP] = proof.proven(mapping.stamp(row.source, row.identifier, row), record_uuid)
    record_class = records.record_class(endpoint)
    record = record_class(metadata, model=record_class.model_cls(id=record_uuid, data=metadata))
    signals.before_record_insert.send(compat.application(), record=record)
    record._validate(use_model=True)
    db.session.add(record.model)
    return record
