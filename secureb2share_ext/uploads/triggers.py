"""The triggers that refuse content rows which bypass the ORM: SQLAlchemy Core, raw SQL, a worker without this package.

They stand in the database itself, on PostgreSQL (9.6 and later) and SQLite. Deleting stays possible; an update is
refused only where it changes what a file's row points to.
"""

from typing import Any, List, Tuple

from sqlalchemy import text

TABLES = ("files_files", "files_multipartobject", "files_multipartobject_part")
MESSAGE = "secureb2share: uploads are closed"
_COLUMNS = ("uri", "size", "checksum", "storage_class")

_FUNCTION = (
    """
CREATE OR REPLACE FUNCTION secureb2share_refuse() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION '%s'; END
$$ LANGUAGE plpgsql
"""
    % MESSAGE
)


def _name(table: str, verb: str) -> str:
    return "secureb2share_%s_%s" % (verb, table)


def _statements(dialect: str) -> List[Tuple[str, str, str]]:
    """[(table, name, SQL)] of the triggers of a database."""
    if dialect == "postgresql":
        body = "EXECUTE PROCEDURE secureb2share_refuse()"
        differs = " OR ".join("OLD.%s IS DISTINCT FROM NEW.%s" % (c, c) for c in _COLUMNS)
        when = "FOR EACH ROW WHEN (%s)" % differs
    else:
        body = "BEGIN SELECT RAISE(ABORT, '%s'); END" % MESSAGE
        differs = " OR ".join("OLD.%s IS NOT NEW.%s" % (c, c) for c in _COLUMNS)
        when = "FOR EACH ROW WHEN %s" % differs
    found = []
    for table in TABLES:
        name = _name(table, "insert")
        found.append((table, name, "CREATE TRIGGER %s BEFORE INSERT ON %s FOR EACH ROW %s" % (name, table, body)))
    name = _name("files_files", "update")
    found.append(("files_files", name, "CREATE TRIGGER %s BEFORE UPDATE ON files_files %s %s" % (name, when, body)))
    return found


def install(connection: Any) -> List[str]:
    """Make the triggers that are missing or disabled, and return their names."""
    dialect = connection.dialect.name
    enabled, there = installed(connection), _existing(connection)
    if dialect == "postgresql":
        connection.execute(text(_FUNCTION))
    made = []
    for table, name, sql in _statements(dialect):
        if name not in enabled:
            if name in there:
                _drop(connection, table, name)
            connection.execute(text(sql))
            made.append(name)
    return made


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


def missing(connection: Any) -> List[str]:
    """Names of the triggers that should be there and are not."""
    there = installed(connection)
    return [name for _, name, _ in _statements(connection.dialect.name) if name not in there]
