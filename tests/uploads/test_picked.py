"""Every way past the triggers that somebody with rights in the database has, and who says so afterwards."""

import json
import os
import time
import uuid

import pytest
import sqlalchemy
from instance import example, running
from invenio_db import db
from rows import dump, new
from served import missing_of
from sqlalchemy import event
from sqlalchemy.engine import Engine

from secureb2share_ext import client
from secureb2share_ext.outbox import tasks
from secureb2share_ext.uploads import lock, triggers

ROW = (
    "INSERT INTO files_files (created, updated, id, uri, readable, writable)"
    " VALUES ('2026-01-01', '2026-01-01', '%s', '/x', true, false)" % ("00000000-0000-4000-8000-00000000000a")
)
GONE = "DELETE FROM files_files WHERE uri = '/x'"
OFF = "ALTER TABLE files_files DISABLE TRIGGER USER"
ON = "ALTER TABLE files_files ENABLE ALWAYS TRIGGER secureb2share_%s_files_files"
REFUSE = triggers._FUNCTION
PASS = "CREATE OR REPLACE FUNCTION secureb2share_refuse() RETURNS trigger AS $$BEGIN RETURN NEW; END$$ LANGUAGE plpgsql"
COPY = "COPY files_files (created, updated, id, uri, readable, writable) FROM PROGRAM 'echo %s'" % (
    "2026-01-01,2026-01-01,00000000-0000-4000-8000-00000000000a,/x,t,f' WITH (FORMAT csv) --"
)
UPDATE = "CREATE TRIGGER secureb2share_update_files_files BEFORE UPDATE %s EXECUTE PROCEDURE secureb2share_refuse()"
DROP_UPDATE = "DROP TRIGGER secureb2share_update_files_files ON files_files"
ALWAYS_UPDATE = ON % "update"
WHEN = "ON files_files FOR EACH ROW WHEN (%s)"
DIFFERS = triggers._differs("IS DISTINCT FROM")
MEND, ACKNOWLEDGE = ("init",), ("lock", "acknowledge", "--reason", "A rehearsal.")
PUT_BACK = [ON % "insert", ON % "update"]

