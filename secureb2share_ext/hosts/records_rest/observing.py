"""The look at a user's record after it was written: what would become of it while the mode is on."""

import functools

from invenio_records import signals

from ...datasets import curation, store
from ...errors import Invalid
from .. import observation
from . import mapping, routes, watch


def connect() -> None:
    """Connect the receivers, once a process."""
    signals.after_record_insert.connect(_inserted, weak=False)
    signals.after_record_update.connect(_updated, weak=False)
    signals.after_record_revert.connect(_updated, weak=False)
    signals.before_record_delete.connect(_deleted, weak=False)


def _observer(look):
    """A receiver that calls look(host, source of the request or None, record) while the mode is observe."""

    @functools.wraps(look)
    def receive(sender, record=None, **kwargs):
        observation.look(look, routes.source_of_request, record)

    return receive


@_observer
def _inserted(host, source, record):
    if source is None:
        return
    _check_members(record)
    claimed = mapping.claimed(record)
    curation.check_new(host, source, record, claimed)
    curation.accept_new(host, source, record, watch.pid_in(host, source, record), claimed, observe=True)


@_observer
def _updated(host, source, record):
    row = store.lock_by_record(record.id)
    if row is None and source is None:
        return
    curation.check_editable(host, row)
    _check_members(record)
    curation.accept_edit(host, curation.check_edit(host, row, record), record, observe=True)


_deleted = _observer(observation.deleted)


def _check_members(record):
    # nothing read the body strictly in this mode, so that what loaders.py refuses is looked for here
    written_by_host = mapping.written_by_host(record)
    if written_by_host:
        raise Invalid([(name, "is not a known field") for name in written_by_host])
