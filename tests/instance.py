"""A real Invenio repository with this package, served over HTTP on loopback, for tests of any database."""

import contextlib
import json
import os
from io import BytesIO

from invenio_db import db
from invenio_search import current_search_client
from served import Served, adjust, example, listening, new_database, service, skip_without  # noqa: F401

from demo.catalogue.app import create_app
from demo.catalogue.config import settings
from demo.catalogue.prepare import prepare
from secureb2share_ext import client
from secureb2share_ext.targets.testing import Receiver

# what a kind of instance needs of scripts/services.py
NEEDS = {
    "sqlite": (),
    "postgresql": ("POSTGRESQL",),
    "services": ("POSTGRESQL", "REDIS", "SEARCH"),
}


def skip_unless_there(kind):
    """Skip the test where a service is missing that this kind of instance needs."""
    skip_without(NEEDS[kind])


def services(kind):
    """The environment that names the demo's services, but for the database."""
    return {"CACHE_REDIS_URL": service("REDIS") + "/2", "SEARCH_HOSTS": service("SEARCH")} if kind == "services" else {}


@contextlib.contextmanager
def database(kind, folder):
    """The URI of an empty database."""
    if kind == "sqlite":
        yield "sqlite:///" + os.path.join(str(folder), "catalogue.db")
    else:
        with new_database() as uri:
            yield uri


class Instance(Served):
    timeout = 30
    content_tables = Served.content_tables + ("files_bucket",)

    def __init__(self, app, base_url, data, key, receiver):
        super().__init__(base_url, data, key, receiver)
        self.app = app
        with open(os.path.join(self.data, "tokens.json")) as file:
            self.tokens = json.load(file)

    def index(self):
        counts = self.index_by_sweep()
        if counts:
            with self.app.app_context():
                current_search_client.indices.refresh(index=self.app.config["SEARCH_INDEX_PREFIX"] + "*")
        return counts


@contextlib.contextmanager
def running(kind, folder, sources=None, targets=None, **overrides):
    """A served Instance on a fresh database, with a file from the time before uploads were closed.

    sources, targets: as of served.adjust; the second source is there when "csc" is named.
    """
    with database(kind, folder) as uri, Receiver() as receiver, Receiver() as csc, listening() as (port, served):
        key, public = client.new_key()
        csc_key, csc_public = client.new_key()
        second = (csc.url.replace("/ingest", ""), csc_public) if "csc" in (sources or {}) else None
        environment = receiver.url.replace("/ingest", "")
        configured = settings(str(folder), port, environment, public, services(kind), second)
        adjust(configured, sources, targets)
        # all of a test's senders have one address
        configured.update({"SQLALCHEMY_DATABASE_URI": uri, "SECUREB2SHARE_WRONG_SIGNATURES": None})
        configured.update(overrides)
        legacy = _legacy_file(dict(configured, SECUREB2SHARE_MODE="off"), str(folder))
        app = served["app"] = create_app(configured)
        prepare(app, str(folder))
        instance = Instance(app, "http://localhost:%d" % port, folder, key, receiver)
        instance.legacy, instance.configured = legacy, configured
        instance.second = (csc_key, csc) if second else None
        try:
            yield instance
        finally:
            instance.close()
            if configured.get("SEARCH_HOSTS"):
                with app.app_context():
                    current_search_client.indices.delete(index=configured["SEARCH_INDEX_PREFIX"] + "*")


def _legacy_file(configured, folder):
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
