"""How is the catalogue searched without a cluster? By FTS5 in the same database, written in the same transaction.

On PostgreSQL, where the tests run too, the same table is searched with ILIKE.
"""

import json
import re

from flask import current_app, request
from invenio_db import db
from invenio_records import signals
from invenio_records.models import RecordMetadata
from sqlalchemy import text

TABLE = "catalogue_search"


def create_table(connection):
    """Make the search table if it is not there."""
    if connection.dialect.name == "sqlite":
        columns = "pid UNINDEXED, uuid UNINDEXED, title, body, tokenize='unicode61 remove_diacritics 2'"
        connection.execute(text("CREATE VIRTUAL TABLE IF NOT EXISTS %s USING fts5(%s)" % (TABLE, columns)))
    else:
        connection.execute(text("CREATE TABLE IF NOT EXISTS %s (pid text, uuid text, title text, body text)" % TABLE))


def connect():
    """Keep the table up to date, in the transactions of the records."""
    signals.after_record_insert.connect(_index, weak=False)
    signals.after_record_update.connect(_index, weak=False)
    # after, as for the others: rows are locked in one order everywhere
    signals.after_record_delete.connect(_forget, weak=False)


def _index(sender, record=None, **kwargs):
    _forget(sender, record)
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


def _forget(sender, record=None, **kwargs):
    if current_app.config.get("SECUREB2SHARE_DEMO"):
        db.session.execute(text("DELETE FROM %s WHERE uuid = :uuid" % TABLE), {"uuid": str(record.id)})


def find(words, start, stop):
    """(total, [(uuid, pid)]) of the records that have all the words, the best first; without words, the newest."""
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
        return _Result(*find(self.words, self.start, self.stop))


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
