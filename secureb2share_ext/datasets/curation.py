"""The curation of a record: what the host's own users publish, edit and delete, accepted or refused in one place.

A host tells this module what its users did, inside the transaction in which they do it; what this package writes
itself is not told. While the mode is observe the same is looked at with `observe`, and nothing of it is sent.
"""

import functools

from sqlalchemy.exc import IntegrityError

from ..dataset import CATALOGUE_PREFIX, identifier_fault
from ..descriptions import schema
from ..errors import Invalid, NotAccepted
from ..proxies import active
from . import publication, store, versions

DELETED = "Deleted from the catalogue by its administrator."
TAKEN = "A dataset with this identifier exists already."
CATALOGUES_OWN = "must not begin with %s, which the catalogue gives itself" % CATALOGUE_PREFIX


def of_users(receive):
    """A receiver of a host's signal that is called as receive(extension, record) while the mode is on.

    It is not called for what this package writes itself.
    """

    @functools.wraps(receive)
    def receiver(sender, record=None, **kwargs):
        extension = active()
        if extension is not None and not publication.is_writing():
            receive(extension, sender if record is None else record)

    return receiver


def check_new(host, source, record, claimed):
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


def claim(source, record_uuid, pid, claimed):
    """The new row of a record that was checked; raises NotAccepted when somebody else took the identifier just now."""
    try:
        row = store.add(source.name, claimed or CATALOGUE_PREFIX + pid, "curator")
    except IntegrityError:
        raise NotAccepted(TAKEN, code="identifier-taken")
    row.pid, row.record_uuid = pid, record_uuid
    return row


def accept_new(host, source, record, pid, claimed, observe=False):
    """Write row and event of a record that was published; the row."""
    row = claim(source, record.id, pid, claimed)
    publication.published(host, row, record, "curator", observe)
    return row


def check_editable(host, row):
    """Raise NotAccepted when a user of the host may not edit the record of this row (None: it has no row)."""
    if row is None:
        raise NotAccepted("This record was made before uploads were closed, and is left as it is.", code="legacy")
    if row.origin == "source":
        raise NotAccepted(
            "The source %s registered this record and is the only one to edit it." % row.source,
            code="registered-elsewhere",
        )
    if row.source not in host.sources:
        raise NotAccepted("The source of this record is not configured any more, so it stays.", code="no-source")
    if row.state == "withdrawn":
        raise NotAccepted("This dataset was withdrawn; its record does not change any more.", code="withdrawn")


def check_edit(host, row, record):
    """Raise Invalid or NotAccepted when a user may not make the record of this row (or None) what `record` says."""
    check_editable(host, row)
    check_description(host, host.sources[row.source], row.identifier, host.from_record(record))


def accept_edit(host, row, record, observe=False):
    """Write the event of a record that was edited."""
    publication.published(host, row, record, "curator", observe)


def withdraw(row, reason=DELETED):
    """Withdraw the dataset whose record a user takes away; whether it was not withdrawn before.

    The caller announces it, once the record is as readers will see it.
    """
    if row.state == "withdrawn":
        return False
    publication.set_state(row, "withdrawn", reason)
    return True


def accept_deletion(host, row, record, observe=False):
    """Withdraw the dataset whose record the host's administrator deletes, and write the event."""
    if withdraw(row):
        publication.published(host, row, record, "curator", observe)


def check_description(host, source, identifier, description):
    """Raise Invalid, in the field names of the host's records, when a curator's description has faults.

    identifier: of the dataset, None while it has none.
    """
    faults = schema.description_faults(description, source.describe_files)
    if faults:
        raise Invalid([(host.field(name), message) for name, message in faults])
    replaces = description.get("version", {}).get("replaces")
    versions.check(source.name, identifier, replaces, host.field("version.replaces"))
