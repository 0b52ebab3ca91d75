"""An instance of the plain host on PostgreSQL, served over HTTP on loopback."""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import threading
import uuid

import plain_app
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
from secureb2share_ext.outbox import delivery
from secureb2share_ext.proxies import current
from secureb2share_ext.targets.testing import Receiver

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.join(HERE, os.pardir, os.pardir, "docs", "examples")
LONG = 1000000  # bytes; of such a body only the length is sent


def example(name="moba"):
    """A fresh copy of an example's description."""
    with open(os.path.join(EXAMPLES, name + ".json"), encoding="utf-8") as file:
        return json.load(file)["dataset"]


def skip_unless_there(kind):
    """Skip the test where the services of an instance are missing, or are of another kind than B2SHARE's."""
    if kind != "postgresql":
        pytest.skip("B2SHARE runs on PostgreSQL alone")
    for name in ("SECUREB2SHARE_TEST_POSTGRESQL", "SECUREB2SHARE_TEST_REDIS"):
        if not os.environ.get(name):
            pytest.skip("%s is not set" % name)


@contextlib.contextmanager
def database(kind="postgresql", folder=None):
    """The URI of an empty database."""
    skip_unless_there(kind)
    url = make_url(os.environ["SECUREB2SHARE_TEST_POSTGRESQL"])
    admin = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    name = "test_" + uuid.uuid4().hex
    admin.execute("CREATE DATABASE " + name)
    url.database = name
    try:
        yield str(url)
    finally:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'" % name)
        admin.execute("DROP DATABASE " + name)
        admin.dispose()


def settings(folder, uri, port, environments):
    """The configuration of an instance; environments: {source: (Receiver of its secure side, its "whpk_...")}."""
    redis, base = os.environ["SECUREB2SHARE_TEST_REDIS"], "http://localhost:%d" % port
    return {
        "INSTANCE_PATH": str(folder),
        "SECRET_KEY": "of a test",
        "SQLALCHEMY_DATABASE_URI": uri,
        "SQLALCHEMY_TRACK_MODIFICATIONS": False,
        "SITE_UI_URL": base,
        "SITE_API_URL": base + "/api",
        "ACCOUNTS_SESSION_REDIS_URL": redis + "/2",
        "BROKER_URL": redis + "/0",
        "CELERY_BROKER_URL": redis + "/0",
        "CELERY_RESULT_BACKEND": redis + "/1",
        # B2SHARE has routes of its own instead
        "RECORDS_REST_ENDPOINTS": {},
        "SECUREB2SHARE_MODE": "on",
        "SECUREB2SHARE_DEMO": True,
        "SECUREB2SHARE_HOST": "plain_host:PlainHost",
        "SECUREB2SHARE_SIGNING_KEY": os.path.join(str(folder), "keys"),
        "SECUREB2SHARE_SWEEP_INTERVAL": 1,
        "SECUREB2SHARE_TARGETS": {
            name + "-ingest": {"kind": "webhook", "url": receiver.url} for name, (receiver, _) in environments.items()
        },
        "SECUREB2SHARE_ACCESS": {
            name + "-form": {"provider": "template", "url": base + "/request?dataset={identifier}&ref={reference}"}
            for name in environments
        },
        "SECUREB2SHARE_SOURCES": {
            name: {
                "keys": [public],
                "community": name,
                "access": name + "-form",
                "targets": [name + "-ingest"],
                "release": "publish",
            }
            for name, (_, public) in environments.items()
        },
    }


