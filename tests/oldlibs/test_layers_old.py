import sys
import time

import pytest

if sys.version_info >= (3, 7):
    pytest.skip("the libraries of B2SHARE 2.4 need Python 3.6; run-tests.sh runs it there", allow_module_level=True)

from contract import FORM, MULTIPART  # noqa: E402
from old_instance import running, skip_unless_there, start  # noqa: E402

from secureb2share_ext.uploads import gate, guard, lock  # noqa: E402

ROLES = (None, "user", "superuser")
FILES_REST = "invenio_files_rest."
STOCK = {
    "FILES_REST_PERMISSION_FACTORY": FILES_REST + "permissions.permission_factory",
    "FILES_REST_STORAGE_FACTORY": FILES_REST + "storage.pyfs_storage_factory",
    "FILES_REST_UPLOAD_FACTORIES": [FILES_REST + "views:stream_uploadfactory"],
    "FILES_REST_MULTIPART_PART_FACTORIES": [FILES_REST + "views:default_partfactory"],
}


@pytest.fixture(scope="module", params=["postgresql"])
def instance(request, tmp_path_factory):
    skip_unless_there(request.param)
    with running(request.param, tmp_path_factory.mktemp("instance")) as found:
        yield found


class NoExtension:
    extensions = {}


def attempts(instance):
    path = "/api/files/%s/" % instance.legacy[0]
    return {
        "stream": ("PUT", path + "a", {"data": b"CANARY"}),
        "form": ("PUT", path + "b", {"data": MULTIPART, "headers": FORM}),
        "multipart": ("POST", path + "c?uploads&size=10&partSize=5", {}),
    }


@pytest.mark.parametrize("layer", ["gate", "configuration", "guard", "triggers"])
def test_each_layer_alone_refuses_an_upload(instance, monkeypatch, layer):
    start(instance)
    assert instance.run_cli("init").exit_code == 0
    before = instance.content()
    if layer != "gate":
        instance.app.before_request_funcs[None].remove(gate._gate)
    if layer != "configuration":
        instance.app.config.update(STOCK)
    if layer != "guard":
        monkeypatch.setattr(guard, "current_app", NoExtension())
    if layer != "triggers":
        assert instance.run_cli("unlock").exit_code == 0
    for name, (method, path, given) in attempts(instance).items():
        for role in ROLES:
            answer = instance.call(method, path, role, **given)
            assert answer.status_code >= 400, (name, role, answer.text)
    rows, on_disk = instance.content()
    assert rows == before[0]
    # a trigger speaks when the bytes are on disk, and the rollback leaves them to nobody
    assert on_disk == before[1] or layer == "triggers"


def test_without_any_layer_the_upload_succeeds(instance):
    assert instance.run_cli("unlock").exit_code == 0
    start(instance, SECUREB2SHARE_MODE="off")
    method, path, given = attempts(instance)["stream"]
    before = instance.count("files_files")
    # on these libraries an action that nobody has is everybody's
    assert [instance.call(method, path, role, **given).status_code for role in ROLES] == [404, 404, 200]
    assert instance.count("files_files") == before + 1
    start(instance, SECUREB2SHARE_MODE="on")
    assert instance.run_cli("init").exit_code == 0


def test_observing_counts_what_would_be_refused_and_refuses_nothing(instance):
    assert instance.run_cli("unlock").exit_code == 0
    start(instance, SECUREB2SHARE_MODE="observe")
    method, path, given = attempts(instance)["stream"]
    assert [instance.call(method, path, "superuser", **given).status_code for _ in range(2)] == [200, 200]
    assert instance.call(method, path, **given).status_code == 404
    end = time.monotonic() + 10
    while not instance.count("secureb2share_observed", "count = 2") and time.monotonic() < end:
        time.sleep(0.1)
    counted = instance.execute("SELECT what, endpoint, community, count FROM secureb2share_observed")
    assert [tuple(row) for row in counted] == [("upload-refused", "invenio_files_rest.object_api", "", 2)]
    assert "2 requests to invenio_files_rest.object_api" in instance.run_cli("check").output
    start(instance, SECUREB2SHARE_MODE="on")
    assert instance.run_cli("init").exit_code == 0


def add_upload_view(app):
    app.add_url_rule("/drop/<name>", "site.drop", lambda name: name, methods=["PUT"])


def displace_gate(app):
    app.before_request_funcs[None].insert(0, lambda: None)


def reopen_storage(app):
    app.config["FILES_REST_STORAGE_FACTORY"] = STOCK["FILES_REST_STORAGE_FACTORY"]


@pytest.mark.parametrize(
    "damage, words", [(add_upload_view, "/drop/"), (displace_gate, "request gate"), (reopen_storage, "STORAGE_FACTORY")]
)
def test_missing_layer_stops_writing_and_leaves_reading(instance, damage, words):
    start(instance)
    damage(instance.app)
    result = instance.run_cli("check")
    assert result.exit_code == 1 and words in result.output
    answer = instance.call("POST", "/api/records/", "curator", json={})
    assert (answer.status_code, answer.json()["code"]) == (503, "lock-incomplete")
    assert instance.call("GET", "/api/records/").status_code == 200


def test_missing_triggers_stop_writing_until_init(instance):
    start(instance)
    assert instance.run_cli("unlock").output == "Removed 4 triggers.\n"
    assert len([f for one in lock.of_instance(instance.app) for f in one.look() if "trigger" in f]) >= 4
    assert instance.call("POST", "/api/records/", "curator", json={}).json()["code"] == "lock-incomplete"
    assert instance.run_cli("init").exit_code == 0
    assert instance.call("POST", "/api/records/", "curator", json={}).json()["code"] == "invalid"
