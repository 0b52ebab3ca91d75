"""When does a change of a dataset become an event?

One event per dataset and root transaction, none when it would say what the last one said. A second change in the same
transaction writes the event anew; after the commit its bytes are frozen.
"""

from invenio_db import db
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.orm import Session

from ..client import now_utc
from . import event, steps, store

_KEY, _FLOOR = "secureb2share_announced", "secureb2share_floor"  # in the session's info, for one transaction
OBSERVED = "observed:"  # begins the fingerprint of what was said to nobody


def announce(row, dataset, record_url, access_url, catalogue, targets, is_observed=False):
    """Write the event of a dataset for each of the names in `targets`; the row must be locked.

    is_observed: the event is never sent, so that a later one that says the same is news.
    """
    data = event.said(dataset, record_url, access_url)
    fingerprint = event.fingerprint(data)
    if is_observed:
        # the column has room for a fingerprint alone
        fingerprint = (OBSERVED + fingerprint)[: len(fingerprint)]
    if row.event_digest == fingerprint:
        return
    open_now = db.session().info.setdefault(_KEY, {})  # {row id: (sequence, whether it is the first event)}
    written = open_now.get(row.id)
    # the sequence tells an event of this transaction from one of a savepoint that was rolled back
    again = written is not None and written[0] == row.sequence
    first = written[1] if again else (row.event_digest or OBSERVED).startswith(OBSERVED)
    if not again:
        row.sequence = (row.sequence or _floor()) + 1
    open_now[row.id] = (row.sequence, first)
    row.event_digest = fingerprint
    state = "observed" if is_observed else "pending"
    write = store.put if again else store.add
    _write(write, row, data, event.kind(first, dataset.state), dataset.revision, catalogue, targets, state)


def refused(row, held_digest, reason, catalogue, targets):
    """Write the event that tells why a registration was refused; the row must be locked."""
    row.sequence = (row.sequence or _floor()) + 1
    data = event.refused(row.source, row.identifier, row.pid, held_digest, reason)
    _write(store.add, row, data, "refused", None, catalogue, targets)


def _write(write, row, data, kind, revision, catalogue, targets, state="pending"):
    time = now_utc()
    for target in targets:
        message_id, body = event.body(catalogue, target, data, kind, row.sequence, revision, time)
        write(target, row.id, row.sequence, kind, message_id, body, state)


def _floor():
    info = db.session().info
    if _FLOOR not in info:
        info[_FLOOR] = steps.floor()
    return info[_FLOOR]


@sqlalchemy_event.listens_for(Session, "after_transaction_end")
def _forget(session, transaction):
    # a savepoint has a parent; only the end of the root transaction freezes the event
    if transaction.parent is None:
        session.info.pop(_KEY, None)
        session.info.pop(_FLOOR, None)
