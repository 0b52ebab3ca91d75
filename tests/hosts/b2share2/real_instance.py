"""A real B2SHARE 2.4 on PostgreSQL, Redis and Elasticsearch, with this package, served over HTTP on loopback."""

import contextlib
import http.server
import json
import os
import shutil
import subprocess
import sys

import requests
from click.testing import CliRunner
from served import (  # noqa: F401
    Published,
    Served,
    adjust,
    example,
    listening,
    missing_of,
    new_database,
    package_settings,
    service,
    serving,
)

from secureb2share_ext import client
from secureb2share_ext.targets.testing import Receiver

HERE = os.path.dirname(os.path.abspath(__file__))
NEEDS = ("POSTGRESQL", "REDIS", "ELASTICSEARCH")
PATCH = {"Content-Type": "application/json-patch+json"}


def missing():
    """The first environment variable that a B2SHARE for tests lacks, or None."""
    return missing_of(NEEDS)


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
def meta_schema():
    """Answer for json-schema.org on loopback, by way of http_proxy."""
    with serving(http.server.HTTPServer(("127.0.0.1", 0), _MetaSchema)) as server:
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
def indices():
    """The address of an empty Elasticsearch; B2SHARE 2 has no prefix for its indices, so that no other may be there."""
    host = service("ELASTICSEARCH")
    address = "http://" + host
    found = requests.get(address + "/_cat/indices?h=index").text.split()
    assert not found, "The Elasticsearch for tests must be empty, and has %s." % ", ".join(found)
    try:
        yield host
    finally:
        requests.delete(address + "/_all")


def settings(folder, uri, elasticsearch, port, receivers, public):
    """(B2SHARE's own configuration, this package's) of an instance."""
    redis, base = service("REDIS"), "http://localhost:%d" % port
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
        "PIDSTORE_DATACITE_DOI_PREFIX": "10.5072",
        "FAKE_EPIC_PID": True,
        "AUTOMATICALLY_ASSIGN_DOI": True,
    }
    environments = {
        "tsd": ("sensitive", public[0], receivers[0]),
        "csc": ("second", public[1], receivers[1]),
    }
    return own, package_settings(folder, base, environments, owner="curator@catalogue.example.org")


class Instance(Served):
    timeout = 180
    # B2SHARE makes a bucket and its objects for each draft
    content_tables = ("files_files", "files_multipartobject", "files_multipartobject_part")

    def __init__(self, folder, base_url, keys, receivers, made):
        super().__init__(base_url, folder, keys[0], receivers[0])
        self.second = keys[1], receivers[1]
        self.tokens, self.communities, self.users = made["tokens"], made["communities"], made["users"]
        self.records = made["records"]
        former = made["records"]["open"]
        self.legacy = former["bucket"], former["key"], former["version"], b"from former times"

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

    def index(self):
        """Let the cluster show what it was given; {what: count}."""
        requests.post("http://%s/_refresh" % service("ELASTICSEARCH"))
        return {}

    def run_cli(self, *args, **kwargs):
        """`b2share secureb2share ...` in this process."""
        return run(self.app, "secureb2share", *args, **kwargs)

    def run_access(self, *args):
        """`b2share access ...` in this process; a click Result."""
        from flask.cli import ScriptInfo
        from invenio_access.cli import access

        return CliRunner().invoke(access, list(args), obj=ScriptInfo(create_app=lambda info: self.app))


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
    with contextlib.ExitStack() as stack:
        for context in (meta_schema(), *receivers):
            stack.enter_context(context)
        uri, elasticsearch = stack.enter_context(new_database()), stack.enter_context(indices())
        port, served = stack.enter_context(listening(discarding))
        own, ours = settings(folder, uri, elasticsearch, port, receivers, [public for _, public in keys])
        with open(os.path.join(folder, "b2share.cfg"), "w") as file:
            file.write("".join("%s = %r\n" % one for one in own.items()))
        # in the place of the built web interface
        os.makedirs(os.path.join(folder, "ui"))
        with open(os.path.join(folder, "ui", "index.html"), "w") as file:
            file.write("<!doctype html><title>B2SHARE</title>")
        made = subprocess.check_output([sys.executable, "-W", "ignore", os.path.join(HERE, "stock.py"), folder])
        base_url = "http://localhost:%d" % port
        made = json.loads(made.decode().splitlines()[-1])
        instance = Instance(folder, base_url, [key for key, _ in keys], receivers, made)
        instance.served, instance.configured = served, ours
        try:
            yield instance
        finally:
            instance.close()


@contextlib.contextmanager
def running(folder, sources=None, targets=None, ui=None, **overrides):
    """A served Instance with everything in place; sources, targets: as of served.adjust; ui: a built web interface."""
    with stock(folder) as instance:
        if ui is not None:
            place = os.path.join(str(folder), "ui")
            shutil.rmtree(place)
            os.symlink(ui, place)
        adjust(instance.configured, sources, targets)
        start(instance, **overrides)
        instance.set_up()
        yield instance


def start(instance, **overrides):
    """(Re)start the application of an instance with other settings of this package."""
    instance.close()
    os.environ.update(B2SHARE_INSTANCE_PATH=instance.data, B2SHARE_UI_PATH=os.path.join(instance.data, "ui"))
    import b2share.factory

    # read when the module is imported
    b2share.factory.instance_path = instance.data
    instance.app = instance.served["app"] = b2share.factory.create_app(**dict(instance.configured, **overrides))


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


def discarding(app):
    """A middleware that reads what the application left unread, so that a client sees the answer, as servers do."""

    def answer(environ, start_response):
        body = environ["wsgi.input"] = _Body(environ)
        found = app(environ, start_response)
        try:
            yield from found
        finally:
            # what has to be done after an answer is done here (PEP 3333)
            getattr(found, "close", lambda: None)()
            body.discard()

    return answer
