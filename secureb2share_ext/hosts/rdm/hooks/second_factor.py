"""The second factor of whoever decides about a source's records, asked for before RDM writes anything.

Of this, the API answers the 401 of RFC 9470; serving/entrance.py asks for the factor at the pages that lead to it.
Opening a published record for an edit, or beginning a new version of it, asks for nothing: that makes a draft which
says what is public already, and leads to a page that asks.
"""

from typing import Any, Optional, Type

from flask import Flask, has_request_context
from flask_login import current_user
from flask_principal import Identity
from invenio_access.permissions import system_process
from invenio_drafts_resources.services.records.components import ServiceComponent
from invenio_rdm_records.records.api import RDMRecord
from invenio_rdm_records.requests import CommunitySubmission
from invenio_requests.customizations import RequestType

from ....datasets import store
from ....messages.sources import Source
from ....proxies import Extension, active
from ....sign_in import gate
from .. import communities
from ..records import OpenWork
from . import deletion_guard, inclusion

RECORDS = "RDM_RECORDS_SERVICE_COMPONENTS"
SUBMISSION = "RDM_COMMUNITY_SUBMISSION_REQUEST_CLS"
DECISIONS = ("accept", "decline")


class SecondFactorComponent(ServiceComponent):
    """The question before what RDM's services of records, and of their communities, do; the first component."""

    def publish(self, identity: Any, draft: Any = None, record: Any = None, **kwargs: Any) -> None:
        extension = self._asking(identity)
        if extension is not None and (_is_dataset(record) or _source(extension, draft) is not None):
            gate.must_be_strong("curate")

    def update_draft(self, identity: Any, record: Any = None, **kwargs: Any) -> None:
        self._change(identity, record)

    def delete_draft(self, identity: Any, draft: Any = None, record: Any = None, **kwargs: Any) -> None:
        self._change(identity, draft)

    def _change(self, identity, draft):
        extension = self._asking(identity)
        if extension is None:
            return
        source = _source(extension, draft)
        # what is submitted is for others to decide, and whoever submits need not be known to the provider
        is_curators = source is not None and source.name in extension.host.reviewed_sources()
        if is_curators or _is_dataset(draft):
            gate.must_be_strong("curate")

    def delete_record(self, identity: Any, record: Any = None, **kwargs: Any) -> None:
        extension = self._asking(identity)
        if extension is not None and (_is_dataset(record) or _source(extension, record) is not None):
            gate.must_be_strong("erase" if deletion_guard.is_administrator(identity) else "curate")

    delete = restore_record = update_tombstone = mark_record = unmark_record = delete_record

    def remove_community(self, identity: Any, record: Any = None, **kwargs: Any) -> None:
        extension = self._asking(identity)
        if extension is not None and _is_dataset(record):
            gate.must_be_strong("curate")

    # its name from InvenioRDM 14 on
    remove_community_from_record = remove_community

    def set_default(self, identity: Any, record: Any = None, default_community_id: Any = None, **kwargs: Any) -> None:
        extension = self._asking(identity)
        if extension is None:
            return
        if _is_dataset(record) or communities.source_of(extension.sources, default_community_id) is not None:
            gate.must_be_strong("curate")

    def _asking(self, identity):
        return None if isinstance(self.uow, OpenWork) else asking(identity)


def asking(identity: Identity) -> Optional[Extension]:
    """The extension where somebody acts in the current request, None where the catalogue itself does, as in a task."""
    if not has_request_context() or not (current_user.is_authenticated or system_process not in identity.provides):
        return None
    extension = active()
    return extension if extension is not None and extension.sign_in is not None else None


def deciding(request_type: Type[RequestType]) -> Type[RequestType]:
    """A request type (class) that asks whoever accepts or declines what is meant for a source's community."""
    available = request_type.available_actions
    asked = {name: _asked(available[name]) for name in DECISIONS if name in available}
    return type(request_type.__name__, (request_type,), {"available_actions": dict(available, **asked)})


def _asked(action: Any) -> Any:
    class Asked(action):
        def execute(self, identity, uow, **kwargs):
            extension = asking(identity)
            receiver = self.request.receiver.reference_dict if extension is not None else {}
            if extension is not None and communities.source_of(extension.sources, receiver.get("community")):
                gate.must_be_strong("curate")
            super().execute(identity, uow, **kwargs)

    return Asked


def install(app: Flask) -> None:
    """Assign the keys, after the other hooks; the host reads them when it makes its services and request types."""
    for key in (RECORDS, inclusion.KEY):
        app.config[key] = [SecondFactorComponent, *app.config[key]]
    app.config[SUBMISSION] = deciding(app.config.get(SUBMISSION) or CommunitySubmission)
    app.config[inclusion.INCLUSION] = deciding(app.config[inclusion.INCLUSION])


def _is_dataset(record: RDMRecord) -> bool:
    return store.by_record(record.id) is not None


def _source(extension, draft) -> Optional[Source]:
    return communities.source_of(extension.sources, communities.meant_by(draft))
