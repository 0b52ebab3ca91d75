"""The catalogue of a run: configured, prepared, started, hurt, healed and read."""

import contextlib
import datetime
import json
import os
import signal
import tempfile
import time

import served
import sqlalchemy
from judge import Arrival, Row
from kinds import KINDS
from servers import START, Clock, Database, Disk, Forked, Nursery, one_of, redis, wait_for_port
from sqlalchemy.pool import NullPool

from demo.catalogue.app import create_app
from demo.catalogue.config import settings
from demo.catalogue.prepare import prepare
from scripts import services
from secureb2share_ext import client
from secureb2share_ext.compat import utcnow
from secureb2share_ext.proxies import current

DAY = 86400
EVENTS = (
    "SELECT e.target, d.identifier, e.sequence, e.message_id, e.body, e.state"
    " FROM secureb2share_event e JOIN secureb2share_dataset d ON d.id = e.dataset_id"
)
QUIET = "SELECT count(*) FROM secureb2share_event WHERE state = 'pending'"
FAR = (
    "SELECT count(*) FROM secureb2share_event WHERE state = 'pending' AND next_at > :far",
    "SELECT count(*) FROM secureb2share_pause WHERE until > :far",
)
MODES = ("storm", "busy", "unauthorised", "gone", "hanging")


