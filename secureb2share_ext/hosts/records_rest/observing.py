"""What would become of a user's record, were the mode on? Looked at after it was written, and never changed."""

import functools

from invenio_pidstore.proxies import current_pidstore
from invenio_records import signals

from ...dataset import CATALOGUE_PREFIX
from ...datasets import publication, store
from ...errors import Invalid
from .. import observed
from . import mapping, routes


def connect():
    """Connect the receivers, once a process."""
    signals.after_record_insert.connect(_inserted, weak=False)
    signals.after_record_update.connect(_updated, weak=False)
    signals.after_record_revert.connect(_updated, weak=False)
    signals.before_record_delete.connect(_deleted, weak=False)


def _observer(look):
    """A receiver that calls look(host, source of the request or None, record) while the mode is observe."""

    @functools.wraps(look)
    def receive(sender, record=None, **kwargs):
        observed.look(look, routes.source_of_request, record)

    return receive


@_observer
def _inserted(host, source, record):
    if source is None:
        return
    description = _description(record)
    publication.check_description(host, source, None, description)
    pid = current_pidstore.fetchers[host.endpoint(source)["pid_fetcher"]](record.id, record).pid_value
    stamp = record.get(mapping.STAMP)
    claimed = stamp.get("identifier") if isinstance(stamp, dict) else None
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
    description = _description(record)
    publication.check_description(host, host.sources[row.source], row.identifier, description)
    publication.observed(host, row, record)


_deleted = _observer(observed.deleted)


def _description(record):
    # nothing read the body strictly in this mode, so that what loaders.py refuses is looked for here
    written_by_host = mapping.written_by_host(record)
    if written_by_host:
        raise Invalid([(name, "is not a known field") for name in written_by_host])
    return mapping.from_record(record)
