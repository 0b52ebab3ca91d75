import pytest
import sqlalchemy
from served import new_database, skip_without

from secureb2share_ext.uploads import seal, state, triggers


@pytest.fixture(params=["sqlite", "postgresql"])
def connection(request):
    """A database with the tables that hold content, and none of a host's."""
    if request.param == "sqlite":
        yield from made("sqlite://")
    else:
        skip_without(["POSTGRESQL"])
        with new_database() as uri:
            yield from made(uri)


def made(uri):
    engine = sqlalchemy.create_engine(uri)
    with engine.begin() as connection:
        for table in state.TABLES:
            columns = "id integer, uri text, size integer, checksum varchar(9), storage_class char(1)"
            connection.execute(sqlalchemy.text("CREATE TABLE %s (%s)" % (table, columns)))
        seal.Seal.__table__.create(connection)
        yield connection
    engine.dispose()


def test_what_is_made_is_what_is_expected_whatever_the_types_of_the_columns(connection):
    names = list(triggers.expected(connection.dialect.name))
    assert seal.close(connection) == names and triggers.installed(connection) == names
    assert state.read(connection).triggers == triggers.expected(connection.dialect.name)
    assert seal.faults(connection) == [] and seal.close(connection) == []
    assert seal.reopen(connection) == names and seal.reopen(connection) == []
    assert len(seal.faults(connection)) == 4 and triggers.installed(connection) == []


def test_what_is_noted_is_found_again(connection):
    seal.close(connection)
    found = state.read(connection)
    assert found.noted.event == "closed" and found.noted.marks == found.marks
    seal.note(connection, "acknowledged", "A rehearsal.")
    assert state.read(connection).noted.event == "acknowledged"
