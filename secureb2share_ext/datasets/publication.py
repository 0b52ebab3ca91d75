"""What follows when a record of ours is published, changed or deleted, by whomever?

The host's own hook calls these inside its transaction, for a registration and for a curator's record alike, so that
both take the same way: the row, its digest and its event are written in one place.
"""

from sqlalchemy.exc import IntegrityError

from ..client import now_utc
from ..dataset import CATALOGUE_PREFIX, identifier_fault
from ..errors import Invalid, NotAccepted
from ..outbox import announce
from . import schema, showing, store, versions, writing

DELETED = "Deleted from the catalogue by its administrator."
TAKEN = "A dataset with this identifier exists already."
CATALOGUES_OWN = "must not begin with %s, which the catalogue gives itself" % CATALOGUE_PREFIX


def check_description(host, source, identifier, description):
    """Raise Invalid, in the field names of the host's records, when a curator's description has faults.

    identifier: of the dataset, None while it has none.
    """
    faults = schema.description_faults(description, source.describe_files)
    if faults:
        raise Invalid([(host.field(name), message) for name, message in faults])
    replaces = description.get("version", {}).get("replaces")
    versions.check(source.name, identifier, replaces, host.field("version.replaces"))


def check_contact(contact):
    """Raise Invalid when something cannot be a role contact."""
    found = schema.description_faults({"core": {"contact": contact}, "sensitive": {}})
    faults = [(field[len("core.") :], message) for field, message in found if field.startswith("core.contact")]
    if faults:
        raise Invalid(faults)


def check_record(host, row):
    """Raise NotAccepted when the record of a row is not there any more."""
    if host.record(row) is None:
        raise NotAccepted("The catalogue's administrator deleted the record of this dataset.", code="withdrawn")


def claim(source, identifier):
    """The new row of a curator's record; raises NotAccepted when somebody else took the identifier just now."""
    try:
        return store.add(source, identifier, "curator")
    except IntegrityError:
        raise NotAccepted(TAKEN, code="identifier-taken")


def check_edit(host, row):
    """Raise NotAccepted when a user of the host may not edit the record of this row (None: it is not ours)."""
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


def check_claim(host, source, identifier):
    """Raise Invalid or NotAccepted when a curator cannot claim the identifier for a new record."""
    fault = identifier_fault(identifier)
    if fault is None and identifier.startswith(CATALOGUE_PREFIX):
        fault = CATALOGUES_OWN
    if fault:
        raise Invalid([(host.field("secureb2share.identifier"), fault)])
    if store.find(source, identifier) is not None:
        raise NotAccepted(TAKEN, code="identifier-taken")


def published(host, row, record):
    """The record of a row was created or changed in the open transaction: note it and write the event."""
    versions.link(host, row, announced(host, row, record))


def announced(host, row, record):
    """The same without looking at versions, which is enough for a new row that replaces nothing; the Dataset."""
    dataset = showing.dataset_of(host, row, record)
    row.digest = dataset.digest
    source = host.sources.get(row.source)
    # a source that is configured no more has nobody to tell
    targets = () if source is None else source.echo if writing.cause() == "source" else source.targets
    announce.announce(row, dataset, host.record_url(row), host.access_url(row.pid), host.base_url(), targets)
    return dataset


def observed(host, row, record):
    """As `published` while the mode is observe: the event is never sent, and no other record changes."""
    dataset = showing.dataset_of(host, row, record)
    row.digest = dataset.digest
    source = host.sources.get(row.source)
    announce.announce(
        row,
        dataset,
        host.record_url(row),
        host.access_url(row.pid),
        host.base_url(),
        source.targets if source is not None else (),
        is_observed=True,
    )


def deleted(host, row, record):
    """The host's administrator deletes the record of a row: that is a withdrawal."""
    set_state(row, "withdrawn", DELETED)
    published(host, row, record)


def set_state(row, state, reason, successor=None):
    """Write a state and why into the row; nothing of a withdrawn dataset waits for a curator any more."""
    row.state, row.reason, row.successor, row.state_at = state, reason, successor, now_utc()
    if state == "withdrawn":
        store.drop_held(row.id)
