"""The signals of invenio-records: what users publish, change and delete, told inside its transaction.

They are sent after the minter and inside the transaction of the request. They are process-global and two applications
may live in one process, so that each receiver asks the current one.
"""

from typing import Any

from invenio_pidstore.proxies import current_pidstore
from invenio_records import signals

from ...dataset import CATALOGUE_PREFIX
from ...datasets import curation, store
from ...messages.sources import Source
from . import follow_up, mapping, proof, routes


def connect() -> None:
    """Connect the receivers, once a process."""
    signals.before_record_insert.connect(_before_insert, weak=False)
    signals.after_record_insert.connect(_after_insert, weak=False)
    signals.before_record_update.connect(_before_update, weak=False)
    signals.after_record_update.connect(_after_update, weak=False)
    signals.before_record_delete.connect(_before_delete, weak=False)
    signals.before_record_revert.connect(_before_revert, weak=False)
    signals.after_record_revert.connect(_after_update, weak=False)


def pid_in(host: Any, source: Source, record: Any) -> str:
    """The PID that the minter of a source's endpoint wrote into a record."""
    return current_pidstore.fetchers[host.endpoint(source)["pid_fetcher"]](record.id, record).pid_value


@curation.of_users
def _before_insert(extension, record):
    source = routes.source_of_request(extension.sources)
    if source is None:
        return
    host, claimed = extension.host, mapping.claimed(record)
    curation.check_new(host, source, record, claimed)
    identifier = claimed or CATALOGUE_PREFIX + pid_in(host, source, record)
    _rewrite(record, mapping.from_record(record), mapping.stamp(source.name, identifier))
    # the model took its copy before this signal
    record.model.data = dict(record)


@curation.of_users
def _after_insert(extension, record):
    source = routes.source_of_request(extension.sources)
    if source is not None:
        host = extension.host
        row = curation.accept_new(host, source, record, pid_in(host, source, record), mapping.claimed(record))
        follow_up.created(host, row)


@curation.of_users
def _before_update(extension, record):
    row = store.lock_by_record(record.id)
    if row is None and routes.source_of_request(extension.sources) is None:
        return
    row = curation.check_edit(extension.host, row, record)
    # a PUT replaces everything, the PID's field too
    record[mapping.PID_FIELD] = row.pid
    _rewrite(record, mapping.from_record(record), mapping.stamp(row.source, row.identifier, row))


@curation.of_users
def _after_update(extension, record):
    row = store.lock_by_record(record.id)
    if row is not None:
        curation.accept_edit(extension.host, row, record)
        follow_up.changed(extension.host, row)


@curation.of_users
def _before_revert(extension, record):
    row = store.lock_by_record(record.id)
    if row is not None:
        curation.check_editable(extension.host, row)


@curation.of_users
def _before_delete(extension, record):
    row = store.lock_by_record(record.id)
    if row is not None:
        curation.accept_deletion(extension.host, row, record)
        follow_up.changed(extension.host, row)


def _rewrite(record, description, stamp):
    """Leave nothing in the record but the description, the PID's field and our stamp."""
    rewritten = mapping.to_record(description)
    rewritten.update((name, record[name]) for name in (mapping.PID_FIELD,) if name in record)
    # Record.clear would keep $schema, which names a place that the server then reads
    dict.clear(record)
    record.update(rewritten)
    record[mapping.STAMP] = proof.proven(stamp, record.id)
