"""The look at what users do to published records while the mode is observe: nothing is changed or refused.

It uses components of RDM's services and its request of inclusion, as publishing.py and inclusion.py do. A record is
looked at right before the commit, as readers will see it.
"""

import functools
from typing import Any

from flask import Flask
from invenio_drafts_resources.services.records.components import ServiceComponent
from invenio_rdm_records.proxies import current_rdm_records_service as service
from invenio_rdm_records.requests import CommunityInclusion
from invenio_rdm_records.services.components import DefaultRecordsComponents
from marshmallow import ValidationError

from ....datasets import curation, store
from ....errors import Invalid, NotAccepted
from ... import observation
from .. import communities
from ..fields import mapping
from . import before_commit, inclusion, publishing

COMPONENTS = "RDM_RECORDS_SERVICE_COMPONENTS"


def install(app: Flask) -> None:
    """Assign the keys; the host reads them when it makes its services and request types."""
    app.config[COMPONENTS] = [*(app.config.get(COMPONENTS) or DefaultRecordsComponents), RecordsObserver]
    app.config[inclusion.KEY] = [*(app.config.get(inclusion.KEY) or []), CommunitiesObserver]
    app.config[inclusion.INCLUSION] = _inclusion(app.config.get(inclusion.INCLUSION) or CommunityInclusion)
    before_commit.install()


class RecordsObserver(ServiceComponent):
    """The look at what RDM's service of records does; the last of its components."""

    def edit(self, identity: Any, draft: Any = None, record: Any = None, **kwargs: Any) -> None:
        observation.look(_edited, _source_of(record), record)

    new_version = edit

    def publish(self, identity: Any, draft: Any = None, record: Any = None, **kwargs: Any) -> None:
        is_new = draft.fork_version_id is None
        _before_commit(functools.partial(_published, is_new=is_new), _source_of(record), record)

    def delete(self, identity: Any, record: Any = None, **kwargs: Any) -> None:
        # before the commit nothing is left to be looked at
        observation.look(observation.deleted, _source_of(record), record)

    def delete_record(self, identity: Any, data: Any = None, record: Any = None, **kwargs: Any) -> None:
        _before_commit(observation.deleted, _source_of(record), record)


class CommunitiesObserver(ServiceComponent):
    """The look at what RDM's service of record communities does."""

    def remove_community(self, identity: Any, record: Any = None, community: Any = None, **kwargs: Any) -> None:
        if community["id"] == communities.default_of(record):
            _before_commit(_left, _no_source, record)

    # its name from InvenioRDM 14 on
    remove_community_from_record = remove_community

    def set_default(self, identity: Any, record: Any = None, default_community_id: Any = None, **kwargs: Any) -> None:
        _before_commit(_moved, _source(default_community_id), record)

    def bulk_add(self, identity: Any, community_id: Any = None, record_ids: Any = (), **kwargs: Any) -> None:
        observation.look(_added_in_bulk, _source(community_id), None)


def _inclusion(request_type):
    """A request type that looks at each record that it includes in a community; request_type: the class of the site."""
    accept: Any = request_type.available_actions["accept"]

    class Accept(accept):
        def execute(self, identity, uow, **kwargs):
            super().execute(identity, uow, **kwargs)
            community, record = self.request.receiver.resolve(), self.request.topic.resolve()
            _before_commit(functools.partial(_included, community=str(community.id)), _source(community.id), record)

    actions = dict(request_type.available_actions, accept=Accept)
    return type(request_type.__name__, (request_type,), {"available_actions": actions})


def _edited(host, source, record):
    row = store.by_record(record.id)
    if row is not None or source is not None:
        curation.check_editable(host, row)


def _published(host, source, record, is_new):
    row = store.lock_by_record(record.id)
    if row is None and source is None:
        return
    if row is None and is_new:
        _enter(host, source, record)
        return
    row = curation.check_editable(host, row)
    _check(host, host.sources[row.source], row, record)
    curation.accept_edit(host, row, record, observe=True)


def _included(host, source, record, community):
    if source is None:
        return
    inclusion.check_inclusion(source, record)
    if communities.default_of(record) == community:
        _enter_all(host, source, record)


def _moved(host, source, record):
    rows = store.by_records(inclusion.versions_of(record))
    if any(source is None or row.source != source.name for row in rows):
        _left(host, source, record)
    elif source is not None and not rows:
        _enter_all(host, source, record)


def _left(host, source, record):
    for row in store.by_records(inclusion.versions_of(record)):
        store.lock_by_record(row.record_uuid)
        if curation.withdraw(row, inclusion.LEFT):
            curation.accept_edit(host, row, service.record_cls.get_record(row.record_uuid), observe=True)


def _added_in_bulk(host, source, record):
    if source is not None:
        raise NotAccepted(code="one-by-one")


def _enter_all(host, source, record):
    for record_uuid in inclusion.versions_of(record):
        _enter(host, source, service.record_cls.get_record(record_uuid))


def _enter(host, source, record):
    _check(host, source, None, record)
    curation.accept_new(host, source, record, record.pid.pid_value, mapping.claimed(record), observe=True)


def _check(host, source, row, record):
    try:
        publishing.check(host, source, row, record)
    except ValidationError:
        raise Invalid([])


def _before_commit(act, source_of, record):
    before_commit.before_commit(lambda: observation.look(act, source_of, record))


def _source_of(record):
    return lambda sources: communities.source_of(sources, communities.default_of(record))


def _source(community):
    return lambda sources: communities.source_of(sources, community)


def _no_source(sources):
    return None
