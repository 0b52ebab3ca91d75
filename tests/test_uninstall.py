import os

import pytest
import rows
from instance import example, running
from invenio_db import db
from sqlalchemy import text

from demo.catalogue.app import create_app


@pytest.fixture(params=["sqlite", "postgresql"])
def instance(request, tmp_path):
    if request.param == "postgresql" and not os.environ.get("SECUREB2SHARE_TEST_POSTGRESQL"):
        pytest.skip("no PostgreSQL: SECUREB2SHARE_TEST_POSTGRESQL is not set")
    with running(request.param, tmp_path) as found:
        yield found


def test_what_uninstalling_leaves(instance, tmp_path):
    said = instance.run_cli("uninstall")
    assert said.exit_code == 1 and "SECUREB2SHARE_MODE is 'on': set it to 'off'" in said.output
    pid = instance.source.register("a/1", example())["pid"]
    link = instance.call("GET", "/api/access/" + pid).headers["Location"]
    gone = instance.source.register("a/2", example())["pid"]
    instance.source.set_state("a/2", "withdrawn", "Test.")
    off = create_app(dict(instance.configured, SECUREB2SHARE_MODE="off"))
    path = tmp_path / "access.conf"

    def run(*words, **kwargs):
        result = off.test_cli_runner().invoke(args=["secureb2share", "uninstall", *words], **kwargs)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result.exit_code, result.output

    def incident(word):
        assert off.test_cli_runner().invoke(args=["secureb2share", "incident", word]).exit_code == 0

    incident("start")
    code, said = run()
    assert code == 1 and "incident end" in said and "Triggers" not in said
    incident("end")
    code, said = run()
    assert code == 0 and '"/api/access/%s" "%s";' % (pid, link) in said and "Triggers: 4 removed." in said
    before, sequences = rows.dump(instance), _sequences(instance)
    assert run("--drop-tables")[0] == 2 and run("--drop-tables", "--map", str(path), input="n\n")[0] == 1
    other = tmp_path / "other.conf"
    other.write_text("server {}")
    code, said = run("--map", str(other))
    assert code == 1 and "holds something else" in said and other.read_text() == "server {}"
    assert rows.dump(instance) == before
    code, said = run("--drop-tables", "--map", str(path), input="y\n")
    assert code == 0 and "Access links in the map: 2, of which 1 lead to a form, 0 say" in said
    text = path.read_text()
    assert '"/api/access/%s" "%s";' % (pid, link) in text and '"/api/access/%s" 410;' % gone in text
    after = rows.dump(instance)
    ours = {table for table in before if table.startswith("secureb2share_")}
    assert ours and after == dict(
        {table: found for table, found in before.items() if table not in ours},
        alembic_version=after.get("alembic_version"),
    )
    assert _sequences(instance) == sequences
    assert not [row for row in after["alembic_version"] if row["version_num"].startswith("5ec0b25a")]
    code, said = run("--drop-tables", "--map", str(path))
    assert code == 0 and "The tables are gone" in said and path.read_text() == text
    assert off.test_client().get("/api/access/" + pid).status_code == 404
    with off.app_context():
        db.session.remove()
        db.engine.dispose()


def _sequences(instance):
    query = "SELECT sequence_name FROM information_schema.sequences WHERE sequence_name NOT LIKE 'secureb2share%'"
    with instance.app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name != "postgresql":
            return []
        found = sorted(name for (name,) in connection.execute(text(query)))
    assert found
    return found
