"""A real Invenio repository with this package, served over HTTP on loopback, for tests of any database."""

import contextlib
import json
import os
import socket
import threading
import uuid

import requests
import sqlalchemy
from invenio_db import db
from werkzeug.serving import make_server

from demo.catalogue.app import create_app
from demo.catalogue.config import settings
from demo.catalogue.prepare import prepare
from secureb2share_ext import client, config
from secureb2share_ext.outbox import delivery
from secureb2share_ext.targets.testing import Receiver

EXAMPLES = os.path.join(os.path.dirname(__file__), os.pardir, "docs", "examples")


def example(name="moba"):
    """A fresh copy of an example's description."""
    with open(os.path.join(EXAMPLES, name + ".json"), encoding="utf-8") as file:
        return json.load(file)["dataset"]


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
        self.legacy = None  # (bucket, key, version, bytes) of a file from former times
        with open(os.path.join(self.data, "tokens.json")) as file:
            self.tokens = json.load(file)

    @property
    def source(self):
        return client.Client(self.base_url, "tsd", self.key)

    def call(self, method, path, role=None, **kwargs):
        headers = dict(kwargs.pop("headers", {}))
        if role:
            headers["Authorization"] = "Bearer " + self.tokens[role]
        kwargs.setdefault("allow_redirects", False)
        return requests.request(method, self.base_url + path, headers=headers, timeout=30, **kwargs)

    def curate(self, description, identifier=None, role="curator"):
        """POST a description to the host's own interface."""
        with self.app.app_context():
            body = config.current().host.to_record(description)
        if identifier:
            body["secureb2share"] = {"identifier": identifier}
        return self.call("POST", "/api/records/", role, json=body)

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
                return delivery.sweep(config.current().targets)
            finally:
                db.session.remove()

    def run_cli(self, *args):
        return self.app.test_cli_runner().invoke(args=["secureb2share"] + list(args))

    def content(self):
        """Everything that an upload could leave: rows by table, and the bytes on disk."""
        tables = ("files_files", "files_object", "files_multipartobject", "files_multipartobject_part", "files_bucket")
        on_disk = [os.path.join(base, f) for base, _, files in os.walk(os.path.join(self.data, "files")) for f in files]
        return {t: self.count(t) for t in tables}, sorted((f, os.path.getsize(f)) for f in on_disk)


@contextlib.contextmanager
def running(kind, folder, **overrides):
    """A served Instance on a fresh database, with a file from the time before uploads were closed."""
    with database(kind, folder) as uri, Receiver() as receiver, socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        key, public = client.new_key()
        configured = settings(str(folder), port, receiver.url.replace("/ingest", ""), public)
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
            yield instance
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


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
