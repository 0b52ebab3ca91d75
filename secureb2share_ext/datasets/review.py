"""What waits for a curator, and what becomes of it?

A held description is in our table and nowhere else: no record, no PID, no index, no event. Released, it takes the way
of every publication; refused, it stays for its source to read why and to mend it.
"""

import json

from ..client import canonical, digest, now_utc
from ..descriptions import schema
from ..errors import Invalid, NotAccepted, UnknownDataset
from ..outbox import announce
from . import publication, store, versions


def hold(row, description):
    """Hold what a source says of the dataset of a row, in the place of what was held before; "held" or "unchanged"."""
    text, held = canonical(description), store.held(row.id)
    if held is not None and held.digest == digest(text):
        if held.reason is not None:
            raise NotAccepted("A curator refused exactly this: %s" % held.reason, code="refused")
        return "unchanged"
    drop(row)
    store.hold(row.id, text.decode("utf-8"), digest(text))
    return "held"


def drop(row):
    """Forget what is held of a dataset."""
    store.drop_held(row.id)


def with_contact(row, published, contact):
    """What waits of a dataset, or else its published description, with another role contact."""
    held = store.held(row.id)
    description = json.loads(held.description) if held is not None and held.reason is None else published
    return dict(description, core=dict(description["core"], contact=contact))


def set_contact(row, contact):
    """Carry a new role contact into what is held, so that a release does not bring the old one back."""
    held = store.held(row.id)
    if held is not None:
        text = canonical(with_contact(row, json.loads(held.description), contact))
        held.description, held.digest = text.decode("utf-8"), digest(text)


def find(source, identifier):
    """(row, what is held of it), both locked; raises UnknownDataset."""
    row = store.lock(source, identifier)
    held = store.held(row.id) if row is not None else None
    if held is None:
        raise UnknownDataset("Nothing of this dataset is held for review.")
    return row, held


def release(host, source, identifier, seen=None):
    """Publish what is held; the row. Raises a Problem. The caller commits.

    seen: digest of what the curator read, where another may have come meanwhile.
    """
    row, held = _waiting(source, identifier, seen)
    description = json.loads(held.description)
    settings = host.sources.get(row.source)
    if settings is None:
        raise NotAccepted("The source %s is not configured any more." % row.source, code="no-source")
    # the schema or the settings may have changed since it arrived
    faults = schema.description_faults(description, settings.describe_files)
    if faults:
        raise Invalid(faults)
    replaces = description.get("version", {}).get("replaces")
    versions.check(row.source, row.identifier, replaces, "version.replaces")
    store.drop_held(row.id)
    if row.pid is None:
        publication.publish(host, row, description, "curator")
    else:
        publication.record_of(host, row)
        row.origin = "source"
        publication.update(host, row, description, "curator")
    return row


def refuse(host, source, identifier, reason, seen=None):
    """Refuse what is held, for a reason that its source reads; otherwise like `release`."""
    fault = schema.text_fault(reason, 1000)
    if fault:
        raise Invalid([("reason", fault)])
    row, held = _waiting(source, identifier, seen)
    held.reason, held.decided_at = reason, now_utc()
    settings = host.sources.get(row.source)
    announce.refused(row, held.digest, reason, host.base_url(), settings.targets if settings else ())
    return row


def _waiting(source, identifier, seen):
    row, held = find(source, identifier)
    if seen is not None and seen != held.digest:
        raise NotAccepted("Its source sent another description meanwhile; read that before deciding.", code="changed")
    if held.reason is not None:
        raise NotAccepted("This registration was refused already; its source has to send another.", code="refused")
    return row, held
