"""The search of the catalogue: in a cluster where one is configured, else in tables of its database.

Both find and count the same: what they know of a record is made by hosts.records_rest.search_member.
"""

import datetime
import json
from typing import NamedTuple

from flask import current_app, request
from invenio_db import db
from invenio_records import signals
from invenio_records.models import RecordMetadata
from invenio_search import current_search

from secureb2share_ext.hosts.records_rest import search_member

from . import asking, cluster, spelling, tables


class Result(NamedTuple):
    """What a question finds."""

    total: int
    found: list  # (record's UUID as text, PID) of those on the page
    counts: dict  # {facet: {value: number of datasets}}; what is chosen in a facet does not change its own


def has_cluster(app):
    """Whether a search cluster is configured."""
    return bool(app.config.get("SEARCH_HOSTS"))


def prepare(app):
    """Make the index, or the tables, if they are not there."""
    if has_cluster(app):
        # what `invenio index init` does
        for _ in current_search.create(ignore_existing=True):
            pass
    else:
        tables.create()


def find(query, language="en"):
    """The Result of an asking.Query; language: whose titles a list by title goes by."""
    return Result(*_engine().find(query, language, _today()))


def total(query):
    """The number of datasets that an asking.Query finds."""
    return _engine().total(query, _today())


def meant(word):
    """The word of the catalogue that was probably meant by a folded one, or None."""
    if has_cluster(current_app):
        candidates = cluster.similar(word)
    else:
        reach = spelling.reach(word)
        candidates = tables.similar(word[:1], len(word) - reach, len(word) + reach)
    return spelling.closest(word, candidates)


def _engine():
    return cluster if has_cluster(current_app) else tables


def _today():
    return datetime.datetime.now(datetime.timezone.utc).date().isoformat()


def _has_table():
    # the signals are process-global, and another application may have a cluster, or not be the demo's
    return current_app.config.get("SECUREB2SHARE_DEMO") and not has_cluster(current_app)


@signals.after_record_update.connect
def _index(sender, record=None, **kwargs):
    _forget(sender, record)
    _add(sender, record)


@signals.after_record_insert.connect
def _add(sender, record=None, **kwargs):
    if not _has_table():
        return
    if "control_number" not in record or record.get("secureb2share", {}).get("state") == "withdrawn":
        return
    tables.add(str(record.id), record["control_number"], record.created, search_member.of(record))


# after, as for the others: rows are locked in one order everywhere
@signals.after_record_delete.connect
def _forget(sender, record=None, **kwargs):
    if _has_table():
        tables.forget(str(record.id))


class Search:
    """What invenio-records-rest needs of a search object."""

    class Meta:
        index = "records"

    def __init__(self, index=None, **kwargs):
        self.words = ""
        self.start, self.stop = 0, 10

    def with_preference_param(self):
        return self

    def params(self, **kwargs):
        return self

    def extra(self, **kwargs):
        return self

    def __getitem__(self, window):
        self.start, self.stop = window.start or 0, window.stop or 10
        return self

    def execute(self):
        size = max(self.stop - self.start, 1)
        query = asking.Query(self.words, page=self.start // size + 1, size=size)
        query = query._replace(order=query.orders[0])
        return _Result(*tables.find(query, "en", _today())[:2])


class _Result:
    def __init__(self, total, found):
        self.total = total
        records = {}
        if found:
            query = db.session.query(RecordMetadata).filter(RecordMetadata.id.in_([uuid for uuid, _ in found]))
            records = {str(record.id): record for record in query}
        self.rows = [records[uuid] for uuid, _ in found if uuid in records]

    @property
    def hits(self):
        return type("Hits", (), {"total": {"value": self.total}})

    def to_dict(self):
        hits = [
            {
                "_id": str(row.id),
                "_version": row.version_id,
                "_source": dict(
                    row.json if not isinstance(row.json, str) else json.loads(row.json),
                    _created=row.created.isoformat(),
                    _updated=row.updated.isoformat(),
                ),
            }
            for row in self.rows
        ]
        return {"hits": {"total": {"value": self.total}, "hits": hits}}


def search_factory(view, search, query_parser=None):
    """Take ?q= of the request."""
    search.words = request.args.get("q", "")
    return search, {"q": search.words} if search.words else {}
