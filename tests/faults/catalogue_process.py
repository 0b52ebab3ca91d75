"""The processes of the catalogue in a run: the web server, Celery workers, and beat.

This process imports Invenio once, and forks the others: each line of its input is [["web"] | ["worker", NAME] |
["beat", SCHEDULE], log], and the process id is the answer. At the end of its input it ends all of them.
SECUREB2SHARE_FAULTS names a JSON file with {"settings", "port", "pool" (processes of one worker), "is_short" (whether
waits are shortened), "deaths" (see die_beside_steps)}; SECUREB2SHARE_FAULTS_CLOCK, where it is set, the file of
shifted_clock.py.
"""

import contextlib
import datetime
import json
import os
import random
import signal
import sys
import warnings

import shifted_clock

if os.environ.get("SECUREB2SHARE_FAULTS_CLOCK"):
    shifted_clock.install(os.environ["SECUREB2SHARE_FAULTS_CLOCK"])
warnings.simplefilter("ignore")

from flask_celeryext import create_celery_app  # noqa: E402
from invenio_db import db  # noqa: E402

from demo.catalogue.app import create_app  # noqa: E402
from demo.catalogue.server import serve  # noqa: E402
from secureb2share_ext.outbox import claims, delivery, registrations, retry, sending  # noqa: E402
from secureb2share_ext.targets import connection, rems, rems_session  # noqa: E402

# as the package has them, a lease ends after three minutes and a second failure waits for five
SHORT = (
    (claims, "LEASE", datetime.timedelta(seconds=12)),
    (delivery, "LONGEST", 10),
    (sending, "BATCH_TIME", 3),
    (connection, "CONNECT", 1),
    (connection, "READ", 2),
    (connection, "TOTAL", 4),
    (registrations, "HELD", datetime.timedelta(seconds=6)),
    (rems, "TOTAL", 4),
    (rems_session, "READ", 2),
    (retry, "PLAN", (1, 3, 5, 10, 15, 20, 30, 40, 60)),
    (retry, "PROBE", 5),
    (retry, "SHORTEST", 1),
)


def shorten():
    """Shorten every wait of delivery, in proportion, so that a run sees many of them."""
    for module, name, value in SHORT:
        getattr(module, name)
        setattr(module, name, value)


def die_beside_steps(plan, log):
    """Let a process end itself before or after a request to REMS, with the chance "deaths" of a plan (see servers.py).

    Each end is a line in `log`.
    """
    exchange = rems_session.Session._exchange

    def die(when, path):
        with open(plan) as file:
            chance = json.load(file).get("deaths", 0)
        # a process that was forked has the generator of its parent
        if random.SystemRandom().random() < chance:
            with open(log, "a") as file:
                file.write("%s %s\n" % (when, path.partition("?")[0]))
            os.kill(os.getpid(), signal.SIGKILL)

    def exchange_or_die(self, method, path, *more):
        die("before", path)
        answer = exchange(self, method, path, *more)
        die("after", path)
        return answer

    rems_session.Session._exchange = exchange_or_die


def serve_forked(app, port):
    """Be the web server: two processes with four threads each, made by fork so that a new one is there at once."""

    def begin(worker):
        # no connection of the parent's is used
        with app.app_context():
            db.engine.dispose(close=False)

    sys.argv = sys.argv[:1]
    serve(app, port, workers=2, threads=4, post_worker_init=begin)


def be(app, celery, given, role, name=""):
    """Be one of the processes, until it ends."""
    if role == "web":
        serve_forked(app, given["port"])
    elif role == "beat":
        celery.start(["beat", "-s", name, "-l", "INFO", "--pidfile="])
    else:
        options = ["--concurrency", str(given["pool"]), "-n", name + "@%h", "--without-mingle", "--without-gossip"]
        celery.worker_main(["worker", "-l", "INFO", *options])


def fork(app, celery, given, arguments, log):
    """The process id of a new one."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, other in enumerate((nothing, file, file)):
            os.dup2(other, number)
        sys.stdin = open(os.devnull)
        with app.app_context():
            db.engine.dispose(close=False)
        be(app, celery, given, *arguments)
    finally:
        os._exit(0)


def main():
    with open(os.environ["SECUREB2SHARE_FAULTS"]) as file:
        given = json.load(file)
    if given["is_short"]:
        shorten()
    if given.get("deaths"):
        die_beside_steps(**given["deaths"])
    app = create_app(given["settings"])
    celery = create_celery_app(app)
    # nobody waits for those that were killed
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    pids = []
    for line in sys.stdin:
        pids.append(fork(app, celery, given, *json.loads(line)))
        print(pids[-1], flush=True)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
