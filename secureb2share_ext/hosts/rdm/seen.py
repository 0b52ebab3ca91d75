"""What is a published record of ours, as pages and exports show it?"""

from flask import current_app

from ... import config
from ...access.rights import today_utc
from ...compat import utcnow
from ...datasets import showing, store
from ..switch import active


def shown_of_pid(pid):
    """The access.shown.Shown of the published record with this PID; None for one that is not ours, or damaged."""
    row = store.by_pid(pid) if active() is not None and isinstance(pid, str) else None
    return shown_of(row) if row is not None else None


def shown_of(row, record=None):
    """The same of a row; record: its record, where that was read already, also from the index."""
    host = config.current().host
    record = host.record(row) if record is None else record
    if record is None:
        return None
    dataset = showing.dataset_of(host, row, record)
    if not dataset.is_whole:
        current_app.logger.error("secureb2share.damaged-record pid=%s", row.pid)
        return None
    return showing.shown(host, row, dataset, today_utc(utcnow()))
