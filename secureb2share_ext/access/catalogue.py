"""The catalogue as DCAT, by pages: what a national contact point or another catalogue harvests.

A page has at most SIZE records and is read with a number of statements that does not grow with it. `after` is the
number of the last record of the page before: what is published meanwhile comes at the end, and nothing is skipped.
"""

import datetime
import re
from typing import Any, List

from flask import Response, abort, current_app, request

from ..compat import utcnow
from ..datasets import store, view
from ..exports import catalogue
from ..exports.graph import json_ld_text, turtle
from ..exports.published import Published
from ..exports.rights import today_utc
from ..proxies import current

SIZE = 100
# a harvester that comes once a year still hears of a withdrawal; the record's own page tells for good
DELETED_FOR = datetime.timedelta(days=365)
NUMBER = re.compile("[0-9]{1,9}\\Z")
WRITERS = {"ttl": ("text/turtle", turtle), "jsonld": ("application/ld+json", json_ld_text)}


def show(ending: str) -> Response:
    """Serve the page after ?after=, a number that the page before names."""
    after = request.args.get("after", "0")
    if not NUMBER.match(after):
        abort(404)
    host = current().host
    rows = store.published_of(list(host.sources), int(after), SIZE + 1)
    more, rows = len(rows) > SIZE, rows[:SIZE]
    collection = host.catalogue_url(ending)
    here = collection + ("?after=%s" % int(after) if int(after) else "")
    following = "%s?after=%d" % (collection, rows[-1].id) if more else None
    name = str(current_app.config.get("THEME_SITENAME") or host.base_url().partition("://")[2])
    graph = catalogue.page(name, host.base_url(), collection, here, following, _shown(host, rows))
    mimetype, write = WRITERS[ending]
    return current_app.response_class(write(graph), content_type=mimetype + "; charset=utf-8")


def _shown(host: Any, rows: Any) -> List[Published]:
    since, today = store.as_written(utcnow() - DELETED_FOR), today_utc(utcnow())
    rows = [row for row in rows if row.state != "withdrawn" or (row.state_at or "") >= since]
    if not rows:
        return []
    records = host.records(rows)
    entries = view.look_up(host, uuids=[row.record_uuid for row in rows])
    found = []
    for entry in sorted(entries, key=lambda entry: entry.row.id):
        record = records.get(entry.row.record_uuid)
        if record is None:
            continue
        dataset = view.dataset_of(host, entry.row, record)
        if dataset.is_whole:
            found.append(view.shown(host, entry, dataset, today))
        else:
            current_app.logger.error("secureb2share.damaged-record pid=%s", entry.row.pid)
    return found
