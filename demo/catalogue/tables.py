"""The search in tables of the catalogue's own database, written in the same transaction as a record.

On SQLite FTS5 searches the words; on PostgreSQL it is LIKE. The values of facets are rows of a table of their own.
"""

from invenio_db import db
from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, MetaData, String, Table, Text, bindparam, text

from secureb2share_ext.descriptions import search_document
from secureb2share_ext.pages.language import LANGUAGES

from . import asking

WORDS = "catalogue_search"  # (rowid, title, text)
METADATA = MetaData()
DATASETS = Table(
    "catalogue_dataset",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("uuid", String(36), nullable=False, unique=True),
    Column("pid", String(255), nullable=False),
    Column("created", DateTime),
    Column("days", Integer),
    Column("opens", String(10)),
    *(Column("title_" + language, Text) for language in LANGUAGES),
)
VALUES = Table(
    "catalogue_value",
    METADATA,
    Column("dataset_id", Integer, ForeignKey(DATASETS.c.id), primary_key=True),
    Column("facet", String(20), primary_key=True),
    Column("value", String(300), primary_key=True),
)
Index("ix_catalogue_value_value", VALUES.c.facet, VALUES.c.value)

# an embargo ends with a day
VALUE = (
    "CASE WHEN v.facet = 'access' AND v.value = 'embargoed' AND hit.opens <= :today THEN 'controlled' ELSE v.value END"
)
CHOSEN = "EXISTS (SELECT 1 FROM catalogue_value v WHERE v.dataset_id = hit.id AND v.facet = '%s' AND %s IN :%s)"
ORDERS = {
    asking.BEST: "score, created DESC, pid",
    asking.NEWEST: "created DESC, pid",
    asking.TITLE: "title{binary} NULLS LAST, pid",
    asking.DECISION: "days NULLS LAST, title{binary} NULLS LAST, pid",
}


def create():
    """Make the tables that are not there."""
    METADATA.create_all(db.engine)
    columns = "fts5(title, text, tokenize='unicode61 remove_diacritics 0')"
    table = "TABLE IF NOT EXISTS %s (rowid integer PRIMARY KEY, title text, text text)" % WORDS
    with db.engine.begin() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        connection.execute(
            text("CREATE " + ("VIRTUAL TABLE IF NOT EXISTS %s USING %s" % (WORDS, columns) if is_sqlite else table))
        )


def add(uuid, pid, created, document):
    """Add a dataset; document: what hosts.records_rest.search_member makes of its record."""
    values = {"title_" + language: title for language, title in document["title"].items()}
    values.update(uuid=uuid, pid=pid, created=created, days=document.get("days"), opens=document.get("opens"))
    (number,) = db.session.execute(DATASETS.insert().values(values)).inserted_primary_key
    rows = [
        {"dataset_id": number, "facet": facet, "value": value}
        for facet in search_document.FACETS
        for value in document[facet]
    ]
    if rows:
        db.session.execute(VALUES.insert(), rows)
    # with a space around each word, LIKE finds words
    titles = " ".join(dict.fromkeys(document["title"].values()))
    words = {"rowid": number, "title": " %s " % titles, "text": " %s " % document["text"]}
    db.session.execute(text("INSERT INTO %s (rowid, title, text) VALUES (:rowid, :title, :text)" % WORDS), words)


def forget(uuid):
    """Remove a dataset, if it is there."""
    number = db.session.execute(text("SELECT id FROM catalogue_dataset WHERE uuid = :uuid"), {"uuid": uuid}).scalar()
    for table, column in ((WORDS, "rowid"), ("catalogue_value", "dataset_id"), ("catalogue_dataset", "id")):
        if number is not None:
            db.session.execute(text("DELETE FROM %s WHERE %s = :number" % (table, column)), {"number": number})


