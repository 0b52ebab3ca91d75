"""The signals of invenio-records, which tell what users publish, change and delete, inside the host's transaction.

The publication workflows of the communities, which B2SHARE keeps in a dict, are checked before anything is minted.
Signals and workflows belong to the process, so that each receiver asks the current application.
"""

import functools

from b2share.modules.communities.workflows import publication_workflows
from flask import g, has_request_context
from invenio_db import db
from invenio_records import signals

from ...client import canonical
from ...dataset import CATALOGUE_PREFIX
from ...datasets import curation, publication, store
from ...errors import NotAccepted
from ...proxies import active
from ...sign_in import gate
from . import coercion, communities, mapping, records

MARK = "secureb2share"  # the attribute of a workflow that is checked


def connect() -> None:
    """Connect the receivers, and put a check into every workflow, once a process."""
    signals.before_record_insert.connect(_before_insert, weak=False)
    signals.after_record_insert.connect(_after_insert, weak=False)
    signals.before_record_update.connect(_before_update, weak=False)
    signals.after_record_update.connect(_after_update, weak=False)
    signals.before_record_delete.connect(_before_delete, weak=False)
    for name, workflow in list(publication_workflows.items()):
        if not hasattr(workflow, MARK):
            publication_workflows[name] = _checked(workflow)


def is_connected() -> bool:
    """Whether every workflow that a community can have is checked."""
    return all(hasattr(workflow, MARK) for workflow in publication_workflows.values())


def is_users() -> bool:
    """Whether a user's request is being served, and not a task or a command."""
    # B2SHARE's tasks work in a request of their own to "/", and its view of owners inside the user's
    return has_request_context() and bool(g.get("secureb2share_served"))


def _checked(workflow):
    @functools.wraps(workflow)
    def check(previous_model, deposit):
        workflow(previous_model, deposit)
        if _is_publishing(deposit):
            _check_publication(deposit)

    setattr(check, MARK, True)
    return check


def _is_publishing(deposit):
    return deposit["publication_state"] == "published" and deposit["_deposit"]["status"] != "published"


@curation.of_users
def _check_publication(extension, deposit):
    """Raise a Problem before anything is minted for a curator's draft."""
    source = communities.source_of(extension.sources, deposit)
    if source is None:
        return
    _must_be_strong(extension, "curate")
    if deposit.files:
        raise NotAccepted(
            "This draft has files from before uploads were closed, and cannot be published: begin a new one.",
            code="has-files",
        )
    if communities.block_id(deposit) is None or not communities.has_our_block(deposit["community"]):
        raise NotAccepted(
            "This draft was begun before its community was prepared for sensitive data; begin a new one.", code="legacy"
        )
    curation.check_new(extension.host, source, deposit, mapping.claimed(deposit, communities.block_id(deposit)))
    records.check_search()


def _before_insert(sender, **kwargs):
    extension = active()
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
    sender["community"] = communities.id_of_source(source)
    if communities.is_draft(sender):
        _note_previous(sender)
    if communities.is_record(sender):
        block_id, pid = communities.block_id(sender), communities.pid_of(sender)
        # a registration has its row before its record
        row = store.by_pid(pid)
        identifier = row.identifier if row is not None else mapping.claimed(sender, block_id)
        if row is not None and row.identifier.startswith(CATALOGUE_PREFIX):
            identifier = None
        if row is None:
            _must_be_strong(extension, "curate")
            # again, where a site's own way to publish knows no workflow
            curation.check_new(extension.host, source, sender, None)
        mapping.compose(sender)
        mapping.write(sender, block_id, extension.host.access_url(pid), "active", identifier)


@curation.of_users
def _note_previous(extension, draft):
    """Have a user's draft of a new version say what it replaces; raise a Problem where there can be none."""
    previous = records.previous_of(draft)
    if previous is None:
        return
    row = store.by_record(previous)
    row = curation.check_editable(extension.host, row)
    former = communities.block_id(extension.host.record(row) or {})
    if communities.block_id(draft) or former:
        mapping.replace(draft, communities.block_id(draft) or former, row.identifier)


@curation.of_users
def _after_insert(extension, record):
    source = communities.source_of(extension.sources, record) if communities.is_record(record) else None
    if source is not None:
        claimed = mapping.claimed(record, communities.block_id(record))
        records.note_handle(record)
        curation.accept_new(extension.host, source, record, communities.pid_of(record), claimed)


def _before_update(sender, **kwargs):
    if communities.is_record(sender):
        _before_edit(sender)
        return
    extension = active()
    source = communities.source_of(extension.sources, sender) if extension is not None else None
    if extension is not None and source is not None:
        if extension.sign_in is not None and not publication.is_writing() and is_users():
            _ask_curator(extension, source)
        coercion.close(sender)


def _ask_curator(extension, source):
    # what is submitted is for others to decide, and whoever submits need not be known to the provider
    with db.session.no_autoflush:
        is_curators = source.name in extension.host.reviewed_sources()
    if is_curators:
        _must_be_strong(extension, "curate")


def _must_be_strong(extension, action):
    """Raise NotStrong where a user acts without the second factor that this action needs."""
    if extension.sign_in is not None and is_users():
        with db.session.no_autoflush:
            gate.must_be_strong(action)


@curation.of_users
def _before_edit(extension, record):
    row = store.lock_by_record(record.id)
    if row is not None:
        _must_be_strong(extension, "curate")
        _check_edit(extension.host, row, record)
        records.complete(extension.host, row, record)
    elif communities.source_of(extension.sources, record) is not None:
        if is_users():
            curation.check_editable(extension.host, None)
        coercion.keep(record, record.model.json)


def _check_edit(host, row, record):
    """Raise a Problem where a user, or whoever changes the description, may not or does it wrongly."""
    is_same = canonical(host.from_record(record)) == canonical(host.from_record(record.model.json))
    if not is_same:
        curation.check_edit(host, row, record)
    elif is_users():
        curation.check_editable(host, row)


@curation.of_users
def _after_update(extension, record):
    row = store.lock_by_record(record.id) if communities.is_record(record) else None
    if row is not None:
        curation.accept_edit(extension.host, row, record)


@curation.of_users
def _before_delete(extension, record):
    row = store.lock_by_record(record.id)
    if row is not None:
        _must_be_strong(extension, "erase")
        curation.accept_deletion(extension.host, row, record)
