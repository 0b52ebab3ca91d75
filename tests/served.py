"""What the catalogues of all hosts have in common in tests: database, folder, receivers, a server on loopback.

It runs with the libraries of every host, from SQLAlchemy 1.1 and Python 3.6 on.
"""

import contextlib
import json
import os
import socketserver
import threading
import uuid
from datetime import timedelta

import pytest
import requests
import sqlalchemy
from click.testing import CliRunner
from flask.cli import ScriptInfo
from invenio_db import db
from sqlalchemy.engine.url import make_url
from werkzeug.serving import make_server

from secureb2share_ext import client
from secureb2share_ext.cli import secureb2share
from secureb2share_ext.compat import utcnow
from secureb2share_ext.outbox import delivery
from secureb2share_ext.proxies import current
from secureb2share_ext.uploads import lock

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "docs", "examples")
EVENTS = (
    "SELECT e.sequence, e.state, e.body FROM secureb2share_event e JOIN secureb2share_dataset d"
    " ON d.id = e.dataset_id WHERE d.identifier = :i ORDER BY e.id"
)

# where one database is enough: SQLite, on which the contract itself runs everywhere, is for the demo alone
ONE_DATABASE = ["postgresql" if os.environ.get("SECUREB2SHARE_TEST_POSTGRESQL") else "sqlite"]


def example(name="moba"):
    """A fresh copy of an example's description."""
    with open(os.path.join(EXAMPLES, name + ".json"), encoding="utf-8") as file:
        return json.load(file)["dataset"]


def service(name):
    """The address of a service for tests, "POSTGRESQL" for example."""
    return os.environ["SECUREB2SHARE_TEST_" + name]


def missing_of(names):
    """The first environment variable that services need and that is not set, or None."""
    found = ["SECUREB2SHARE_TEST_" + name for name in names if not os.environ.get("SECUREB2SHARE_TEST_" + name)]
    return found[0] if found else None


def skip_without(names):
    if missing_of(names):
        pytest.skip("%s is not set" % missing_of(names))


def command(app, *words, **more):
    """`invenio secureb2share ...` on an application in this process; a click Result."""
    # Flask 0.11 has no runner of its own, and calls with itself
    info = ScriptInfo(create_app=lambda *given: app)
    return CliRunner().invoke(secureb2share, list(words), obj=info, **more)


@contextlib.contextmanager
def new_database():
    """The URI of an empty PostgreSQL database."""
    url, name = make_url(service("POSTGRESQL")), "test_" + uuid.uuid4().hex
    admin = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sqlalchemy.text("CREATE DATABASE %s TEMPLATE template0" % name))
    try:
        if hasattr(url, "set"):
            yield url.set(database=name).render_as_string(hide_password=False)
        else:
            url.database = name
            yield str(url)
    finally:
        with admin.connect() as connection:
            connections = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'" % name
            connection.execute(sqlalchemy.text(connections))
            connection.execute(sqlalchemy.text("DROP DATABASE " + name))
        admin.dispose()


@contextlib.contextmanager
def serving(server):
    """Answer in a thread, until the end."""
    # that of old werkzeug takes no interval
    thread = threading.Thread(target=socketserver.BaseServer.serve_forever, args=(server, 0.05))
    thread.daemon = True
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def listening(wrap=lambda app: app):
    """(port, dict whose "app" is served there), threaded; wrap: a WSGI middleware."""
    served = {}
    answer = wrap(lambda environ, start_response: served["app"](environ, start_response))
    with serving(make_server("127.0.0.1", 0, answer, threaded=True)) as server:
        yield server.server_address[1], served


def package_settings(folder, base, environments, **of_source):
    """This package's configuration; environments: {source: (its community, public key, Receiver)}."""
    return {
        "SECUREB2SHARE_MODE": "on",
        "SECUREB2SHARE_DEMO": True,
        # all of a test's senders have one address
        "SECUREB2SHARE_WRONG_SIGNATURES": None,
        "SECUREB2SHARE_SIGNING_KEY": os.path.join(str(folder), "keys"),
        "SECUREB2SHARE_TARGETS": {
            name + "-ingest": {"kind": "webhook", "url": receiver.url}
            for name, (_, _, receiver) in environments.items()
        },
        "SECUREB2SHARE_ACCESS": {
            name + "-form": {"provider": "template", "url": base + "/request?dataset={identifier}&ref={reference}"}
            for name in environments
        },
        "SECUREB2SHARE_SOURCES": {
            name: dict(
                of_source,
                keys=[public],
                community=community,
                access=name + "-form",
                targets=[name + "-ingest"],
                release="publish",
            )
            for name, (community, public, _) in environments.items()
        },
    }


def adjust(configured, sources, targets):
    """Put what a test asks for into a configuration.

    sources: {name: settings of SECUREB2SHARE_SOURCES that differ}, or None; "keys" in it come behind the source's own;
    targets: the same for SECUREB2SHARE_TARGETS.
    """
    for name, given in (sources or {}).items():
        source = configured["SECUREB2SHARE_SOURCES"][name]
        source.update(given, keys=source["keys"] + given.get("keys", []))
    for name, given in (targets or {}).items():
        configured["SECUREB2SHARE_TARGETS"][name].update(given)


