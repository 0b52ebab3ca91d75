import pytest
import sqlalchemy
from served import new_database, skip_without

from secureb2share_ext.uploads import triggers

TABLES = "files_files", "files_multipartobject", "files_multipartobject_part"


@pytest.fixture()
def connection():
    skip_without(["POSTGRESQL"])
    with new_database() as uri:
        engine = sqlalchemy.create_engine(uri)
        with engine.begin() as connection:
            for table in TABLES:
                columns = "id integer, uri text, size integer, checksum text, storage_class text"
                connection.execute(sqlalchemy.text("CREATE TABLE %s (%s)" % (table, columns)))
            yield connection
        engine.dispose()


def disable(connection, name, table):
    connection.execute(sqlalchemy.text("ALTER TABLE %s DISABLE TRIGGER %s" % (table, name)))


def test_a_disabled_trigger_is_missing_made_again_and_removed(connection):
    every = triggers.install(connection)
    assert triggers.missing(connection) == [] and triggers.install(connection) == []
    disable(connection, every[0], TABLES[0])
    assert triggers.missing(connection) == [every[0]]
    assert triggers.install(connection) == [every[0]] and triggers.missing(connection) == []
    disable(connection, every[0], TABLES[0])
    assert triggers.remove(connection) == every and triggers.missing(connection) == every
