"""How do the access member and link get into what records-rest serves?

The JSON serializers of the sources' endpoints are wrapped: whatever a site's own JSON serializer wrote, its answer
gets the access member, the link and the described files, and loses every link to content. The other media types are
those of exports.py.
"""

import functools
import json

from flask import request
from invenio_records_rest.utils import obj_or_import_string

from ...access import decorate
from ...datasets import store
from . import exports, mapping, routes
from .loaders import LOADERS


def wrap(endpoints, communities):
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


def forget_conditions(sources):
    """Before the view: an embargo ends without a new revision, so no answer of ours may be a 304."""
    if request.method in ("GET", "HEAD") and routes.source_of_request(sources) is not None:
        for name in ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"):
            request.environ.pop(name, None)


def _item(serializer, pid, record, *args, **kwargs):
    response = obj_or_import_string(serializer)(pid, record, *args, **kwargs)
    row = store.by_record(record.id)
    if row is not None:
        body, seen = _decorated(json.loads(response.get_data(as_text=True)), row, record)
        response.set_data(json.dumps(body))
        if seen is not None:
            exports.link(response, row, seen)
    return response


def _search(serializer, pid_fetcher, search_result, *args, **kwargs):
    response = obj_or_import_string(serializer)(pid_fetcher, search_result, *args, **kwargs)
    body = json.loads(response.get_data(as_text=True))
    sources = [hit["_source"] for hit in search_result["hits"]["hits"]]
    hits = body["hits"]["hits"]
    rows = store.by_pids([pid_fetcher(None, source).pid_value for source in sources])
    for number, source in enumerate(sources):
        row = rows.get(pid_fetcher(None, source).pid_value)
        if row is not None:
            hits[number], _ = _decorated(hits[number], row, source)
    response.set_data(json.dumps(body))
    return response


def _decorated(body, row, metadata):
    try:
        seen = exports.shown(row, mapping.from_record(metadata))
    except exports.Damaged:
        return decorate.without_content(body), None
    return decorate.item(body, seen), seen
