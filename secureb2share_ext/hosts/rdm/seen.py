"""What a published record of ours is, as pages and exports show it.

A request that only reads asks the database once: for the rows of a whole page of records, and for each record once.
Records that cannot be ours are not asked for.
"""

from flask import current_app, has_request_context, request
from invenio_rdm_records.proxies import current_rdm_records_service as service

from ... import config
from ...access.rights import today_utc
from ...compat import utcnow
from ...datasets import showing, store
from ...datasets.given import member
from ..switch import active
from .names import full

MEMORY = "secureb2share.rdm.seen"  # of the request's WSGI environment
READS = ("GET", "HEAD")


class Memory:
    """What one request has learned: rows {PID: row or None} and shown {PID: Shown or None}."""

    def __init__(self):
        self.rows, self.shown = {}, {}


def rows_of(records):
    """{PID: row} of those records that are ours; records: dicts as the host serves, indexes or describes them."""
    extension = active()
    if extension is None:
        return {}
    communities = {source.community for source in extension.sources.values()}
    pids = [one["id"] for one in records if isinstance(one.get("id"), str) and may_be_ours(one, communities)]
    memory = _memory()
    unknown = [pid for pid in pids if pid not in memory.rows]
    found = store.by_pids(unknown) if unknown else {}
    memory.rows.update((pid, found.get(pid)) for pid in unknown)
    return {pid: memory.rows[pid] for pid in pids if memory.rows[pid] is not None}


def row_of(record):
    """The row of a record (dict as in rows_of), or None."""
    return rows_of([record]).get(record.get("id"))


def may_be_ours(record, communities):
    """Whether a record (dict) has a custom field of ours, or is in one of these communities (slugs or ids). Pure.

    A damaged record may have lost its custom fields; a record that does not tell its communities may be in any.
    """
    if "parent" not in record or any(name.startswith(full("")) for name in member(record, "custom_fields")):
        return True
    told = member(member(record, "parent"), "communities")
    ids, entries = told.get("ids") or [], told.get("entries") or []
    if len(entries) < len(ids):
        return True
    return any(entry.get(name) in communities for entry in entries for name in ("id", "slug"))


def shown_of_pid(pid):
    """The access.shown.Shown of the published record with this PID; None for one that is not ours, or damaged."""
    if active() is None or not isinstance(pid, str):
        return None
    memory = _memory()
    if pid not in memory.rows:
        memory.rows[pid] = store.by_pid(pid)
    row = memory.rows[pid]
    return shown_of(row) if row is not None else None


def shown_of(row, record=None):
    """The same of a row; record: its record, where that was read already, also from the index."""
    memory = _memory()
    if record is not None or row.pid not in memory.shown:
        memory.shown[row.pid] = _made(row, record)
    return memory.shown[row.pid]


def shown_of_source(row, source):
    """The same of a row whose record the index holds as `source` (dict): nothing is read from the database for it."""
    return shown_of(row, service.record_cls.loads(source))


def _made(row, record):
    host = config.current().host
    record = host.record(row) if record is None else record
    if record is None:
        return None
    dataset = showing.dataset_of(host, row, record)
    if not dataset.is_whole:
        current_app.logger.error("secureb2share.damaged-record pid=%s", row.pid)
        return None
    return showing.shown(host, row, dataset, today_utc(utcnow()))


def _memory():
    # a request that writes asks anew each time
    if has_request_context() and request.method in READS:
        return request.environ.setdefault(MEMORY, Memory())
    return Memory()
