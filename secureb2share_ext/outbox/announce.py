"""When does a change of a dataset become an event?

One event per dataset and root transaction, none when it would say what the last one said. A second change in the same
transaction writes the event anew; after the commit its bytes are frozen.
"""

from invenio_db import db
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.orm import Session

from ..client import now_utc
from . import event, store

_KEY = "secureb2share_announced"


def announce(row, dataset, record_url, access_url, catalogue, targets):
    """Write the event of a dataset for each of the names in `targets`; the row must be locked."""
    data = event.said(dataset, record_url, access_url)
    fingerprint = event.fingerprint(data)
    if row.event_digest == fingerprint:
        return
    open_now = db.session().info.setdefault(_KEY, {})
    if open_now.get(row.id) != row.sequence or not row.sequence:
        row.sequence += 1
        open_now[row.id] = row.sequence
    row.event_digest = fingerprint
    kind = event.kind(row.sequence == 1, dataset.state)
    time = now_utc()
    for target in targets:
        message_id, body = event.body(catalogue, target, data, kind, row.sequence, dataset.revision, time)
        store.put(target, row.id, row.sequence, message_id, body)
    db.session.flush()


@sqlalchemy_event.listens_for(Session, "after_transaction_end")
def _forget(session, transaction):
    # a savepoint has a parent; only the end of the root transaction freezes the event
    if transaction.parent is None:
        session.info.pop(_KEY, None)
