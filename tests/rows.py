"""What is in a database, to be compared: every row of every table."""

import datetime
import json
import uuid

import sqlalchemy
from invenio_db import db


def dump(instance, leave_out=()):
    """{table: [row as {column: JSON-ready value}]} of every table of an Instance but those named, in stable order."""
    with instance.app.app_context(), db.engine.connect() as connection:
        tables = sorted(sqlalchemy.inspect(connection).get_table_names())
        return {table: _rows(connection, table) for table in tables if table not in leave_out}


def new(before, after):
    """{table: rows} of `after` that are not in `before`, without the tables in which nothing is new."""
    found = {}
    for table, rows in after.items():
        known = {json.dumps(row, sort_keys=True) for row in before.get(table, ())}
        fresh = [row for row in rows if json.dumps(row, sort_keys=True) not in known]
        if fresh:
            found[table] = fresh
    return found


def tables_with(rows, word):
    """The tables of a dump that hold a word (str) anywhere."""
    return sorted(table for table, found in rows.items() if word in json.dumps(found, ensure_ascii=False))


def _rows(connection, table):
    # table names come from the database itself
    found = connection.execute(sqlalchemy.text('SELECT * FROM "%s"' % table))
    names = list(found.keys())
    rows = [{name: _plain(value) for name, value in zip(names, row)} for row in found]
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


def _plain(value):
    if isinstance(value, (bytes, memoryview)) and len(value) == 16:
        return bytes(value).hex()
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).decode("utf-8", "backslashreplace")
    if isinstance(value, uuid.UUID):
        return value.hex
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    return value
