import sys

import pytest

if sys.version_info >= (3, 7):
    pytest.skip("the libraries of B2SHARE 2.4 need Python 3.6; run-tests.sh runs it there", allow_module_level=True)

from invenio_db import db  # noqa: E402
from old_instance import skip_unless_there, start, stock  # noqa: E402
from sqlalchemy import inspect  # noqa: E402


@pytest.fixture(scope="module", params=["postgresql"])
def instance(request, tmp_path_factory):
    skip_unless_there(request.param)
    with stock(tmp_path_factory.mktemp("instance")) as found:
        start(found)
        yield found


def run(instance, *words):
    result = instance.run_cli(*words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result.exit_code, [line for line in result.output.splitlines() if not line.startswith("INFO")]


def ours(instance):
    with instance.app.app_context():
        return [name for name in inspect(db.engine).get_table_names() if name.startswith("secureb2share_")]


def columns_there(table):
    # alembic's comparison asks SQLAlchemy 1.1 for check constraints, which PostgreSQL 12 and later keep elsewhere
    found = inspect(db.engine).get_columns(table)
    return {c["name"]: (c["type"].compile(db.engine.dialect), c["nullable"]) for c in found}


def columns_wanted(table):
    found = db.metadata.tables[table].columns
    return {c.name: (c.type.compile(db.engine.dialect), c.nullable) for c in found}


def test_a_database_from_before_gets_tables_and_triggers_once(instance):
    assert ours(instance) == []
    assert run(instance, "check") == (1, ["- The tables are missing: run `secureb2share init`.", "1 finding."])
    assert run(instance, "health")[0] == 3
    known = "known as %s." % instance.base_url
    made = ["Instance: made, " + known, "Instance: noted in the key folder."]
    assert run(instance, "init") == (0, ["Tables: 25 in all."] + made + ["Triggers: 4 made, 4 in all."])
    assert run(instance, "init") == (0, ["Tables: 25 in all.", "Instance: " + known, "Triggers: 0 made, 4 in all."])
    assert len(ours(instance)) == 25
    with instance.app.app_context():
        for name in ours(instance):
            assert columns_there(name) == columns_wanted(name), name


def test_check_names_the_missing_key(instance):
    code, lines = run(instance, "check")
    assert code == 1 and "secureb2share keys new" in lines[0]
    code, (kid,) = run(instance, "keys", "new")
    assert code == 0 and kid in run(instance, "keys", "list")[1][0]
    assert run(instance, "check") == (0, ["All is in place (MODE on)."])


def test_every_command_says_what_it_does(instance):
    code, lines = run(instance, "--help")
    for command in "audit check deliveries health ingest init keys lock reindex rename review transfer unlock".split():
        assert any(line.startswith("  %s " % command) for line in lines), command
        assert run(instance, command, "--help")[0] == 0


@pytest.mark.parametrize(
    "words, code, said",
    [
        (["audit"], 0, "0 unknown"),
        (["deliveries", "list"], 0, ""),
        (["deliveries", "hold", "--reason", "x"], 0, "tsd-ingest is held."),
        (["deliveries", "resume"], 0, "Events are sent to tsd-ingest again."),
        (["deliveries", "retry", "1"], 1, "There is no unfinished event 1."),
        (["deliveries", "list", "--state", "lost"], 2, "lost"),
        (["health", "--metrics"], 2, "secureb2share_health_level"),
        (["review", "list"], 0, ""),
        (["review", "release", "tsd", "a"], 1, "No registration of this dataset is held"),
        (["transfer", "tsd", "a", "--tenant", "p12"], 1, ""),
        (["reindex"], 0, "Records that wait for the search index: 0."),
    ],
)
def test_a_command_answers(instance, words, code, said):
    result = run(instance, *words)
    assert result[0] == code and said in "\n".join(result[1])


def test_unlock_and_the_mode_off(instance):
    start(instance, SECUREB2SHARE_MODE="off")
    code, lines = run(instance, "check")
    assert code == 1 and "4 triggers still refuse uploads" in lines[0]
    assert run(instance, "unlock") == (0, ["Removed 4 triggers."])
    code, lines = run(instance, "check")
    assert code == 0 and any("would be refused" in line for line in lines)
    assert run(instance, "ingest", "-")[0] == 1


def test_the_branch_can_be_taken_back(instance):
    with instance.app.app_context():
        instance.app.extensions["invenio-db"].alembic.downgrade("secureb2share@5ec0b25a0000")
    assert ours(instance) == []
