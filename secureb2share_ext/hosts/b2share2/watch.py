"""How is a publication, change or deletion noticed inside its transaction?

By the signals of invenio-records, and before anything is minted by the publication workflows of the communities, which
B2SHARE keeps in a dict. Both are process-global, so that each receiver asks the current application.
"""

import functools

from b2share.modules.communities.workflows import publication_workflows
from flask import current_app, g, has_request_context
from invenio_records import signals

from ...client import canonical
from ...dataset import CATALOGUE_PREFIX
from ...datasets import publication, store, writing
from ...errors import NotAccepted
from . import coercion, communities, doi, mapping, records


def connect():
    """Connect the receivers, and stand before every workflow, once a process."""
    signals.before_record_insert.connect(_before_insert, weak=False)
    signals.after_record_insert.connect(_after_insert, weak=False)
    signals.before_record_update.connect(_before_update, weak=False)
    signals.after_record_update.connect(_after_update, weak=False)
    signals.before_record_delete.connect(_before_delete, weak=False)
    for name, workflow in list(publication_workflows.items()):
        if not hasattr(workflow, "secureb2share"):
            publication_workflows[name] = _checked(workflow)


def is_connected():
    """Whether every workflow that a community can have is checked."""
    return all(hasattr(workflow, "secureb2share") for workflow in publication_workflows.values())


def is_users():
    """Whether a user's request is being served, and not a task, a command or this package's own work."""
    # B2SHARE's tasks work in a request of their own to "/", and its view of owners inside the user's
    return has_request_context() and bool(g.get("secureb2share_served")) and not writing.cause()


def _active():
    extension = current_app.extensions.get("secureb2share")
    return extension if extension is not None and extension.is_on else None


def _checked(workflow):
    @functools.wraps(workflow)
    def check(previous_model, deposit):
        workflow(previous_model, deposit)
        extension = _active()
        if extension is not None and not writing.cause() and _is_publishing(deposit):
            source = communities.source_of(extension.sources, deposit)
            if source is not None:
                _check_publication(extension.host, source, deposit)

    check.secureb2share = True
    return check


def _is_publishing(deposit):
    return deposit["publication_state"] == "published" and deposit["_deposit"]["status"] != "published"


def _check_publication(host, source, deposit):
    """Raise a Problem before anything is minted for a curator's draft."""
    if deposit.files:
        raise NotAccepted(
            "This draft has files from before uploads were closed, and cannot be published: begin a new one.",
            code="has-files",
        )
    if communities.block_id(deposit) is None or not communities.has_our_block(deposit["community"]):
        raise NotAccepted(
            "This draft was begun before its community was prepared for sensitive data; begin a new one.", code="legacy"
        )
    publication.check_description(host, source, None, host.from_record(deposit))
    identifier = mapping.claimed(deposit, communities.block_id(deposit))
    if identifier is not None:
        publication.check_claim(host, source.name, identifier)
    records.check_search()


def _before_insert(sender, **kwargs):
    extension = _active()
    if extension is None:
        return
    if communities.is_draft(sender):
        # in every community: B2SHARE would show whatever addresses a client says its files have
        coercion.forget_files(sender)
    source = communities.source_of(extension.sources, sender)
    if source is None:
        return
    coercion.close(sender)
    # B2SHARE's own permissions and search compare the text
    sender["community"] = communities.id_of(source.community)
    if communities.is_draft(sender) and not writing.cause():
        previous = records.previous_of(sender)
        if previous is not None:
            row = store.by_record(previous)
            publication.check_edit(extension.host, row)
            former = communities.block_id(extension.host.record(row) or {})
            if communities.block_id(sender) or former:
                mapping.replace(sender, communities.block_id(sender) or former, row.identifier)
    if communities.is_record(sender):
        if not writing.cause():
            # again, where a site's own way to publish knows no workflow
            publication.check_description(extension.host, source, None, extension.host.from_record(sender))
        block_id, pid = communities.block_id(sender), communities.pid_of(sender)
        row = store.by_pid(pid) if writing.cause() else None
        identifier = row.identifier if row is not None else mapping.claimed(sender, block_id)
        mapping.write(sender, block_id, extension.host.access_url(pid), "active", identifier)


def _after_insert(sender, **kwargs):
    extension = _active()
    if extension is None or not communities.is_record(sender):
        return
    source = communities.source_of(extension.sources, sender)
    if source is None:
        return
    pid = communities.pid_of(sender)
    row = store.by_pid(pid) if writing.cause() else None
    if row is None:
        claimed = mapping.claimed(sender, communities.block_id(sender))
        row = publication.claim(source.name, claimed or CATALOGUE_PREFIX + pid)
        row.pid = pid
    row.record_uuid = sender.id
    records.note_handle(sender)
    publication.published(extension.host, row, sender)


def _before_update(sender, **kwargs):
    extension = _active()
    if extension is None:
        return
    row = store.lock_by_record(sender.id) if communities.is_record(sender) else None
    if row is None and communities.source_of(extension.sources, sender) is None:
        return
    if communities.is_record(sender) and row is None:
        if is_users():
            publication.check_edit(extension.host, None)
        coercion.keep(sender, sender.model.json)
        return
    coercion.close(sender)
    if row is not None:
        if not writing.cause():
            _check_edit(extension.host, row, sender)
        identifier = None if row.identifier.startswith(CATALOGUE_PREFIX) else row.identifier
        address = extension.host.access_url(row.pid)
        mapping.write(sender, communities.block_id(sender), address, state_text(row), identifier)


def _check_edit(host, row, record):
    """Raise a Problem where a user, or whoever changes the description, may not or does it wrongly."""
    description = host.from_record(record)
    is_same = canonical(description) == canonical(host.from_record(record.model.json))
    if is_users() or not is_same:
        publication.check_edit(host, row)
    if not is_same:
        publication.check_description(host, host.sources[row.source], row.identifier, description)


def state_text(row):
    """Where a dataset stands, as its record says it to readers."""
    by = " by %s" % row.successor if row.successor else ""
    since = "" if row.state == "active" else " since %s: %s" % ((row.state_at or "")[:10], row.reason)
    newer = " (replaced by %s)" % row.replaced_by if row.replaced_by else ""
    return row.state + newer + by + since


def _after_update(sender, **kwargs):
    extension = _active()
    if extension is None or not communities.is_record(sender):
        return
    row = store.lock_by_record(sender.id)
    if row is not None:
        publication.published(extension.host, row, sender)
        if writing.cause():
            doi.want(sender)


def _before_delete(sender, **kwargs):
    extension = _active()
    row = store.lock_by_record(sender.id) if extension is not None else None
    if row is not None and row.state != "withdrawn":
        publication.deleted(extension.host, row, sender)
