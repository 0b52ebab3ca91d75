"""The triggers as they are in the database, and what it counts: one statement, which scans no table that holds content.

PostgreSQL stamps each row of its own catalogue with the transaction that wrote it. A trigger or its function that was
altered and put back bears another stamp, whatever happened to the rows that passed meanwhile.
"""

import json
import re
from typing import Any, Dict, NamedTuple, Optional

from sqlalchemy import text

from .comparison import Marks, Noted

TABLES = ("files_files", "files_multipartobject", "files_multipartobject_part")  # those that hold content

_NOTED = "(SELECT event, at, marks FROM secureb2share_lock ORDER BY id DESC LIMIT 1) AS n"
_POSTGRESQL = """
SELECT n.event, n.at, n.marks, t.name, pg_stat_get_tuples_inserted(c.oid), g.tgname, pg_get_triggerdef(g.oid),
  CONCAT_WS(' ', g.tgtype, NULLIF(CAST(g.tgattr AS text), '')),
  CASE WHEN c.relhastriggers THEN g.tgenabled ELSE 'D' END,
  CONCAT_WS(' ', l.lanname, p.proname, p.prosrc), CONCAT_WS('/', c.oid, g.xmin, p.oid, p.xmin),
  (SELECT string_agg(CAST(CAST(i.inhrelid AS regclass) AS text), ', ') FROM pg_inherits i WHERE i.inhparent = c.oid)
FROM (VALUES %s) AS t (name)
LEFT JOIN pg_class c ON c.oid = to_regclass(t.name)
LEFT JOIN pg_trigger g ON g.tgrelid = c.oid AND NOT g.tgisinternal
  AND (g.tgname LIKE 'secureb2share%%' OR CAST(g.tgtype AS integer) & 3 = 3)
LEFT JOIN pg_proc p ON p.oid = g.tgfoid
LEFT JOIN pg_language l ON l.oid = p.prolang
LEFT JOIN %s ON true
"""
_SQLITE = """
SELECT n.event, n.at, n.marks, t.name, t.last, g.name, g.sql
FROM (%s) AS t
LEFT JOIN sqlite_master g ON g.type = 'trigger' AND g.tbl_name = t.name AND g.name LIKE 'secureb2share%%'
LEFT JOIN %s ON 1 = 1
"""


class State(NamedTuple):
    """What is there."""

    # {name: {property: value}} of our triggers of TABLES, and of others that may change a row behind ours
    triggers: Dict[str, Dict[str, str]]
    children: Dict[str, str]  # {table: its children by inheritance, partitions too}
    marks: Marks
    noted: Optional[Noted]


def read(connection: Any) -> State:
    """The State that a connection sees, in whichever schema its search path leads to."""
    read_row = _of_postgresql if connection.dialect.name == "postgresql" else _of_sqlite
    rows = connection.execute(text(_statement(connection.dialect.name))).fetchall()
    state = State({}, {}, Marks({}, {}), _noted(*rows[0][:3]))
    for row in rows:
        read_row(state, *row[3:])
    return state


def _statement(dialect: str) -> str:
    if dialect == "postgresql":
        return _POSTGRESQL % (", ".join("('%s')" % table for table in TABLES), _NOTED)
    lasts = ("SELECT '%s' AS name, max(rowid) AS last FROM %s" % (table, table) for table in TABLES)
    return _SQLITE % (" UNION ALL ".join(lasts), _NOTED)


def _noted(event, at, marks):
    return Noted(event, str(at)[:16], Marks(**json.loads(marks))) if event else None


def _of_postgresql(state, table, inserted, name, definition, event, enabled, function, stamp, children):
    state.marks.inserted[table] = inserted or 0
    if children:
        state.children[table] = children
    if name:
        condition = re.search(r" WHEN \((.*)\) EXECUTE ", definition, re.S)
        state.triggers[name] = {
            "table": table,
            "event": event,
            "state": enabled,
            "function": function,
            "condition": bare(condition.group(1)) if condition else "",
        }
        state.marks.triggers[name] = stamp


def _of_sqlite(state, table, last, name, definition):
    state.marks.inserted[table] = last or 0
    if name:
        state.triggers[name] = {"table": table, "definition": definition}


def bare(condition: str) -> str:
    """A condition without the casts, brackets and spaces that PostgreSQL adds when it prints one."""
    return re.sub(r"::\w+( varying)?(\(\d+\))?|[()\s]", "", condition.lower())
