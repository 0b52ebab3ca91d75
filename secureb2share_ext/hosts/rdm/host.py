"""The answers of InvenioRDM 13 and 14, each from its own file."""

import datetime
from typing import Any, Dict, List, Optional, Sequence, Set, Tuple

from flask import Flask, request
from invenio_rdm_records.records.api import RDMRecord
from invenio_rdm_records.services.components import DefaultRecordsComponents

from ...dataset import Dataset
from ...datasets.models import DatasetRow
from ...errors import Problem
from .. import administration, files_rest, oai_lists, second_factor, tokens
from ..ghosts import Entries
from ..host import FormerContent, Host, SourceFault
from . import communities, index, permissions, policy, provision, records, routes, usage
from .fields import error_paths, mapping, settings
from .hooks import before_commit, community_guard, deletion_guard, inclusion, publishing
from .serving import access_requests, entrance, lists, pages, schema, serializer_config

COMPONENTS = "RDM_RECORDS_SERVICE_COMPONENTS"
ADDED = (
    (COMPONENTS, publishing.DatasetComponent),
    (inclusion.KEY, inclusion.CommunitiesComponent),
    (community_guard.KEY, community_guard.GuardComponent),
)


class RDM(Host):
    """InvenioRDM; a source's `community` names a community by its slug, `owner` (optional) who owns its records."""

    name = "rdm"
    extension = "invenio-rdm-records"
    pid_types = records.PID_TYPES

    def define(self, app: Flask) -> None:
        settings.define(app)

    def lock(self, app: Flask) -> None:
        files_rest.lock(app)
        policy.lock(app)

    def lock_faults(self, app: Flask) -> List[str]:
        found = files_rest.faults(app) + policy.faults(app) + settings.faults(app) + schema.faults(app)
        added = list(ADDED)
        if app.extensions["secureb2share"].sign_in is not None:
            from .hooks.second_factor import SecondFactorComponent

            added += [(key, SecondFactorComponent) for key in (COMPONENTS, inclusion.KEY)]
        for key, component in added:
            if component not in (app.config.get(key) or ()):
                found.append("%s was set anew after this package had added to it." % key)
        return found

    def content_endpoints(self, app: Flask) -> Dict[str, str]:
        return routes.content_endpoints(app)

    def known_writes(self, app: Flask) -> Dict[str, str]:
        return routes.known_writes(app)

    def community_of_request(self) -> str:
        return communities.of_request()

    def watch(self, app: Flask) -> None:
        components = app.config.get(COMPONENTS) or DefaultRecordsComponents
        app.config[COMPONENTS] = [publishing.LockComponent, *components, publishing.DatasetComponent]
        inclusion.install(app)
        community_guard.install(app)
        before_commit.install()
        if app.extensions["secureb2share"].sign_in is not None:
            # those who need no second factor need not have what it is built on
            from .hooks import second_factor as hook

            hook.install(app)

    def observe(self, app: Flask) -> None:
        from .hooks import observing

        observing.install(app)

    def former_content(self, since: datetime.datetime) -> FormerContent:
        return usage.content(since)

    def provision(self, is_extending: bool) -> List[str]:
        return provision.provision(self.sources)

    def provision_faults(self) -> List[str]:
        return provision.faults(self.sources)

    def source_faults(self) -> List[SourceFault]:
        return provision.source_faults(self.sources)

    def remains(self) -> List[str]:
        return provision.remains()

    def serve(self, app: Flask) -> None:
        schema.install(app)
        settings.show(app)
        serializer_config.wrap(app)
        oai_lists.install(app)
        access_requests.install(app)
        deletion_guard.install(app)

    def oai_models(self) -> List[Any]:
        return [RDMRecord.model_cls]

    def oai_source(self, record: Any) -> Any:
        return record.dumps()

    def oai_sets(self) -> Dict[str, str]:
        found = ((communities.id_of_source(source), name) for name, source in self.sources.items())
        slugs = ((communities.slug_of(community), name) for community, name in found if community)
        return {"community-" + slug: name for slug, name in slugs if slug}

    def finalize(self, app: Flask) -> None:
        lists.install(app)
        pages.install(app)
        if app.extensions["secureb2share"].sign_in is not None:
            from .hooks import administration as administration_of_rdm
            from .hooks import members, sharing

            # not before the host has put in what tells it who asks
            for hook in (members, sharing, entrance, administration_of_rdm, administration):
                hook.install(app)

    def export_faults(self, app: Flask) -> List[str]:
        return serializer_config.faults(app) + pages.faults(app)

    def index(self) -> Dict[str, int]:
        return dict(index.sweep(), **self.look_for_ghosts())

    def index_entries(self) -> Entries:
        return index.Entries(self.sources)

    def indexed_sources(self) -> List[str]:
        return list(self.sources)

    def explained(self, problem: Problem) -> Problem:
        problem = second_factor.worded(problem, self.base_url() + "/secureb2share/review/")
        if not (request.blueprint or "").startswith("secureb2share"):
            # what the deposit form shows
            problem.extra.setdefault("message", problem.detail)
        return problem

    def sources_of_token(self) -> Optional[Set[str]]:
        return tokens.registered_for(self.sources)

    def reviewed_sources(self) -> List[str]:
        return permissions.reviewed_sources(self.sources)

    def described_sources(self) -> List[str]:
        return permissions.curated_sources(self.sources)

    def may_operate(self) -> bool:
        return permissions.may_operate()

    def holds_rights(self, account: int) -> bool:
        return super().holds_rights(account) or permissions.has_role_in(self.sources, account)

    def field(self, name: str) -> str:
        return error_paths.of(name)

    def from_record(self, record: RDMRecord) -> Dict[str, Any]:
        return mapping.from_record(record)

    def to_record(self, description: Dict[str, Any]) -> Dict[str, Any]:
        return mapping.to_record(description)

    def publish(self, row: DatasetRow, dataset: Dataset) -> RDMRecord:
        return records.publish(self.sources[row.source], row, dataset)

    def update(self, row: DatasetRow, dataset: Dataset) -> RDMRecord:
        return records.update(row, dataset)

    def record(self, row: DatasetRow) -> Optional[RDMRecord]:
        return records.get(row)

    def records(self, rows: Sequence[DatasetRow]) -> Dict[Any, RDMRecord]:
        return records.get_many(rows)

    def doi_of(self, record: Any) -> Optional[str]:
        return records.doi_of(record)

    def revision(self, record: RDMRecord) -> Tuple[int, int]:
        return records.revision(record)

    def revisions(self, rows: List[DatasetRow]) -> Dict[Any, int]:
        return records.revisions(rows)


HOST = RDM
