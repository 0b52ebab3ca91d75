"""The page of a record: what the dataset is, and the way to request access."""

import json

from flask import Blueprint, abort, make_response, request, url_for
from markupsafe import Markup

from secureb2share_ext.access.destination import site
from secureb2share_ext.access.page import FORMS
from secureb2share_ext.datasets import applications
from secureb2share_ext.exports import linkset, schema_org
from secureb2share_ext.hosts import published
from secureb2share_ext.hosts.records_rest import exports, history
from secureb2share_ext.pages import language, timeline
from secureb2share_ext.pages.dataset_page import DatasetPage
from secureb2share_ext.pages.render import render
from secureb2share_ext.proxies import current

SEARCH = "/search?q="
# media type -> how the box of the citation calls it
FILES = {
    "application/vnd.datacite.datacite+json": "DataCite JSON",
    "application/vnd.datacite.datacite+xml": "DataCite XML",
    "application/ld+json": "JSON-LD",
    "application/x-dc+xml": "Dublin Core",
}

blueprint = Blueprint("catalogue", __name__, template_folder="templates")


@blueprint.route("/records/<pid>")
def record(pid):
    """One record; ?text= chooses the language of the owner's texts."""
    found = published.by_pid(pid)
    if found is None:
        abort(404)
    kept = current().host.record(found.row)
    shown = published.shown(found, kept) if kept is not None else None
    if shown is None:
        return render("catalogue/gone.html", row=found.row), 410
    urls = exports.urls(found.row)
    response = make_response(
        render(
            "catalogue/record.html",
            page=_page(found.row, kept, shown, urls),
            search=SEARCH,
            json_ld=_script_safe(_short(schema_org.document(shown))),
            signposts=linkset.links(shown, urls),
        )
    )
    response.headers["Link"] = linkset.page_header(shown, urls)
    response.vary.update(("Accept-Language", "Cookie"))
    return response


def _page(row, kept, shown, urls):
    spoken = language.current()
    cited = url_for("secureb2share_access_page.cite", pid=row.pid)
    links = [(form.title, "%s?format=%s" % (cited, form.name)) for form in FORMS.values()]
    links += [(name, urls[kind]) for kind, name in FILES.items() if kind in urls]
    revisions, is_whole = history.revisions(kept)
    return DatasetPage(
        shown,
        spoken,
        language.preferred(),
        chosen=request.args.get("text", ""),
        links=links,
        counts=applications.counts(row),
        history=timeline.changes(revisions, spoken, is_whole) if revisions else [],
        site=site(current(), row.source),
        calendar=url_for("secureb2share_access_page.calendar", pid=row.pid) if shown.requests_from else "",
    )


def _short(document):
    # prose about methods stands on the page itself, and in the file that describedby links
    return {name: value for name, value in document.items() if name != "measurementTechnique"}


def _script_safe(value):
    # nothing in a description may end the script element
    return Markup(
        json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
    )
