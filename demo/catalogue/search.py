"""The search of the catalogue. With a cluster, invenio-records-rest searches and this package fills the index.

Without one, FTS5 searches a table of the same database, which is written in the same transaction as the record. On
PostgreSQL it is ILIKE on the same table.
"""

import json
import re

from flask import current_app, request
from invenio_db import db
from invenio_records import signals
from invenio_records.models import RecordMetadata
from invenio_search import RecordsSearch, current_search
from invenio_search.engine import dsl
from sqlalchemy import text

TABLE = "catalogue_search"


def has_cluster(app):
    """Whether a search cluster is configured."""
    return bool(app.config.get("SEARCH_HOSTS"))


def prepare(app):
    """Make the index, or the search table, if it is not there."""
    if has_cluster(app):
        # what `invenio index init` does
        for _ in current_search.create(ignore_existing=True):
            pass
    else:
        with db.engine.begin() as connection:
            _create_table(connection)


def _create_table(connection):
    if connection.dialect.name == "sqlite":
        columns = "pid UNINDEXED, uuid UNINDEXED, title, body, tokenize='unicode61 remove_diacritics 2'"
        connection.execute(text("CREATE VIRTUAL TABLE IF NOT EXISTS %s USING fts5(%s)" % (TABLE, columns)))
    else:
        connection.execute(text("CREATE TABLE IF NOT EXISTS %s (pid text, uuid text, title text, body text)" % TABLE))


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
    words = [entry.get("text", "") for name in ("titles", "descriptions") for entry in record.get(name, [])]
    words += [creator.get("name", "") for creator in record.get("creators", [])]
    words += record.get("keywords", []) + [
        record.get("publisher", ""),
        record.get("secureb2share", {}).get("identifier", ""),
    ]
    values = {
        "pid": record["control_number"],
        "uuid": str(record.id),
        "title": words[0] if words else "",
        "body": "\n".join(words),
    }
    db.session.execute(
        text("INSERT INTO %s (pid, uuid, title, body) VALUES (:pid, :uuid, :title, :body)" % TABLE), values
    )


# after, as for the others: rows are locked in one order everywhere
@signals.after_record_delete.connect
def _forget(sender, record=None, **kwargs):
    if _has_table():
        db.session.execute(text("DELETE FROM %s WHERE uuid = :uuid" % TABLE), {"uuid": str(record.id)})


def find(words, start, stop):
    """(total, [pid]) of the records that have all the words, the best first; without words, the newest."""
    total, found = (_find_in_cluster if has_cluster(current_app) else _find_in_table)(words, start, stop)
    return total, [pid for _, pid in found]


def _find_in_cluster(words, start, stop):
    search = RecordsSearch(index="secureb2share").extra(track_total_hits=True)[start:stop]
    if words:
        search = search.query(dsl.Q("simple_query_string", query=words, default_operator="and"))
    else:
        search = search.sort("-_created")
    result = search.source(["control_number"]).execute()
    return result.hits.total["value"], [(hit.meta.id, hit.control_number) for hit in result]


def _find_in_table(words, start, stop):
    tokens = re.findall(r"\w+", words, re.UNICODE)[:20]
    sqlite = db.engine.dialect.name == "sqlite"
    if not tokens:
        where, order, values = "1 = 1", "CAST(pid AS integer) DESC", {}
    elif sqlite:
        where, order = TABLE + " MATCH :words", "rank"
        values = {"words": " ".join('"%s"*' % token for token in tokens)}
    else:
        where = " AND ".join("body ILIKE :word%d" % n for n in range(len(tokens)))
        order, values = "CAST(pid AS integer) DESC", {"word%d" % n: "%%%s%%" % t for n, t in enumerate(tokens)}
    total = db.session.execute(text("SELECT count(*) FROM %s WHERE %s" % (TABLE, where)), values).scalar()
    page = "SELECT uuid, pid FROM %s WHERE %s ORDER BY %s LIMIT :size OFFSET :start" % (TABLE, where, order)
    rows = db.session.execute(text(page), dict(values, size=stop - start, start=start)).all()
    return total, [(row.uuid, row.pid) for row in rows]


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
        return _Result(*_find_in_table(self.words, self.start, self.stop))


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
