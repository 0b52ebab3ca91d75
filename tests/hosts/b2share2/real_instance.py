"""A real B2SHARE 2.4 on PostgreSQL, Redis and Elasticsearch, with this package, served over HTTP on loopback."""

import contextlib
import http.server
import json
import os
import subprocess
import sys
import threading
import uuid

import requests
import sqlalchemy
from click.testing import CliRunner
from sqlalchemy.engine.url import make_url

from secureb2share_ext import client
from secureb2share_ext.proxies import current
from secureb2share_ext.targets.testing import Receiver

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.join(HERE, os.pardir, os.pardir, os.pardir, "docs", "examples")
NEEDS = ("POSTGRESQL", "REDIS", "ELASTICSEARCH")
PATCH = {"Content-Type": "application/json-patch+json"}


def example(name="moba"):
    """A fresh copy of an example's description."""
    with open(os.path.join(EXAMPLES, name + ".json"), encoding="utf-8") as file:
        return json.load(file)["dataset"]


def missing():
    """The first environment variable that a B2SHARE for tests lacks, or None."""
    found = ["SECUREB2SHARE_TEST_" + name for name in NEEDS if not os.environ.get("SECUREB2SHARE_TEST_" + name)]
    return found[0] if found else None


class _MetaSchema(http.server.BaseHTTPRequestHandler):
    """The draft-04 meta-schema, which B2SHARE reads from the network for every schema that it stores."""

    def do_GET(self):
        from jsonschema import Draft4Validator

        body = json.dumps(Draft4Validator.META_SCHEMA).encode("ascii")
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def _serving(server):
    thread = threading.Thread(target=server.serve_forever)
    thread.daemon = True
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def meta_schema():
    """Answer for json-schema.org on loopback, by way of http_proxy."""
    with _serving(http.server.HTTPServer(("127.0.0.1", 0), _MetaSchema)) as server:
        # `ours` are the variables that B2SHARE's urllib reads
        ours = {"http_proxy": "http://127.0.0.1:%d" % server.server_port, "no_proxy": "localhost,127.0.0.1"}
        before = {name: os.environ.get(name) for name in ours}
        os.environ.update(ours)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


@contextlib.contextmanager
def database():
    """The URI of an empty database."""
    url = make_url(os.environ["SECUREB2SHARE_TEST_POSTGRESQL"])
    admin = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    name = "test_" + uuid.uuid4().hex
    admin.execute("CREATE DATABASE %s TEMPLATE template0" % name)
    url.database = name
    try:
        yield str(url)
    finally:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'" % name)
        admin.execute("DROP DATABASE " + name)
        admin.dispose()


@contextlib.contextmanager
def indices():
    """The address of an empty Elasticsearch; B2SHARE 2 has no prefix for its indices, so that no other may be there."""
    host = os.environ["SECUREB2SHARE_TEST_ELASTICSEARCH"]
    address = "http://" + host
    found = requests.get(address + "/_cat/indices?h=index").text.split()
    assert not found, "The Elasticsearch for tests must be empty, and has %s." % ", ".join(found)
    try:
        yield host
    finally:
        requests.delete(address + "/_all")


def settings(folder, uri, elasticsearch, port, receivers, public):
    """(B2SHARE's own configuration, this package's) of an instance."""
    redis, base = os.environ["SECUREB2SHARE_TEST_REDIS"], "http://localhost:%d" % port
    own = {
        "SECRET_KEY": "of a test",
        "SQLALCHEMY_DATABASE_URI": uri,
        "SEARCH_ELASTIC_HOSTS": [elasticsearch],
        "BROKER_URL": redis + "/0",
        "CELERY_BROKER_URL": redis + "/0",
        "CELERY_RESULT_BACKEND": redis + "/1",
        "ACCOUNTS_SESSION_REDIS_URL": redis + "/2",
        "CACHE_REDIS_URL": redis + "/3",
        "JSONSCHEMAS_HOST": "localhost:%d" % port,
        "LOGGING_LEVEL": "ERROR",
        "SUPPORT_EMAIL": "support@example.org",
        "OAISERVER_ADMIN_EMAILS": ["support@example.org"],
        "MAIL_SUPPRESS_SEND": True,
        "FAKE_DOI": True,
        "FAKE_EPIC_PID": True,
        "AUTOMATICALLY_ASSIGN_DOI": True,
    }
    sources = {}
    for name, community, key in (("tsd", "sensitive", public[0]), ("csc", "second", public[1])):
        sources[name] = {
            "keys": [key],
            "community": community,
            "owner": "curator@catalogue.example.org",
            "access": name + "-form",
            "targets": [name + "-ingest"],
            "release": "publish",
        }
    ours = {
        "SECUREB2SHARE_MODE": "on",
        "SECUREB2SHARE_DEMO": True,
        "SECUREB2SHARE_SIGNING_KEY": os.path.join(folder, "keys"),
        "SECUREB2SHARE_TARGETS": {
            name + "-ingest": {"kind": "webhook", "url": one.url} for name, one in zip(sources, receivers)
        },
        "SECUREB2SHARE_ACCESS": {
            name + "-form": {"provider": "template", "url": base + "/request?dataset={identifier}&ref={reference}"}
            for name in sources
        },
        "SECUREB2SHARE_SOURCES": sources,
    }
    return own, ours


