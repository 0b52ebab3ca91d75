"""The curation of a record: what the host's own users publish, edit and delete, accepted or refused in one place.

A host tells this module what its users did, inside the transaction in which they do it; what this package writes
itself is not told. While the mode is observe, the calls have `observe` set, and none of their events is ever sent.
"""

import functools
from typing import Any, Callable, Dict, Optional

from sqlalchemy.exc import IntegrityError

from ..compat import utcnow
from ..dataset import CATALOGUE_PREFIX, identifier_fault, replaces_of
from ..descriptions import schema
from ..errors import Invalid, NotAccepted
from ..proxies import Extension, Host, Source, active
from . import publication, store, versions, ways
from .models import DatasetRow

DELETED = "Deleted from the catalogue by its administrator."
TAKEN = "A dataset with this identifier exists already."
CATALOGUES_OWN = "must not begin with %s, since only the catalogue assigns such identifiers" % CATALOGUE_PREFIX


def of_users(receive: Callable[[Extension, Any], Any]) -> Callable[..., None]:
    """A receiver of a host's signal that is called as receive(extension, record) while the mode is on.

    It is not called for what this package writes itself.
    """

    @functools.wraps(receive)
    def receiver(sender, record=None, **kwargs):
        extension = active()
        if extension is not None and not publication.is_writing():
            receive(extension, sender if record is None else record)

    return receiver


def check_new(host: Host, source: Source, record: Any, claimed: Optional[str]) -> None:
    """Raise Invalid or NotAccepted when a record cannot become a new dataset of a Source.

    claimed: the identifier that its curator gave it, or None. Faults have the field names of the host's records.
    """
    check_description(host, source, None, host.from_record(record))
    if claimed is None:
        return
    fault = identifier_fault(claimed)
    if fault is None and claimed.startswith(CATALOGUE_PREFIX):
        fault = CATALOGUES_OWN
    if fault:
        raise Invalid([(host.field("secureb2share.identifier"), fault)])
    if store.find(source.name, claimed) is not None:
        raise NotAccepted(TAKEN, code="identifier-taken")


def claim(source: Source, record_uuid: Any, pid: str, claimed: Optional[str]) -> DatasetRow:
    """Make the row of a record that was checked; raises NotAccepted when somebody else took the identifier just now."""
    try:
        row = store.add(source.name, claimed or CATALOGUE_PREFIX + pid, "curator")
    except IntegrityError:
        raise NotAccepted(TAKEN, code="identifier-taken")
    row.pid, row.record_uuid = pid, record_uuid
    return row


def accept_new(
    host: Host, source: Source, record: Any, pid: str, claimed: Optional[str], observe: bool = False
) -> DatasetRow:
    """Write the row and the event of a record that was published, and return the row."""
    row = claim(source, record.id, pid, claimed)
    publication.published(host, row, record, "curator", observe)
    return row


def check_editable(host: Host, row: Optional[DatasetRow]) -> DatasetRow:
    """Raise NotAccepted when a user of the host may not edit the record of this row, else return the row.

    row: None where the record is not a dataset's.
    """
    if row is None:
        raise NotAccepted("This record was made before uploads were closed, so it cannot be edited.", code="legacy")
    if row.origin == "source":
        raise NotAccepted(
            "The source %s registered this record, and only that source can edit it." % row.source,
            code="registered-elsewhere",
        )
    if row.source not in host.sources:
        raise NotAccepted(
            "The source of this record is no longer configured, so it cannot be edited.", code="no-source"
        )
    if row.state == "withdrawn":
        raise NotAccepted("This dataset was withdrawn, so its record can no longer be edited.", code="withdrawn")
    return row


def check_edit(host: Host, row: Optional[DatasetRow], record: Any) -> DatasetRow:
    """Raise Invalid or NotAccepted when a user may not make the record of this row what `record` says, else return it.

    row: None where the record is not a dataset's.
    """
    editable = check_editable(host, row)
    check_description(host, host.sources[editable.source], editable.identifier, host.from_record(record))
    return editable


def accept_edit(host: Host, row: DatasetRow, record: Any, observe: bool = False) -> None:
    """Write the event of a record that was edited."""
    publication.published(host, row, record, "curator", observe)


def withdraw(row: DatasetRow, reason: str = DELETED) -> bool:
    """Withdraw the dataset whose record a user takes away, and return whether it was not withdrawn before.

    The caller announces the withdrawal, once the record is as readers will see it.
    """
    if row.state == "withdrawn":
        return False
    publication.set_state(row, "withdrawn", reason)
    return True


def accept_deletion(host: Host, row: DatasetRow, record: Any, observe: bool = False) -> None:
    """Withdraw the dataset whose record the host's administrator deletes, and write the event."""
    if withdraw(row):
        publication.published(host, row, record, "curator", observe)


def check_description(host: Host, source: Source, identifier: Optional[str], description: Dict[str, Any]) -> None:
    """Raise Invalid, in the field names of the host's records, when a curator's description has faults.

    identifier: of the dataset, None while it has none.
    """
    faults = schema.description_faults(description, source.describe_files, source.needs_hdab(utcnow().date()))
    if identifier is None:
        # an edit is compared with nothing here, and what is published may stay
        faults += ways.faults(source, description)
    if faults:
        raise Invalid([(host.field(name), message) for name, message in faults])
    replaces = replaces_of(description)
    versions.check(source.name, identifier, replaces, host.field("version.replaces"))
