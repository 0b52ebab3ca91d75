"""What B2SHARE serves of the sources' records: with the access member and link, without links to content.

The schemas of its two JSON serializers are replaced by subclasses: both are used wherever a record, a search hit or a
draft is shown, and are looked up at each use. They are process-global, so that ours ask the current application.
"""

import hashlib
import json
import re
from typing import Any

from b2share.modules.deposit import serializers as deposit_serializers
from b2share.modules.records import serializers as record_serializers
from b2share.modules.records.links import RECORD_BUCKET_RELATION_TYPE
from flask import Flask, g, request
from marshmallow import post_dump

from ...datasets import store
from ...errors import NotAccepted
from ...exports import record_json
from ...legacy import store as legacy_store
from ...problems import problem_response
from ...proxies import active, current
from ...uploads.refusal import REASONS
from . import block, communities, frozen_records, link_headers, lookup, routes

# of a withdrawn record: what does not describe the dataset, and the web interface needs
KEPT = ("$schema", "community", "publication_state", "owners", "ePIC_PID", "DOI", "open_access")
DIGEST_IN_ETAG = re.compile('-[0-9a-f]{16}"')
ROUTES_OF_PROGRAMS = ("secureb2share_datasets", "secureb2share_access")
RECORD_PAGES = ("b2share_records_rest.b2rec_item",)
CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")
DELETABLE = RECORD_PAGES + ("b2share_deposit_rest.b2dep_item",)
CLOSED = "secureb2share_uploads.refused"  # what an editor's page asks for in the place of a draft's files
FORM_HINT = (
    "This is no fault: no file is uploaded here, for the data stay in the secure environment. Describe them below;"
    " readers get a link to request access. Beside the fields with a *, fill in Descriptions, Creators, Publication"
    " date, Publisher (under “Show more details”), and a Contact email or a Contact page."
)
BELOW = "the form “Request data access” below sends nothing"
HOW = "How to request access"
DRAFTS = "b2share_records_rest.b2rec_list"
ACCESS_REQUESTS = "b2share_records_rest.b2rec_accessrequests"


def install(app: Flask) -> None:
    """Put everything of this module to work on an application."""
    for serializers in (record_serializers, deposit_serializers):
        serializer = serializers.json_v1
        if not hasattr(serializer.schema_class, "add_access"):
            serializer.schema_class = _with_access(serializer.schema_class)
            serializer.serialize_search = _page_by_page(serializer.serialize_search)
    frozen_records.connect(app)
    app.before_request(_before_view)
    app.after_request(_after_view)


def _with_access(schema_class: Any) -> Any:
    class WithAccess(schema_class):
        @post_dump
        def add_access(self, data, **kwargs):
            extension = active()
            if extension is None:
                return data
            page, pid = g.get("secureb2share_page"), data.get("id")
            found = page.get(pid) if page is not None else lookup.one(extension, pid, data.get("metadata", {}))
            if found is None:
                return data
            return _published(data, found) if found.row is not None else _draft_or_legacy(extension, data, found)

    WithAccess.__name__ = schema_class.__name__
    return WithAccess


def _page_by_page(inner):
    """The serialisation of search results with one look-up for all hits."""

    def serialize_search(pid_fetcher, search_result, *args, **kwargs):
        extension = active()
        if extension is None:
            return inner(pid_fetcher, search_result, *args, **kwargs)
        hits = [hit["_source"] for hit in search_result["hits"]["hits"]]
        g.secureb2share_page = lookup.page(extension, {_pid_of_hit(hit): hit for hit in hits})
        try:
            return inner(pid_fetcher, search_result, *args, **kwargs)
        finally:
            g.secureb2share_page = None

    return serialize_search


def _pid_of_hit(metadata):
    return communities.pid_in_index(metadata) or metadata.get("_deposit", {}).get("id")


def _published(data, found):
    g.secureb2share_hides_bucket = True
    data = record_json.without_content(data)
    data["metadata"].pop("external_pids", None)
    if found.shown is None:
        return data
    served = record_json.item(data, found.shown, KEPT)
    if found.shown.is_withdrawn:
        titles = [{"title": entry["text"]} for entry in found.shown.dataset.core["titles"]]
        served["metadata"].update(titles=titles, descriptions=[], creators=[])
    # the web interface counts `files` and adds up their sizes; what stands in `_files` it only lists
    served["metadata"]["_files"] = _files(found.shown, served.pop("files"))
    if "versions" in served:
        # under that name the web interface keeps its own list
        served["dataset_versions"] = served.pop("versions")
    return served


