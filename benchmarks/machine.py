"""The processes of a run of benchmarks: PostgreSQL, the target, catalogues and workers. All end with the run."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import sqlalchemy
from sqlalchemy.engine import make_url

from demo.launch import end_with_parent
from secureb2share_ext import client
from secureb2share_ext.hosts.records_rest import mapping

from . import processor
from .served import Catalogue

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 90
STOP_SECONDS = 5
# settings of another Invenio must not reach this one
FOREIGN = ("INVENIO_", "FLASK_", "GUNICORN_CMD_ARGS", "SECUREB2SHARE_")
FAST, SLOW = "fast", "slow"  # the targets: one answers at once, one after SLOW_MS
SLOW_MS = 20
CONCURRENCY = 4

sys.path.insert(0, str(ROOT / "scripts"))
import services  # noqa: E402


class Failed(Exception):
    """Something that is measured did not run; the message says what."""


class Machine:
    """What runs for the benchmarks; a context manager. size: how much is measured."""

    def __init__(self, size):
        self.size = size
        self.children = []
        self.rows = {}
        self.workers = {}
        self.catalogues = {}
        self.source_private, self.source_public = client.new_key()
        with open(ROOT / "docs" / "examples" / "moba.json", encoding="utf-8") as file:
            self.description = json.load(file)["dataset"]

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="secureb2share-benchmarks-"))
        # the database server's user has to pass through it
        self.folder.chmod(0o755)
        try:
            exports = services.start(str(self.folder / "services"), ["postgresql"], durable=True)
            self.postgresql = make_url(exports["SECUREB2SHARE_TEST_POSTGRESQL"])
            with open(self.folder / "services" / "postgresql" / "data" / "postmaster.pid") as file:
                self.postgresql_pid = int(file.readline())
            receiver = self.spawn("receiver", "benchmarks.receiver", stdout=subprocess.PIPE)
            self.receiver = "http://127.0.0.1:%d" % int(receiver.stdout.readline())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for one in self.rows.values():
            one.close()
        for child in self.children:
            child.send_signal(signal.SIGTERM)
        for child in self.children:
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        services.stop(str(self.folder / "services"))
        shutil.rmtree(self.folder, ignore_errors=True)

    def target_url(self, name):
        return "%s/%d/ingest" % (self.receiver, SLOW_MS if name == SLOW else 0)

    def counts(self):
        """What the target counted since the last call: {"requests", "messages"}."""
        with _opener().open(self.receiver + "/counts", timeout=10) as answer:
            return json.load(answer)

    def database(self, name):
        """The URI of a database of this name, which is made when it is not there."""
        admin = sqlalchemy.create_engine(self.postgresql, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            known = sqlalchemy.text("SELECT count(*) FROM pg_database WHERE datname = :name")
            if not connection.execute(known, {"name": name}).scalar():
                connection.execute(sqlalchemy.text('CREATE DATABASE "%s" TEMPLATE template0' % name))
        admin.dispose()
        return self.postgresql.set(database=name).render_as_string(hide_password=False)

    def postgresql_used(self):
        return processor.of_tree(self.postgresql_pid)

    def catalogue(self, name, is_on, records):
        """The Catalogue that is served under a name, started when it is not there."""
        if name not in self.catalogues:
            spec = self._spec(name, is_on, records)
            child = self.spawn(name, "benchmarks.serve", self._write(name, spec))
            self._wait(name, child, "http://127.0.0.1:%d/api/records/?size=1" % spec["port"])
            with open(os.path.join(spec["folder"], "prepared.json")) as file:
                prepared = json.load(file)
            key = self.source_private if is_on else None
            self.catalogues[name] = Catalogue(child.pid, spec["port"], prepared["token"], prepared["pids"], key)
        return self.catalogues[name]

    def worker(self, name, number=1):
        """The Worker with a number on the database of a name, started when it is not there."""
        if (name, number) not in self.workers:
            path = self.folder / (name + ".json")
            if not path.exists():
                self._write(name, self._spec(name, True, 0))
            self.workers[name, number] = Worker(self, "%s-%d" % (name, number), path)
        return self.workers[name, number]

    def _spec(self, name, is_on, records):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return {
            "folder": str(folder),
            "port": services.free_port(),
            "uri": self.database(name),
            "is_on": is_on,
            "source_key": self.source_public,
            "targets": {
                FAST: {"kind": "webhook", "url": self.target_url(FAST)},
                SLOW: {"kind": "webhook", "url": self.target_url(SLOW), "concurrency": CONCURRENCY},
            },
            "records": records,
            "record": mapping.to_record(self.description),
        }

    def _write(self, name, spec):
        path = self.folder / (name + ".json")
        path.write_text(json.dumps(spec))
        return path

    def spawn(self, name, module, *arguments, **streams):
        environment = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
        environment["INVENIO_INSTANCE_PATH"] = str(self.folder / "instance")
        with open(self.folder / (name + ".log"), "ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", module, *map(str, arguments)],
                cwd=ROOT,
                env=environment,
                start_new_session=True,
                preexec_fn=end_with_parent(),
                **{"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, **streams},
            )
        self.children.append(child)
        return child

    def died(self, name):
        return Failed("%s ended. The end of its log:\n%s" % (name, services.read_tail(self.folder / (name + ".log"))))

    def _wait(self, name, child, url):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if child.poll() is not None:
                raise self.died(name)
            try:
                with _opener().open(url, timeout=10):
                    return
            except urllib.error.HTTPError as error:
                raise Failed("%s answers %d to %s." % (name, error.code, url))
            except OSError:
                time.sleep(0.1)
        raise Failed("%s does not answer within %d s." % (name, START_SECONDS))


class Worker:
    """A process that does what worker.py says."""

    def __init__(self, machine, name, path):
        self.name, self.machine = name, machine
        self.process = machine.spawn(name, "benchmarks.worker", path, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.answer()

    def do(self, what, **arguments):
        """Let it call a function of deliveries.py, and return what that gave; raises Failed."""
        self.begin(what, **arguments)
        return self.answer()

    def begin(self, what, **arguments):
        self.process.stdin.write(json.dumps({"do": what, "with": arguments}).encode() + b"\n")
        self.process.stdin.flush()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise self.machine.died(self.name)
        said = json.loads(line)
        if "failed" in said:
            raise Failed("%s:\n%s" % (self.name, said["failed"]))
        return said["gave"]


def _opener():
    # without proxies: the environment's are for other machines
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
