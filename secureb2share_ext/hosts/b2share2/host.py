"""The answers of B2SHARE 2.4, each from a file of its own."""

import datetime
from typing import Any, Dict, List, Optional, Sequence, Tuple

from flask import Flask
from invenio_records.models import RecordMetadata

from ...dataset import Dataset
from ...datasets.models import DatasetRow
from ...errors import Problem
from .. import files_rest, oai_lists, second_factor
from ..ghosts import Entries
from ..host import FormerContent, Host, SourceFault
from . import (
    communities,
    doi,
    doi_metadata,
    index,
    legacy,
    mapping,
    members,
    oai,
    permissions,
    provision,
    records,
    remote_apps,
    routes,
    serve,
    usage,
    watch,
)


class B2Share2(Host):
    """EUDAT B2SHARE 2.4; a source's `community` names one of its communities, `owner` the account that owns records."""

    name = "b2share2"
    extension = "b2share-records"
    needed = {"JSONSCHEMAS_HOST": "the catalogue's canonical host, such as b2share.example.org"}
    pid_types = records.PID_TYPES

    def faults(self) -> List[str]:
        said = "SECUREB2SHARE_SOURCES[%r] needs owner: B2SHARE's records have one."
        return super().faults() + [said % source.name for source in self.sources.values() if source.owner is None]

    def lock(self, app: Flask) -> None:
        files_rest.lock(app)
        longest = app.config["SECUREB2SHARE_MAX_BODY"]
        app.config["MAX_CONTENT_LENGTH"] = min(app.config.get("MAX_CONTENT_LENGTH") or longest, longest)

    def lock_faults(self, app: Flask) -> List[str]:
        found = files_rest.faults(app)
        if not watch.is_connected():
            found.append("A publication workflow was added that this package does not check; restart the service.")
        if not app.config.get("MAX_CONTENT_LENGTH"):
            found.append("MAX_CONTENT_LENGTH was set anew after this package had set it.")
        return found

    def content_endpoints(self, app: Flask) -> Dict[str, str]:
        return routes.content_endpoints(app)

    def known_writes(self, app: Flask) -> Dict[str, str]:
        return routes.known_writes(app)

    def brings_content(self) -> bool:
        return routes.brings_content()

    def community_of_request(self) -> str:
        return routes.community_of_request()

    def watch(self, app: Flask) -> None:
        watch.connect()

    def observe(self, app: Flask) -> None:
        from . import observing

        observing.connect()

    def former_content(self, since: datetime.datetime) -> Optional[FormerContent]:
        return usage.content(since)

    def legacy(self) -> legacy.Legacy:
        return legacy.Legacy(self.sources)

    def provision(self, is_extending: bool) -> List[str]:
        return provision.provision(self.sources, is_extending)

    def provision_faults(self) -> List[str]:
        return provision.faults(self.sources)

    def source_faults(self) -> List[SourceFault]:
        return provision.source_faults(self.sources)

    def forget(self) -> List[str]:
        return provision.forget()

    def remains(self) -> List[str]:
        return provision.remains(self.sources)

    def oai_models(self) -> List[Any]:
        return [RecordMetadata]

    def oai_source(self, record: Any) -> Any:
        return record

    def oai_sets(self) -> Dict[str, str]:
        # B2SHARE's minter names the set of a community by its id
        found = ((communities.id_of_source(source), name) for name, source in self.sources.items())
        return {community: name for community, name in found if community}

    def serve(self, app: Flask) -> None:
        from ...access import page
        from ...describing import views as describing
        from ...operating import views as operating
        from ...reviewing import views as reviewing

        serve.install(app)
        oai.wrap(app)
        doi_metadata.wrap()
        oai_lists.install(app)
        # the application of the web interface loads nothing from entry points; the login is the same here
        for pages in (page, reviewing, describing, operating):
            app.register_blueprint(pages.blueprint)
        app.config.setdefault("SITE_UI_URL", self.base_url())
        if app.extensions["secureb2share"].sign_in is not None:
            from ...sign_in import views as signing_in

            app.register_blueprint(signing_in.blueprint)
            remote_apps.watch(app)
            members.watch(app)

    def export_faults(self, app: Flask) -> List[str]:
        return oai.faults(app)

    def index(self) -> Dict[str, int]:
        # search follows in B2SHARE's own transactions, of which a killed one leaves hits; DataCite does not
        return dict(doi.sweep(), **self.look_for_ghosts())

    def index_entries(self) -> Entries:
        return index.Entries(self.sources)

    def indexed_sources(self) -> List[str]:
        return list(self.sources) if doi.is_real(self.config) else []

    def reviewed_sources(self) -> List[str]:
        return permissions.reviewed_sources(self.sources)

    def described_sources(self) -> List[str]:
        return permissions.curated_sources(self.sources)

    def may_operate(self) -> bool:
        return permissions.may_operate()

    def holds_rights(self, account: int) -> bool:
        return super().holds_rights(account) or permissions.may_publish_in(self.sources, account)

    def explained(self, problem: Problem) -> Problem:
        return second_factor.worded(problem, self.api_url() + "/secureb2share/review/")

    def field(self, name: str) -> str:
        return mapping.field(name)

    def from_record(self, record: Any) -> Dict[str, Any]:
        return mapping.from_record(record, communities.block_id(record))

    def to_record(self, description: Dict[str, Any]) -> Dict[str, Any]:
        return mapping.to_record(description, "block")

    def publish(self, row: DatasetRow, dataset: Dataset) -> Any:
        return records.publish(self.sources[row.source], row, dataset)

    def update(self, row: DatasetRow, dataset: Dataset) -> Any:
        record = records.update(self, row, dataset)
        doi.want(record)
        return record

    def record(self, row: DatasetRow) -> Any:
        return records.get(row)

    def doi_of(self, record: Any) -> Optional[str]:
        return doi.of(record)

    def records(self, rows: Sequence[DatasetRow]) -> Dict[Any, Any]:
        return records.get_many(rows)

    def revision(self, record: Any) -> Tuple[int, int]:
        return records.revision(record)

    def revisions(self, rows: List[DatasetRow]) -> Dict[Any, int]:
        return records.revisions(rows)

    def base_url(self) -> str:
        return "%s://%s" % (self.config.get("PREFERRED_URL_SCHEME", "http"), self.config["JSONSCHEMAS_HOST"])

    def api_url(self) -> str:
        return self.base_url() + "/api"

    def pages_url(self) -> str:
        # the application of the web interface has no pages of ours
        return self.api_url()


HOST = B2Share2