class Published:
    """The answer to a curator's way from draft to record: of the step that failed, or of the record with status 201."""

    def __init__(self, answer, status):
        self._answer = answer
        self.status_code = status
        self.text = answer.text
        self.headers = answer.headers

    def json(self):
        return self._answer.json()


class Instance:
    """What the tests know of a running instance; hosts/contract.py asks for the same."""

    def __init__(self, folder, base_url, key, receivers, made):
        self.data, self.base_url, self.key = folder, base_url, key[0]
        self.receiver = receivers[0]
        self.second = key[1], receivers[1]
        self.tokens, self.communities, self.users = made["tokens"], made["communities"], made["users"]
        self.records = made["records"]
        former = made["records"]["open"]
        self.legacy = former["bucket"], former["key"], former["version"], b"from former times"
        self.app = None
        self.configured = {}

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
        return requests.request(method, self.base_url + path, headers=headers, timeout=180, **kwargs)

    def metadata(self, description, community="sensitive", identifier=None):
        """What a curator enters for a description."""
        from secureb2share_ext.hosts.b2share2 import communities, mapping

        with self.app.app_context():
            block_id, _ = communities.current_block(self.communities[community])
        body = mapping.to_record(description, block_id)
        if identifier is not None:
            body["community_specific"][block_id]["dataset_identifier"] = identifier
        return dict(body, community=self.communities[community])

    def draft(self, metadata, role="curator", **kwargs):
        return self.call("POST", "/api/records/", role, json=metadata, **kwargs)

    def submit(self, pid, role="curator"):
        patch = [{"op": "add", "path": "/publication_state", "value": "submitted"}]
        return self.patch("/api/records/%s/draft" % pid, patch, role)

    def patch(self, path, operations, role="curator"):
        return self.call("PATCH", path, role, data=json.dumps(operations), headers=PATCH)

    def curate(self, description, identifier=None, role="curator", community="sensitive", route=""):
        """A draft, submitted: the curator's way through B2SHARE's own interface."""
        community = "second" if "csc" in route else community
        drafted = self.draft(self.metadata(description, community, identifier), role)
        if drafted.status_code != 201:
            return drafted
        submitted = self.submit(drafted.json()["id"], role)
        if submitted.status_code != 200:
            return submitted
        return Published(self.call("GET", "/api/records/" + drafted.json()["id"]), 201)

    def curator_edits(self, pid, description):
        """A curator's change of everything that a published record says."""
        said = {name: value for name, value in self.metadata(description).items() if name != "community"}
        operations = [{"op": "add", "path": "/" + name, "value": value} for name, value in said.items()]
        return self.patch("/api/records/" + pid, operations)

    def execute(self, statement, **values):
        """The rows of an SQL statement, committed, or None where it gives none."""
        from invenio_db import db

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
        from invenio_db import db

        from secureb2share_ext.outbox import delivery

        with self.app.app_context():
            try:
                return delivery.sweep(current().targets, current().mark)
            finally:
                db.session.remove()

    def index(self):
        """Let the cluster show what it was given; {what: count}."""
        requests.post("http://%s/_refresh" % os.environ["SECUREB2SHARE_TEST_ELASTICSEARCH"])
        return {}

    def run_cli(self, *args, **kwargs):
        """`b2share secureb2share ...` in this process."""
        return run(self.app, "secureb2share", *args, **kwargs)

    def content(self):
        """Everything that an upload could leave: rows by table, and the bytes on disk."""
        tables = ("files_files", "files_multipartobject", "files_multipartobject_part")
        on_disk = [os.path.join(base, f) for base, _, files in os.walk(os.path.join(self.data, "files")) for f in files]
        return {t: self.count(t) for t in tables}, sorted((f, os.path.getsize(f)) for f in on_disk)


