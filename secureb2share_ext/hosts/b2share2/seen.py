"""What is shown of a record of ours today, read from its metadata wherever they come from?"""

from flask import current_app

from ... import config
from ...access.rights import today_utc
from ...compat import utcnow
from ...datasets import showing


def shown_of(row, metadata):
    """The Shown of a row with its record's metadata (dict), or None where the record is damaged."""
    host = config.current().host
    dataset = showing.dataset_from(row, host.from_record(metadata))
    if not dataset.is_whole:
        current_app.logger.error("secureb2share.damaged-record pid=%s", row.pid)
        return None
    return showing.shown(host, row, dataset, today_utc(utcnow()))
