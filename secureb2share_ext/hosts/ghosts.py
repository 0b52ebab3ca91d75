"""The entries of the search index that no record stands behind: ghosts.

A host that indexes inside its transaction leaves some when it is killed before the commit, and a database that came
back from a backup may be older than its index. They are looked for a slice at a time, the newest first. Each host says
by an Entries where its index is; asking costs one search and one statement a slice.
"""

import abc
import datetime
import time
import uuid
from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple

from flask import current_app
from invenio_db import db

from ..compat import utcnow

SLICE = 1000  # entries of one look
EVERY = 60  # seconds between the looks of one worker
# the record of a younger entry may be in a transaction that is still open
GRACE = datetime.timedelta(minutes=10)
TIMEOUT = 5  # seconds for each answer of the cluster


class Entry(NamedTuple):
    """One entry of the index."""

    place: str  # name of the index
    kind: Optional[str]  # its document type, on clusters that have those
    key: str  # its id in the index: the UUID of its record, as text
    at: Any  # its value in the order of the slices


class Entries(abc.ABC):
    """The entries of the sources' communities in a host's index, as a host finds them."""

    updated = "_updated"  # the field with the time at which the record was written

    def __init__(self, client: Any, index: str) -> None:
        """client: of the cluster; index: name of an index or alias, with the site's prefix."""
        self.client, self.index = client, index

    @abc.abstractmethod
    def conditions(self) -> Optional[List[Dict[str, Any]]]:
        """[filter of the query language] of the sources' entries, or None where there are no such entries."""

    @abc.abstractmethod
    def living(self, uuids: List[uuid.UUID]) -> Set[uuid.UUID]:
        """Those of the UUIDs of records that the database has, by one statement."""

    def slice(self, before: Any, size: int) -> List[Entry]:
        """At most `size` entries that are old enough, the newest first; before: the `at` of the last one, or None."""
        conditions = self.conditions()
        if conditions is None:
            return []
        newest = utcnow() - GRACE
        ranges: List[Dict[str, Any]] = [{"lte": newest.strftime("%Y-%m-%dT%H:%M:%SZ")}]
        if before is not None:
            ranges.append({"lte": before, "format": "epoch_millis"})
        filters = conditions + [{"range": {self.updated: one}} for one in ranges]
        body = {
            "query": {"bool": {"filter": filters}},
            "sort": [{self.updated: {"order": "desc"}}],
            "size": size,
            "_source": False,
        }
        found = self.client.search(index=self.index, body=body, ignore_unavailable=True, request_timeout=TIMEOUT)
        return [Entry(hit["_index"], hit.get("_type"), hit["_id"], hit["sort"][0]) for hit in found["hits"]["hits"]]

    def ghosts(self, entries: List[Entry]) -> List[Entry]:
        """Those of the entries whose record is not in the database."""
        by_uuid = {uuid.UUID(entry.key): entry for entry in entries if _is_uuid(entry.key)}
        living = self.living(list(by_uuid)) if by_uuid else set()
        return [entry for record_uuid, entry in by_uuid.items() if record_uuid not in living]

    def remove(self, entries: List[Entry]) -> None:
        """Take entries out of the index; one that went meanwhile is fine."""
        for entry in entries:
            kind = {"doc_type": entry.kind} if entry.kind not in (None, "_doc") else {}
            self.client.delete(index=entry.place, id=entry.key, ignore=[404], request_timeout=TIMEOUT, **kind)
            current_app.logger.warning("secureb2share.index-ghost record=%s", entry.key)


def with_record(model: Any, uuids: List[uuid.UUID]) -> Set[uuid.UUID]:
    """Those of the UUIDs whose record is there and not deleted; model: of invenio-records."""
    query = db.session.query(model.id).filter(model.id.in_(uuids), model.json.isnot(None))
    return {found for (found,) in query}


def _is_uuid(text):
    try:
        return bool(uuid.UUID(text))
    except ValueError:
        return False


class Watch:
    """The looks of one process at a host's index, each at the slice behind the last one; then again from the newest."""

    def __init__(self) -> None:
        self._next, self._before = 0.0, None  # time.monotonic() of the next look, and where it begins

    def look(self, entries: Entries) -> Dict[str, int]:
        """Remove the ghosts of a slice, where it is time; {"ghosts": how many} or {}. Never raises."""
        now = time.monotonic()
        if now < self._next:
            return {}
        self._next = now + EVERY
        try:
            found, self._before = remove_slice(entries, self._before)
        except Exception as error:
            db.session.rollback()
            current_app.logger.warning("secureb2share.ghosts-not-looked-for error=%s", type(error).__name__)
            return {}
        return {"ghosts": len(found)} if found else {}


def remove_slice(entries: Entries, before: Any) -> Tuple[Set[str], Any]:
    """Remove the ghosts of one slice: ({key} of them, where the next slice begins or None for the newest)."""
    seen = entries.slice(before, SLICE)
    ghosts = entries.ghosts(seen)
    # the transaction that only read
    db.session.commit()
    entries.remove(ghosts)
    removed = {entry.key for entry in ghosts}
    if len(seen) < SLICE:
        return removed, None
    # a slice begins with the last moment of the one before, and a moment with more than a slice is passed over
    return removed, seen[-1].at - (seen[-1].at == before)


def remove_all(entries: Entries) -> int:
    """Remove every ghost, slice by slice, and return how many there were; raises what the cluster's client raises."""
    removed, before = remove_slice(entries, None)
    while before is not None:
        found, before = remove_slice(entries, before)
        # the index may still show what was removed, and slices share a moment
        removed |= found
    return len(removed)


def count(entries: Entries) -> Optional[int]:
    """The number of ghosts in the newest slice, or None where the cluster cannot tell."""
    try:
        return len(entries.ghosts(entries.slice(None, SLICE)))
    except Exception as error:
        current_app.logger.warning("secureb2share.ghosts-not-counted error=%s", type(error).__name__)
        return None
