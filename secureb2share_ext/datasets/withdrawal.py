"""The way back from a final state, by an operator and for some days: a stolen key must not end datasets for good."""

import datetime

from flask import current_app
from invenio_db import db

from .. import stops
from ..client import from_utc
from ..dataset import FINAL
from ..descriptions import schema
from ..errors import Invalid, NotAccepted, UnknownDataset
from ..proxies import Host
from . import former, publication, store
from .models import DatasetRow


def undo(host: Host, source: str, identifier: str, reason: str, days: int, now: datetime.datetime) -> DatasetRow:
    """Give a withdrawn or superseded dataset its former state again in the open transaction, and return its row.

    Its record, its place in the index and its exports follow, and all targets of its source get an event. One that was
    never published waits for a curator again. reason: public, where the dataset is active again; days:
    SECUREB2SHARE_WITHDRAWAL_DAYS; now: naive UTC. Raises Invalid, UnknownDataset and NotAccepted.
    """
    fault = schema.text_fault(reason, 1000)
    if fault:
        raise Invalid([("reason", fault)])
    stops.must_be_writable()
    row = store.lock(source, identifier)
    if row is None:
        raise UnknownDataset()
    if row.state not in FINAL:
        raise NotAccepted(
            "This dataset is %s; only the states %s are taken back." % (row.state, " and ".join(FINAL)), code="state"
        )
    if now > last_moment(row, days):
        raise NotAccepted("It is %s for more than %d days, which is final." % (row.state, days), code="withdrawn")
    record = publication.record_of(host, row) if row.pid is not None else None
    former.bring_back(row, reason)
    if record is not None:
        publication.update(host, row, host.from_record(record), "operator")
    current_app.logger.info("secureb2share.withdrawal-undone pid=%s source=%s", row.pid, row.source)
    return row


def last_moment(row: DatasetRow, days: int) -> datetime.datetime:
    """When the way back of a row ends (naive UTC)."""
    return from_utc(row.state_at) + datetime.timedelta(days=days)


def forget(days: int, now: datetime.datetime) -> None:
    """Delete what was kept for a way back that has ended, and commit; in an incident everything stays.

    days, now: as in undo.
    """
    if not stops.is_frozen():
        store.forget_former(now - datetime.timedelta(days=days))
        db.session.commit()
