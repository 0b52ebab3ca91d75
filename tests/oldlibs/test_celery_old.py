import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid

import pytest

if sys.version_info >= (3, 7):
    pytest.skip("the libraries of B2SHARE 2.4 need Python 3.6; run-tests.sh runs it there", allow_module_level=True)

from flask_celeryext import create_celery_app  # noqa: E402
from old_instance import HERE, example, running, skip_unless_there  # noqa: E402

SWEEP = "secureb2share_ext.outbox.tasks.sweep"
ROOT = os.path.join(HERE, os.pardir, os.pardir)


@pytest.fixture(scope="module", params=["postgresql"])
def instance(request, tmp_path_factory):
    skip_unless_there(request.param)
    with running(request.param, tmp_path_factory.mktemp("instance")) as found:
        found.receiver.jwks = found.source.keys
        with open(found.data + "/worker.json", "w") as file:
            json.dump(found.configured, file)
        yield found


@contextlib.contextmanager
def worker(instance):
    """A real Celery worker with beat, in a process group of its own."""
    environment = dict(
        os.environ, SECUREB2SHARE_TEST_WORKER=instance.data + "/worker.json", PYTHONPATH=HERE + ":" + ROOT
    )
    schedule = "%s/beat-%s" % (instance.data, uuid.uuid4().hex)
    command = [sys.executable, "-m", "celery", "worker", "-A", "old_worker", "-B", "-s", schedule, "-c", "2"]
    with open(instance.data + "/worker.log", "ab") as log:
        process = subprocess.Popen(
            command + ["-l", "INFO"], env=environment, stdout=log, stderr=log, start_new_session=True
        )
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


def log(instance):
    with open(instance.data + "/worker.log", errors="replace") as file:
        return file.read()[-3000:]


def test_beat_knows_the_sweep_and_the_worker_the_task(instance):
    celery = create_celery_app(instance.app)
    entry = celery.conf.beat_schedule["secureb2share-sweep"]
    assert (entry["task"], entry["schedule"]) == (SWEEP, 1)
    celery.loader.import_default_modules()
    assert SWEEP in celery.tasks


def test_beat_sweeps_and_a_killed_worker_leaves_one_effect(instance):
    identifier, killed = ("celery/" + uuid.uuid4().hex for _ in range(2))
    instance.curate(example(), identifier)
    with worker(instance):
        assert until(lambda: states(instance, identifier) == ["acknowledged"]), log(instance)
        # the receiver takes the event and is slow to answer: the worker dies meanwhile
        instance.receiver.answer = lambda number: time.sleep(5) or 200
        instance.curate(example(), killed)
        assert until(lambda: [b for _, b in instance.receiver.requests if killed.encode() in b]), log(instance)
    assert states(instance, killed) == ["pending"]
    instance.receiver.answer = None
    instance.execute("UPDATE secureb2share_event SET lease_until = created WHERE state = 'pending'")
    with worker(instance):
        assert until(lambda: states(instance, killed) == ["acknowledged"]), log(instance)
    assert len(instance.receiver.of(identifier)) == len(instance.receiver.of(killed)) == 1
    assert len([b for _, b in instance.receiver.requests if killed.encode() in b]) == 2
