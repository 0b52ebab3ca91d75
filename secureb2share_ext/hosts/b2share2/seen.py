"""What is shown today of the records of a page, read from their metadata wherever these come from.

A record that is not ours costs no statement: its community tells. All others of a page cost one.
"""

from typing import NamedTuple, Optional

from b2share.modules.communities.models import Community
from flask import current_app
from invenio_db import db
from invenio_pidstore.models import PersistentIdentifier
from invenio_records.models import RecordMetadata
from sqlalchemy import and_, func, or_
from sqlalchemy.orm import aliased

from ...access.rights import today_utc
from ...access.shown import Related, Shown
from ...compat import utcnow
from ...dataset import identifier_fault
from ...datasets import showing
from ...datasets.models import Registered
from ...legacy.models import Legacy
from . import communities


class Seen(NamedTuple):
    """A record or draft of a sensitive community as it is shown."""

    row: Optional[Registered] = None
    shown: Optional[Shown] = None  # None without a row, and where the record is damaged
    is_frozen: bool = False  # on its way out: its files are hidden


def one(extension, pid, metadata):
    """The Seen of one record or draft, or None where it is not ours."""
    return page(extension, {pid: metadata}).get(pid)


def page(extension, records):
    """{pid: Seen} of those records and drafts of a page that are ours.

    records: {pid: metadata (dict)}, each as the database or the search index has it.
    """
    sources, kept = _known(extension)
    spelt = {pid: communities.normal(metadata.get("community")) for pid, metadata in records.items()}
    wanted = {pid: metadata for pid, metadata in records.items() if spelt[pid] in sources or spelt[pid] in kept}
    if not wanted:
        return {}
    found = _published(extension.host, wanted)
    rest = [pid for pid in wanted if pid not in found]
    frozen = _frozen([pid for pid in rest if wanted[pid].get("publication_state") == "published"])
    for pid in rest:
        if pid in frozen or spelt[pid] in sources:
            found[pid] = Seen(is_frozen=pid in frozen)
    return found


def _known(extension):
    """({community id} of the sources, {community id} of what is or was theirs), asked until every one is found."""
    known = getattr(extension, "b2share2_communities", None)
    if known is None:
        names = {source.community for source in extension.sources.values()}
        query = db.session.query(Community.id, Community.name)
        with db.session.no_autoflush:
            ids = {name: str(found) for found, name in query.filter(Community.name.in_(names), ~Community.deleted)}
            known = frozenset(ids.values()), frozenset(_of_former_sources())
        if names <= set(ids):
            extension.b2share2_communities = known
    return known


def _of_former_sources():
    """Ids of the communities of all that has a row, whatever the sources' settings say today."""
    community = func.json_extract_path_text(RecordMetadata.json, "community")
    registered = db.session.query(community).join(Registered, Registered.record_uuid == RecordMetadata.id)
    legacy = (
        db.session.query(community)
        .join(PersistentIdentifier, PersistentIdentifier.object_uuid == RecordMetadata.id)
        .join(Legacy, Legacy.pid == PersistentIdentifier.pid_value)
        .filter(PersistentIdentifier.pid_type.in_(communities.TYPES))
    )
    return [found for (found,) in registered.union(legacy) if found]


def _frozen(pids):
    return {pid for (pid,) in db.session.query(Legacy.pid).filter(Legacy.pid.in_(pids))} if pids else set()


def _published(host, wanted):
    """{pid: Seen} of those that have a row; wanted: {pid: metadata}."""
    described = {pid: host.from_record(metadata) for pid, metadata in wanted.items()}
    found, today = {}, today_utc(utcnow())
    for row, others in _rows_and_related(described):
        found[row.pid] = Seen(row, _shown(host, row, described[row.pid], others, today))
    return found


def _rows_and_related(described):
    """[(row, {identifier: row of a version that it names})] of the PIDs in {pid: description}, by one query."""
    named = [description.get("version", {}).get("replaces") for description in described.values()]
    named = [identifier for identifier in named if isinstance(identifier, str) and not identifier_fault(identifier)]
    other = aliased(Registered)
    names = [other.identifier == Registered.replaced_by, other.identifier == Registered.successor]
    if named:
        names.append(other.identifier.in_(named))
    query = db.session.query(Registered, other).outerjoin(
        other, and_(other.source == Registered.source, other.pid.isnot(None), or_(*names))
    )
    rows, related = {}, {}
    for row, another in query.filter(Registered.pid.in_(list(described))):
        rows[row.pid] = row
        if another is not None:
            related.setdefault(row.pid, {})[another.identifier] = another
    return [(row, related.get(pid, {})) for pid, row in rows.items()]


def _shown(host, row, description, others, today):
    dataset = showing.dataset_from(row, description)
    if not dataset.is_whole:
        current_app.logger.error("secureb2share.damaged-record pid=%s", row.pid)
        return None
    source = host.sources.get(row.source)
    related = {name: Related(name, other.pid, host.record_url(other)) for name, other in others.items()}
    return Shown(
        dataset=dataset,
        record_url=host.record_url(row),
        access_url=host.access_url(row.pid),
        today=today,
        describe_files=source.describe_files if source is not None else "labels",
        replaces=related.get(dataset.replaces),
        replaced_by=related.get(row.replaced_by),
        successor=related.get(row.successor),
        is_open=source is not None and showing.is_open(source, row),
    )
