"""The roles of docs/howto/keep-the-lock-from-the-application.md, made as it is written there."""

import re
import uuid
from pathlib import Path

import pytest
import sqlalchemy
from instance import example, new_database, running
from invenio_db import db
from served import service, skip_without
from sqlalchemy.engine.url import make_url
from test_picked import OFF, PASS, PUT_BACK, ROW
from werkzeug.test import Client

from demo.catalogue.app import create_app
from secureb2share_ext.outbox import delivery
from secureb2share_ext.proxies import current

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "keep-the-lock-from-the-application.md"
REFUSED = [
    ROW,
    OFF,
    PASS,
    "ALTER TABLE files_files DISABLE TRIGGER ALL",
    "DROP TRIGGER secureb2share_insert_files_files ON files_files",
    "DROP FUNCTION secureb2share_refuse() CASCADE",
    "ALTER TABLE files_files RENAME TO files_kept",
    "CREATE TABLE child () INHERITS (files_files)",
    "CREATE TABLE mine (id int)",
    "CREATE TEMPORARY TABLE files_files (id int)",
    "CREATE SCHEMA other",
    "CREATE RULE r AS ON INSERT TO files_files DO INSTEAD NOTHING",
    "CREATE TRIGGER a BEFORE INSERT ON files_files FOR EACH ROW EXECUTE PROCEDURE secureb2share_refuse()",
    "CREATE FUNCTION f() RETURNS int AS 'SELECT 1' LANGUAGE sql",
    "SET session_replication_role = replica",
    "UPDATE pg_class SET relhastriggers = false WHERE relname = 'files_files'",
    "SELECT pg_stat_reset()",
    "COPY files_files FROM PROGRAM 'echo'",
    "TRUNCATE files_files CASCADE",
    "INSERT INTO secureb2share_lock (at, event, marks) VALUES (now(), 'closed', '{}')",
    "UPDATE secureb2share_lock SET event = 'opened'",
    "DELETE FROM secureb2share_lock",
    "DELETE FROM secureb2share_stop",
    "UPDATE secureb2share_stop SET what = 'source:other'",
    "TRUNCATE secureb2share_stop",
    "SET ROLE catalogue_owner",
    "ALTER ROLE catalogue_service SUPERUSER",
]


def as_written():
    (block,) = re.findall(r"^ *```sql\n(.*?)^ *```", PAGE.read_text(encoding="utf-8"), flags=re.M | re.S)
    return [one.strip() for one in block.split(";") if one.strip()]


class Site:
    """One database, and the roles that connect to it."""

    def __init__(self, uri):
        self.name = make_url(uri).database
        mark = uuid.uuid4().hex[:8]
        self.roles = {role: "%s_%s" % (role, mark) for role in ("catalogue_owner", "catalogue_service")}
        self.uri = uri

    def of(self, role):
        return self.uri.replace("//postgres@", "//%s@" % self.roles[role])

    def named(self, statement):
        for role, name in self.roles.items():
            statement = statement.replace(role, name)
        return statement.replace("DATABASE catalogue", "DATABASE " + self.name)

    def execute(self, uri, *statements):
        engine = sqlalchemy.create_engine(uri, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                for statement in statements:
                    connection.execute(sqlalchemy.text(self.named(statement)))
        finally:
            engine.dispose()


@pytest.fixture()
def site():
    skip_without(["POSTGRESQL"])
    with new_database() as uri:
        found = Site(uri)
        found.execute(uri, "CREATE ROLE catalogue_owner LOGIN", "ALTER DATABASE catalogue OWNER TO catalogue_owner")
        yield found
    for role in found.roles:
        found.execute(service("POSTGRESQL"), "DROP ROLE IF EXISTS " + role)


class Serving:
    """A second application on an instance's database, which connects with another role."""

    def __init__(self, instance, uri):
        self.instance = instance
        self.app = create_app(dict(instance.configured, SQLALCHEMY_DATABASE_URI=uri))

    def call(self, method, path, **given):
        host = {"base_url": self.instance.base_url, "environ_base": {"REMOTE_ADDR": "127.0.0.1"}}
        token = {"Authorization": "Bearer " + self.instance.tokens["curator"]}
        return Client(self.app).open(path, method=method, headers=token, **dict(host, **given))

    def run(self, *words):
        result = self.app.test_cli_runner().invoke(args=["secureb2share", *words])
        assert isinstance(result.exception, (SystemExit, type(None))), result.exc_info
        return result.output

    def sweep(self):
        with self.app.app_context():
            counts = delivery.sweep(current())
            db.session.remove()
            db.engine.dispose()
        return counts


def test_the_application_cannot_pick_the_lock_and_goes_on_writing(site, tmp_path):
    with running("sqlite", tmp_path, SQLALCHEMY_DATABASE_URI=site.of("catalogue_owner")) as instance:
        assert "can alter the triggers" in instance.run_cli("lock").output
        site.execute(site.uri, *as_written())
        serving = Serving(instance, site.of("catalogue_service"))
        passed = []
        for statement in REFUSED:
            try:
                site.execute(site.of("catalogue_service"), statement)
                passed.append(statement)
            except sqlalchemy.exc.SQLAlchemyError as error:
                said = str(error)
                assert re.search("denied|must be|uploads are closed", said), (statement, said)
        assert passed == []

        body = instance.to_record(example())
        pid = serving.call("POST", "/api/records/", json=body).get_json()["id"]
        assert serving.call("PUT", "/api/records/" + pid, json=body).status_code == 200
        assert sum(serving.sweep().values()) == 1 and "All is in place" in serving.run("check")
        assert serving.run("lock").splitlines()[-1] == "0 findings." and "alter" not in serving.run("lock")
        assert "must be owner" in serving.run("unlock") and "All is in place" in serving.run("check")

        # the application can stop, and only the owner lets it go on
        for begin, said, end in (
            (("incident", "start"), "is frozen.", ("incident", "end")),
            (("source", "suspend", "tsd"), "is suspended.", ("source", "resume", "tsd")),
        ):
            assert said in serving.run(*begin) and "owns the tables" in serving.run(*end)
            with pytest.raises(sqlalchemy.exc.ProgrammingError, match="denied"):
                site.execute(site.of("catalogue_service"), "DELETE FROM secureb2share_stop")
            assert instance.run_cli(*end).exit_code == 0
        # the owner alters the triggers, and says so
        site.execute(site.of("catalogue_owner"), OFF, *PUT_BACK)
        acknowledge = ("lock", "acknowledge", "--reason", "A rehearsal.")
        assert "or their function were altered" in serving.run("check")
        assert "permission denied" in serving.run(*acknowledge)
        assert instance.run_cli(*acknowledge).exit_code == 0 and "All is in place" in serving.run("check")
        # what the owner makes later can be used
        site.execute(site.of("catalogue_owner"), "CREATE TABLE later (id serial)")
        site.execute(site.of("catalogue_service"), "INSERT INTO later DEFAULT VALUES")
        with serving.app.app_context():
            db.session.remove()
            db.engine.dispose()
