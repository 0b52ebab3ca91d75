"""The names of a dataset's record: its PID, and other identifiers such as DOI and Handle.

They are read from the table of invenio-pidstore, which every host has.
"""

from typing import List, Optional, Sequence

from invenio_db import db
from invenio_pidstore.models import PersistentIdentifier

from ..datasets import store
from ..datasets.models import DatasetRow

RESOLVERS = ("https://doi.org/", "http://doi.org/", "https://hdl.handle.net/", "http://hdl.handle.net/", "doi:", "hdl:")


def bare(text: str) -> str:
    """A DOI or Handle without its resolver."""
    for resolver in RESOLVERS:
        if text.lower().startswith(resolver):
            return text[len(resolver) :]
    return text


def pid_of(text: str, pid_types: Sequence[str]) -> Optional[str]:
    """The PID of the one dataset whose record `text` names, with or without a resolver, under these types; or None."""
    named = db.session.query(PersistentIdentifier.object_uuid).filter(
        PersistentIdentifier.pid_value == bare(text), PersistentIdentifier.pid_type.in_(pid_types)
    )
    found = store.by_records(named)
    return found[0].pid if len(found) == 1 else None


def names(row: DatasetRow, pid_types: Sequence[str]) -> List[str]:
    """The identifiers by which `pid_of` finds a published record: its PID, then others such as DOI and Handle."""
    query = db.session.query(PersistentIdentifier.pid_value).filter(
        PersistentIdentifier.object_type == "rec",
        PersistentIdentifier.object_uuid == row.record_uuid,
        PersistentIdentifier.pid_type.in_(pid_types),
    )
    return [row.pid] + sorted({found for (found,) in query} - {row.pid})
