"""An instance of the plain host on PostgreSQL, served over HTTP on loopback."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys

import plain_app
import pytest
import requests
from plain_app import create_app  # noqa: F401
from served import Served, adjust, command, example, listening, new_database, package_settings, service, skip_without  # noqa: F401

from secureb2share_ext import client
from secureb2share_ext.targets.testing import Receiver

HERE = os.path.dirname(os.path.abspath(__file__))
LONG = 1000000  # bytes; of such a body only the length is sent


def skip_unless_there(kind):
    """Skip the test where the services of an instance are missing, or are of another kind than B2SHARE's."""
    if kind != "postgresql":
        pytest.skip("B2SHARE runs on PostgreSQL alone")
    skip_without(("POSTGRESQL", "REDIS"))


@contextlib.contextmanager
def database(kind="postgresql", folder=None):
    """The URI of an empty database."""
    skip_unless_there(kind)
    with new_database() as uri:
        yield uri


def settings(folder, uri, port, environments):
    """The configuration of an instance; environments: as of served.package_settings."""
    redis, base = service("REDIS"), "http://localhost:%d" % port
    return dict(
        package_settings(folder, base, environments),
        INSTANCE_PATH=str(folder),
        SECRET_KEY="of a test",
        SQLALCHEMY_DATABASE_URI=uri,
        SQLALCHEMY_TRACK_MODIFICATIONS=False,
        SITE_UI_URL=base,
        SITE_API_URL=base + "/api",
        ACCOUNTS_SESSION_REDIS_URL=redis + "/2",
        BROKER_URL=redis + "/0",
        CELERY_BROKER_URL=redis + "/0",
        CELERY_RESULT_BACKEND=redis + "/1",
        # B2SHARE has routes of its own instead
        RECORDS_REST_ENDPOINTS={},
        SECUREB2SHARE_HOST="plain_host:PlainHost",
        SECUREB2SHARE_SWEEP_INTERVAL=1,
    )


class Instance(Served):
    content_tables = Served.content_tables + ("files_bucket",)

    def call(self, method, path, role=None, **kwargs):
        data = kwargs.get("data")
        headers = dict(kwargs.get("headers", {}), **({"Authorization": "Bearer " + self.tokens[role]} if role else {}))
        if isinstance(data, bytes) and len(data) > LONG:
            return self._announce(method, path, dict(headers, **{"Content-Length": str(len(data))}))
        if hasattr(data, "__next__"):
            return self._announce(method, path, dict(headers, **{"Transfer-Encoding": "chunked"}))
        return super().call(method, path, role, **kwargs)

    def _announce(self, method, path, headers):
        # what is refused unread: this server closes while the client still sends
        connection = http.client.HTTPConnection(self.base_url[len("http://") :], timeout=30)
        connection.putrequest(method, path)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        # this server keeps its socket to itself, so that it waits for a sender who says nothing
        connection.sock.shutdown(socket.SHUT_WR)
        given = connection.getresponse()
        answer = requests.Response()
        answer.status_code, answer._content = given.status, given.read()
        answer.headers = requests.structures.CaseInsensitiveDict(given.getheaders())
        connection.close()
        return answer

    def run_cli(self, *args):
        return command(self.app, *args)


@contextlib.contextmanager
def stock(folder, sources=None, targets=None):
    """An Instance whose database never had the package, with nothing served yet; arguments as of `running`."""
    key, public = client.new_key()
    csc_key, csc_public = client.new_key()
    with database() as uri, Receiver() as receiver, Receiver() as csc, listening() as (port, served):
        environments = {"tsd": ("tsd", public, receiver)}
        if "csc" in (sources or {}):
            environments["csc"] = ("csc", csc_public, csc)
        configured = settings(folder, uri, port, environments)
        adjust(configured, sources, targets)
        path = os.path.join(str(folder), "settings.json")
        with open(path, "w") as file:
            json.dump(configured, file)
        made = subprocess.check_output([sys.executable, os.path.join(HERE, "stock.py"), path])
        made = json.loads(made.decode("utf-8").splitlines()[-1])
        instance = Instance(configured["SITE_UI_URL"], folder, key, receiver)
        instance.configured, instance.served, instance.tokens = configured, served, made["tokens"]
        bucket, name, version, text = made["legacy"]
        instance.legacy = bucket, name, version, text.encode("ascii")
        instance.second = (csc_key, csc) if "csc" in environments else None
        try:
            yield instance
        finally:
            instance.close()


@contextlib.contextmanager
def running(kind, folder, sources=None, targets=None, **overrides):
    """A served Instance with everything in place; arguments as of tests/instance.py."""
    skip_unless_there(kind)
    with stock(folder, sources, targets) as instance:
        start(instance, **overrides)
        instance.set_up()
        yield instance


def start(instance, **overrides):
    """(Re)start the application of an instance with other settings."""
    instance.close()
    instance.configured = dict(instance.configured, **overrides)
    instance.app = instance.served["app"] = plain_app.create_app(instance.configured)
