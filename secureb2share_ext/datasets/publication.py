"""The publication of a dataset: its record is written by the host, and its row and event beside it.

Whoever caused it, what follows from a record that was written stands here once: the row's digest, the event, and the
links between versions, all in the open transaction.
"""

import contextlib

from flask import g

from ..client import now_utc
from ..dataset import Dataset
from ..errors import NotAccepted
from ..outbox import announce
from . import store, versions, view


def publish(host, row, description, by):
    """Have the host make the record of a row that has none; the published Dataset.

    by: "source" where a message of the secure side is carried out, else "curator".
    """
    with _writing():
        record = host.publish(row, Dataset(row.source, row.identifier, description))
    return published(host, row, record, by)


def publish_many(host, source, pairs, by):
    """Have the host make the records of [(row, Dataset)] of one Source; the rows are new and replace nothing."""
    with _writing():
        records = host.publish_many(source, pairs)
    for (row, _), record in zip(pairs, records):
        _announce(host, row, record, by)


def update(host, row, description, by):
    """Have the host write a new revision with this description and the row's state; the Dataset. by: as in publish."""
    with _writing():
        record = host.update(row, Dataset(row.source, row.identifier, description, pid=row.pid))
    return published(host, row, record, by)


@contextlib.contextmanager
def _writing():
    before = is_writing()
    g.secureb2share_writing = True
    try:
        yield
    finally:
        g.secureb2share_writing = before


def is_writing():
    """Whether a record is being written for a flow of this package, so that no user caused what the host signals."""
    return bool(g.get("secureb2share_writing"))


def published(host, row, record, by, observe=False):
    """Note that the record of a row was written, in the open transaction; the Dataset.

    observe: the mode is observe: the event is never sent, and no other record changes.
    """
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
    announce.announce(row, dataset, *urls, targets=targets, is_observed=observe)
    return dataset


def _link(host, row, dataset, by):
    """Have the records of what `dataset` replaces, and of what it replaces no more, name each other or not."""
    for old in store.replaced_by(row.source, row.identifier):
        if old.identifier != dataset.replaces:
            old.replaced_by = None
            _rewrite(host, old, by)
    old = store.lock(row.source, dataset.replaces) if dataset.replaces else None
    if old is not None and old.pid is not None and old.replaced_by != row.identifier:
        if versions.is_taken(old, row.identifier):
            # another one was faster than the check
            raise NotAccepted("What this dataset replaces " + versions.TAKEN % old.replaced_by + ".", code="replaced")
        old.replaced_by = row.identifier
        _rewrite(host, old, by)


def _rewrite(host, row, by):
    record = host.record(row)
    if record is not None:
        update(host, row, host.from_record(record), by)


def record_of(host, row):
    """The record of a row; raises NotAccepted when it is not there any more."""
    record = host.record(row)
    if record is None:
        raise NotAccepted("The catalogue's administrator deleted the record of this dataset.", code="withdrawn")
    return record


def set_state(row, state, reason, successor=None):
    """Write a state and its reason into the row; nothing of a withdrawn dataset waits for a curator any more."""
    row.state, row.reason, row.successor, row.state_at = state, reason, successor, now_utc()
    if state == "withdrawn":
        store.drop_held(row.id)
