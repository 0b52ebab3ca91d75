import os
import uuid

import pytest
from flask import request
from instance import Instance, example
from invenio_db import db
from werkzeug.test import Client

from demo.catalogue.app import create_app
from demo.catalogue.config import settings
from demo.catalogue.prepare import prepare
from secureb2share_ext import client
from secureb2share_ext.proxies import current
from secureb2share_ext.uploads import gate, guard, lock

KEY, PUBLIC = client.new_key()


@pytest.fixture
def make(tmp_path):
    """An application on one SQLite database, made anew with other settings at each call."""
    made = []

    def make(prepared=True, **overrides):
        configured = dict(settings(str(tmp_path), 5000, "http://localhost:5001", PUBLIC), **overrides)
        site = create_app(configured)
        if prepared:
            prepare(site, str(tmp_path))
        made.append(site)
        return Site(site, tmp_path)

    yield make
    for site in made:
        with site.app_context():
            db.session.remove()
            db.engine.dispose()


class Site:
    def __init__(self, app, folder):
        self.app = app
        self.http = Client(app.wsgi_app)
        self.instance = (
            Instance(app, "http://localhost:5000", folder, KEY, None)
            if os.path.exists(str(folder / "tokens.json"))
            else None
        )

    @property
    def api(self):
        (found,) = {one.app for one in lock.of_instance(self.app)} - {self.app}
        return found

    def post_record(self):
        with self.app.app_context():
            body = current().host.to_record(example())
        return self.call("POST", "/api/records/", json=body, headers=self.as_("curator"))

    def as_(self, role):
        return {"Authorization": "Bearer " + self.instance.tokens[role]}

    def call(self, method, path, **keywords):
        origin = {"base_url": "http://localhost:5000", "environ_base": {"REMOTE_ADDR": "127.0.0.1"}}
        return self.http.open(path, method=method, **dict(origin, **keywords))

    def get(self, path):
        return self.call("GET", path)

    def run(self, *args):
        return self.app.test_cli_runner().invoke(args=["secureb2share"] + list(args))


def add_upload_view(app):
    @app.route("/drop/<name>", methods=["PUT"], endpoint="site.drop")
    def drop(name):
        return request.get_data()


def test_unknown_writing_route_turns_audit_red_and_stops_writing(make):
    site = make()
    add_upload_view(site.api)
    result = site.run("audit")
    assert result.exit_code == 1 and "unknown  api PUT" in result.output and "/drop/<name>" in result.output
    assert site.run("check").exit_code == 1
    answer = site.post_record()
    assert (answer.status_code, answer.get_json(force=True)["code"]) == (503, "lock-incomplete")
    assert site.call("PUT", "/api/drop/x", data=b"x").status_code == 503
    refused = site.call("PUT", "/api/files/%s/x" % uuid.uuid4(), data=b"x")
    assert refused.get_json(force=True)["code"] == "upload-refused"
    assert site.get("/api/records/").status_code == 200


def test_writing_route_that_the_site_vouches_for(make):
    site = make(SECUREB2SHARE_AUDIT_KNOWN={"site.drop": "takes a name only"})
    add_upload_view(site.api)
    result = site.run("audit")
    assert result.exit_code == 0 and "site     api PUT" in result.output
    assert site.post_record().status_code == 201


def displace_gate(site, monkeypatch):
    site.api.before_request_funcs[None].insert(0, lambda: None)


def reopen_permissions(site, monkeypatch):
    site.api.config["FILES_REST_PERMISSION_FACTORY"] = "invenio_files_rest.permissions.permission_factory"


def reopen_storage(site, monkeypatch):
    site.api.config["FILES_REST_STORAGE_FACTORY"] = "invenio_files_rest.storage.pyfs_storage_factory"


def refill_upload_factories(site, monkeypatch):
    site.api.config["FILES_REST_UPLOAD_FACTORIES"] = ["invenio_files_rest.views:default_upload"]


def remove_guard(site, monkeypatch):
    monkeypatch.setattr(guard, "is_installed", lambda: False)


@pytest.mark.parametrize(
    "break_layer, words",
    [
        (displace_gate, "request gate"),
        (reopen_permissions, "FILES_REST_PERMISSION_FACTORY"),
        (reopen_storage, "FILES_REST_STORAGE_FACTORY"),
        (refill_upload_factories, "FILES_REST_UPLOAD_FACTORIES"),
        (remove_guard, "guard"),
    ],
)
def test_missing_layer_stops_writing_and_leaves_reading(make, monkeypatch, break_layer, words):
    site = make()
    break_layer(site, monkeypatch)
    result = site.run("check")
    assert result.exit_code == 1 and words in result.output
    assert site.post_record().status_code == 503
    assert site.get("/api/records/").status_code == 200


