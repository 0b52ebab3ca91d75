"""A real Invenio repository with this package, served over HTTP on loopback, for tests of any database."""

import contextlib
import json
import os
import socket
import threading
import uuid

import pytest
import requests
import sqlalchemy
from invenio_db import db
from invenio_search import current_search_client
from werkzeug.serving import make_server

from demo.catalogue.app import create_app
from demo.catalogue.config import settings
from demo.catalogue.prepare import prepare
from secureb2share_ext import client
from secureb2share_ext.outbox import delivery
from secureb2share_ext.proxies import current
from secureb2share_ext.targets.testing import Receiver

# what a kind of instance needs of scripts/services.py
NEEDS = {
    "sqlite": (),
    "postgresql": ("POSTGRESQL",),
    "services": ("POSTGRESQL", "REDIS", "SEARCH"),
}
EXAMPLES = os.path.join(os.path.dirname(__file__), os.pardir, "docs", "examples")


def example(name="moba"):
    """A fresh copy of an example's description."""
    with open(os.path.join(EXAMPLES, name + ".json"), encoding="utf-8") as file:
        return json.load(file)["dataset"]


def skip_unless_there(kind):
    """Skip the test where a service is missing that this kind of instance needs."""
    for name in NEEDS[kind]:
        if not os.environ.get("SECUREB2SHARE_TEST_" + name):
            pytest.skip("SECUREB2SHARE_TEST_%s is not set" % name)


def services(kind):
    """The environment that names the demo's services, but for the database."""
    if kind != "services":
        return {}
    redis, search = (os.environ["SECUREB2SHARE_TEST_" + name] for name in ("REDIS", "SEARCH"))
    return {"CACHE_REDIS_URL": redis + "/2", "SEARCH_HOSTS": search}


@contextlib.contextmanager
def database(kind, folder):
    """The URI of an empty database."""
    if kind == "sqlite":
        yield "sqlite:///" + os.path.join(str(folder), "catalogue.db")
        return
    admin = sqlalchemy.create_engine(os.environ["SECUREB2SHARE_TEST_POSTGRESQL"], isolation_level="AUTOCOMMIT")
    name = "test_" + uuid.uuid4().hex
    with admin.connect() as connection:
        connection.execute(sqlalchemy.text("CREATE DATABASE " + name))
    try:
        yield admin.url.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(sqlalchemy.text("DROP DATABASE %s WITH (FORCE)" % name))
        admin.dispose()


class Instance:
    """What the tests know of a running catalogue."""

    def __init__(self, app, base_url, data, key, receiver):
        self.app = app
        self.base_url = base_url
        self.data = str(data)
        self.key = key
        self.receiver = receiver
        self.configured = {}
        self.second = None  # ("whsk_..." of the source csc, its Receiver), where `running` was told of it
        self.legacy = None  # (bucket, key, version, bytes) of a file from former times
        with open(os.path.join(self.data, "tokens.json")) as file:
            self.tokens = json.load(file)

    @property
    def source(self):
        return client.Client(self.base_url, "tsd", self.key)

    @property
    def other(self):
        """The source csc."""
        return client.Client(self.base_url, "csc", self.second[0])

    def call(self, method, path, role=None, **kwargs):
        if method == "GET" and path.startswith("/api/records/?"):
            self.index()
        headers = dict(kwargs.pop("headers", {}))
        if role:
            headers["Authorization"] = "Bearer " + self.tokens[role]
        kwargs.setdefault("allow_redirects", False)
        return requests.request(method, self.base_url + path, headers=headers, timeout=30, **kwargs)

    def curate(self, description, identifier=None, role="curator", route="/api/records/"):
        """POST a description to the host's own interface."""
        with self.app.app_context():
            body = current().host.to_record(description)
        if identifier:
            body["secureb2share"] = {"identifier": identifier}
        return self.call("POST", route, role, json=body)

    def curator_edits(self, pid, description):
        """PUT another description of a record to the host's own interface."""
        with self.app.app_context():
            body = current().host.to_record(description)
        return self.call("PUT", "/api/records/" + pid, "curator", json=body)

    def count(self, table, where="1 = 1"):
        with self.app.app_context(), db.engine.connect() as connection:
            return connection.execute(sqlalchemy.text("SELECT count(*) FROM %s WHERE %s" % (table, where))).scalar()

    def events(self, identifier):
        """[(sequence, state, body as dict)] of a dataset's events."""
        query = (
            "SELECT e.sequence, e.state, e.body FROM secureb2share_event e JOIN secureb2share_dataset d"
            " ON d.id = e.dataset_id WHERE d.identifier = :i ORDER BY e.id"
        )
        with self.app.app_context(), db.engine.connect() as connection:
            rows = connection.execute(sqlalchemy.text(query), {"i": identifier}).all()
        return [(row[0], row[1], json.loads(bytes(row[2]))) for row in rows]

    def sweep(self):
        with self.app.app_context():
            try:
                return delivery.sweep(current().targets, current().mark)
            finally:
                db.session.remove()

    def index(self):
        """What a sweep and the cluster's refresh bring about in time; {what: count}."""
        with self.app.app_context():
            counts = current().host.index()
            db.session.remove()
            if counts:
                current_search_client.indices.refresh(index=self.app.config["SEARCH_INDEX_PREFIX"] + "*")
            return counts

    def run_cli(self, *args):
        return self.app.test_cli_runner().invoke(args=["secureb2share"] + list(args))

    def content(self):
        """Everything that an upload could leave: rows by table, and the bytes on disk."""
        tables = ("files_files", "files_object", "files_multipartobject", "files_multipartobject_part", "files_bucket")
        on_disk = [os.path.join(base, f) for base, _, files in os.walk(os.path.join(self.data, "files")) for f in files]
        return {t: self.count(t) for t in tables}, sorted((f, os.path.getsize(f)) for f in on_disk)


