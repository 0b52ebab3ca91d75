"""The ways in which a record enters or leaves a source's community without being published.

They are components of RDM's service of record communities, and the request that includes a record in a community.
"""

from typing import Any, List, Type
from uuid import UUID

from flask import Flask
from invenio_drafts_resources.services.records.components import ServiceComponent
from invenio_rdm_records.proxies import current_rdm_records_service as service
from invenio_rdm_records.records.api import RDMRecord
from invenio_rdm_records.requests import CommunityInclusion
from invenio_records_resources.services.uow import RecordCommitOp, UnitOfWork
from invenio_requests.customizations import RequestType

from ....datasets import curation, store
from ....errors import NotAccepted
from ....messages.sources import Source
from ....proxies import Extension, active, current
from .. import communities, records
from . import deletion_guard, files, publishing

KEY = "RDM_RECORD_COMMUNITIES_SERVICE_COMPONENTS"
INCLUSION = "RDM_COMMUNITY_INCLUSION_REQUEST_CLS"
LEFT = "Removed from its community in the catalogue."


class CommunitiesComponent(ServiceComponent):
    """What follows from what RDM's service of record communities does."""

    def remove_community(self, identity: Any, record: Any = None, community: Any = None, **kwargs: Any) -> None:
        extension = active()
        if extension is not None and community["id"] == communities.default_of(record):
            _leave(identity, record)

    # its name from InvenioRDM 14 on
    remove_community_from_record = remove_community

    def set_default(self, identity: Any, record: Any = None, default_community_id: Any = None, **kwargs: Any) -> None:
        extension = active()
        if extension is None:
            return
        source = communities.source_of(extension.sources, default_community_id)
        rows = store.by_records(versions_of(record))
        if any(source is None or row.source != source.name for row in rows):
            _leave(identity, record)
        elif source is not None and not rows:
            enter(extension, source, record, self.uow)

    def bulk_add(self, identity: Any, community_id: Any = None, record_ids: Any = (), **kwargs: Any) -> None:
        extension = active()
        if extension is not None and communities.source_of(extension.sources, community_id) is not None:
            raise NotAccepted("Records enter a source's community one by one, each checked.", code="one-by-one")


def inclusion(request_type: Type[RequestType]) -> Type[RequestType]:
    """A request type that includes records in a source's community only where they can be datasets of it.

    request_type: the class that a site has, CommunityInclusion or another.
    """
    accept: Any = request_type.available_actions["accept"]

    class Accept(accept):
        def execute(self, identity, uow, **kwargs):
            extension = active()
            record, community = self.request.topic.resolve(), self.request.receiver.resolve()
            source = communities.source_of(extension.sources, community.id) if extension is not None else None
            if source is not None:
                check_inclusion(source, record)
            super().execute(identity, uow, **kwargs)
            if extension is not None and source is not None:
                included = service.record_cls.get_record(record.id)
                if communities.default_of(included) == str(community.id):
                    enter(extension, source, included, uow)

    actions = dict(request_type.available_actions, accept=Accept)
    return type(request_type.__name__, (request_type,), {"available_actions": actions})


def enter(extension: Extension, source: Source, record: RDMRecord, uow: UnitOfWork) -> None:
    """Take every version of a record into a source's community; raises a Problem or ValidationError."""
    for record_uuid in versions_of(record):
        one = record if record.id == record_uuid else service.record_cls.get_record(record_uuid)
        publishing.enter(extension, source, one)
        uow.register(RecordCommitOp(one, indexer=service.indexer))


def check_inclusion(source: Source, record: RDMRecord) -> None:
    """Raise NotAccepted when a published record cannot come into this Source's community."""
    row = store.by_record(record.id)
    if row is not None and row.source != source.name:
        raise NotAccepted(
            "This record is a dataset of the source %s, and cannot be one of another." % row.source,
            code="second-community",
        )
    files.refuse(*(service.record_cls.get_record(record_uuid) for record_uuid in versions_of(record)))


def _leave(identity, record):
    for row in store.by_records(versions_of(record)):
        store.lock_by_record(row.record_uuid)
        if row.state == "withdrawn":
            continue
        deletion_guard.check_taken_away(identity, row)
        curation.withdraw(row, LEFT)
        record = records.rewrite(row, service.record_cls.get_record(row.record_uuid))
        curation.accept_edit(current().host, row, record)


def versions_of(record: RDMRecord) -> List[UUID]:
    """[uuid] of all published versions of a record."""
    return list(service.record_cls.get_records_by_parent(record.parent, with_deleted=False, ids_only=True))


def install(app: Flask) -> None:
    """Assign the keys; the host reads them when it makes its services and request types."""
    app.config[KEY] = [*(app.config.get(KEY) or []), CommunitiesComponent]
    app.config[INCLUSION] = inclusion(app.config.get(INCLUSION) or CommunityInclusion)
