"""The host in memory: the plainest answer to every question that a host has to answer.

Its records are rows of one table, so that a rollback takes them back like everything else. It has no routes, no pages
and no search; what the users of another host do over HTTP are the methods `curate`, `edit` and `delete` here.
"""

import json
import uuid
from typing import Any, Dict, List, Optional, Sequence, Tuple

from flask import Flask
from invenio_db import db
from sqlalchemy import Column, Integer, MetaData, Table, Text
from sqlalchemy_utils import UUIDType

from ..client import seconds
from ..compat import utcnow
from ..dataset import CATALOGUE_PREFIX, Dataset
from ..datasets import curation, store
from ..datasets.models import DatasetRow
from ..hosts.host import Host
from ..messages.sources import Source

PARTS = ("sensitive", "files", "version")
STAMP = "secureb2share"  # the member of a record that says which dataset it is and where that stands
STATED = ("reason", "state_at", "successor", "replaced_by")

# in metadata of its own, so that no other catalogue gets this table
RECORDS = Table(
    "testing_record",
    MetaData(),
    Column("uuid", UUIDType, primary_key=True),
    Column("json", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
)


class Record(dict):
    """The metadata of a record; id: uuid.UUID, revision: from 0, updated: seconds since 1970."""

    def __init__(self, record_uuid: Any, metadata: Any, revision: Any = 0, updated: Any = 0) -> None:
        super().__init__(metadata)
        self.id, self.revision, self.updated = record_uuid, revision, updated


class MemoryHost(Host):
    """Records in a table of the catalogue's own database; the PID of a record is its UUID."""

    name = "memory"

    # the lock: nothing here carries content

    def lock(self, app: Flask) -> None:
        return None

    def lock_faults(self, app: Flask) -> List[str]:
        return []

    def content_endpoints(self, app: Flask) -> Dict[str, str]:
        return {}

    def known_writes(self, app: Flask) -> Dict[str, str]:
        return {}

    # the users of this host tell the flow themselves, below

    def watch(self, app: Flask) -> None:
        return None

    def observe(self, app: Flask) -> None:
        return None

    def serve(self, app: Flask) -> None:
        return None

    # a description in a record: its core at the top, the other parts as they are, and our stamp

    def field(self, name: str) -> str:
        return name[len("core.") :] if name.startswith("core.") else name

    def to_record(self, description: Dict[str, Any]) -> Dict[str, Any]:
        metadata = dict(description["core"])
        metadata.update((part, description[part]) for part in PARTS if part in description)
        return metadata

    def from_record(self, record: Any) -> Dict[str, Any]:
        description = {part: record[part] for part in PARTS if part in record}
        description["core"] = {name: value for name, value in record.items() if name not in PARTS + (STAMP,)}
        return description

    def stamp(self, row: DatasetRow) -> Dict[str, Any]:
        """What a record says of its dataset beside the description, as dict."""
        said = {"source": row.source, "identifier": row.identifier, "state": row.state}
        return dict(said, **{name: getattr(row, name) for name in STATED if getattr(row, name)})

    # records, in the open transaction

    def publish(self, row: DatasetRow, dataset: Dataset) -> Any:
        row.record_uuid = uuid.uuid4()
        row.pid = row.record_uuid.hex
        return self._insert(row.record_uuid, self._metadata(dataset.description, self.stamp(row)))

    def can_publish_many(self, source: Source) -> bool:
        return True

    def publish_many(self, source: Source, pairs: Sequence[Tuple[DatasetRow, Dataset]]) -> List[Any]:
        records = super().publish_many(source, pairs)
        db.session.flush()
        return records

    def update(self, row: DatasetRow, dataset: Dataset) -> Any:
        return self._replace(self.record(row), self._metadata(dataset.description, self.stamp(row)))

    def record(self, row: DatasetRow) -> Any:
        return self._read(row.record_uuid)

    def revision(self, record: Any) -> Tuple[int, int]:
        return record.revision, record.updated

    def pid_of(self, text: str) -> Optional[str]:
        return text if store.by_pid(text) is not None else None

    def names(self, row: DatasetRow) -> List[str]:
        return [row.pid]

    # what its own users do, told as a host's hooks tell it; the caller commits or rolls back

    def curate(
        self, source: str, description: Dict[str, Any], identifier: Optional[str] = None, observe: bool = False
    ) -> DatasetRow:
        """Publish a curator's record; its row. Raises Invalid or NotAccepted.

        source: name; identifier: that the curator claims; observe: as while the mode is observe.
        """
        of_source, record_uuid = self.sources[source], uuid.uuid4()
        record = Record(record_uuid, self.to_record(description))
        curation.check_new(self, of_source, record, identifier)
        own = identifier or CATALOGUE_PREFIX + record_uuid.hex
        record = self._insert(
            record_uuid, dict(record, **{STAMP: {"source": source, "identifier": own, "state": "active"}})
        )
        return curation.accept_new(self, of_source, record, record_uuid.hex, identifier, observe)

    def edit(self, pid: str, description: Dict[str, Any], observe: bool = False) -> DatasetRow:
        """Write a curator's edit of a record; its row. Raises Invalid or NotAccepted."""
        record = self._read(uuid.UUID(pid))
        row = store.lock_by_record(record.id)
        row = curation.check_edit(self, row, Record(record.id, self.to_record(description)))
        record = self._replace(record, self._metadata(description, self.stamp(row)))
        curation.accept_edit(self, row, record, observe)
        return row

    def delete(self, pid: str, observe: bool = False) -> Optional[DatasetRow]:
        """Delete a record, as an administrator does; its row, or None where it had none."""
        record = self._read(uuid.UUID(pid))
        row = store.lock_by_record(record.id)
        if row is not None:
            curation.accept_deletion(self, row, record, observe)
        db.session.execute(RECORDS.delete().where(RECORDS.c.uuid == record.id))
        return row

    def _metadata(self, description, stamp):
        return dict(self.to_record(description), **{STAMP: stamp})

    def _read(self, record_uuid):
        found = db.session.query(RECORDS).filter(RECORDS.c.uuid == record_uuid).one_or_none()
        return None if found is None else Record(found.uuid, json.loads(found.json), found.revision, found.updated)

    def _insert(self, record_uuid, metadata):
        values = {"json": json.dumps(metadata), "revision": 0, "updated": seconds(utcnow())}
        db.session.execute(RECORDS.insert().values(uuid=record_uuid, **values))
        return self._read(record_uuid)

    def _replace(self, record, metadata):
        values = {"json": json.dumps(metadata), "revision": record.revision + 1, "updated": seconds(utcnow())}
        db.session.execute(RECORDS.update().where(RECORDS.c.uuid == record.id).values(**values))
        return self._read(record.id)
