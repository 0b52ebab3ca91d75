"""How is a publication, change or deletion noticed inside its transaction?

By the signals of invenio-records: they are sent after the minter and inside the transaction of the request. They are
process-global and two applications may live in one process, so that each receiver asks the current one.
"""

from flask import current_app
from invenio_pidstore.proxies import current_pidstore
from invenio_records import signals

from ...dataset import CATALOGUE_PREFIX
from ...datasets import publication, store, writing
from .. import wanted
from . import mapping, routes


def connect():
    """Connect the receivers, once a process."""
    signals.before_record_insert.connect(_before_insert, weak=False)
    signals.after_record_insert.connect(_after_insert, weak=False)
    signals.before_record_update.connect(_before_update, weak=False)
    signals.after_record_update.connect(_after_update, weak=False)
    signals.before_record_delete.connect(_before_delete, weak=False)
    signals.before_record_revert.connect(_before_revert, weak=False)
    signals.after_record_revert.connect(_after_update, weak=False)


def _active():
    extension = current_app.extensions.get("secureb2share")
    return extension if extension is not None and extension.is_on else None


def _before_insert(sender, record=None, **kwargs):
    extension = _active()
    if extension is None or writing.cause():
        return
    source = routes.source_of_request(extension.sources)
    if source is None:
        return
    description = mapping.from_record(record)
    publication.check_description(extension.host, source, None, description)
    endpoint = extension.host.endpoint(source)
    pid = current_pidstore.fetchers[endpoint["pid_fetcher"]](None, record).pid_value
    stamp = record.get(mapping.STAMP)
    claimed = stamp.get("identifier") if isinstance(stamp, dict) else None
    if claimed is not None:
        publication.check_claim(extension.host, source.name, claimed)
    identifier = claimed or CATALOGUE_PREFIX + pid
    _rewrite(record, description, mapping.stamp(source.name, identifier))
    # the model took its copy before this signal
    record.model.data = dict(record)


def _after_insert(sender, record=None, **kwargs):
    extension = _active()
    if extension is None or writing.is_many():
        return
    if writing.cause():
        row = store.by_record(record.id)
    else:
        source = routes.source_of_request(extension.sources)
        if source is None:
            return
        row = publication.claim(source.name, record[mapping.STAMP]["identifier"])
        row.pid = current_pidstore.fetchers[extension.host.endpoint(source)["pid_fetcher"]](record.id, record).pid_value
        row.record_uuid = record.id
    publication.published(extension.host, row, record)
    _note(extension, row)
    if "invenio-oaiserver" in current_app.extensions:
        from . import oai

        oai.mint(row)


def _before_update(sender, record=None, **kwargs):
    extension = _active()
    if extension is None or writing.cause():
        return
    row = store.lock_by_record(record.id)
    if row is None and routes.source_of_request(extension.sources) is None:
        return
    publication.check_edit(extension.host, row)
    description = mapping.from_record(record)
    publication.check_description(extension.host, extension.sources[row.source], row.identifier, description)
    # a PUT replaces everything, the PID's field too
    record[mapping.PID_FIELD] = row.pid
    _rewrite(record, description, mapping.stamp(row.source, row.identifier, row))


def _after_update(sender, record=None, **kwargs):
    extension = _active()
    row = store.lock_by_record(record.id) if extension is not None else None
    if row is not None:
        publication.published(extension.host, row, record)
        _note(extension, row)


def _before_revert(sender, record=None, **kwargs):
    extension = _active()
    row = store.lock_by_record(record.id) if extension is not None else None
    if row is not None:
        publication.check_edit(extension.host, row)


def _before_delete(sender, record=None, **kwargs):
    extension = _active()
    row = store.lock_by_record(record.id) if extension is not None else None
    if row is not None and row.state != "withdrawn":
        publication.deleted(extension.host, row, record)
    if row is not None:
        _note(extension, row)


def note_many(host, rows):
    """What follows from the insert of each of these new rows of one source, for all together."""
    if _is_indexed(host, rows[0]):
        wanted.want_new([row.record_uuid for row in rows])
    if "invenio-oaiserver" in current_app.extensions:
        from . import oai

        for row in rows:
            oai.add(row)


def _note(extension, row):
    """The search index has to follow, where there is one."""
    if _is_indexed(extension.host, row):
        wanted.want(row.record_uuid)


def _is_indexed(host, row):
    source = host.sources.get(row.source)
    return source is not None and source.community in host.indexers


def _rewrite(record, description, stamp):
    """Leave nothing in the record but the description, the PID's field and our stamp."""
    rewritten = mapping.to_record(description)
    rewritten.update((name, record[name]) for name in (mapping.PID_FIELD,) if name in record)
    # Record.clear would keep $schema, which names a place that the server then reads
    dict.clear(record)
    record.update(rewritten)
    record[mapping.STAMP] = stamp
