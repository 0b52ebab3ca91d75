"""What would become of a user's record, were the mode on? Looked at after it was written, and never changed."""

import functools

from invenio_records import signals

from ...dataset import CATALOGUE_PREFIX
from ...datasets import publication, store
from ...errors import NotAccepted
from .. import observed
from . import communities, mapping


def connect():
    """Connect the receivers, once a process."""
    signals.after_record_insert.connect(_inserted, weak=False)
    signals.after_record_update.connect(_updated, weak=False)
    signals.before_record_delete.connect(_deleted, weak=False)


def _observer(look):
    """A receiver that calls look(host, source or None, record) for published records while the mode is observe."""

    @functools.wraps(look)
    def receive(sender, **kwargs):
        if communities.is_record(sender):
            observed.look(look, lambda sources: communities.source_of(sources, sender), sender)

    return receive


@_observer
def _inserted(host, source, record):
    if source is None:
        return
    if record.get("_files"):
        raise NotAccepted("This record has files.", code="has-files")
    if communities.block_id(record) is None or not communities.has_our_block(record["community"]):
        raise NotAccepted("This record has none of the fields that a description needs.", code="legacy")
    publication.check_description(host, source, None, host.from_record(record))
    pid = communities.pid_of(record)
    claimed = mapping.claimed(record, communities.block_id(record))
    if claimed is not None:
        publication.check_claim(host, source.name, claimed)
    row = publication.claim(source.name, claimed or CATALOGUE_PREFIX + pid)
    row.pid, row.record_uuid = pid, record.id
    publication.observed(host, row, record)


@_observer
def _updated(host, source, record):
    row = store.lock_by_record(record.id)
    if row is None and source is None:
        return
    publication.check_edit(host, row)
    publication.check_description(host, host.sources[row.source], row.identifier, host.from_record(record))
    publication.observed(host, row, record)


_deleted = _observer(observed.deleted)
