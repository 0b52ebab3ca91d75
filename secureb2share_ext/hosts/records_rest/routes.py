"""The routes of this host: those that carry content, writing ones that do not, and those of a source."""

from typing import Dict, Optional

from flask import Flask, has_request_context, request
from invenio_files_rest.views import BucketResource, LocationResource, ObjectResource
from invenio_records_rest.views import RecordResource, RecordsListResource, SuggestResource

from ...messages.sources import Source

CONTENT_VIEWS = {
    LocationResource: "creates buckets",
    BucketResource: "writes to buckets",
    ObjectResource: "file content: stream, form and multipart",
}

KNOWN = {
    "invenio_accounts*": "sign-up, login, password and session forms; no file fields",
    "invenio_i18n.*": "the language of the pages, as a form field",
    "security.*": "sign-up, login, password and session forms; no file fields",
    "invenio_oauthclient*": "sign-up forms and the page of linked accounts; no file fields",
    "invenio_oauth2server*": "token and application forms; no file fields",
    "invenio_userprofiles*": "profile form; no file fields",
    "invenio_oaiserver*": "OAI-PMH requests as form fields",
}
RECORD_VIEWS = (RecordsListResource, RecordResource, SuggestResource)


def content_endpoints(app: Flask) -> Dict[str, str]:
    """{endpoint: what it would take}, by the class of the view, so that subclasses and moved blueprints count too."""
    return {endpoint: reason for content, reason in CONTENT_VIEWS.items() for endpoint in _endpoints_of(app, content)}


def known_writes(app: Flask) -> Dict[str, str]:
    """{endpoint, or its beginning with a *: reason} of the writing routes that take no content."""
    records = {endpoint: "record metadata as JSON, no files" for endpoint in _endpoints_of(app, RECORD_VIEWS)}
    return dict(KNOWN, **records)


def _endpoints_of(app, classes):
    for endpoint, view in app.view_functions.items():
        view_class = getattr(view, "view_class", None)
        if isinstance(view_class, type) and issubclass(view_class, classes):
            yield endpoint


def community_of_request() -> str:
    """The name of the RECORDS_REST_ENDPOINTS entry at which the current request arrived, or ""."""
    blueprint, _, view = (request.endpoint or "").partition(".")
    return view.rpartition("_")[0] if blueprint == "invenio_records_rest" else ""


def source_of_request(sources: Dict[str, Source]) -> Optional[Source]:
    """The Source at whose records-rest endpoint the current request arrived, or None."""
    if not has_request_context() or request.url_rule is None:
        return None
    for source in sources.values():
        views = ("%s_list" % source.community, "%s_item" % source.community)
        if request.endpoint in tuple("invenio_records_rest." + view for view in views):
            return source
    return None
