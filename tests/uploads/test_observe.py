import concurrent.futures
import contextlib
import os
import threading
import time
import uuid

import pytest
from instance import Instance, example, running
from invenio_db import db
from served import ONE_DATABASE
from sqlalchemy import text
from werkzeug.serving import make_server

from demo.catalogue.app import create_app
from secureb2share_ext import client
from secureb2share_ext.maintenance import install
from secureb2share_ext.proxies import current
from secureb2share_ext.uploads import observe

OBJECT = "invenio_files_rest.object_api"
LIST, ITEM = "invenio_records_rest.tsd_list", "invenio_records_rest.tsd_item"


@pytest.fixture(scope="module", params=ONE_DATABASE)
def instance(request, tmp_path_factory):
    if request.param == "postgresql" and not os.environ.get("SECUREB2SHARE_TEST_POSTGRESQL"):
        pytest.skip("no PostgreSQL: SECUREB2SHARE_TEST_POSTGRESQL is not set")
    with running(request.param, tmp_path_factory.mktemp("instance"), SECUREB2SHARE_MODE="observe") as found:
        yield found


@contextlib.contextmanager
def switched_on(instance):
    """The same site, restarted with the mode on."""
    app = create_app(dict(instance.configured, SECUREB2SHARE_MODE="on"))
    with app.app_context():
        install.init(is_on=True)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        on = Instance(app, "http://localhost:%d" % server.port, instance.data, instance.key, instance.receiver)
        on.legacy = instance.legacy
        yield on
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        assert instance.run_cli("unlock").exit_code == 0
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def counted(instance):
    with instance.app.app_context():
        found = {(row.what, row.endpoint, row.community): row.count for row in observe.counted()}
        db.session.remove()
    return found


@pytest.fixture
def more(instance):
    """What was counted since the last call, as soon as it is what is expected."""
    last = counted(instance)

    def more(expected):
        end = time.monotonic() + 10
        while True:
            now = counted(instance)
            found = {key: count - last.get(key, 0) for key, count in now.items() if count != last.get(key, 0)}
            if found == expected or time.monotonic() > end:
                break
            time.sleep(0.05)
        last.update(now)
        return found

    return more


def upload(instance, role="superuser", content=b"bytes"):
    bucket, key, _, _ = instance.legacy
    path = "/api/files/%s/%s" % (bucket, key + uuid.uuid4().hex)
    return path, instance.call("PUT", path, role, data=content)


def body_of(instance, description):
    with instance.app.app_context():
        return current().host.to_record(description)


def rows(instance, pid):
    return instance.count("secureb2share_dataset", "pid = '%s'" % pid)


def test_upload_goes_through_and_is_counted(instance, more):
    path, answer = upload(instance)
    assert answer.status_code == 200
    assert instance.call("GET", path, "superuser").content == b"bytes"
    assert more({("upload-refused", OBJECT, ""): 1}) == {("upload-refused", OBJECT, ""): 1}
    # reading, and what the host refuses by itself, are not
    assert upload(instance, None)[1].status_code in (401, 403, 404)
    assert instance.call("DELETE", path, "superuser").status_code == 204
    time.sleep(0.5)
    assert more({}) == {}


def test_many_at_once_are_all_counted(instance, more):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: upload(instance)[1].status_code, range(24)))
    # two uploads into one bucket at a time conflict on the host's own size of it
    went = answers.count(200)
    assert went > 0
    assert more({("upload-refused", OBJECT, ""): went}) == {("upload-refused", OBJECT, ""): went}


