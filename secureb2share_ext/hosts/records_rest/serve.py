"""How do the access member and link get into what records-rest serves?

The JSON serializers of the sources' endpoints are wrapped: whatever a site's own JSON serializer wrote, its answer
gets the access member, the link and the described files, and loses every link to content.
"""

import functools
import json

from flask import current_app, request
from invenio_records_rest.utils import obj_or_import_string

from ... import config
from ...access import decorate
from ...access.rights import today_utc
from ...compat import utcnow
from ...datasets import publication, store
from . import mapping, routes
from .loaders import LOADERS


def wrap(endpoints, communities):
    """A copy of RECORDS_REST_ENDPOINTS in which the entries named in `communities` serve our members."""
    served = dict(endpoints)
    for name in communities:
        entry = dict(served[name])
        for key, wrapper in (("record_serializers", _item), ("search_serializers", _search)):
            entry[key] = {
                mimetype: functools.partial(wrapper, serializer) if mimetype.endswith("json") else serializer
                for mimetype, serializer in (entry.get(key) or {}).items()
            }
        entry["record_loaders"] = LOADERS
        served[name] = entry
    return served


def forget_conditions(sources):
    """Before the view: an embargo ends without a new revision, so no answer of ours may be a 304."""
    if request.method in ("GET", "HEAD") and routes.source_of_request(sources) is not None:
        for name in ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"):
            request.environ.pop(name, None)


def _item(serializer, pid, record, *args, **kwargs):
    response = obj_or_import_string(serializer)(pid, record, *args, **kwargs)
    row = store.by_record(record.id)
    if row is not None:
        body = _decorated(json.loads(response.get_data(as_text=True)), row, record)
        response.set_data(json.dumps(body))
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
            hits[number] = _decorated(hits[number], row, source)
    response.set_data(json.dumps(body))
    return response


def _decorated(body, row, metadata):
    access_url = config.current().host.access_url(row.pid)
    dataset = publication.dataset_from(row, mapping.from_record(metadata))
    if not dataset.is_whole:
        current_app.logger.error("secureb2share.damaged-record pid=%s", row.pid)
        return decorate.without_content(body)
    return decorate.item(body, dataset, access_url, today_utc(utcnow()))
