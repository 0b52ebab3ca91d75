"""The published datasets that a page shows, as its host serves them.

They are looked up once a page: a request that only reads remembers what it has found. Without the package's tables
nothing is looked up.
"""

import uuid
from typing import Any, Collection, Dict, Iterable, Optional

from flask import current_app, has_request_context, request

from ..compat import utcnow
from ..datasets import view
from ..exports.published import Published
from ..exports.rights import today_utc
from ..proxies import active, current

MEMORY = "secureb2share.published"  # of the request's WSGI environment
READS = ("GET", "HEAD")


def by_pids(pids: Collection[str]) -> Dict[str, view.Entry]:
    """{pid: view.Entry} of those PIDs (texts) that are datasets of this package."""
    extension = active()
    if extension is None:
        return {}
    memory = _memory()
    unknown = [pid for pid in pids if pid not in memory]
    memory.update((pid, None) for pid in unknown)
    _remember(memory, view.look_up(extension.host, pids=unknown))
    return {pid: memory[pid] for pid in pids if memory[pid] is not None}


def rule_out(pids: Iterable[str]) -> None:
    """Remember for the rest of a request that only reads that these PIDs are none of ours, unless they are known."""
    memory = _memory()
    for pid in pids:
        memory.setdefault(pid, None)


def by_pid(pid: Any) -> Optional[view.Entry]:
    """The view.Entry with this PID, or None."""
    return by_pids([pid]).get(pid) if isinstance(pid, str) else None


def by_records(uuids: Collection[uuid.UUID]) -> Dict[uuid.UUID, view.Entry]:
    """{record_uuid: view.Entry} of those records that are datasets of this package."""
    extension = active()
    if extension is None:
        return {}
    memory = _memory()
    unknown = [one for one in uuids if one not in memory]
    memory.update((one, None) for one in unknown)
    _remember(memory, view.look_up(extension.host, uuids=unknown))
    return {one: memory[one] for one in uuids if memory[one] is not None}


def by_record(record_uuid: uuid.UUID) -> Optional[view.Entry]:
    """The view.Entry of a record, by its UUID, or None."""
    return by_records([record_uuid]).get(record_uuid)


def shown(found: view.Entry, record: Any = None) -> Optional[Published]:
    """The Published of a view.Entry today, or None where its record is damaged or gone.

    record: the record, or the metadata of it that an index has; None: it is read from the database.
    """
    memory, key = _memory(), ("shown", found.row.pid)
    if record is not None or key not in memory:
        memory[key] = _shown(found, record)
    return memory[key]


def _shown(found: view.Entry, record: Any) -> Optional[Published]:
    host = current().host
    record = host.record(found.row) if record is None else record
    if record is None:
        return None
    # what an index has of a record does not say when it was changed, nor does one that is being written
    known = host.revision(record) if getattr(record, "updated", None) else ()
    dataset = view.dataset_from(found.row, host.from_record(record), *known)
    if not dataset.is_whole:
        current_app.logger.error("secureb2share.damaged-record pid=%s", found.row.pid)
        return None
    return view.shown(host, found, dataset, today_utc(utcnow()))._replace(doi=host.doi_of(record))


def _remember(memory, entries):
    # whoever asks next may know a dataset by its other name
    for one in entries:
        memory[one.row.pid] = memory[one.row.record_uuid] = one


def _memory():
    # a request that writes asks anew each time
    if has_request_context() and request.method in READS:
        return request.environ.setdefault(MEMORY, {})
    return {}
