"""The access member and link in what records-rest serves.

The JSON serializers of the sources' endpoints are wrapped: whatever a site's own JSON serializer wrote, its answer
gets the access member, the link and the described files, and loses every link to content. The other media types are
those of exports.py.
"""

import functools
import json
from typing import Any, Dict, Iterable

from flask import request
from invenio_records_rest.utils import obj_or_import_string

from ...exports import record_json
from ...messages.sources import Source
from .. import published
from . import exports, mapping, routes
from .loaders import LOADERS


def wrap(endpoints: Dict[str, Any], communities: Iterable[str]) -> Dict[str, Any]:
    """A copy of RECORDS_REST_ENDPOINTS in which the entries named in `communities` serve our members."""
    served = dict(endpoints)
    for name in communities:
        entry = dict(served[name])
        exports.add(entry)
        for key, wrapper in (("record_serializers", _item), ("search_serializers", _search)):
            entry[key] = {
                mimetype: functools.partial(wrapper, serializer) if _is_json(mimetype) else serializer
                for mimetype, serializer in (entry.get(key) or {}).items()
            }
        entry["record_loaders"] = LOADERS
        # an answer must not depend on the cluster: index.py does it after the commit
        entry["indexer_class"] = None
        served[name] = entry
    return served


def _is_json(mimetype):
    return mimetype.endswith("json") and mimetype not in exports.MIMETYPES


def forget_conditions(sources: Dict[str, Source]) -> None:
    """Before the view: an embargo ends without a new revision, so no answer of ours may be a 304."""
    if request.method in ("GET", "HEAD") and routes.source_of_request(sources) is not None:
        for name in ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"):
            request.environ.pop(name, None)


def _item(serializer, pid, record, *args, **kwargs):
    response = obj_or_import_string(serializer)(pid, record, *args, **kwargs)
    found = published.by_record(record.id)
    if found is not None:
        body, seen = _decorated(json.loads(response.get_data(as_text=True)), found, record)
        response.set_data(json.dumps(body))
        if seen is not None:
            exports.link(response, found.row, seen)
    return response


def _search(serializer, pid_fetcher, search_result, *args, **kwargs):
    response = obj_or_import_string(serializer)(pid_fetcher, search_result, *args, **kwargs)
    # what is no dataset has none of our stamp, and nothing is asked for it
    ours = {
        number: (pid_fetcher(None, hit["_source"]).pid_value, hit["_source"])
        for number, hit in enumerate(search_result["hits"]["hits"])
        if mapping.STAMP in hit["_source"]
    }
    found = published.by_pids([pid for pid, _ in ours.values()])
    if not found:
        return response
    body = json.loads(response.get_data(as_text=True))
    hits = body["hits"]["hits"]
    for number, (pid, metadata) in ours.items():
        if pid in found:
            hits[number], _ = _decorated(hits[number], found[pid], metadata)
    response.set_data(json.dumps(body))
    return response


def _decorated(body, found, metadata):
    seen = published.shown(found, metadata)
    return (
        record_json.without_content(body) if seen is None else record_json.item(body, seen, (mapping.PID_FIELD,))
    ), seen
