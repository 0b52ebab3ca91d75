"""What would become of a user's record, were the mode on? Looked at after it was written, and never changed.

Where a curator's record would be accepted, its dataset's row and an event that is never sent are written; where not,
the refusal is counted. Whatever goes wrong here is logged, and the user's request goes on.
"""

import functools

from flask import current_app, has_request_context
from invenio_db import db
from invenio_records import signals

from ...dataset import CATALOGUE_PREFIX
from ...datasets import publication, store
from ...errors import NotAccepted, Problem
from ...uploads import observe
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
        extension = current_app.extensions.get("secureb2share")
        if extension is None or extension.mode != "observe" or not communities.is_record(sender):
            return
        source = communities.source_of(extension.sources, sender)
        try:
            with db.session.begin_nested():
                look(extension.host, source, sender)
        except Problem as problem:
            if source is not None and has_request_context():
                observe.note(problem.code, source.community)
        except Exception:
            current_app.logger.exception("secureb2share.not-observed record=%s", sender.id)

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


@_observer
def _deleted(host, source, record):
    row = store.lock_by_record(record.id)
    if row is not None and row.state != "withdrawn":
        publication.set_state(row, "withdrawn", publication.DELETED)
        publication.observed(host, row, record)
