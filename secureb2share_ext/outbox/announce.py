"""The announcement of a dataset: the events that a change of it becomes.

There is one event per dataset and root transaction, and none when it would say the same as the last event. A second
change in the same transaction writes the event anew; after the commit its bytes are frozen.
"""

from typing import Any, Dict, Iterable, NamedTuple, Optional

from invenio_db import db

from ..client import now_utc
from ..compat import root_transaction
from ..dataset import Dataset
from ..instance import id_of
from ..proxies import current
from . import event, steps, store

OBSERVED = "observed:"  # begins the fingerprint of an event that is never sent


class _Written(NamedTuple):
    sequence: int
    is_first: bool  # whether nobody was told of the dataset before


class _Announced:
    """The announcements of one root transaction, kept by it: when the transaction ends, the events are frozen."""

    def __init__(self):
        self.rows: Dict[int, _Written] = {}  # row id -> its event of this transaction
        self.floor: Optional[int] = None

    @classmethod
    def of_transaction(cls):
        transaction = root_transaction(db.session())
        if not hasattr(transaction, "secureb2share_announced"):
            transaction.secureb2share_announced = cls()
        return transaction.secureb2share_announced

    def next_sequence(self, row):
        if row.sequence:
            return row.sequence + 1
        if self.floor is None:
            self.floor = steps.floor()
        return self.floor + 1


def announce(
    row: Any,
    dataset: Dataset,
    record_url: str,
    access_url: str,
    catalogue: str,
    targets: Iterable[str],
    is_observed: bool = False,
) -> None:
    """Write the event of a dataset for each of the names in `targets`; the row must be locked.

    is_observed: the event is never sent, so that a later event with the same content is sent.
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
    if written is not None and written.sequence == row.sequence:
        write, is_first = store.put, written.is_first
    else:
        write, is_first = store.add, (row.event_digest or OBSERVED).startswith(OBSERVED)
        row.sequence = announced.next_sequence(row)
    announced.rows[row.id] = _Written(row.sequence, is_first)
    row.event_digest = fingerprint
    state = "observed" if is_observed else "pending"
    _write(write, row, data, event.kind(is_first, dataset.state), dataset.revision, catalogue, targets, state)


def tell(
    row: Any, dataset: Dataset, record_url: str, access_url: str, catalogue: str, target: str, again: bool
) -> None:
    """Write an event of what a dataset says already, for one target that does not know it; the row must be locked.

    again: whether the target was told of it before.
    """
    row.sequence = _Announced.of_transaction().next_sequence(row)
    data = event.said(dataset, record_url, access_url)
    _write(store.add, row, data, event.kind(not again, dataset.state), dataset.revision, catalogue, [target])


def refused(row: Any, held_digest: str, reason: str, catalogue: str, targets: Iterable[str]) -> None:
    """Write the event that gives the reason for the refusal of a registration; the row must be locked."""
    row.sequence = _Announced.of_transaction().next_sequence(row)
    data = event.refused(row.source, row.identifier, row.pid, held_digest, reason)
    _write(store.add, row, data, "refused", None, catalogue, targets)


def _write(write, row, data, kind, revision, catalogue, targets, state="pending"):
    time, instance = now_utc(), id_of(current())
    for target in targets:
        message_id, body = event.body(instance, catalogue, target, data, kind, row.sequence, revision, time)
        write(target, row.id, row.sequence, kind, message_id, body, state)
