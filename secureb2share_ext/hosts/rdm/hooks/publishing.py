"""Components of RDM's services: what users publish, change and delete, told inside its transaction.

RDM sends no signals of records. Its services call each component inside the unit of work, before it commits the record.
In an OpenWork it is this package that writes, and nothing is told.
"""

from typing import Any, Optional

from invenio_drafts_resources.services.records.components import ServiceComponent
from invenio_rdm_records.records.api import RDMRecord

from ....datasets import curation, store
from ....datasets.models import DatasetRow
from ....errors import CHANGED_MEANWHILE, Invalid, NotAccepted
from ....messages.sources import Source
from ....proxies import Extension, active
from ...host import Host
from .. import communities, index, records
from ..fields import mapping, validation_errors
from ..records import OpenWork
from . import before_commit, files


class LockComponent(ServiceComponent):
    """The lock of a record's dataset, taken before RDM writes anything, as by every message; the first component.

    Otherwise a message that has the dataset's row and a publication that has the record's would wait for each other.
    """

    def publish(self, identity: Any, record: Any = None, **kwargs: Any) -> None:
        if active() is not None and not isinstance(self.uow, OpenWork):
            _lock(record)

    def delete_record(self, identity: Any, record: Any = None, **kwargs: Any) -> None:
        if active() is not None:
            _lock(record)

    delete = delete_record


class DatasetComponent(ServiceComponent):
    """What follows from what RDM's service of records does; the last of its components."""

    def create(self, identity: Any, data: Any = None, record: Any = None, errors: Any = None, **kwargs: Any) -> None:
        if isinstance(self.uow, OpenWork):
            _hold_exactly(self.uow, record)
        elif active() is not None:
            _without_output(record)

    def update_draft(
        self, identity: Any, data: Any = None, record: Any = None, errors: Any = None, **kwargs: Any
    ) -> None:
        extension = active()
        if isinstance(self.uow, OpenWork):
            _hold_exactly(self.uow, record)
            return
        if extension is None:
            return
        record.custom_fields = mapping.reconciled(record)
        row = store.by_record(record.id)
        if row is None:
            _without_output(record)
        else:
            records.complete(row, record)
        source = communities.source_of(extension.sources, communities.meant_by(record))
        if source is not None and errors is not None:
            errors.extend(validation_errors.as_list(_faults(extension.host, source, row, record)))

    def edit(self, identity: Any, draft: Any = None, record: Any = None, **kwargs: Any) -> None:
        extension = active()
        if extension is not None and not isinstance(self.uow, OpenWork):
            row = store.by_record(record.id)
            if row is not None or _source(extension, record) is not None:
                curation.check_editable(extension.host, row)

    def new_version(self, identity: Any, draft: Any = None, record: Any = None, **kwargs: Any) -> None:
        extension = active()
        if extension is None or isinstance(self.uow, OpenWork):
            return
        row = store.by_record(record.id)
        if row is None and _source(extension, record) is None:
            return
        row = curation.check_editable(extension.host, row)
        draft.custom_fields = mapping.replacing(draft.get("custom_fields", {}), row.identifier)

    def publish(self, identity: Any, draft: Any = None, record: Any = None, **kwargs: Any) -> None:
        extension = active()
        if isinstance(self.uow, OpenWork):
            records.complete(self.uow.row, record)
            return
        if extension is None:
            return
        row = _accepted(extension, draft, record)
        if row is None:
            _without_output(record)
        else:
            records.complete(row, record)
            before_commit.announce(extension.host, row, record)

    def delete_record(self, identity: Any, data: Any = None, record: Any = None, **kwargs: Any) -> None:
        extension = active()
        if extension is None:
            return
        row = store.lock_by_record(record.id)
        if row is not None and curation.withdraw(row):
            records.complete(row, record)
            before_commit.announce(extension.host, row, record)

    def delete(self, identity: Any, record: Any = None, **kwargs: Any) -> None:
        # an administrator's other way, which leaves no tombstone
        self.delete_record(identity, record=record)
        if active() is not None and store.by_record(record.id) is not None:
            index.before_deletion(record)


def _lock(record):
    row = store.lock_by_record(record.id)
    model = type(record.model)
    # read before the lock, a record may be another by now, and its relations would be blamed for that
    if row is not None and records.version(model, record.id) != record.model.version_id:
        raise NotAccepted(CHANGED_MEANWHILE)


def enter(extension: Extension, source: Source, record: RDMRecord) -> None:
    """Take a published record into a source's community: check it, and write its row and event. Raises a Problem."""
    check(extension.host, source, None, record)
    row = claim(source, record)
    records.complete(row, record)
    before_commit.announce(extension.host, row, record)


def _source(extension, record):
    return communities.source_of(extension.sources, communities.default_of(record))


def _accepted(extension, draft, record):
    """The row of a record that a user publishes, None where it is no dataset; raises a Problem or ValidationError."""
    row = store.lock_by_record(record.id)
    source = _source(extension, record)
    if row is None and source is None:
        return None
    is_new = draft.fork_version_id is None
    if source is not None and is_new:
        files.refuse(draft)
    if row is None and is_new:
        check(extension.host, source, None, record)
        return claim(source, record)
    row = curation.check_editable(extension.host, row)
    check(extension.host, extension.sources[row.source], row, record)
    return row


def check(host: Host, source: Source, row: Optional[DatasetRow], record: RDMRecord) -> None:
    """Raise a Problem or ValidationError when a record cannot be the dataset of a row, or (None) a new one."""
    files.refuse(record)
    found = _faults(host, source, row, record)
    if record.access.protection.record != "public":
        found.append(("access.record", "must be public: what the catalogue says of sensitive data is for everybody"))
    if found:
        raise validation_errors.as_validation(found)


def _faults(host, source, row, record):
    try:
        if row is None:
            curation.check_new(host, source, record, mapping.claimed(record))
        else:
            curation.check_description(host, source, row.identifier, host.from_record(record))
    except Invalid as problem:
        return [(error["field"], error["message"]) for error in problem.extra["errors"]]
    return []


def claim(source: Source, record: RDMRecord) -> DatasetRow:
    """The new row of a curator's record, by the identifier that it claims; raises NotAccepted."""
    return curation.claim(source, record.id, record.pid.pid_value, mapping.claimed(record))


def _hold_exactly(open_work, draft):
    draft.metadata, draft.custom_fields = open_work.data["metadata"], open_work.data["custom_fields"]


def _without_output(draft):
    # readers would take an address here for the catalogue's; also a copy of another record's JSON brings one along
    fields = draft.get("custom_fields") or {}
    if not any(mapping.full(name) in fields for name in mapping.names.OUTPUT):
        return
    claimed = mapping.claimed(draft)
    draft.custom_fields = mapping.without_output(fields)
    if claimed is not None:
        draft.custom_fields[mapping.full(mapping.names.IDENTIFIER)] = claimed
