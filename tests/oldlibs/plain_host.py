"""A host on invenio-records and invenio-pidstore alone, as B2SHARE 2 brings them: no search, no pages, no drafts."""

import uuid

from flask import has_request_context, request
from invenio_access import DynamicPermission
from invenio_db import db
from invenio_files_rest.views import BucketResource, LocationResource, ObjectResource
from invenio_pidstore.proxies import current_pidstore
from invenio_records import signals
from invenio_records.api import Record
from sqlalchemy.orm.exc import NoResultFound, StaleDataError

from secureb2share_ext.client import seconds
from secureb2share_ext.dataset import CATALOGUE_PREFIX
from secureb2share_ext.datasets import curation, store
from secureb2share_ext.errors import NotAccepted
from secureb2share_ext.hosts import files_rest
from secureb2share_ext.hosts.actions import curate, register, register_scope
from secureb2share_ext.problems import problem_response
from secureb2share_ext.testing.host import STAMP, MemoryHost

PID = "control_number"
KNOWN = {
    "plain_records.*": "record metadata as JSON, no files",
    "invenio_oauth2server*": "token forms; no file fields",
    "security.*": "sign-up, login and password forms; no file fields",
    "oaiserver*": "OAI-PMH requests as form fields",
}


class PlainHost(MemoryHost):
    """What differs from the host in memory: records and PIDs of Invenio, files, routes, and users with rights."""

    name = "plain"
    extension = "invenio-records"

    def faults(self):
        return []

    def lock(self, app):
        files_rest.lock(app)

    def lock_faults(self, app):
        return files_rest.faults(app)

    def content_endpoints(self, app):
        views = {endpoint: getattr(view, "view_class", type(None)) for endpoint, view in app.view_functions.items()}
        content = (LocationResource, BucketResource, ObjectResource)
        return {endpoint: "file content" for endpoint, view in views.items() if issubclass(view, content)}

    def known_writes(self, app):
        return KNOWN

    def watch(self, app):
        signals.before_record_insert.connect(_before_insert, weak=False)
        signals.after_record_insert.connect(_after_insert, weak=False)
        signals.before_record_update.connect(_before_update, weak=False)
        signals.after_record_update.connect(_after_update, weak=False)
        signals.before_record_delete.connect(_before_delete, weak=False)

    def community_of_request(self):
        return _community() or ""

    def serve(self, app):
        app.register_error_handler(StaleDataError, _conflict)

    def sources_of_token(self):
        token = getattr(request, "oauth", None)
        if token is None or register_scope.id not in token.access_token.scopes:
            return None
        # somebody is superuser, or these libraries would let everybody register
        return {name for name in self.sources if DynamicPermission(register(name)).can()}

    def reviewed_sources(self):
        return list(self.sources) if DynamicPermission(curate).can() else []

    def from_record(self, record):
        return super().from_record({name: value for name, value in record.items() if name != PID})

    def publish(self, row, dataset):
        record_uuid, metadata = uuid.uuid4(), self.to_record(dataset.description)
        row.pid = current_pidstore.minters["recid"](record_uuid, metadata).pid_value
        row.record_uuid = record_uuid
        db.session.flush()
        metadata[STAMP] = self.stamp(row)
        return Record.create(metadata, id_=record_uuid)

    def can_publish_many(self, source):
        return False

    def update(self, row, dataset):
        record = Record.get_record(row.record_uuid)
        record.clear()
        record.update(self.to_record(dataset.description), **{PID: row.pid, STAMP: self.stamp(row)})
        db.session.flush()
        return record.commit()

    def record(self, row):
        try:
            return Record.get_record(row.record_uuid)
        except NoResultFound:
            return None

    def revision(self, record):
        return record.revision_id, seconds(record.updated)


def _community():
    import plain_records

    return plain_records.community_of_request() if has_request_context() and request.url_rule else None


def _conflict(error):
    return problem_response(NotAccepted("Somebody else changed the record at the same time; try again."))


def _claimed(record):
    stamp = record.get(STAMP)
    return stamp.get("identifier") if isinstance(stamp, dict) else None


@curation.of_users
def _before_insert(extension, record):
    if _community() is None:
        return
    source, claimed = extension.sources[_community()], _claimed(record)
    curation.check_new(extension.host, source, record, claimed)
    identifier = claimed or CATALOGUE_PREFIX + record[PID]
    record[STAMP] = {"source": source.name, "identifier": identifier, "state": "active"}


@curation.of_users
def _after_insert(extension, record):
    if _community() is not None:
        source = extension.sources[_community()]
        curation.accept_new(extension.host, source, record, record[PID], _claimed(record))


@curation.of_users
def _before_update(extension, record):
    row = store.lock_by_record(record.id)
    curation.check_edit(extension.host, row, record)
    record[PID], record[STAMP] = row.pid, extension.host.stamp(row)


@curation.of_users
def _after_update(extension, record):
    row = store.lock_by_record(record.id)
    if row is not None:
        curation.accept_edit(extension.host, row, record)


@curation.of_users
def _before_delete(extension, record):
    row = store.lock_by_record(record.id)
    if row is not None:
        curation.accept_deletion(extension.host, row, record)
