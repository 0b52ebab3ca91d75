"""The `Link` headers of a record's page and of its serialisations, with what exports/linkset.py says.

The host has its serialisations at the record's own address, by media type. Its page has a short header unless
APP_RDM_RECORD_LANDING_PAGE_FAIR_SIGNPOSTING_LEVEL_1_ENABLED; so has ours.
"""

from typing import Any, Dict

from flask import Flask, current_app, request

from ....exports import linkset
from ....exports.published import Published
from . import lookup

SERIALIZERS = "RDM_RECORDS_SERIALIZERS"
IS_LONG = "APP_RDM_RECORD_LANDING_PAGE_FAIR_SIGNPOSTING_LEVEL_1_ENABLED"
LONGEST = 3000  # characters; proxies take 4 or 8 kB of headers
PAGES = ("invenio_app_rdm_records.record_detail",)
EXPORTS = ("invenio_app_rdm_records.record_export", "records.read")


def install(app: Flask) -> None:
    """Put our `Link` headers into the answers of the host's views."""
    app.after_request(_after_view)


def urls(shown: Published) -> Dict[str, str]:
    """{media type: URL} of what the host serves of a record."""
    host = current_app.extensions["secureb2share"].host
    address = "%s/records/%s" % (host.api_url(), shown.dataset.pid)
    return {mimetype: address for mimetype in sorted(current_app.config[SERIALIZERS])}


def document(shown: Published) -> Dict[str, Any]:
    """The linkset (dict) of a record; the way back stands once, for all serialisations have one address."""
    found = linkset.document(shown, urls(shown))["linkset"]
    return {"linkset": [entry for number, entry in enumerate(found) if entry not in found[:number]]}


def page_header(shown: Published) -> str:
    """The value of the `Link` header of the record's page."""
    exports = urls(shown)
    short = {linkset.MIMETYPE: exports[linkset.MIMETYPE]} if linkset.MIMETYPE in exports else {}
    if not current_app.config.get(IS_LONG):
        return linkset.page_header(shown, short)
    # a media type with a profile has quotation marks, which a header's attribute cannot hold
    header = linkset.page_header(shown, {kind: url for kind, url in exports.items() if '"' not in kind})
    return header if len(header) <= LONGEST else linkset.page_header(shown, short)


def export_header(shown: Published) -> str:
    """The value of the `Link` header of one of its serialisations."""
    return linkset.export_header(shown, urls(shown))


def _after_view(response):
    if response.status_code != 200 or request.endpoint not in PAGES + EXPORTS or request.args.get("preview") == "1":
        return response
    shown = lookup.shown_of_pid((request.view_args or {}).get("pid_value"))
    if shown is not None:
        write = page_header if request.endpoint in PAGES else export_header
        response.headers["Link"] = write(shown)
    return response