def test_valid_record_is_left_alone_and_gets_an_event_that_is_never_sent(instance, more):
    identifier = "observed/" + uuid.uuid4().hex
    answer = instance.curate(example(), identifier)
    assert answer.status_code == 201
    pid, metadata = answer.json()["id"], answer.json()["metadata"]
    assert metadata["secureb2share"] == {"identifier": identifier} and "access" not in answer.json()
    assert [(n, state) for n, state, _ in instance.events(identifier)] == [(1, "observed")]
    same = dict(body_of(instance, example()), secureb2share={"identifier": identifier}, control_number=pid)
    assert instance.call("PUT", "/api/records/" + pid, "curator", json=same).status_code == 200
    assert len(instance.events(identifier)) == 1
    changed = dict(same, publisher="Another")
    assert instance.call("PUT", "/api/records/" + pid, "curator", json=changed).status_code == 200
    assert [(n, state) for n, state, _ in instance.events(identifier)] == [(1, "observed"), (2, "observed")]
    instance.sweep()
    assert (
        instance.receiver.of(identifier) == []
        and "observed" in instance.run_cli("deliveries", "list", "--state", "observed").output
    )
    assert instance.call("GET", "/api/access/" + pid).status_code == 302
    assert instance.call("GET", "/api/datasets/keys").status_code == 404
    assert more({}) == {}

    with switched_on(instance) as on:
        on.sweep()
        assert on.receiver.of(identifier) == []
        # the same description again, now as a dataset of the source
        assert on.call("PUT", "/api/records/" + pid, "curator", json=body_of(on, example())).status_code == 200
        on.sweep()
        (event,) = on.receiver.of(identifier)
        assert event["type"].endswith(".published.v1") and event["data"]["sequence"] == 3
        assert on.call("GET", "/api/records/" + pid).json()["metadata"]["secureb2share"]["source"] == "tsd"
    assert [state for _, state, _ in instance.events(identifier)] == ["observed", "observed", "acknowledged"]


def test_record_with_faults_goes_through_and_is_counted(instance, more):
    faulty = body_of(instance, example())
    del faulty["sensitive"]["controller_name"]
    for body in (faulty, dict(body_of(instance, example()), _files=[]), {"title": "of another form"}):
        answer = instance.call("POST", "/api/records/", "curator", json=body)
        assert answer.status_code == 201 and rows(instance, answer.json()["id"]) == 0
    assert more({("invalid", LIST, "tsd"): 3}) == {("invalid", LIST, "tsd"): 3}
    path = "/api/records/" + answer.json()["id"]
    assert instance.call("PUT", path, "curator", json=dict(faulty, control_number="x")).status_code == 200
    assert more({("legacy", ITEM, "tsd"): 1}) == {("legacy", ITEM, "tsd"): 1}
    with switched_on(instance) as on:
        assert on.call("PUT", path, "curator", json=body_of(on, example())).json()["code"] == "legacy"


def test_long_body_is_counted_in_its_community(instance, more):
    body = dict(body_of(instance, example()), notes=["x" * 1100000])
    assert instance.call("POST", "/api/records/", "curator", json=body).status_code == 201
    expected = {("body-too-long", LIST, "tsd"): 1, ("invalid", LIST, "tsd"): 1}
    assert more(expected) == expected


def test_deletion_is_noted(instance):
    identifier = "observed/" + uuid.uuid4().hex
    pid = instance.curate(example(), identifier).json()["id"]
    assert instance.call("DELETE", "/api/records/" + pid, "superuser").status_code == 204
    events = instance.events(identifier)
    assert [(state, body["data"]["state"]) for _, state, body in events] == [
        ("observed", "active"),
        ("observed", "withdrawn"),
    ]


def test_what_fails_in_observing_fails_no_request(instance, monkeypatch):
    def fail(connection, *args):
        connection.execute(text("SELECT * FROM no_such_table"))

    monkeypatch.setattr(observe, "count", fail)
    monkeypatch.setattr("secureb2share_ext.datasets.publication.published", lambda *args, **kwargs: fail(db.session))
    path, answer = upload(instance)
    assert answer.status_code == 200
    answer = instance.curate(example())
    assert answer.status_code == 201
    assert instance.call("GET", "/api/records/" + answer.json()["id"]).status_code == 200
    assert rows(instance, answer.json()["id"]) == 0


def test_then_on_and_refused(instance):
    with switched_on(instance) as on:
        before = instance.content()
        _, answer = upload(on)
        assert (answer.status_code, answer.json()["code"]) == (403, "upload-refused")
        assert instance.content() == before


def test_check_tells_what_was_counted(instance):
    said = instance.run_cli("check")
    assert said.exit_code == 0, said.output
    assert "All is in place (MODE observe)." in said.output
    assert "requests to %s would have been refused as upload-refused" % OBJECT in said.output
    assert "requests to %s in tsd would have been refused as invalid" % LIST in said.output
    assert client.now_utc()[:10] in said.output
