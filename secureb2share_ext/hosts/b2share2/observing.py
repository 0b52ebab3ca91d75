"""The hooks of mode observe: each looks at a user's record after it was written, and never changes it."""

import functools

from invenio_records import signals

from ...datasets import curation, store
from ...errors import NotAccepted
from .. import observation
from . import communities, mapping


def connect() -> None:
    """Connect the receivers, once a process."""
    signals.after_record_insert.connect(_inserted, weak=False)
    signals.after_record_update.connect(_updated, weak=False)
    signals.before_record_delete.connect(_deleted, weak=False)


def _observer(look):
    """A receiver that calls look(host, source or None, record) for published records while the mode is observe."""

    @functools.wraps(look)
    def receive(sender, **kwargs):
        if communities.is_record(sender):
            observation.look(look, lambda sources: communities.source_of(sources, sender), sender)

    return receive


@_observer
def _inserted(host, source, record):
    if source is None:
        return
    if record.get("_files"):
        raise NotAccepted("This record has files.", code="has-files")
    if communities.block_id(record) is None or not communities.has_our_block(record["community"]):
        raise NotAccepted("This record has none of the fields that a description needs.", code="legacy")
    claimed = mapping.claimed(record, communities.block_id(record))
    curation.check_new(host, source, record, claimed)
    curation.accept_new(host, source, record, communities.pid_of(record), claimed, observe=True)


@_observer
def _updated(host, source, record):
    row = store.lock_by_record(record.id)
    if row is not None or source is not None:
        curation.accept_edit(host, curation.check_edit(host, row, record), record, observe=True)


_deleted = _observer(observation.deleted)