class Published:
    """The answer to a curator's way from draft to record: of the step that failed, or of the record with a status."""

    def __init__(self, answer, status):
        self._answer = answer
        self.status_code = status
        self.text = answer.text
        self.headers = answer.headers

    def json(self):
        return self._answer.json()


class Served:
    """What the tests know of a running catalogue; hosts/contract.py asks for it."""

    app = None
    second = None  # ("whsk_..." of the source csc, its Receiver), where there is one
    legacy = None  # (bucket, key, version, bytes) of a file from former times
    search = "/api/records/?"
    timeout = 120
    content_tables = ("files_files", "files_object", "files_multipartobject", "files_multipartobject_part")

    def __init__(self, base_url, data, key, receiver):
        self.base_url, self.data, self.key, self.receiver = base_url, str(data), key, receiver
        self.tokens, self.configured = {}, {}

    @property
    def source(self):
        return client.Client(self.base_url, "tsd", self.key)

    @property
    def other(self):
        """The source csc."""
        return client.Client(self.base_url, "csc", self.second[0])

    def extensions(self):
        """What the package is in each application of this process that serves the catalogue."""
        return [one.app.extensions["secureb2share"] for one in lock.of_instance(self.app)]

    def forget_withdrawals(self):
        """As a day later: what ended until now is counted for no limit."""
        self.execute(
            "UPDATE secureb2share_dataset SET state_at = :before"
            " WHERE state IN ('superseded', 'withdrawn') AND state_at > :before",
            before=(utcnow() - timedelta(hours=24, seconds=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        )

    def call(self, method, path, role=None, **kwargs):
        """The answer to a request by whoever has a token; a search finds what the index will hold in time."""
        if method == "GET" and path.startswith(self.search):
            self.index()
        headers = dict(kwargs.pop("headers", {}))
        if role:
            headers["Authorization"] = "Bearer " + self.tokens[role]
        kwargs.setdefault("allow_redirects", False)
        return requests.request(method, self.base_url + path, headers=headers, timeout=self.timeout, **kwargs)

    def post_lines(self, lines, query="", source="tsd", key=None, **more):
        """The answer to a bulk, signed as a whole by the source."""
        body = b"".join(lines)
        headers = client.signed_headers(key or self.key, str(uuid.uuid4()), client.whole(query[1:], body))
        headers[client.SOURCE_HEADER] = source
        return self.call("POST", "/api/datasets" + query, data=body, headers=headers, **more)

    def to_record(self, description):
        with self.app.app_context():
            return current().host.to_record(description)

    def curate(self, description, identifier=None, role="curator", route="/api/records/"):
        """POST a description to the host's own interface."""
        body = self.to_record(description)
        if identifier:
            body["secureb2share"] = {"identifier": identifier}
        return self.call("POST", route, role, json=body)

    def curator_edits(self, pid, description):
        """PUT another description of a record to the host's own interface."""
        return self.call("PUT", "/api/records/" + pid, "curator", json=self.to_record(description))

    def execute(self, statement, **values):
        """The rows of an SQL statement, committed, or None where it gives none."""
        with self.app.app_context(), db.engine.begin() as connection:
            result = connection.execute(sqlalchemy.text(statement), values)
            return result.fetchall() if result.returns_rows else None

    def count(self, table, where="1 = 1"):
        return self.execute("SELECT count(*) FROM %s WHERE %s" % (table, where))[0][0]

    def events(self, identifier):
        """[(sequence, state, body as dict)] of a dataset's events."""
        rows = self.execute(EVENTS, i=identifier)
        return [(row[0], row[1], json.loads(bytes(row[2]).decode("utf-8"))) for row in rows]

    def sweep(self):
        with self.app.app_context():
            try:
                return delivery.sweep(current())
            finally:
                db.session.remove()

    def index(self):
        """What a sweep and the cluster's refresh bring about in time; {what: count}."""
        return {}

    def index_by_sweep(self):
        with self.app.app_context():
            counts = current().host.index()
            db.session.remove()
            return counts

    def run_cli(self, *args, **kwargs):
        """`invenio secureb2share ...` in this process; a click Result."""
        return self.app.test_cli_runner().invoke(args=["secureb2share"] + list(args), **kwargs)

    def run_access(self, *args):
        """`invenio access ...` in this process; a click Result."""
        from invenio_access.cli import access

        return self.app.test_cli_runner().invoke(access, list(args))

    def set_up(self):
        """What an operator does first."""
        for command in (["init"], ["keys", "new"]):
            result = self.run_cli(*command)
            assert result.exit_code == 0, (command, result.output, result.exc_info)

    def content(self):
        """Everything that an upload could leave: rows by table, and the bytes on disk."""
        on_disk = [os.path.join(base, f) for base, _, files in os.walk(os.path.join(self.data, "files")) for f in files]
        return {t: self.count(t) for t in self.content_tables}, sorted((f, os.path.getsize(f)) for f in on_disk)

    def close(self):
        """Give the database's connections back."""
        if self.app is not None:
            with self.app.app_context():
                db.session.remove()
                db.engine.dispose()