# (name, what is done, what is said then, how it is mended, whether rows may have passed)
POSTGRESQL = [
    ("function lets rows pass", [PASS, ROW], "(function)", [MEND], True),
    ("function let rows pass", [PASS, ROW, GONE, REFUSE], "or their function were altered", [], True),
    (
        "table made anew",
        [
            "ALTER TABLE files_files RENAME TO files_kept",
            "CREATE TABLE files_files (LIKE files_kept INCLUDING DEFAULTS)",
            ROW,
        ],
        "no trigger secureb2share_insert_files_files",
        ["DROP TABLE files_files", "ALTER TABLE files_kept RENAME TO files_files"],
        False,
    ),
    ("disabled", [OFF], "(state)", [MEND], True),
    ("enabled, but not always", [OFF, OFF.replace("DISABLE", "ENABLE")], "(state)", [MEND], True),
    ("disabled for a while", [OFF, ROW, GONE, *PUT_BACK], "1 more inserted into files_files", [], True),
    ("disabled, and nothing came", [OFF, *PUT_BACK], "secureb2share_insert_files_files", [], True),
    ("disabled for a copy", [OFF, COPY, GONE, *PUT_BACK], "secureb2share_insert_files_files", [], True),
    (
        "passed by replication",
        [
            "ALTER TABLE files_files ENABLE TRIGGER USER",
            "SET session_replication_role = replica",
            ROW,
            "SET session_replication_role = origin",
        ],
        "(state)",
        [MEND],
        True,
    ),
    (
        "child",
        ["CREATE TABLE child () INHERITS (files_files)", ROW.replace("files_files", "child")],
        "Rows of child are rows of files_files as well",
        ["DROP TABLE child"],
        False,
    ),
    (
        "another schema",
        [
            "CREATE SCHEMA other",
            "CREATE TABLE other.files_files (LIKE files_files INCLUDING DEFAULTS)",
            "DO $$BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET search_path = other, public'; END$$",
        ],
        "no trigger secureb2share_insert_files_files",
        [
            "DROP SCHEMA other CASCADE",
            "DO $$BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' RESET search_path'; END$$",
        ],
        False,
    ),
    (
        "another trigger changes what ours let pass",
        [
            "CREATE FUNCTION zz() RETURNS trigger AS $$BEGIN NEW.uri := '/y'; RETURN NEW; END$$ LANGUAGE plpgsql",
            "CREATE TRIGGER zz BEFORE UPDATE ON files_files FOR EACH ROW EXECUTE PROCEDURE zz()",
        ],
        "The trigger zz of files_files is not ours",
        ["DROP TRIGGER zz ON files_files", "DROP FUNCTION zz()"],
        False,
    ),
    (
        "condition that never holds",
        [DROP_UPDATE, UPDATE % (WHEN % "false"), ALWAYS_UPDATE],
        "(condition)",
        [MEND],
        True,
    ),
    (
        "fires for one column",
        [DROP_UPDATE, UPDATE % ("OF uri " + WHEN % DIFFERS), ALWAYS_UPDATE],
        "(event)",
        [MEND],
        True,
    ),
    (
        "column changed for another",
        ["ALTER TABLE files_files RENAME size TO former", "ALTER TABLE files_files ADD size bigint DEFAULT 9"],
        "(condition)",
        ["ALTER TABLE files_files DROP size", "ALTER TABLE files_files RENAME former TO size"],
        False,
    ),
    (
        "a superuser hid the triggers",
        [
            "UPDATE pg_class SET relhastriggers = false WHERE relname = 'files_files'",
            ROW,
            GONE,
            "UPDATE pg_class SET relhastriggers = true WHERE relname = 'files_files'",
        ],
        "The database counts 1 more inserted into files_files",
        [],
        True,
    ),
]
INSERT = [sql for _, name, sql in triggers._statements("sqlite") if name == "secureb2share_insert_files_files"]
DROP_INSERT = "DROP TRIGGER secureb2share_insert_files_files"
SQLITE = [
    # the first, because a number is given again once its row was deleted
    ("dropped for a while", [DROP_INSERT, ROW, *INSERT], "counts 1 more inserted into files_files", [], True),
    ("dropped", [DROP_INSERT], "no trigger secureb2share_insert_files_files", [MEND], False),
    (
        "another body",
        [DROP_INSERT, INSERT[0].replace("RAISE(ABORT, 'secureb2share: uploads are closed')", "1")],
        "(definition)",
        [MEND],
        False,
    ),
    (
        "table made anew",
        ["ALTER TABLE files_files RENAME TO files_kept", "CREATE TABLE files_files AS SELECT * FROM files_kept"],
        "no trigger secureb2share_insert_files_files",
        ["DROP TABLE files_files", "ALTER TABLE files_kept RENAME TO files_files", MEND],
        False,
    ),
]


PICKS = [("sqlite", row) for row in SQLITE] + [("postgresql", row) for row in POSTGRESQL]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def instance(request, tmp_path_factory):
    if request.param == "postgresql" and missing_of(["POSTGRESQL"]):
        pytest.skip("no PostgreSQL: SECUREB2SHARE_TEST_POSTGRESQL is not set")
    with running(request.param, tmp_path_factory.mktemp("instance"), {"tsd": {"release": "review"}}) as found:
        found.kind = request.param
        yield found


def execute(instance, statements):
    """As somebody with all rights, on a connection of its own, so that the counters come before the next look."""
    engine = sqlalchemy.create_engine(instance.app.config["SQLALCHEMY_DATABASE_URI"])
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
    if instance.kind == "postgresql" and engine.dialect.server_version_info < (15,):
        # its counters are read from a file that may be half a second old
        time.sleep(1.2)
    # a search path counts for new connections
    for one in lock.of_instance(instance.app):
        with one.app.app_context():
            db.session.remove()
            db.engine.dispose()


def mend(instance, steps):
    for step in steps:
        if isinstance(step, str):
            execute(instance, [step])
        else:
            assert instance.run_cli(*step).exit_code == 0


def check(instance):
    result = instance.run_cli("check")
    assert isinstance(result.exception, (SystemExit, type(None))), result.exc_info
    return result.output


def critical(instance):
    said = instance.run_cli("health", "--json").output
    findings = json.loads(said[said.index("{") :])["findings"]
    return [one["text"] for one in findings if one["name"] == "lock" and one["level"] == "critical"]