class Catalogue:
    """Everything that runs. folder: empty; workers: processes that sweep, in two pools; target: of kinds.KINDS."""

    def __init__(
        self, folder, database="postgresql", workers=2, seed=0, chance=None, is_short=True, target="webhook", deaths=0
    ):
        self.folder, self.ended, self.database, self.cleaning = folder, {}, None, contextlib.ExitStack()
        self.is_short, self.pool = is_short, max(workers // 2, 1)
        os.environ.setdefault("INVENIO_INSTANCE_PATH", os.path.join(folder, "instance"))
        self.clock = Clock(os.path.join(folder, "clock"))
        # past the time-out of a read
        late = 2.5 if is_short else 22
        self.kind = KINDS[target](deaths)
        chance = self.kind.chance if chance is None else chance
        self.receivers = self.kind.receivers(folder, seed, chance, late)
        self.deaths = os.path.join(folder, "deaths")
        self.port = services.free_port()
        self.key, public = client.new_key()
        try:
            self._make(database, public)
        except BaseException:
            self.stop()
            raise

    def _make(self, database, public):
        self.disk = Disk(os.path.join(self.folder, "state"))
        self.cleaning.callback(self.disk.stop)
        uri = "sqlite:///" + os.path.join(self.folder, "catalogue.db")
        if database == "postgresql":
            self.database = Database(tempfile.mkdtemp(dir=self.folder))
            self.cleaning.callback(self.database.stop)
            uri = self.database.uri
        self.redis, url = redis(self.folder)
        self.cleaning.callback(self.redis.kill)
        self.settings = self._settings(uri, url, public)
        variables = {"SECUREB2SHARE_FAULTS": os.path.join(self.folder, "run.json")}
        with open(variables["SECUREB2SHARE_FAULTS"], "w") as file:
            run = {"settings": self.settings, "port": self.port, "pool": self.pool, "is_short": self.is_short}
            if self.kind.registers:
                run["deaths"] = {"plan": self.receivers[0].plan, "log": self.deaths}
            json.dump(run, file)
        # they import while the database is made
        right = self._nursery(**variables)
        shifted = self._nursery(**variables, **self.clock.variables)
        self._prepare(uri)
        self.schedule = os.path.join(self.folder, "schedule")
        self.web = self._forked("web", right, "web")
        self.workers = [self._forked(name, shifted, "worker", name) for name in ("one", "two")]
        self.beat = self._forked("beat", shifted, "beat", self.schedule)

    def _nursery(self, **variables):
        found = Nursery(self.folder, **variables)
        self.cleaning.callback(found.stop)
        return found

    def _forked(self, name, nursery, *arguments):
        process = Forked(name, nursery, arguments, self.folder)
        self.cleaning.callback(process.kill)
        return process

    def _settings(self, uri, url, public):
        found = settings(self.folder, self.port, self.receivers[0].url, public)
        broker = url + "/0"
        found.update(BROKER_URL=broker, CELERY_BROKER_URL=broker, CELERY_TASK_ALWAYS_EAGER=False)
        found.update(SQLALCHEMY_DATABASE_URI=uri, SECUREB2SHARE_SWEEP_INTERVAL=1)
        found.update(RATELIMIT_ENABLED=False, SECUREB2SHARE_STATE_FOLDER=self.disk.folder)
        self.kind.configure(found, self.receivers)
        return found

    def _prepare(self, uri):
        app = create_app(self.settings)
        prepare(app, self.folder)
        self.app = app
        with open(os.path.join(self.folder, "tokens.json")) as file:
            self.token = json.load(file)["curator"]
        with app.app_context():
            self.keys = current().keyring.jwks()
            self.record = json.dumps(current().host.to_record(self.description("TITLE")))
        self.engine = sqlalchemy.create_engine(uri, poolclass=NullPool)
        self.let_go()

    def let_go(self):
        """Give the connections of this process back."""
        from invenio_db import db

        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def description(self, title):
        found = served.example()
        found["core"]["titles"] = [{"lang": "en", "text": title}]
        return self.kind.describe(found, title)

    @property
    def source(self):
        return client.Client("http://localhost:%d" % self.port, "tsd", self.key)

    def start(self):
        for one in self.receivers:
            one.start(self.keys)
            self.cleaning.callback(one.process.kill)
        for process in (self.web, *self.workers, self.beat):
            process.start()
        wait_for_port(self.port)
        # until a sweep has ended
        end = time.monotonic() + START
        while not self.count("SELECT count(*) FROM secureb2share_sweep WHERE finished IS NOT NULL"):
            if time.monotonic() > end:
                raise RuntimeError("No sweep has ended.")
            time.sleep(0.1)

    def stop(self):
        self.cleaning.close()

    def hurt(self, fault):
        """Do what a schedule.Fault says; what ends it later is called by `mend`. Returns what was done."""
        kind, choice = fault.kind, fault.choice
        ends = time.monotonic() + fault.seconds
        if kind in MODES:
            receiver = one_of(self.receivers, choice)
            receiver.behave(kind)
            self.ended[receiver.name] = (ends, receiver.behave)
            return receiver.name
        if kind == "disk full":
            self.disk.fill()
            self.ended["disk"] = (ends, self.disk.free)
        elif kind in ("clock back", "clock ahead"):
            self.clock.set(-DAY if kind == "clock back" else DAY)
            self.ended["clock"] = (ends, self.right_clock)
        elif kind == "leave":
            worker = one_of(self.workers, choice)
            worker.kill(signal.SIGTERM)
            worker.start()
            return worker.name
        elif kind == "postgresql":
            self.database.restart()
        else:
            return self.kill(kind, choice)
        return ""

    def kill(self, kind, choice):
        if kind in ("sweeping process", "web process"):
            process = self.web if kind == "web process" else one_of(self.workers, choice)
            return process.name if process.kill_child(choice * 7 % 1) else "nobody"
        named = {"beat": [self.beat], "web server": [self.web], "redis": [self.redis], "worker": self.workers}
        process = one_of(named.get(kind) or [one.process for one in self.receivers], choice)
        process.restart()
        return process.name

    def right_clock(self):
        """Set the clock right, and do what an operator does then: start beat with a new schedule."""
        self.clock.set(0)
        self.beat.kill()
        # the database of the schedule has several files
        for name in os.listdir(self.folder):
            if name.startswith("schedule"):
                os.remove(os.path.join(self.folder, name))
        self.beat.start()

    def mend(self, everything=False):
        """End the faults whose time is over, or everything."""
        for name, (ends, end) in list(self.ended.items()):
            if everything or ends <= time.monotonic():
                del self.ended[name]
                end()
        # what an init system does
        for process in (self.web, self.beat, self.redis, *self.workers, *(one.process for one in self.receivers)):
            if not process.is_running:
                process.restart()

    def count(self, statement=QUIET):
        with contextlib.suppress(sqlalchemy.exc.SQLAlchemyError), self.engine.connect() as connection:
            return connection.execute(sqlalchemy.text(statement)).scalar()
        return None

    def wait_until_quiet(self, seconds):
        """The seconds until no event was pending, or None where for so many seconds they became no fewer."""
        began, fewest = time.monotonic(), None
        end = began + seconds
        while time.monotonic() < end:
            waiting = self.count()
            if waiting == 0:
                return time.monotonic() - began
            if waiting is not None and (fewest is None or waiting < fewest):
                end, fewest = time.monotonic() + seconds, waiting
            self.mend()
            time.sleep(0.2)
        return None

    def waits_of_a_clock_ahead(self):
        """How many pending events and pauses wait longer than any shortened wait does: a clock ran ahead."""
        far = {"far": utcnow() + datetime.timedelta(hours=2)}
        found = 0
        with self.engine.connect() as connection:
            for query in FAR:
                found += connection.execute(sqlalchemy.text(query), far).scalar()
        return found

    def command(self, *words):
        self.let_go()
        result = self.app.test_cli_runner().invoke(args=["secureb2share", *words])
        self.let_go()
        return result

    def health(self):
        """{name: [finding]} as health says it."""
        found = {}
        for finding in json.loads(self.command("health", "--json").output)["findings"]:
            found.setdefault(finding["name"], []).append(finding)
        return found

    def rows(self):
        """[Row] of every event."""
        found = []
        with self.engine.connect().execution_options(stream_results=True) as connection:
            for target, dataset, sequence, number, body, state in connection.execute(sqlalchemy.text(EVENTS)):
                body = bytes(body)
                found.append(Row(target, dataset, sequence, number, client.digest(body), said(body), state))
        return found

    def bodies(self):
        """[(sequence, body as bytes)] of every event, in the order of the sequences of a dataset."""
        query = "SELECT e.sequence, e.body FROM secureb2share_event e ORDER BY e.dataset_id, e.sequence"
        with self.engine.connect() as connection:
            return [(number, bytes(body)) for number, body in connection.execute(sqlalchemy.text(query))]

    def died(self):
        """How many processes ended themselves beside a step of a registration."""
        with contextlib.suppress(FileNotFoundError), open(self.deaths) as file:
            return len(file.readlines())
        return 0

    def tables(self):
        """{target: [id of an event]} of the receivers that have tables, an id for each row."""
        tables = {one.name: one.table() for one in self.receivers}
        return {name: ids for name, ids in tables.items() if ids is not None}

    def arrivals(self):
        """[Arrival] of every request that a receiver verified."""
        return [
            Arrival(one.name, seen["dataset"], seen["sequence"], seen["id"], seen["digest"], seen["took"])
            for one in self.receivers
            for seen in one.arrivals()
        ]


def said(body):
    """What the driver can tell a change by: the title and the state."""
    data = json.loads(body.decode("utf-8"))["data"]
    return content(data["dataset"]["core"]["titles"][0]["text"], data["state"])


def content(title, state):
    return "%s %s" % (title, state)
