"""The review of what a source sends: it is held for a curator, who releases or refuses it.

A held description is in our table and nowhere else: no record, no PID, no index, no event. Once it is released, it is
published like every other; once it is refused, it stays, so that its source can read the reason and correct it.
"""

import json
from typing import Any, Dict, Optional, Tuple

from ..client import canonical, digest, now_utc
from ..compat import utcnow
from ..dataset import replaces_of
from ..descriptions import schema
from ..errors import Invalid, NotAccepted, UnknownDataset
from ..outbox import announce
from ..proxies import Host
from . import publication, store, versions, ways
from .models import DatasetRow, HeldDescription


def hold(row: DatasetRow, description: Dict[str, Any]) -> str:
    """Hold a description of the dataset of a row in the place of the one before; returns "held" or "unchanged".

    Raises NotAccepted for a description that a curator refused.
    """
    text, held = canonical(description), store.held(row.id)
    if held is not None and held.digest == digest(text):
        if held.reason is not None:
            raise NotAccepted("A curator refused this description: %s" % held.reason, code="refused")
        return "unchanged"
    drop(row)
    store.hold(row.id, text.decode("utf-8"), digest(text))
    return "held"


def drop(row: DatasetRow) -> None:
    """Forget what is held of a dataset."""
    store.drop_held(row.id)


def with_contact(row: DatasetRow, published: Dict[str, Any], contact: Dict[str, Any]) -> Dict[str, Any]:
    """The description of a dataset that waits, or else the published one, with another role contact."""
    held = store.held(row.id)
    description = json.loads(held.description) if held is not None and held.reason is None else published
    return dict(description, core=dict(description["core"], contacts=[contact]))


def set_contact(row: DatasetRow, contact: Dict[str, Any]) -> None:
    """Write a new role contact into the held description, so that a release does not bring the old one back."""
    held = store.held(row.id)
    if held is not None:
        text = canonical(with_contact(row, json.loads(held.description), contact))
        held.description, held.digest = text.decode("utf-8"), digest(text)


def find(source: str, identifier: str) -> Tuple[DatasetRow, HeldDescription]:
    """The row of a dataset and its held description, both locked; raises UnknownDataset."""
    row = store.lock(source, identifier)
    held = store.held(row.id) if row is not None else None
    if row is None or held is None:
        raise UnknownDataset("No registration of this dataset is held for review.")
    return row, held


def release(
    host: Host, source: str, identifier: str, seen: Optional[str] = None, account: Optional[str] = None
) -> DatasetRow:
    """Publish the held description, and return the row. Raises a Problem. The caller commits.

    seen: digest of the description that the curator read, where another one may have come in the meantime; account: of
    the curator, see models.Decision.
    """
    row, held = _waiting(source, identifier, seen)
    description = json.loads(held.description)
    settings = host.sources.get(row.source)
    if settings is None:
        raise NotAccepted("The source %s is no longer configured." % row.source, code="no-source")
    # the schema or the settings may have changed since it arrived
    faults = schema.description_faults(description, settings.describe_files, settings.needs_hdab(utcnow().date()))
    if faults:
        raise Invalid(faults)
    if settings.ways:
        published = host.from_record(publication.record_of(host, row)) if row.pid else None
        ways.check(settings, description, published)
    replaces = replaces_of(description)
    versions.check(row.source, row.identifier, replaces, "version.replaces")
    store.decide(row.id, "released", _kind(row), held.digest, account=account)
    store.drop_held(row.id)
    if row.pid is None:
        publication.publish(host, row, description, "curator")
    else:
        publication.record_of(host, row)
        row.origin = "source"
        publication.update(host, row, description, "curator")
    return row


def refuse(
    host: Host, source: str, identifier: str, reason: str, seen: Optional[str] = None, account: Optional[str] = None
) -> DatasetRow:
    """Refuse the held description for a reason that its source reads, and return the row; otherwise like `release`."""
    fault = schema.text_fault(reason, 1000)
    if fault:
        raise Invalid([("reason", fault)])
    row, held = _waiting(source, identifier, seen)
    held.reason, held.decided_at = reason, now_utc()
    store.decide(row.id, "refused", _kind(row), held.digest, reason, account)
    settings = host.sources.get(row.source)
    announce.refused(row, held.digest, reason, host.base_url(), settings.targets if settings else ())
    return row


def _kind(row):
    return "change" if row.pid else "new"


def _waiting(source, identifier, seen):
    row, held = find(source, identifier)
    if seen is not None and seen != held.digest:
        raise NotAccepted(
            "The source has sent another description in the meantime; read it before you decide.", code="changed"
        )
    if held.reason is not None:
        raise NotAccepted("This registration was already refused; its source has to send another one.", code="refused")
    return row, held