def find(query, language, today):
    """(total, [(uuid, pid)] of the page, {facet: {value: count}}) of an asking.Query, by two statements."""
    hit, values = _hit(query, language, today)
    counts = {facet: {} for facet in search_document.FACETS}
    missed = " OR ".join("(misses = 1 AND miss_%s = 1 AND v.facet = '%s')" % (f, f) for f in query.by_facet)
    rows = _all(
        "%s SELECT '' AS facet, '' AS value, count(*) AS number FROM hit WHERE misses = 0 UNION ALL"
        " SELECT v.facet, %s, count(*) FROM hit JOIN catalogue_value v ON v.dataset_id = hit.id"
        " WHERE misses = 0%s GROUP BY 1, 2" % (hit, VALUE, " OR " + missed if missed else ""),
        values,
    )
    for row in rows:
        counts.setdefault(row.facet, {})[row.value] = row.number
    total = counts.pop("")[""]
    order = ORDERS[query.order].format(binary="" if _is_sqlite() else ' COLLATE "C"')
    page = "%s SELECT uuid, pid FROM hit WHERE misses = 0 ORDER BY %s LIMIT :size OFFSET :start" % (hit, order)
    found = _all(page, dict(values, size=query.size, start=query.start)) if total > query.start else []
    return total, [(row.uuid, row.pid) for row in found], counts


def total(query, today):
    """The number of datasets that an asking.Query finds, by one statement."""
    hit, values = _hit(query, "en", today)
    return _all(hit + " SELECT count(*) AS number FROM hit WHERE misses = 0", values)[0].number


def similar(beginning, shortest, longest):
    """{word: number of datasets that have it} of the words between two lengths that begin so."""
    lengths = {"shortest": shortest, "longest": longest}
    if _is_sqlite():
        db.session.execute(
            text("CREATE VIRTUAL TABLE IF NOT EXISTS temp.catalogue_word USING fts5vocab(main, %s, row)" % WORDS)
        )
        known = "SELECT term AS word, doc AS number FROM temp.catalogue_word WHERE term >= :beginning AND term < :end"
        found = _all(
            known + " AND length(term) BETWEEN :shortest AND :longest",
            dict(lengths, beginning=beginning, end=beginning + "\U0010ffff"),
        )
    else:
        found = _all(
            "SELECT word, count(DISTINCT rowid) AS number FROM %s, regexp_split_to_table(text, ' ') AS word"
            " WHERE word LIKE :beginning AND length(word) BETWEEN :shortest AND :longest GROUP BY word" % WORDS,
            dict(lengths, beginning=beginning + "%"),
        )
    return {row.word: row.number for row in found}


def _hit(query, language, today):
    """(WITH clause of the datasets with all the words, {place: value}); misses: how many facets leave one out."""
    match, score, values = _match(query.terms) if query.terms else ("", "0", {})
    values["today"] = today
    misses = {}
    for facet, chosen in query.by_facet.items():
        values[facet] = tuple(chosen)
        misses["miss_" + facet] = "CASE WHEN %s THEN 0 ELSE 1 END" % (CHOSEN % (facet, VALUE, facet))
    columns = "d.id, d.uuid, d.pid, d.created, d.days, d.opens, d.title_%s AS title" % language
    table = "SELECT %s, %s AS score FROM catalogue_dataset d %s" % (columns, score, match)
    judgements = "".join(", %s AS %s" % (sql, name) for name, sql in misses.items())
    total = " + ".join(misses) or "0"
    judged = "SELECT hit.*%s FROM found hit" % judgements
    judged = "judged AS (%s), hit AS (SELECT judged.*, %s AS misses FROM judged)" % (judged, total)
    return "WITH found AS (%s), %s" % (table, judged), values


def _match(terms):
    join = "JOIN %s w ON w.rowid = d.id" % WORDS
    if _is_sqlite():
        phrases = ('"%s"%s' % (term, "*" if search_document.is_beginning(term) else "") for term in terms)
        # a word in the title counts more
        return join + " AND w.%s MATCH :words" % WORDS, "bm25(%s, 5.0, 1.0)" % WORDS, {"words": " ".join(phrases)}
    values = {
        "word%d" % number: "%% %s%s%%" % (term, "" if search_document.is_beginning(term) else " ")
        for number, term in enumerate(terms)
    }
    where = "".join(" AND w.text LIKE :%s" % name for name in values)
    return join + where, " + ".join("CASE WHEN w.title LIKE :%s THEN 0 ELSE 1 END" % name for name in values), values


def _all(sql, values):
    statement = text(sql)
    lists = [bindparam(name, expanding=True) for name, value in values.items() if isinstance(value, tuple)]
    return db.session.execute(statement.bindparams(*lists), values).all()


def _is_sqlite():
    return db.engine.dialect.name == "sqlite"
