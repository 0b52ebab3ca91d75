"""What is shown today of the records of a page, read from their metadata wherever these come from.

A record that is not ours costs no statement: its community tells. All others of a page cost one.
"""

from typing import Any, Dict, NamedTuple, Optional

from invenio_db import db
from invenio_pidstore.models import PersistentIdentifier
from invenio_records.models import RecordMetadata
from sqlalchemy import func

from ...datasets import store
from ...datasets.models import DatasetRow
from ...exports.published import Published
from ...legacy import store as legacy_store
from ...proxies import Extension
from .. import published
from . import communities


class Seen(NamedTuple):
    """A record or draft of a sensitive community as it is shown."""

    row: Optional[DatasetRow] = None
    shown: Optional[Published] = None  # None without a row, and where the record is damaged
    is_frozen: bool = False  # on its way out: its files are hidden


def one(extension: Extension, pid: Any, metadata: Dict[str, Any]) -> Optional[Seen]:
    """The Seen of one record or draft, or None where it is not ours."""
    return page(extension, {pid: metadata}).get(pid)


def page(extension: Extension, records: Dict[Any, Dict[str, Any]]) -> Dict[Any, Seen]:
    """{pid: Seen} of those records and drafts of a page that are ours.

    records: {pid: metadata (dict)}, each as the database or the search index has it.
    """
    sources, kept = _known(extension)
    spelt = {pid: communities.normal(metadata.get("community")) for pid, metadata in records.items()}
    wanted = {pid: metadata for pid, metadata in records.items() if spelt[pid] in sources or spelt[pid] in kept}
    if not wanted:
        return {}
    found = _published(wanted)
    rest = [pid for pid in wanted if pid not in found]
    frozen = legacy_store.frozen([pid for pid in rest if wanted[pid].get("publication_state") == "published"])
    for pid in rest:
        if pid in frozen or spelt[pid] in sources:
            found[pid] = Seen(is_frozen=pid in frozen)
    return found


def _known(extension):
    """({community id} of the sources, {community id} of what is or was theirs), asked until every one is found."""
    known = getattr(extension, "b2share2_communities", None)
    if known is None:
        ids = [communities.id_of_source(source) for source in extension.sources.values()]
        with db.session.no_autoflush:
            known = frozenset(filter(None, ids)), frozenset(_of_former_sources())
        if all(ids):
            extension.b2share2_communities = known
    return known


def _of_former_sources():
    """Ids of the communities of all that has a row, whatever the sources' settings say today."""
    community = func.json_extract_path_text(RecordMetadata.json, "community")
    registered = db.session.query(community).filter(RecordMetadata.id.in_(store.record_uuids()))
    legacy = (
        db.session.query(community)
        .join(PersistentIdentifier, PersistentIdentifier.object_uuid == RecordMetadata.id)
        .filter(PersistentIdentifier.pid_type.in_(communities.TYPES))
        .filter(PersistentIdentifier.pid_value.in_(legacy_store.every_pid()))
    )
    return [found for (found,) in registered.union(legacy) if found]


def _published(wanted):
    """{pid: Seen} of those that have a row; wanted: {pid: metadata}."""
    found = published.by_pids(list(wanted))
    return {pid: Seen(one.row, published.shown(one, wanted[pid])) for pid, one in found.items()}