def post(instance):
    answer = instance.curate(example())
    return (answer.status_code, answer.json().get("code"))


def swept(instance, caplog):
    caplog.clear()
    with instance.app.app_context():
        tasks.sweep()
        db.session.remove()
    return [one.getMessage() for one in caplog.records if "secureb2share.lock-incomplete" in one.getMessage()]


@pytest.mark.parametrize(
    "instance, row",
    PICKS,
    indirect=["instance"],
    ids=["%s: %s" % (kind, row[0]) for kind, row in PICKS],
    scope="module",
)
def test_whatever_passes_is_seen_by_everyone_until_it_is_acknowledged(instance, row, monkeypatch, caplog):
    _, picks, words, mending, is_noted = row
    monkeypatch.setattr(lock, "INTERVAL", 0)
    assert post(instance)[0] == 201 and swept(instance, caplog) == []
    execute(instance, picks)
    assert words in check(instance) and words in critical(instance)[0]
    assert words in swept(instance, caplog)[0]
    assert post(instance) == (503, "lock-incomplete")
    assert instance.call("GET", "/api/records/").status_code == 200
    if mending:
        assert "Mend this first" in instance.run_cli(*ACKNOWLEDGE).output
        mend(instance, mending)
    if is_noted:
        assert "lock acknowledge" in check(instance) and post(instance)[0] == 503
        assert instance.run_cli("init").exit_code == 0 and post(instance)[0] == 503
        mend(instance, [ACKNOWLEDGE])
        assert instance.run_cli("lock").output.count("A rehearsal.") >= 1
    assert "All is in place" in check(instance) and post(instance)[0] == 201
    assert instance.run_cli(*ACKNOWLEDGE).output == "Error: There is nothing to acknowledge.\n"
    execute(instance, [GONE])


def test_no_command_and_no_task_writes_past_a_picked_lock(instance, monkeypatch, tmp_path):
    monkeypatch.setattr(lock, "INTERVAL", 0)
    source, place = instance.source, "picked/" + uuid.uuid4().hex
    held, public, ended = (place + "/" + name for name in ("held", "public", "ended"))
    for name in (held, public, ended):
        source.register(name, example())
    for name in (public, ended):
        assert instance.run_cli("review", "release", "tsd", name).exit_code == 0
    source.set_state(ended, "withdrawn", "Mine.", confirm=True)
    line = client.line(instance.key, source.envelope("register", place + "/new", dataset=example()))
    file, folder, state = tmp_path / "lines", tmp_path / "drop", tmp_path / "state"
    file.write_bytes(line)
    folder.mkdir(mode=0o700)
    state.mkdir(mode=0o700)
    (folder / "a.jsonl").write_bytes(line)
    # a file that was written just now is looked at later
    os.utime(folder / "a.jsonl", (1, 1))
    commands = [
        ("ingest", str(file)),
        ("ingest-folder", str(folder), "--state", str(state)),
        ("transfer", "tsd", public, "--tenant", "p12"),
        ("withdrawal", "undo", "tsd", ended, "--reason", "Not meant."),
        ("review", "refuse", "tsd", held, "--reason", "Not yet."),
        ("review", "release", "tsd", held),
    ]
    # the number of a row that was deleted since SQLite's was noted is given again, and two rows have a new one
    rows = [ROW, ROW.replace("-00000000000a", "-00000000000b").replace("/x", "/y")]
    execute(instance, [OFF, *PUT_BACK] if instance.kind == "postgresql" else [DROP_INSERT, *rows, *INSERT])
    try:
        before = dump(instance)
        for command in commands:
            result = instance.run_cli(*command)
            kept = [path.read_text() for path in tmp_path.rglob("*.refused.jsonl")]
            assert result.exit_code != 0 and "lock acknowledge" in "".join([result.output] + kept), command
            for path in tmp_path.rglob("*.refused.jsonl"):
                path.unlink()
        # bulk and single messages, and pages
        body = source.envelope("register", place + "/new", dataset=example())
        headers = client.signed_headers(instance.key, str(uuid.uuid4()), body)
        single = instance.call("PUT", "/api/datasets/tsd/%s/new" % place, data=body, headers=headers)
        for answer in (single, instance.post_lines([line]), instance.call("POST", "/secureb2share/review/1")):
            assert (answer.status_code, answer.json()["code"]) == (503, "lock-incomplete")
            assert "lock acknowledge" in answer.json()["detail"]
        assert new(before, dump(instance)) == {}
    finally:
        mend(instance, [ACKNOWLEDGE])
    (kept,) = state.rglob("*a.jsonl")
    for command in commands[:4] + commands[5:]:
        assert instance.run_cli(*command).exit_code == 0, command
    execute(instance, [GONE])