@pytest.mark.parametrize("layer", ["gate", "configuration", "guard", "triggers"])
def test_each_layer_alone_refuses_an_upload(make, monkeypatch, layer):
    site = make()
    with site.app.app_context():
        from invenio_files_rest.models import Bucket

        bucket = str(Bucket.create().id)
        db.session.commit()
        db.session.remove()
    headers = site.as_("superuser")
    if layer != "gate":
        site.api.before_request_funcs[None].remove(gate._gate)
    if layer != "configuration":
        for key in ("PERMISSION_FACTORY", "STORAGE_FACTORY", "UPLOAD_FACTORIES", "MULTIPART_PART_FACTORIES"):
            site.api.config.pop("FILES_REST_" + key)
        site.api.config["FILES_REST_PERMISSION_FACTORY"] = "invenio_files_rest.permissions.permission_factory"
        site.api.config["FILES_REST_STORAGE_FACTORY"] = "invenio_files_rest.storage.pyfs_storage_factory"
        site.api.config["FILES_REST_UPLOAD_FACTORIES"] = ["invenio_files_rest.views:stream_uploadfactory"]
    if layer != "guard":
        monkeypatch.setattr(guard, "current_app", NoExtension())
    if layer != "triggers":
        assert site.run("unlock").exit_code == 0
    answer = site.call("PUT", "/api/files/%s/x" % bucket, data=b"CANARY", headers=headers)
    assert answer.status_code >= 400, answer.get_data()
    assert site.instance.count("files_files") == 0


class NoExtension:
    extensions = {}


def test_without_any_layer_the_upload_succeeds(make, monkeypatch):
    site = make(SECUREB2SHARE_MODE="off")
    with site.app.app_context():
        from invenio_files_rest.models import Bucket

        bucket = str(Bucket.create().id)
        db.session.commit()
        db.session.remove()
    path = "/api/files/%s/x" % bucket
    answer = site.call("PUT", path, data=b"bytes", headers=site.as_("superuser"))
    assert answer.status_code == 200 and site.instance.count("files_files") == 1


def test_switching_off(make):
    on = make()
    pid = on.post_record().get_json()["id"]
    off = make(SECUREB2SHARE_MODE="off", prepared=False)
    result = off.run("check")
    assert result.exit_code == 1 and "secureb2share unlock" in result.output
    assert off.run("unlock").exit_code == 0 and off.run("check").exit_code == 0
    assert off.get("/api/access/" + pid).status_code == 302
    assert off.get("/api/datasets/keys").status_code == 404
    assert off.get("/api/secureb2share/uploads").status_code == 404
    assert "0 unknown" in off.run("audit").output and "/files/" in off.run("audit").output
    assert "access" not in off.get("/api/records/" + pid).get_json()
    again = make(prepared=False)
    result = again.run("check")
    assert result.exit_code == 1 and "secureb2share init" in result.output
    assert again.run("init").exit_code == 0 and again.run("init").exit_code == 0
    assert again.run("check").exit_code == 0


def test_check_names_the_missing_key_and_database(make):
    site = make(
        SECUREB2SHARE_DEMO=False,
        SECUREB2SHARE_ACCESS={
            "tsd-form": {"provider": "template", "url": "https://forms.example.org/a?d={identifier}"}
        },
        SECUREB2SHARE_TARGETS={"tsd-ingest": {"kind": "webhook", "url": "https://ingest.example.org/"}},
    )
    assert "SQLite is not supported for production" in site.run("check").output
    with site.app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM secureb2share_key")
    assert "secureb2share keys new" in site.run("check").output
    made = site.run("keys", "new")
    assert made.exit_code == 0 and made.output.split()[-1] in site.run("keys", "list").output
    assert "keys new" not in site.run("check").output


def test_missing_triggers_stop_writing_until_init(make):
    site = make()
    assert site.run("unlock").exit_code == 0
    assert site.post_record().get_json(force=True)["code"] == "lock-incomplete"
    assert site.run("init").exit_code == 0
    assert site.post_record().status_code == 201


def test_a_look_that_fails_lets_no_write_pass(make, monkeypatch):
    site = make()
    assert site.post_record().status_code == 201

    def fail(self):
        raise OSError("no database")

    monkeypatch.setattr(lock, "INTERVAL", 0)
    for one in lock.of_instance(site.app):
        one.forget()
    monkeypatch.setattr(lock.Lock, "look", fail)
    assert [site.post_record().status_code for _ in range(2)] == [500, 500]
    monkeypatch.undo()
    assert site.post_record().status_code == 201


def test_missing_tables_stop_writing_and_not_reading(make):
    site = make()
    ours = site.post_record().get_json()["id"]
    site.post_record()
    with site.app.app_context():
        db.session.remove()
        for table in reversed(db.metadata.sorted_tables):
            if table.name.startswith("secureb2share_"):
                table.drop(db.engine)
        db.engine.dispose()
    prepared, site = site, make(prepared=False)
    site.instance = prepared.instance
    assert "The tables are missing" in site.run("lock").output
    for path in ("/api/records/" + ours, "/api/records/?q=moba", "/"):
        assert site.get(path).status_code == 200, path
    assert len(site.get("/api/records/").get_json()["hits"]["hits"]) == 2
    oai = "/oai2d?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:localhost:" + ours
    assert site.get(oai).status_code == 200
    for path in ("/api/access/" + ours, "/api/access/?source=tsd&id=x", "/api/datasets/tsd/x"):
        answer = site.get(path)
        said = answer.get_json(force=True)
        assert (answer.status_code, said["code"]) == (503, "not-ready"), (path, said)
        assert "run `init`" in said["detail"]
    for answer in (site.post_record(), site.call("PUT", "/api/datasets/tsd/x", data=b"{}")):
        assert (answer.status_code, answer.get_json(force=True)["code"]) == (503, "lock-incomplete")
    with site.app.app_context():
        assert db.session.execute(db.text("SELECT count(*) FROM records_metadata")).scalar() == 2
