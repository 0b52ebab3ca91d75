"""The answers of this host, each from its own file."""

import datetime
import functools
from typing import Any, Dict, Iterator, List, Optional, Sequence, Set, Tuple
from urllib.parse import quote

from flask import Flask

from ... import compat
from ...dataset import Dataset
from ...datasets.models import DatasetRow
from ...messages.sources import Source
from .. import administration, files_rest, tokens
from ..ghosts import Entries
from ..host import FormerContent, Host, Stamped
from . import (
    bulk_insert,
    exports,
    follow_up,
    index,
    index_document,
    mapping,
    observing,
    permissions,
    records,
    routes,
    serve,
    stamped,
    usage,
    watch,
)

DEFAULT_TYPE = "recid"  # of PIDs, where no source is configured


class RecordsRest(Host):
    """invenio-app with invenio-records-rest; a source's `community` names its entry of RECORDS_REST_ENDPOINTS."""

    name = "records_rest"
    extension = "invenio-records-rest"
    has_stamps = True
    indexers: Dict[str, Any] = {}  # {community: indexer} of the endpoints that have a search index, see serve

    def endpoint(self, source: Source) -> Dict[str, Any]:
        """The source's entry of RECORDS_REST_ENDPOINTS."""
        return self.config["RECORDS_REST_ENDPOINTS"][source.community]

    def __init__(self, config: Any, sources: Any) -> None:
        super().__init__(config, sources)
        endpoints = config.get("RECORDS_REST_ENDPOINTS") or {}
        own = {endpoints[one.community]["pid_type"] for one in sources.values() if one.community in endpoints}
        self.own_types = tuple(sorted(own)) or (DEFAULT_TYPE,)
        self.pid_types = (*sorted(own), "doi", "hdl", "handle")

    def faults(self) -> List[str]:
        found = super().faults()
        for source in self.sources.values():
            if source.community not in self.config.get("RECORDS_REST_ENDPOINTS", {}):
                found.append(
                    "SECUREB2SHARE_SOURCES[%r]: community %r is not in RECORDS_REST_ENDPOINTS."
                    % (source.name, source.community)
                )
        if self.config.get("PIDSTORE_RECID_FIELD", mapping.PID_FIELD) != mapping.PID_FIELD:
            found.append("PIDSTORE_RECID_FIELD must be %r." % mapping.PID_FIELD)
        return found

    def lock(self, app: Flask) -> None:
        files_rest.lock(app)

    def lock_faults(self, app: Flask) -> List[str]:
        return files_rest.faults(app)

    def content_endpoints(self, app: Flask) -> Dict[str, str]:
        return routes.content_endpoints(app)

    def known_writes(self, app: Flask) -> Dict[str, str]:
        return routes.known_writes(app)

    def watch(self, app: Flask) -> None:
        watch.connect()

    def observe(self, app: Flask) -> None:
        observing.connect()

    def community_of_request(self) -> str:
        return routes.community_of_request()

    def serve(self, app: Flask) -> None:
        communities = {source.community for source in self.sources.values()}
        self.indexers = index_document.indexers(app.config["RECORDS_REST_ENDPOINTS"], communities)
        app.config["RECORDS_REST_ENDPOINTS"] = serve.wrap(app.config["RECORDS_REST_ENDPOINTS"], communities)
        # lets a link choose the media type; other endpoints have no names for theirs, so nothing changes there
        app.config[exports.ARGUMENT] = app.config.get(exports.ARGUMENT) or "format"
        if compat.is_installed("invenio_oaiserver"):
            from . import oai

            oai.wrap(app)
        app.before_request(functools.partial(serve.forget_conditions, self.sources))

    def oai_models(self) -> List[Any]:
        return list({records.record_class(self.endpoint(one)).model_cls for one in self.sources.values()})

    def export_faults(self, app: Flask) -> List[str]:
        return exports.faults(app, [source.community for source in self.sources.values()])

    def finalize(self, app: Flask) -> None:
        if self.indexers:
            index_document.register_mapping(app)
        if app.extensions["secureb2share"].sign_in is not None:
            administration.install(app)

    def index(self) -> Dict[str, int]:
        return dict(index.sweep(self), **self.look_for_ghosts())

    def index_entries(self) -> Optional[Entries]:
        return index.Entries(self) if self.indexers else None

    def indexed_sources(self) -> List[str]:
        return [source.name for source in self.sources.values() if source.community in self.indexers]

    def former_content(self, since: datetime.datetime) -> Optional[FormerContent]:
        return usage.content(since)

    def sources_of_token(self) -> Optional[Set[str]]:
        return tokens.registered_for(self.sources)

    def reviewed_sources(self) -> List[str]:
        return permissions.reviewed_sources(self.sources)

    def described_sources(self) -> List[str]:
        return permissions.curated_sources(self.sources)

    def may_operate(self) -> bool:
        return permissions.operator().can()

    def field(self, name: str) -> str:
        return mapping.field(name)

    def from_record(self, record: Any) -> Dict[str, Any]:
        return mapping.from_record(record)

    def to_record(self, description: Dict[str, Any]) -> Dict[str, Any]:
        return mapping.to_record(description)

    def publish(self, row: DatasetRow, dataset: Dataset) -> Any:
        record = records.publish(self._endpoint_of(row), row, dataset)
        follow_up.created(self, row)
        return record

    def can_publish_many(self, source: Source) -> bool:
        return bulk_insert.is_possible(self.endpoint(source))

    def publish_many(self, source: Source, pairs: Sequence[Tuple[DatasetRow, Dataset]]) -> List[Any]:
        made = bulk_insert.publish(self.endpoint(source), pairs)
        follow_up.created_many(self, [row for row, _ in pairs])
        bulk_insert.tell(made)
        return made

    def update(self, row: DatasetRow, dataset: Dataset) -> Any:
        record = records.update(self._endpoint_of(row), row, dataset)
        follow_up.changed(self, row)
        return record

    def record(self, row: DatasetRow) -> Any:
        return records.get(self._endpoint_of(row), row)

    def records(self, rows: Sequence[DatasetRow]) -> Dict[Any, Any]:
        found: Dict[Any, Any] = {}
        for endpoint, own in records.by_class((self._endpoint_of(row), row) for row in rows):
            found.update(records.get_many(endpoint, own))
        return found

    def stamped(self) -> Iterator[List[Stamped]]:
        return stamped.batches(self)

    def revision(self, record: Any) -> Tuple[int, int]:
        return records.revision(record)

    def revisions(self, rows: List[DatasetRow]) -> Dict[Any, int]:
        return records.revisions(self._endpoint_of(rows[0]), rows) if rows else {}

    def record_url(self, row: DatasetRow) -> str:
        community = self.sources[row.source].community if row.source in self.sources else ""
        pages = self.config.get("RECORDS_UI_ENDPOINTS", {})
        route = pages.get(community, {}).get("route", "/records/<pid_value>")
        return self.base_url() + route.replace("<pid_value>", quote(row.pid, safe="/"))

    def _endpoint_of(self, row):
        if row.source in self.sources:
            return self.endpoint(self.sources[row.source])
        # a source that is configured no more: its records are still read, by the class that all have
        return {}


HOST = RecordsRest