def _files(shown, described):
    """The described files as B2SHARE's web interface lists files: first what explains, and leads to the access page.

    Each other one is a link to the access address. Below the list stands a link to B2SHARE's own form, which cannot be
    hidden and whose answer it does not show.
    """
    said = HOW if shown.is_requestable else shown.label
    first = {"key": "%s; %s" % (said, BELOW), "url": current().host.access_page_url(shown.dataset.pid)}
    others = (described or [{"key": "Request access"}]) if shown.is_requestable else []
    return [dict({"url": shown.access_url}, **dict(entry, size=0, b2safe=True)) for entry in [first] + others]


def _draft_or_legacy(extension, data, found):
    if data["metadata"].get("publication_state") == "published":
        if not found.is_frozen:
            return data
        g.secureb2share_hides_bucket = True
        return frozen_records.item(data)
    g.secureb2share_hides_bucket = True
    links = dict(data.get("links", {}))
    if "files" in links:
        # the drop zone gives way to the sentence of an answer that is an error
        links["files"] = extension.help_url + "/closed"
    return dict({name: value for name, value in data.items() if name != "files"}, links=links)


def _before_view():
    g.secureb2share_served = True
    if active() is None:
        return None
    if _is_conditional() and _is_changed_by_us(_pid_of_view()):
        # an embargo ends without a new revision: `_after_view` says what has not changed
        g.secureb2share_conditional, _ = (request.environ.pop(name, None) for name in CONDITIONS)
    if request.endpoint in RECORD_PAGES and "HTTP_IF_MATCH" in request.environ:
        # B2SHARE knows the revision alone
        request.environ["HTTP_IF_MATCH"] = DIGEST_IN_ETAG.sub('"', request.environ["HTTP_IF_MATCH"])
    if request.method in ("DELETE", "POST") and legacy_store.is_kept(_pid_of_change()):
        return problem_response(NotAccepted("The files of this record are being moved out; it stays.", code="legacy"))
    if request.endpoint == ACCESS_REQUESTS and request.method == "POST":
        return _refer(_pid_of_view())
    return None


def _pid_of_change():
    """Of the record that would be deleted, or have a new version: both would lose track of whose the files are."""
    if request.method == "DELETE":
        return _pid_of_view() if request.endpoint in DELETABLE else None
    return request.args.get("version_of") if request.endpoint == DRAFTS else None


def _is_conditional():
    is_read = request.endpoint in RECORD_PAGES and request.method in ("GET", "HEAD")
    return is_read and any(name in request.environ for name in CONDITIONS)


def _is_changed_by_us(pid):
    return store.by_pid(pid) is not None or legacy_store.is_frozen(pid)


def _refer(pid):
    """The answer to B2SHARE's form for access, whose e-mail would hold a person's data; None where it is not ours."""
    row = store.by_pid(pid)
    if row is None:
        return None
    url = current().host.access_url(pid)
    problem = NotAccepted(
        "Access to this dataset is requested at %s; nothing that you wrote was kept or sent." % url,
        code="request-elsewhere",
        access_url=url,
    )
    return _with_message(problem_response(problem))


def _pid_of_view():
    value = (request.view_args or {}).get("pid_value")
    return getattr(value, "value", value) or ""


def _after_view(response):
    extension = active()
    if extension is None:
        return response
    if g.get("secureb2share_hides_bucket"):
        links = [link for link in response.headers.getlist("Link") if RECORD_BUCKET_RELATION_TYPE not in link]
        response.headers.remove("Link")
        for link in links:
            response.headers.add("Link", link)
    if request.endpoint == link_headers.ENDPOINT and response.status_code == 200:
        link_headers.rewrite(extension, response)
    if request.endpoint in RECORD_PAGES and request.method == "GET" and response.status_code == 200:
        _make_conditional(response)
    # the secure side's routes answer the same on every host
    if response.mimetype == "application/problem+json" and request.blueprint not in ROUTES_OF_PROGRAMS:
        _with_message(response)
    return response


def _make_conditional(response):
    if not g.get("secureb2share_hides_bucket"):
        return
    response.set_etag("%s-%s" % (response.get_etag()[0], hashlib.sha256(response.get_data()).hexdigest()[:16]))
    before = g.get("secureb2share_conditional")
    if before and before.strip() != "*":
        request.environ["HTTP_IF_NONE_MATCH"] = before
        response.make_conditional(request.environ)


def _with_message(response):
    """The sentence also under the name that B2SHARE's web interface shows."""
    body = json.loads(response.get_data().decode("utf-8"))
    body["message"] = body.get("detail", REASONS["upload-refused"])
    if request.endpoint == CLOSED:
        body["message"] = FORM_HINT
    if request.endpoint in routes.DESCRIPTIONS and "errors" in body:
        body["errors"] = [block.explained(fault) for fault in body["errors"]]
    response.set_data(json.dumps(body))
    return response
