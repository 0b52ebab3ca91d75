"""The publication of a dataset: its record is written by the host, and its row and event beside it.

Whoever caused it, what follows from a record that was written stands here once: the row's digest, the event, and the
links between versions, all in the open transaction.
"""

import contextlib
from typing import Any, Dict, Optional, Sequence, Tuple

from flask import current_app, g
from invenio_db import db

from .. import stops
from ..client import now_utc
from ..dataset import FINAL, Dataset
from ..errors import NotAccepted
from ..outbox import announce
from ..proxies import Host, Source
from . import former, store, versions, view
from .models import DatasetRow


def publish(host: Host, row: DatasetRow, description: Dict[str, Any], by: str) -> Dataset:
    """Have the host make the record of a row that has none, and return the published Dataset.

    by: "source" where a message of the secure side is carried out, else "curator" or "operator".
    """
    with _writing():
        record = host.publish(row, Dataset(row.source, row.identifier, description))
    return published(host, row, record, by)


def publish_many(host: Host, source: Source, pairs: Sequence[Tuple[DatasetRow, Dataset]], by: str) -> None:
    """Have the host make the records of [(row, Dataset)] of one Source; the rows are new and replace nothing."""
    with _writing():
        records = host.publish_many(source, pairs)
    for (row, _), record in zip(pairs, records):
        _announce(host, row, record, by)


def update(host: Host, row: DatasetRow, description: Dict[str, Any], by: str) -> Dataset:
    """Have the host write a new revision with this description and the row's state, and return the Dataset.

    by: as in publish.
    """
    with _writing():
        record = host.update(row, Dataset(row.source, row.identifier, description, pid=row.pid))
    return published(host, row, record, by)


@contextlib.contextmanager
def _writing():
    stops.must_be_writable()
    before = is_writing()
    g.secureb2share_writing = True
    try:
        yield
    finally:
        g.secureb2share_writing = before


def is_writing() -> bool:
    """Whether a record is being written for a flow of this package, so that no user caused what the host signals."""
    return bool(g.get("secureb2share_writing"))


def published(host: Host, row: DatasetRow, record: Any, by: str, observe: bool = False) -> Dataset:
    """Note, in the open transaction, that the record of a row was written, and return the Dataset.

    observe: the mode is observe: the event is never sent, and no other record changes.
    """
    if not observe:
        # what the host's own users write is rolled back with it
        stops.must_be_writable()
    dataset = _announce(host, row, record, by, observe)
    if not observe:
        _link(host, row, dataset, by)
    return dataset


def _announce(host, row, record, by, observe=False):
    dataset = view.dataset_of(host, row, record)
    row.digest = dataset.digest
    source = host.sources.get(row.source)
    # a source that is configured no more has nobody to tell
    targets = () if source is None else source.echo if by == "source" else source.targets
    urls = host.record_url(row), host.access_url(row.pid), host.base_url()
    announce.announce(row, view.told(host, dataset), *urls, targets=targets, is_observed=observe)
    return dataset


def _link(host, row, dataset, by):
    """Write the records of the dataset that `dataset` replaces, and of those that it no longer replaces, anew."""
    for other in store.replaced_by(row.source, row.identifier):
        if other.identifier != dataset.replaces:
            other.replaced_by = None
            _rewrite(host, other, by)
    old = store.lock(row.source, dataset.replaces) if dataset.replaces else None
    if old is not None and old.pid is not None and old.replaced_by != row.identifier:
        if versions.is_taken(old, row.identifier):
            # another one was faster than the check
            raise NotAccepted(
                "The dataset that this one replaces " + versions.TAKEN % old.replaced_by + ".", code="replaced"
            )
        old.replaced_by = row.identifier
        _rewrite(host, old, by)


def _rewrite(host, row, by):
    record = host.record(row)
    if record is not None:
        update(host, row, host.from_record(record), by)


def record_of(host: Host, row: DatasetRow) -> Any:
    """The record of a row; raises NotAccepted when it was deleted."""
    record = host.record(row)
    if record is None:
        raise NotAccepted("The catalogue's administrator deleted the record of this dataset.", code="withdrawn")
    return record


def set_state(row: DatasetRow, state: str, reason: str, successor: Optional[str] = None) -> None:
    """Write a state and its reason into the row; nothing of a withdrawn dataset waits or is drafted any more.

    What a final state ends is kept in the row for an operator's way back.
    """
    if state in FINAL:
        former.keep(row, with_held=state == "withdrawn")
    row.state, row.reason, row.successor, row.state_at = state, reason, successor, now_utc()
    if state == "withdrawn":
        store.drop_held(row.id)
        store.drop_draft(row.id)


def commit(source: str, pid: Optional[str]) -> None:
    """Commit what was written for a dataset of a source; where that fails, the PID is in the log."""
    try:
        db.session.commit()
    except Exception:
        # a PID that was minted elsewhere outlives the rollback
        current_app.logger.error("secureb2share.commit-failed pid=%s source=%s", pid, source)
        raise