class Instance:
    """What the tests know of a running instance; hosts/contract.py asks for the same."""

    second = None  # ("whsk_..." of the source csc, its Receiver), where `running` was told of it

    def __init__(self, configured, key, receiver, made):
        self.configured = configured
        self.base_url = configured["SITE_UI_URL"]
        self.data = configured["INSTANCE_PATH"]
        self.key = key
        self.receiver = receiver
        self.tokens = made["tokens"]
        bucket, name, version, text = made["legacy"]
        self.legacy = bucket, name, version, text.encode("ascii")
        self.app = None

    @property
    def source(self):
        return client.Client(self.base_url, "tsd", self.key)

    @property
    def other(self):
        """The source csc."""
        return client.Client(self.base_url, "csc", self.second[0])

    def call(self, method, path, role=None, **kwargs):
        headers = dict(kwargs.pop("headers", {}))
        if role:
            headers["Authorization"] = "Bearer " + self.tokens[role]
        kwargs.setdefault("allow_redirects", False)
        data = kwargs.get("data")
        if isinstance(data, bytes) and len(data) > LONG:
            return self._announce(method, path, dict(headers, **{"Content-Length": str(len(data))}))
        if hasattr(data, "__next__"):
            return self._announce(method, path, dict(headers, **{"Transfer-Encoding": "chunked"}))
        return requests.request(method, self.base_url + path, headers=headers, timeout=120, **kwargs)

    def _announce(self, method, path, headers):
        # what is refused unread: this server closes while the client still sends
        connection = http.client.HTTPConnection(self.base_url[len("http://") :], timeout=30)
        connection.putrequest(method, path)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        given = connection.getresponse()
        answer = requests.Response()
        answer.status_code, answer._content = given.status, given.read()
        answer.headers = requests.structures.CaseInsensitiveDict(given.getheaders())
        connection.close()
        return answer

    def curate(self, description, identifier=None, role="curator", route="/api/records/"):
        with self.app.app_context():
            body = current().host.to_record(description)
        if identifier:
            body["secureb2share"] = {"identifier": identifier}
        return self.call("POST", route, role, json=body)

    def curator_edits(self, pid, description):
        with self.app.app_context():
            body = current().host.to_record(description)
        return self.call("PUT", "/api/records/" + pid, "curator", json=body)

    def execute(self, statement, **values):
        """The rows of an SQL statement, committed, or None where it gives none."""
        with self.app.app_context(), db.engine.begin() as connection:
            result = connection.execute(sqlalchemy.text(statement), **values)
            return result.fetchall() if result.returns_rows else None

    def count(self, table, where="1 = 1"):
        return self.execute("SELECT count(*) FROM %s WHERE %s" % (table, where))[0][0]

    def events(self, identifier):
        """[(sequence, state, body as dict)] of a dataset's events."""
        query = (
            "SELECT e.sequence, e.state, e.body FROM secureb2share_event e JOIN secureb2share_dataset d"
            " ON d.id = e.dataset_id WHERE d.identifier = :i ORDER BY e.id"
        )
        return [(row[0], row[1], json.loads(bytes(row[2]).decode())) for row in self.execute(query, i=identifier)]

    def sweep(self):
        with self.app.app_context():
            try:
                return delivery.sweep(current().targets, current().mark)
            finally:
                db.session.remove()

    def index(self):
        return {}

    def run_cli(self, *args):
        # as the command line of Flask 0.11 calls it
        info = ScriptInfo(create_app=lambda info: self.app)
        return CliRunner().invoke(secureb2share, list(args), obj=info)

    def content(self):
        """Everything that an upload could leave: rows by table, and the bytes on disk."""
        tables = ("files_files", "files_object", "files_multipartobject", "files_multipartobject_part", "files_bucket")
        on_disk = [os.path.join(base, f) for base, _, files in os.walk(os.path.join(self.data, "files")) for f in files]
        return {t: self.count(t) for t in tables}, sorted((f, os.path.getsize(f)) for f in on_disk)


@contextlib.contextmanager
def stock(folder, sources=None, targets=None):
    """An Instance whose database never had the package, with nothing served yet; arguments as of `running`."""
    key, public = client.new_key()
    csc_key, csc_public = client.new_key()
    with database() as uri, Receiver() as receiver, Receiver() as csc, _listening() as (server, serving):
        environments = {"tsd": (receiver, public), "csc": (csc, csc_public)}
        if "csc" not in (sources or {}):
            del environments["csc"]
        configured = settings(folder, uri, server.server_port, environments)
        for name, given in (sources or {}).items():
            source = configured["SECUREB2SHARE_SOURCES"][name]
            source.update(given, keys=source["keys"] + given.get("keys", []))
        for name, given in (targets or {}).items():
            configured["SECUREB2SHARE_TARGETS"][name].update(given)
        path = os.path.join(str(folder), "settings.json")
        with open(path, "w") as file:
            json.dump(configured, file)
        made = subprocess.check_output([sys.executable, os.path.join(HERE, "stock.py"), path])
        instance = Instance(configured, key, receiver, json.loads(made.decode("utf-8").splitlines()[-1]))
        instance.serving = serving
        instance.second = (csc_key, csc) if "csc" in environments else None
        try:
            yield instance
        finally:
            close(instance)


@contextlib.contextmanager
def running(kind, folder, sources=None, targets=None, **overrides):
    """A served Instance with everything in place; arguments as of tests/instance.py."""
    skip_unless_there(kind)
    with stock(folder, sources, targets) as instance:
        start(instance, **overrides)
        for command in (["init"], ["keys", "new"]):
            result = instance.run_cli(*command)
            assert result.exit_code == 0, (command, result.output, result.exc_info)
        yield instance


def start(instance, **overrides):
    """(Re)start the application of an instance with other settings."""
    close(instance)
    instance.configured = dict(instance.configured, **overrides)
    instance.app = plain_app.create_app(instance.configured)
    instance.serving["app"] = instance.app


def close(instance):
    if instance.app is not None:
        with instance.app.app_context():
            db.session.remove()
            db.engine.dispose()


@contextlib.contextmanager
def _listening():
    serving = {}
    server = make_server("127.0.0.1", 0, lambda *args: serving["app"](*args), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server, serving
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
