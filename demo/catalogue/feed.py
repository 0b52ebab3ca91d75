"""What is for programs that read the catalogue: the feed of a search, the map of the site, and what robots may read."""

import re

from flask import Blueprint, current_app, make_response, render_template, request
from invenio_db import db
from invenio_records.models import RecordMetadata

from secureb2share_ext.datasets.models import DatasetRow
from secureb2share_ext.exports.xml_text import for_xml
from secureb2share_ext.pages import language

from . import asking, find, hits, search

ENTRIES = 50
MOST_ADDRESSES = 50000  # of a map, as sitemaps.org has it

blueprint = Blueprint("catalogue_feed", __name__, template_folder="templates")


@blueprint.route("/search.atom")
def feed():
    """The newest datasets that a search finds, as Atom (RFC 4287)."""
    asked = asking.read(request.args)
    query = asked._replace(order=asked.orders[0], page=1)
    found = search.find(query._replace(order=asking.NEWEST, size=ENTRIES), language.current()).found
    times = _times([pid for _, pid in found])
    entries = [_entry(hit, times) for hit in hits.of(found)]
    here = current_app.config["SITE_UI_URL"]
    return _xml(
        "application/atom+xml",
        "catalogue/feed.xml",
        title=for_xml(query.words),
        entries=entries,
        updated=max((entry["updated"] for entry in entries), default="1970-01-01T00:00:00Z"),
        address=for_xml(here + query.address("/search.atom")),
        page=for_xml(here + query.address(find.PATH)),
    )


@blueprint.route("/sitemap.xml")
def sitemap():
    """The addresses of the start page, the list and the datasets' pages (sitemaps.org)."""
    here = current_app.config["SITE_UI_URL"]
    records = [("%s/records/%s" % (here, pid), updated) for pid, (_, updated) in _times().items()]
    return _xml("application/xml", "catalogue/sitemap.xml", here=here, list=here + find.PATH, records=records)


@blueprint.route("/robots.txt")
def robots():
    """What robots may read: the pages of datasets, and not every combination of facets."""
    text = render_template("catalogue/robots.txt", here=current_app.config["SITE_UI_URL"])
    return text, {"Content-Type": "text/plain; charset=utf-8"}


def _entry(hit, times):
    created, updated = times[hit.shown.dataset.pid]
    texts = {name: for_xml(dict(getattr(hit, name))) for name in ("title", "text")}
    publisher = for_xml(hit.shown.dataset.core["publisher"])
    return dict(texts, url=hit.shown.record_url, published=created, updated=updated, author=publisher)


def _times(pids=None):
    """{PID: (created, updated)} in RFC 3339 of datasets that have a page, the newest first."""
    rows = db.session.query(DatasetRow.pid, RecordMetadata.created, RecordMetadata.updated)
    rows = rows.join(RecordMetadata, RecordMetadata.id == DatasetRow.record_uuid).filter(
        DatasetRow.state != "withdrawn"
    )
    if pids is not None:
        rows = rows.filter(DatasetRow.pid.in_(pids))
    rows = rows.order_by(RecordMetadata.created.desc()).limit(MOST_ADDRESSES - 2)
    return {pid: (_moment(created), _moment(updated)) for pid, created, updated in rows}


def _moment(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _xml(kind, template, **values):
    # a template's first line break would stand before the declaration
    response = make_response(re.sub(r"\n\s*\n", "\n", render_template(template, **values)).strip() + "\n")
    response.headers["Content-Type"] = kind + "; charset=utf-8"
    return response
