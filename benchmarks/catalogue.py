"""The catalogue that is measured: invenio-records-rest on PostgreSQL, with the package switched on or not installed.

Both sides have the same endpoint, permissions, users and records, and search in the demo's table, so that what differs
is the package alone. It is not installed where none of its entry points is seen.
"""

import functools
import importlib.metadata
import json
import os
import uuid

PACKAGE = "secureb2share_ext"
ENDPOINT = "tsd"  # the name of the source and of its entry of RECORDS_REST_ENDPOINTS
PREPARED = "prepared.json"


def create_app(spec):
    """The application of a catalogue.

    spec: dict with folder, port, uri (of the database), is_on (whether the package is), source_key ("whpk_..."),
    targets ({name: settings}), records (how many the bare side begins with) and record (their metadata).
    """
    _choose_entry_points(spec["is_on"])
    # after the choice, because Invenio looks at entry points while it is imported
    from invenio_app.factory import create_app as create_invenio

    from demo.catalogue import search  # noqa: F401 (listens)
    from demo.catalogue.config import settings

    environ = {"SQLALCHEMY_DATABASE_URI": spec["uri"]}
    configured = settings(spec["folder"], spec["port"], "http://127.0.0.1:9", spec["source_key"], environ)
    configured["RECORDS_REST_ENDPOINTS"][ENDPOINT].update(
        {name + "_permission_factory_imp": "benchmarks.permissions:writer" for name in ("create", "update", "delete")},
        read_permission_factory_imp="benchmarks.permissions:everybody",
        list_permission_factory_imp="benchmarks.permissions:everybody",
    )
    # the pages are the demo's own, and nobody asks for one here
    for name in ("BASE_TEMPLATE", "COVER_TEMPLATE", "THEME_BASE_TEMPLATE", "THEME_COVER_TEMPLATE"):
        configured.pop(name)
    configured["RATELIMIT_ENABLED"] = False
    if spec["is_on"]:
        configured["SECUREB2SHARE_TARGETS"] = spec["targets"]
        # more is sent here than any source sends in a day; what counts it stays, for it belongs to the cost
        configured["SECUREB2SHARE_SOURCES"][ENDPOINT].update(bytes_a_day=10**12, revisions_a_day=10**9)
        configured["SECUREB2SHARE_SOURCES"][ENDPOINT]["targets"] = sorted(spec["targets"])
    else:
        kept = ("SECUREB2SHARE_DEMO",)  # by which the demo's search knows that it is asked
        configured = {k: v for k, v in configured.items() if not k.startswith("SECUREB2SHARE_") or k in kept}
    app = create_invenio(**configured)
    if ("secureb2share" in app.extensions) != spec["is_on"]:
        raise RuntimeError("The package is %s the application." % ("not in" if spec["is_on"] else "in"))
    return app


def _choose_entry_points(with_package):
    found = importlib.metadata.entry_points

    # Invenio asks dozens of times, and each time the metadata of every distribution is read anew
    @functools.lru_cache(maxsize=None)
    def chosen(**params):
        points = found(**params)
        if with_package:
            return points
        return importlib.metadata.EntryPoints(point for point in points if not point.value.startswith(PACKAGE))

    importlib.metadata.entry_points = chosen


def prepare(app, spec):
    """Make tables, a user with a token and the bare side's records; {"token", "pids"}, the same at a second call."""
    path = os.path.join(spec["folder"], PREPARED)
    if os.path.exists(path):
        with open(path) as file:
            return json.load(file)
    from invenio_db import db

    from demo.catalogue import search

    with app.app_context():
        db.create_all()
        search.prepare(app)
        if spec["is_on"]:
            _prepare_package()
        prepared = {"token": _token(), "pids": [] if spec["is_on"] else _records(spec["record"], spec["records"])}
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    with open(path, "w") as file:
        json.dump(prepared, file)
    return prepared


def _prepare_package():
    from secureb2share_ext.maintenance import install
    from secureb2share_ext.proxies import current

    install.init(True)
    current().keyring.new()


def _token():
    from flask_security.utils import hash_password
    from invenio_access.models import ActionUsers
    from invenio_access.permissions import superuser_access
    from invenio_accounts.proxies import current_datastore
    from invenio_db import db
    from invenio_oauth2server.models import Token

    user = current_datastore.create_user(
        email="admin@catalogue.example.org", password=hash_password(uuid.uuid4().hex), active=True
    )
    db.session.flush()
    db.session.add(ActionUsers.allow(superuser_access, user_id=user.id))
    token = Token.create_personal("benchmarks", user.id, scopes=[])
    db.session.flush()
    return token.access_token


def _records(metadata, count):
    from invenio_pidstore.minters import recid_minter
    from invenio_records.api import Record

    pids = []
    for _ in range(count):
        record_uuid, data = uuid.uuid4(), json.loads(json.dumps(metadata))
        pids.append(recid_minter(record_uuid, data).pid_value)
        Record.create(data, id_=record_uuid)
    return pids
