"""The published datasets that a page shows, as its host serves them.

They are looked up once a page. Records that are not ours are not found, and nothing is asked without our tables.
"""

from flask import current_app

from ..access.rights import today_utc
from ..compat import utcnow
from ..datasets import showing
from ..proxies import active


def by_pids(pids):
    """{pid: showing.Found} of those PIDs (texts) that are ours."""
    extension = active() if pids else None
    return {} if extension is None else {one.row.pid: one for one in showing.look_up(extension.host, pids=pids)}


def by_pid(pid):
    """The showing.Found with this PID, or None."""
    return by_pids([pid]).get(pid) if isinstance(pid, str) else None


def by_record(record_uuid):
    """The showing.Found whose record this is, or None."""
    extension = active()
    return None if extension is None else next(iter(showing.look_up(extension.host, uuids=[record_uuid])), None)


def shown(found, record=None):
    """The Shown of a showing.Found today, or None where its record is damaged or gone.

    record: its record, or the metadata of it that an index has; None: it is read.
    """
    host = current_app.extensions["secureb2share"].host
    record = host.record(found.row) if record is None else record
    if record is None:
        return None
    dataset = showing.dataset_from(found.row, host.from_record(record))
    if not dataset.is_whole:
        current_app.logger.error("secureb2share.damaged-record pid=%s", found.row.pid)
        return None
    return showing.shown(host, found, dataset, today_utc(utcnow()))