def run(app, *args, **kwargs):
    """A command of B2SHARE's own command line, as Flask 0.11 calls it; a click Result."""
    from flask.cli import ScriptInfo

    return CliRunner().invoke(app.cli, list(args), obj=ScriptInfo(create_app=lambda info: app), **kwargs)


@contextlib.contextmanager
def stock(folder):
    """An Instance whose database never had the package, with nothing served yet."""
    folder = str(folder)
    keys = [client.new_key() for _ in range(2)]
    receivers = Receiver(), Receiver()
    with meta_schema(), database() as uri, indices() as elasticsearch, receivers[0], receivers[1], listening() as serve:
        own, ours = settings(
            folder, uri, elasticsearch, serve[0].server_port, receivers, [public for _, public in keys]
        )
        with open(os.path.join(folder, "b2share.cfg"), "w") as file:
            file.write("".join("%s = %r\n" % one for one in own.items()))
        # in the place of the built web interface
        os.makedirs(os.path.join(folder, "ui"))
        with open(os.path.join(folder, "ui", "index.html"), "w") as file:
            file.write("<!doctype html><title>B2SHARE</title>")
        made = subprocess.check_output([sys.executable, "-W", "ignore", os.path.join(HERE, "stock.py"), folder])
        base_url = "http://localhost:%d" % serve[0].server_port
        made = json.loads(made.decode().splitlines()[-1])
        instance = Instance(folder, base_url, [key for key, _ in keys], receivers, made)
        instance.serve, instance.configured = serve, ours
        try:
            yield instance
        finally:
            close(instance)


@contextlib.contextmanager
def running(folder, sources=None, targets=None, **overrides):
    """A served Instance with everything in place.

    sources: {name: settings of SECUREB2SHARE_SOURCES that differ}; "keys" in it come behind the source's own; targets:
    the same for SECUREB2SHARE_TARGETS.
    """
    with stock(folder) as instance:
        for name, given in (sources or {}).items():
            source = instance.configured["SECUREB2SHARE_SOURCES"][name]
            source.update(given, keys=source["keys"] + given.get("keys", []))
        for name, given in (targets or {}).items():
            instance.configured["SECUREB2SHARE_TARGETS"][name].update(given)
        start(instance, **overrides)
        for command in (["init"], ["keys", "new"]):
            result = instance.run_cli(*command)
            assert result.exit_code == 0, (command, result.output, result.exc_info)
        yield instance


def start(instance, **overrides):
    """(Re)start the application of an instance with other settings of this package."""
    close(instance)
    os.environ.update(B2SHARE_INSTANCE_PATH=instance.data, B2SHARE_UI_PATH=os.path.join(instance.data, "ui"))
    import b2share.factory

    # read when the module is imported
    b2share.factory.instance_path = instance.data
    instance.app = b2share.factory.create_app(**dict(instance.configured, **overrides))
    instance.serve[1]["app"] = instance.app


def close(instance):
    if instance.app is not None:
        from invenio_db import db

        with instance.app.app_context():
            db.session.remove()
            db.engine.dispose()


class _Body:
    """A request's body, of which the server knows what the application left unread."""

    def __init__(self, environ):
        self._stream = environ["wsgi.input"]
        self._left = int(environ.get("CONTENT_LENGTH") or 0)
        self._is_chunked = environ.get("HTTP_TRANSFER_ENCODING") == "chunked"

    def read(self, size=-1):
        found = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(found)
        return found

    def readline(self, size=-1):
        found = self._stream.readline(self._left if size < 0 else min(size, self._left))
        self._left -= len(found)
        return found

    def discard(self):
        """Read what is left; chunks end with an empty one (RFC 9112, section 7.1)."""
        self.read()
        while self._is_chunked:
            size = int(self._stream.readline(), 16)
            self._stream.read(size + len("\r\n"))
            self._is_chunked = size > 0


@contextlib.contextmanager
def listening():
    """(server, dict whose "app" it serves), threaded.

    It discards what the application left unread, as servers do for a bounded while, so that a client sees the answer.
    """
    from werkzeug.serving import make_server

    serving = {}

    def answer(environ, start_response):
        body = environ["wsgi.input"] = _Body(environ)
        found = serving["app"](environ, start_response)
        try:
            yield from found
        finally:
            # what has to be done after an answer is done here (PEP 3333)
            getattr(found, "close", lambda: None)()
            body.discard()

    with _serving(make_server("127.0.0.1", 0, answer, threaded=True)) as server:
        yield server, serving
