"""The media types and addresses under which the sources' endpoints serve a record's exports.

A site's own serializer of one of these media types knows nothing of access states: for the sources' records ours
stands in its place, for others it stays. Lists of records have JSON alone.
"""

import functools
import re
from typing import Any, Dict, Iterable, List
from urllib.parse import quote

from flask import Flask, Response, abort, current_app
from invenio_records_rest.utils import obj_or_import_string

from ... import compat
from ...datasets.models import DatasetRow
from ...errors import DAMAGED, NotReady
from ...exports import formats, linkset
from ...exports.published import Published
from ...proxies import current
from .. import published

FORMATS = tuple(form for form in formats.FORMATS if all(map(compat.is_installed, form.needs)))
MIMETYPES = tuple(form.mimetype for form in formats.FORMATS)
SERIALIZERS = ("record_serializers", "search_serializers")
OAI_PREFIXES = ("oai_dc", "oai_datacite")
FOREIGN = "%s: %s is the site's own serializer; check that it says of access what the record's page says."
ARGUMENT = "REST_MIMETYPE_QUERY_ARG_NAME"  # invenio-rest's key: the argument that chooses a media type in a link
PID_PLACE = re.compile("<[^<>]*pid_value>")


def add(entry: Dict[str, Any]) -> None:
    """Put our media types into a copy of an entry of RECORDS_REST_ENDPOINTS, and their names for links."""
    own = dict(entry.get("record_serializers") or {})
    ours = {form.mimetype: functools.partial(_serve, form, own.get(form.mimetype)) for form in FORMATS}
    kept = {kind: write for kind, write in own.items() if kind not in MIMETYPES}
    entry["record_serializers"] = dict(kept, **ours)
    names = {form.name: form.mimetype for form in FORMATS}
    entry["record_serializers_aliases"] = dict(entry.get("record_serializers_aliases") or {}, **names)
    searched = entry.get("search_serializers") or {}
    entry["search_serializers"] = {kind: write for kind, write in searched.items() if kind not in MIMETYPES}


def faults(app: Flask, communities: Iterable[str]) -> List[str]:
    """[sentence] for each serialisation of the sources' endpoints, and of OAI-PMH, that is the site's own."""
    found = []
    for name in sorted(communities):
        entry = app.config["RECORDS_REST_ENDPOINTS"][name]
        given = {kind for key in SERIALIZERS for kind in entry.get(key) or {} if not kind.endswith("json")}
        found += [FOREIGN % ("RECORDS_REST_ENDPOINTS[%r]" % name, kind) for kind in sorted(given - set(MIMETYPES))]
    prefixes = set(app.config.get("OAISERVER_METADATA_FORMATS") or {}) - set(OAI_PREFIXES)
    return found + [FOREIGN % ("OAISERVER_METADATA_FORMATS", prefix) for prefix in sorted(prefixes)]


def urls(row: DatasetRow) -> Dict[str, str]:
    """{media type: URL} of the exports of a row's record, in the canonical base URL; {} without its source."""
    extension = current()
    if row.source not in extension.sources:
        return {}
    app_config = extension.host.config
    route = app_config["RECORDS_REST_ENDPOINTS"][extension.sources[row.source].community]["item_route"]
    path = PID_PLACE.sub(lambda match: quote(row.pid, safe="/"), route)
    address = app_config["SITE_API_URL"].rstrip("/") + path
    return {form.mimetype: "%s?%s=%s" % (address, app_config[ARGUMENT], form.name) for form in FORMATS}


def link(response: Response, row: DatasetRow, seen: Published) -> None:
    """Add the way back to the record's page, and to the request for access, to the answer for one record."""
    response.headers.add("Link", linkset.export_header(seen, urls(row)))
    response.vary.add("Accept")


def _serve(form, own, pid, record, code=200, headers=None, links_factory=None):
    found = published.by_record(record.id)
    if found is None:
        if own is None:
            abort(406)
        return obj_or_import_string(own)(pid, record, code=code, headers=headers, links_factory=links_factory)
    seen = published.shown(found, record)
    if seen is None:
        raise NotReady(DAMAGED, code="damaged")
    response = current_app.response_class(form.write(seen, urls(found.row)), mimetype=form.mimetype, status=code)
    response.cache_control.no_cache = True
    response.set_etag(str(record.revision_id))
    response.last_modified = record.updated
    response.headers.extend(headers or {})
    link(response, found.row, seen)
    return response
