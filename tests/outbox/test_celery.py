import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid

import pytest
from instance import example, running
from invenio_db import db
from served import ONE_DATABASE
from sqlalchemy import text

REDIS = os.environ.get("SECUREB2SHARE_TEST_REDIS")
pytestmark = [
    pytest.mark.celery,
    pytest.mark.skipif(not REDIS, reason="no Redis: SECUREB2SHARE_TEST_REDIS is not set"),
]
KEEP = (
    "SECRET_KEY",
    "SQLALCHEMY_",
    "SITE_",
    "CACHE_",
    "ACCESS_",
    "OAUTH2_",
    "RATELIMIT_",
    "RECORDS_REST_",
    "SECUREB2SHARE_",
)


@pytest.fixture(scope="module", params=ONE_DATABASE)
def instance(request, tmp_path_factory):
    if request.param == "postgresql" and not os.environ.get("SECUREB2SHARE_TEST_POSTGRESQL"):
        pytest.skip("no PostgreSQL: SECUREB2SHARE_TEST_POSTGRESQL is not set")
    folder = tmp_path_factory.mktemp("instance")
    with running(request.param, folder) as found:
        found.receiver.jwks = found.source.keys
        configured = found.configured
        settings = {k: v for k, v in configured.items() if k.startswith(KEEP)}
        settings.update(BROKER_URL=REDIS + "/0", CELERY_BROKER_URL=REDIS + "/0", CELERY_TASK_ALWAYS_EAGER=False)
        settings.update(CELERY_RESULT_BACKEND=REDIS + "/1", SECUREB2SHARE_SWEEP_INTERVAL=1)
        (folder / "worker.json").write_text(json.dumps(settings))
        yield found


@contextlib.contextmanager
def worker(instance):
    """A real Celery worker with beat, in a process group of its own."""
    paths = [os.path.dirname(__file__) + "/..", os.path.dirname(__file__) + "/../.."]
    environment = dict(os.environ, SECUREB2SHARE_TEST_WORKER=instance.data + "/worker.json", PYTHONPATH=":".join(paths))
    schedule = "%s/beat-%s" % (instance.data, uuid.uuid4().hex)
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "worker",
        "worker",
        "-B",
        "-s",
        schedule,
        "--concurrency",
        "2",
        "-l",
        "INFO",
    ]
    with open(instance.data + "/worker.log", "ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(look, seconds=60):
    end = time.monotonic() + seconds
    while not look() and time.monotonic() < end:
        time.sleep(0.2)
    return look()


def states(instance, identifier):
    return [state for _, state, _ in instance.events(identifier)]


def test_beat_sweeps_and_a_killed_worker_leaves_one_effect(instance):
    identifier = "celery/" + uuid.uuid4().hex
    instance.curate(example(), identifier)
    with worker(instance):
        assert until(lambda: states(instance, identifier) == ["acknowledged"]), open(
            instance.data + "/worker.log"
        ).read()[-3000:]
        # the receiver takes the event and is slow to answer: the worker dies meanwhile
        killed = "celery/" + uuid.uuid4().hex
        instance.receiver.answer = lambda number: time.sleep(5) or 200
        instance.curate(example(), killed)
        assert until(lambda: [b for _, b in instance.receiver.requests if killed.encode() in b])
    assert states(instance, killed) == ["pending"]
    instance.receiver.answer = None
    with instance.app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE secureb2share_event SET lease_until = created WHERE state = 'pending'"))
    with worker(instance):
        assert until(lambda: states(instance, killed) == ["acknowledged"])
    assert len(instance.receiver.of(identifier)) == len(instance.receiver.of(killed)) == 1
    assert len([b for _, b in instance.receiver.requests if killed.encode() in b]) == 2
