import os
import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import current_app
from instance import database
from invenio_db import db
from sqlalchemy import inspect

from demo.catalogue.app import create_app
from demo.catalogue.config import settings
from secureb2share_ext import client
from secureb2share_ext.maintenance import install

KNOWN = "Instance: known as http://localhost:5000."
MADE = ("Instance: made, known as http://localhost:5000.", "Instance: noted in the key folder.")


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request, tmp_path):
    if request.param == "postgresql" and not os.environ.get("SECUREB2SHARE_TEST_POSTGRESQL"):
        pytest.skip("no PostgreSQL: SECUREB2SHARE_TEST_POSTGRESQL is not set")
    with database(request.param, tmp_path) as uri:
        configured = settings(str(tmp_path), 5000, "http://localhost:5001", client.new_key()[1])
        site = create_app(dict(configured, SQLALCHEMY_DATABASE_URI=uri))
        yield site
        with site.app_context():
            db.session.remove()
            db.engine.dispose()


def ours():
    return {name for name in inspect(db.engine).get_table_names() if name.startswith("secureb2share_")}


def differences():
    with db.engine.connect() as connection:
        found = compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": db.engine.dialect.name == "postgresql"}),
            db.metadata,
        )
    return [d for d in found if "secureb2share_" in repr(d)]


def from_before():
    """What an instance has that never heard of this package."""
    db.metadata.create_all(db.engine, [t for t in db.metadata.sorted_tables if not t.name.startswith("secureb2share_")])
    with current_app.app_context():
        alembic = current_app.extensions["invenio-db"].alembic
        alembic.stamp(
            [r.revision for r in alembic.script_directory.get_revisions("heads") if "5ec0b25a" not in r.revision]
        )


def test_init_on_a_database_from_before(site):
    with site.app_context():
        from_before()
        assert ours() == set()
        assert install.init(is_on=True) == ["Tables: 25 in all.", *MADE, "Triggers: 4 made, 4 in all."]
        assert install.init(is_on=True) == ["Tables: 25 in all.", KNOWN, "Triggers: 0 made, 4 in all."]
        assert len(ours()) == 25 and differences() == []


def test_init_on_a_database_that_db_create_made(site):
    with site.app_context():
        db.create_all()
        assert install.init(is_on=False) == ["Tables: 25 in all.", *MADE, "Triggers: none, because MODE is not on."]
        assert install.init(is_on=True) == ["Tables: 25 in all.", KNOWN, "Triggers: 4 made, 4 in all."]


def test_the_docs_name_the_number_of_tables():
    docs = Path(__file__).resolve().parents[2] / "docs"
    named = [
        number
        for page in docs.rglob("*.md")
        for number in re.findall(r"Tables: (\d+) ", page.read_text(encoding="utf-8"))
    ]
    ours = [name for name in db.metadata.tables if name.startswith("secureb2share_")]
    assert len(named) >= 5 and set(named) == {str(len(ours))}


def test_branch_can_be_taken_back(site):
    with site.app_context():
        from_before()
        install.init(is_on=False)
        with current_app.app_context():
            current_app.extensions["invenio-db"].alembic.downgrade("secureb2share@5ec0b25a0000")
        assert ours() == set()


def test_init_on_a_database_without_revisions_says_what_to_do(site):
    with site.app_context():
        db.metadata.create_all(
            db.engine, [t for t in db.metadata.sorted_tables if not t.name.startswith("secureb2share_")]
        )
    result = site.test_cli_runner().invoke(args=["secureb2share", "init"])
    assert result.exit_code == 1 and "stamp it with the host's own commands" in result.output
