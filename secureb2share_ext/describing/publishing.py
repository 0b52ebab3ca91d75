"""The publication of what a curator describes, and its withdrawal, in the open transaction.

It is accepted as a curator's own record of the host is: datasets/curation.py has the rules.
"""

import uuid
from typing import Any, Dict, List, Optional, Tuple

from sqlalchemy.exc import IntegrityError

from ..client import canonical, digest
from ..compat import utcnow
from ..dataset import CATALOGUE_PREFIX, identifier_fault, replaces_of
from ..datasets import curation, publication, store, versions, ways
from ..datasets.models import DatasetRow
from ..descriptions import schema
from ..errors import Invalid, NotAccepted
from ..pages.words import N_
from ..proxies import Host, Source

CHANGED = N_("The published description was changed since this draft was begun.")


def faults(source: Source, description: Dict[str, Any], identifier: Optional[str] = None) -> List[Tuple[str, str]]:
    """What keeps a description of a Source from being published: [(field, message)].

    identifier: of its dataset, None while it has none.
    """
    found = schema.description_faults(description, source.describe_files, source.needs_hdab(utcnow().date()))
    if identifier is None:
        found += ways.faults(source, description)
    replaces = replaces_of(description)
    if isinstance(replaces, str) and not any(field == "version.replaces" for field, _ in found):
        try:
            versions.check(source.name, identifier, replaces, "version.replaces")
        except Invalid as problem:
            found += [(error["field"], error["message"]) for error in problem.extra["errors"]]
    return found


def publish(host: Host, source: Source, description: Dict[str, Any], claimed: str = "") -> DatasetRow:
    """Publish a new dataset, and return its row. Raises a Problem.

    claimed: the identifier that its curator gave it; the catalogue assigns one where it is empty.
    """
    found = faults(source, description)
    fault = identifier_fault(claimed) if claimed else None
    if fault is None and claimed.startswith(CATALOGUE_PREFIX):
        fault = curation.CATALOGUES_OWN
    if fault:
        found.append(("identifier", fault))
    if found:
        raise Invalid(found)
    if claimed and store.find(source.name, claimed) is not None:
        raise NotAccepted(curation.TAKEN, code="identifier-taken")
    try:
        row = store.add(source.name, claimed or CATALOGUE_PREFIX + uuid.uuid4().hex, "curator")
    except IntegrityError:
        raise NotAccepted(curation.TAKEN, code="identifier-taken")
    row.is_named_by_pid = not claimed
    publication.publish(host, row, description, "curator")
    return row


def lock_editable(host: Host, number: int) -> DatasetRow:
    """The row (locked) of a curator's dataset with this number, of a source that is configured; raises a Problem."""
    row = store.by_number(number)
    locked = store.lock(row.source, row.identifier) if row is not None else None
    return curation.check_editable(host, locked)


def current(host: Host, row: DatasetRow) -> Tuple[Dict[str, Any], str]:
    """The published description of a row, and its digest; raises a Problem when its record was deleted."""
    description = host.from_record(publication.record_of(host, row))
    return description, digest(canonical(description))


def edit(host: Host, number: int, description: Dict[str, Any], base: str) -> DatasetRow:
    """Publish a change of a dataset, and return its row. Raises a Problem.

    base: digest of the published description that the curator saw; another one is a NotAccepted with code "changed".
    """
    row = lock_editable(host, number)
    published, seen = current(host, row)
    if seen != base:
        raise NotAccepted(CHANGED, code="changed")
    found = faults(host.sources[row.source], description, row.identifier)
    if found:
        raise Invalid(found)
    if description != published:
        publication.update(host, row, description, "curator")
    return row


def withdraw(host: Host, number: int, reason: str) -> DatasetRow:
    """Withdraw a dataset for good, for a reason that readers see, and return its row. Raises a Problem."""
    fault = schema.text_fault(reason, 1000)
    if fault:
        raise Invalid([("reason", fault)])
    row = lock_editable(host, number)
    description, _ = current(host, row)
    curation.withdraw(row, reason)
    publication.update(host, row, description, "curator")
    return row
