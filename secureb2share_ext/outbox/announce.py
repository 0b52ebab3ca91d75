"""When does a change of a dataset become an event?

One event per dataset and root transaction, none when it would say what the last one said. A second change in the same
transaction writes the event anew; after the commit its bytes are frozen.
"""

from typing import Dict, Optional, Tuple

from invenio_db import db

from ..client import now_utc
from ..compat import root_transaction
from . import event, steps, store

OBSERVED = "observed:"  # begins the fingerprint of what was said to nobody


class _Announced:
    """What was announced in one root transaction, which keeps it: with its end the events are frozen."""

    def __init__(self):
        self.rows: Dict[int, Tuple[int, bool]] = {}  # row id -> (sequence, whether it is the first event)
        self.floor: Optional[int] = None

    @classmethod
    def of_transaction(cls):
        transaction = root_transaction(db.session())
        if not hasattr(transaction, "secureb2share_announced"):
            transaction.secureb2share_announced = cls()
        return transaction.secureb2share_announced

    def next_sequence(self, row):
        if not row.sequence and self.floor is None:
            self.floor = steps.floor()
        return (row.sequence or self.floor) + 1


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
    announced = _Announced.of_transaction()
    written = announced.rows.get(row.id)
    # the sequence tells an event of this transaction from one of a savepoint that was rolled back
    again = written is not None and written[0] == row.sequence
    first = written[1] if again else (row.event_digest or OBSERVED).startswith(OBSERVED)
    if not again:
        row.sequence = announced.next_sequence(row)
    announced.rows[row.id] = (row.sequence, first)
    row.event_digest = fingerprint
    state = "observed" if is_observed else "pending"
    write = store.put if again else store.add
    _write(write, row, data, event.kind(first, dataset.state), dataset.revision, catalogue, targets, state)


def refused(row, held_digest, reason, catalogue, targets):
    """Write the event that tells why a registration was refused; the row must be locked."""
    row.sequence = _Announced.of_transaction().next_sequence(row)
    data = event.refused(row.source, row.identifier, row.pid, held_digest, reason)
    _write(store.add, row, data, "refused", None, catalogue, targets)


def _write(write, row, data, kind, revision, catalogue, targets, state="pending"):
    time = now_utc()
    for target in targets:
        message_id, body = event.body(catalogue, target, data, kind, row.sequence, revision, time)
        write(target, row.id, row.sequence, kind, message_id, body, state)
