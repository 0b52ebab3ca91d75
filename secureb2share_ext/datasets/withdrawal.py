"""The taking back of a withdrawal, by an operator and for some days: a stolen key must not end datasets for good."""

import datetime

from flask import current_app

from ..client import from_utc
from ..descriptions import schema
from ..errors import Invalid, NotAccepted, UnknownDataset
from ..proxies import Host
from . import publication, store
from .models import DatasetRow


def undo(host: Host, source: str, identifier: str, reason: str, days: int, now: datetime.datetime) -> DatasetRow:
    """Make a withdrawn dataset active again in the open transaction, and return its row.

    Its record, its place in the index and its exports follow, and all targets of its source get an event. reason:
    public; days: SECUREB2SHARE_WITHDRAWAL_DAYS; now: naive UTC. Raises Invalid, UnknownDataset and NotAccepted.
    """
    fault = schema.text_fault(reason, 1000)
    if fault:
        raise Invalid([("reason", fault)])
    row = store.lock(source, identifier)
    if row is None:
        raise UnknownDataset()
    if row.state != "withdrawn":
        raise NotAccepted("This dataset is %s; only a withdrawal is taken back." % row.state, code="state")
    if row.pid is None:
        raise NotAccepted(
            "This dataset was never published, and its description is deleted; register the data anew.", code="state"
        )
    if now > last_moment(row, days):
        raise NotAccepted("It was withdrawn more than %d days ago, which is final." % days, code="withdrawn")
    record = publication.record_of(host, row)
    publication.set_state(row, "active", reason)
    publication.update(host, row, host.from_record(record), "operator")
    current_app.logger.info("secureb2share.withdrawal-undone pid=%s source=%s", row.pid, row.source)
    return row


def last_moment(row: DatasetRow, days: int) -> datetime.datetime:
    """When taking back the withdrawal of a row ends (naive UTC)."""
    return from_utc(row.state_at) + datetime.timedelta(days=days)