def test_what_is_refused_and_what_is_upkeep_leave_no_mark(instance):
    refused = [ROW, "UPDATE files_files SET uri = '/y'"]
    upkeep = ["UPDATE files_files SET last_check = true", "DELETE FROM files_multipartobject", "ANALYZE"]
    if instance.kind == "postgresql":
        replica = "SET session_replication_role = replica; "
        refused += [COPY, replica + ROW, replica + COPY]
        upkeep += ["GRANT SELECT ON files_files TO public", "CREATE INDEX ix_upkeep ON files_files (uri)"]
        upkeep += ["REINDEX TABLE files_files", "ALTER TABLE files_files ADD upkeep integer"]
        upkeep += ["VACUUM FULL files_files", "VACUUM FULL pg_trigger", "VACUUM FULL pg_proc", "VACUUM FREEZE"]
    url = instance.app.config["SQLALCHEMY_DATABASE_URI"]
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in refused:
            with pytest.raises(sqlalchemy.exc.SQLAlchemyError, match="uploads are closed"):
                connection.exec_driver_sql(statement)
        for statement in upkeep:
            connection.exec_driver_sql(statement)
    engine.dispose()
    assert "All is in place" in check(instance)


@pytest.mark.parametrize("instance", ["postgresql"], indirect=True, scope="module")
def test_a_counter_that_began_anew_says_nothing(instance):
    execute(instance, ["SELECT pg_stat_reset()"])
    assert "All is in place" in check(instance)
    execute(instance, [OFF, ROW, GONE, *PUT_BACK])
    assert "or their function were altered" in check(instance)
    mend(instance, [ACKNOWLEDGE])


def test_a_running_process_looks_again_once_an_interval(instance, monkeypatch):
    asked = []

    def see(connection, cursor, statement, *more):
        if "pg_trigger" in statement or "sqlite_master" in statement and "secureb2share_lock" in statement:
            asked.append(statement)

    monkeypatch.setattr(lock, "INTERVAL", 60)
    clock = [lock.time.monotonic()]
    monkeypatch.setattr(lock.time, "monotonic", lambda: clock[0])
    clock[0] += 10 * lock.INTERVAL
    assert post(instance)[0] == 201
    event.listen(Engine, "before_cursor_execute", see)
    try:
        for passed, looks in ((0, 0), (lock.INTERVAL - 1, 0), (1, 1), (0, 1), (lock.INTERVAL, 2)):
            clock[0] += passed
            instance.call("GET", "/api/records/")
            assert post(instance)[0] == 201
            assert len(asked) == looks
    finally:
        event.remove(Engine, "before_cursor_execute", see)
        for one in lock.of_instance(instance.app):
            one.forget()


def test_opening_and_closing_are_in_the_history(instance):
    assert instance.run_cli("unlock").output == "Removed 4 triggers.\n"
    assert instance.run_cli("unlock").output == "Removed 0 triggers.\n"
    execute(instance, [ROW])
    assert "no trigger" in check(instance)
    assert "Mend this first" in instance.run_cli(*ACKNOWLEDGE).output
    mend(instance, [MEND, MEND])
    execute(instance, [GONE])
    assert "All is in place" in check(instance)
    lines = instance.run_cli("lock").output.splitlines()
    events = [line.split()[1] for line in lines if line[:2] == "20"]
    assert events[0] == "closed" and events[-2:] == ["opened", "closed"] and lines[-1] == "0 findings."
    assert ("can alter the triggers" in lines[-2]) == (instance.kind == "postgresql")
    execute(instance, ["DELETE FROM secureb2share_lock"])
    assert "It was not noted that uploads are closed" in check(instance)
    assert instance.run_cli(*ACKNOWLEDGE).exit_code == 1
    mend(instance, [MEND])
