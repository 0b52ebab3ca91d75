"""The triggers that refuse content rows which bypass the ORM: SQLAlchemy Core, raw SQL, a worker without this package.

They stand in the database itself, on PostgreSQL (9.6 and later) and SQLite. Deleting stays possible; an update is
refused only where it changes what a file's row points to.
"""

from typing import Any, Dict, List, Tuple

from sqlalchemy import text

from . import state
from .state import TABLES

MESSAGE = "secureb2share: uploads are closed"
_COLUMNS = ("uri", "size", "checksum", "storage_class")

_BODY = "\nBEGIN RAISE EXCEPTION '%s'; END\n" % MESSAGE
_FUNCTION = "CREATE OR REPLACE FUNCTION secureb2share_refuse() RETURNS trigger AS $$%s$$ LANGUAGE plpgsql" % _BODY
_BEFORE_INSERT, _BEFORE_UPDATE = "7", "19"  # bits of pg_trigger.tgtype, for each row


def _name(table: str, verb: str) -> str:
    return "secureb2share_%s_%s" % (verb, table)


def _differs(operator: str) -> str:
    return " OR ".join("OLD.%s %s NEW.%s" % (column, operator, column) for column in _COLUMNS)


def _statements(dialect: str) -> List[Tuple[str, str, str]]:
    """[(table, name, SQL)] of the triggers of a database."""
    if dialect == "postgresql":
        body = "EXECUTE PROCEDURE secureb2share_refuse()"
        when = "FOR EACH ROW WHEN (%s)" % _differs("IS DISTINCT FROM")
    else:
        body = "BEGIN SELECT RAISE(ABORT, '%s'); END" % MESSAGE
        when = "FOR EACH ROW WHEN %s" % _differs("IS NOT")
    found = []
    for table in TABLES:
        name = _name(table, "insert")
        found.append((table, name, "CREATE TRIGGER %s BEFORE INSERT ON %s FOR EACH ROW %s" % (name, table, body)))
    name = _name("files_files", "update")
    found.append(("files_files", name, "CREATE TRIGGER %s BEFORE UPDATE ON files_files %s %s" % (name, when, body)))
    return found


def expected(dialect: str) -> Dict[str, Dict[str, str]]:
    """{name: {property: value}} of the triggers as state.read finds them when they are as they should be."""
    found = {}
    for table, name, sql in _statements(dialect):
        if dialect == "postgresql":
            is_update = name == _name(table, "update")
            found[name] = {
                "table": table,
                "event": _BEFORE_UPDATE if is_update else _BEFORE_INSERT,
                "state": "A",  # fires whatever session_replication_role says
                "function": "plpgsql secureb2share_refuse " + _BODY,
                "condition": state.bare(_differs("IS DISTINCT FROM")) if is_update else "",
            }
        else:
            found[name] = {"table": table, "definition": sql}
    return found


def install(connection: Any) -> List[str]:
    """Make the triggers that are missing or not as they should be, and return their names."""
    dialect = connection.dialect.name
    found, should = state.read(connection).triggers, expected(dialect)
    wrong = [row for row in _statements(dialect) if found.get(row[1]) != should[row[1]]]
    if wrong and dialect == "postgresql":
        connection.execute(text(_FUNCTION))
    for table, name, sql in wrong:
        if name in found:
            _drop(connection, found[name]["table"], name)
        connection.execute(text(sql))
        if dialect == "postgresql":
            connection.execute(text("ALTER TABLE %s ENABLE ALWAYS TRIGGER %s" % (table, name)))
    return [name for _, name, _ in wrong]


def remove(connection: Any) -> List[str]:
    """Drop the triggers that are there, and return their names."""
    dialect = connection.dialect.name
    there = _existing(connection)
    for table, name, _ in _statements(dialect):
        if name in there:
            _drop(connection, table, name)
    if dialect == "postgresql":
        connection.execute(text("DROP FUNCTION IF EXISTS secureb2share_refuse()"))
    return there


def _drop(connection, table, name):
    of_table = " ON " + table if connection.dialect.name == "postgresql" else ""
    connection.execute(text("DROP TRIGGER %s%s" % (name, of_table)))


def installed(connection: Any) -> List[str]:
    """Names of the triggers that are there and enabled, in order."""
    return _existing(connection, " AND tgenabled IN ('O', 'A')")


def _existing(connection, condition=""):
    if connection.dialect.name == "postgresql":
        visible = "NOT tgisinternal AND pg_table_is_visible(tgrelid)"
        query = "SELECT tgname FROM pg_trigger WHERE " + visible + condition
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    names = {row[0] for row in connection.execute(text(query))}
    return [name for _, name, _ in _statements(connection.dialect.name) if name in names]