@contextlib.contextmanager
def running(kind, folder, sources=None, targets=None, **overrides):
    """A served Instance on a fresh database, with a file from the time before uploads were closed.

    sources: {name: settings of SECUREB2SHARE_SOURCES that differ}; "keys" in it come behind the source's own, and a
    second source is there when "csc" is named; targets: the same for SECUREB2SHARE_TARGETS.
    """
    with database(kind, folder) as uri, Receiver() as receiver, Receiver() as csc, _listening() as listening:
        port = listening.getsockname()[1]
        key, public = client.new_key()
        csc_key, csc_public = client.new_key()
        environment, second = receiver.url.replace("/ingest", ""), (csc.url.replace("/ingest", ""), csc_public)
        second = second if "csc" in (sources or {}) else None
        configured = settings(str(folder), port, environment, public, services(kind), second)
        for name, given in (sources or {}).items():
            source = configured["SECUREB2SHARE_SOURCES"][name]
            source.update(given, keys=source["keys"] + given.get("keys", []))
        for name, given in (targets or {}).items():
            configured["SECUREB2SHARE_TARGETS"][name].update(given)
        configured.update({"SQLALCHEMY_DATABASE_URI": uri}, **overrides)
        legacy = _legacy_file(dict(configured, SECUREB2SHARE_MODE="off"), str(folder))
        app = create_app(configured)
        prepare(app, str(folder))
        server = make_server("127.0.0.1", port, app, threaded=True, fd=listening.fileno())
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            instance = Instance(app, "http://localhost:%d" % port, folder, key, receiver)
            instance.legacy, instance.configured = legacy, configured
            instance.second = (csc_key, csc) if second else None
            yield instance
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            with app.app_context():
                db.session.remove()
                db.engine.dispose()
                if configured.get("SEARCH_HOSTS"):
                    current_search_client.indices.delete(index=configured["SEARCH_INDEX_PREFIX"] + "*")


def _listening():
    return socket.create_server(("127.0.0.1", 0))


def _legacy_file(configured, folder):
    from io import BytesIO

    from invenio_files_rest.models import Bucket, Location, ObjectVersion

    app = create_app(configured)
    with app.app_context():
        db.create_all()
        os.makedirs(os.path.join(folder, "files"), exist_ok=True)
        db.session.add(Location(name="default", uri=os.path.join(folder, "files"), default=True))
        db.session.commit()
        bucket = Bucket.create()
        version = ObjectVersion.create(bucket, "legacy.txt", stream=BytesIO(b"from former times"))
        db.session.commit()
        found = (str(bucket.id), "legacy.txt", str(version.version_id), b"from former times")
        db.session.remove()
        db.engine.dispose()
    return found
