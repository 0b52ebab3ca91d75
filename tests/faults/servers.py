"""The processes of a run: PostgreSQL, Redis, the web server, Celery workers with pools, beat, receivers."""

import contextlib
import glob
import json
import os
import signal
import socket
import subprocess
import sys
import time

from scripts import services

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
START = 90  # seconds that a process may take until it answers


class Process:
    """A process in a group of its own, with a log."""

    def __init__(self, name, command, folder, **variables):
        self.name, self.command, self.folder, self.variables = name, command, folder, variables
        self.pid = None
        self._process = None

    def start(self):
        with self.log() as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=surroundings(**self.variables),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.pid = self._process.pid

    def log(self):
        return open(os.path.join(self.folder, self.name + ".log"), "ab")

    @property
    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def kill(self, number=signal.SIGKILL, seconds=30):
        """End the whole group, and wait; where it does not end by this signal in time, by SIGKILL."""
        if self.pid is None:
            return
        self._signal(number)
        end = time.monotonic() + seconds
        while self.is_running and time.monotonic() < end:
            time.sleep(0.02)
        # what is left of the group, where its first process went before the others
        self._signal(signal.SIGKILL)
        while self.is_running:
            time.sleep(0.02)

    def _signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def restart(self):
        self.kill()
        self.start()

    def kill_child(self, choice, seconds=5):
        """SIGKILL one of the processes that it has forked, as soon as there is one; whether there was."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(OSError, IndexError):
                with open("/proc/%d/task/%d/children" % (self.pid, self.pid)) as file:
                    children = [int(pid) for pid in file.read().split()]
                os.kill(children[int(choice * len(children))], signal.SIGKILL)
                return True
            time.sleep(0.05)
        return False


class Nursery:
    """A process that has imported the catalogue, and forks its servers, so that each is there again at once."""

    def __init__(self, folder, **variables):
        command = [sys.executable, os.path.join(HERE, "catalogue_process.py")]
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=surroundings(**variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            universal_newlines=True,
        )

    def fork(self, arguments, log):
        """The process id of a new process."""
        self.process.stdin.write(json.dumps([arguments, log]) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class Forked(Process):
    """A process that a nursery forks."""

    def __init__(self, name, nursery, arguments, folder):
        super().__init__(name, arguments, folder)
        self.nursery = nursery

    def start(self):
        self.pid = self.nursery.fork(self.command, os.path.join(self.folder, self.name + ".log"))

    @property
    def is_running(self):
        with contextlib.suppress(TypeError, ProcessLookupError):
            os.kill(self.pid, 0)
            return True
        return False


def surroundings(**variables):
    """The environment of a process of a run."""
    paths = os.pathsep.join([ROOT, HERE])
    return dict(os.environ, PYTHONPATH=paths, PYTHONDONTWRITEBYTECODE="1", **variables)


class Database:
    """PostgreSQL that loses nothing that it has committed when it is stopped at once."""

    def __init__(self, folder):
        os.chmod(folder, 0o755)
        self.server = services.PostgreSQL(folder)
        (self.uri,) = self.server.start().values()
        with open(os.path.join(self.server.data, "postgresql.conf"), "a") as settings:
            settings.write("synchronous_commit = on\nmax_connections = 200\n")
        self.restart()

    def restart(self):
        """Stop at once, as with `pg_ctl stop -m immediate`, and start again, which recovers from the log."""
        pid = services.read_numbers(os.path.join(self.server.data, "postmaster.pid"))[0]
        services.stop_process(pid, self.server.data, signal.SIGQUIT)
        (pg_ctl,) = glob.glob("/usr/lib/postgresql/*/bin/pg_ctl")[-1:]
        self.server._run(pg_ctl, "-D", self.server.data, "-l", self.server.log, "-w", "-t", "60", "start")

    def stop(self):
        self.server.stop()


class Disk:
    """A folder on a small disk of its own, which can be filled. Only root can mount one."""

    def __init__(self, folder):
        os.makedirs(folder)
        self.folder = folder
        options = ["-t", "tmpfs", "-o", "size=128k,mode=700", "tmpfs", folder]
        mounting = ["mount", *options]
        self.is_mounted = os.geteuid() == 0 and not subprocess.run(mounting, stderr=subprocess.DEVNULL).returncode

    def fill(self):
        # one file, of which the last write fails
        with contextlib.suppress(OSError), open(os.path.join(self.folder, "filler"), "wb", 0) as file:
            while True:
                file.write(b"x" * 4096)

    def free(self):
        with contextlib.suppress(FileNotFoundError):
            os.remove(os.path.join(self.folder, "filler"))

    def stop(self):
        if self.is_mounted:
            subprocess.run(["umount", "-l", self.folder])


class Clock:
    """The clock of some processes, which can be set while they run; see shifted_clock.py."""

    def __init__(self, path):
        self.path = path
        self.variables = {"SECUREB2SHARE_FAULTS_CLOCK": path}
        self.set(0)

    def set(self, seconds):
        with open(self.path + ".new", "w") as file:
            file.write("%d" % seconds)
        os.replace(self.path + ".new", self.path)


class Receiving:
    """A receiver, and what it is told to do."""

    script = "receiver.py"

    def __init__(self, name, folder, seed, chance, late):
        self.name, self.chance = name, chance
        self.port = services.free_port()
        self.log, self.plan = os.path.join(folder, name + ".jsonl"), os.path.join(folder, name + ".plan")
        self.settings = {"port": self.port, "name": name, "log": self.log, "plan": self.plan, "seed": seed}
        self.settings["late"] = late
        self.path = os.path.join(folder, name + ".json")
        self.process = Process(name, [sys.executable, os.path.join(HERE, self.script), self.path], folder)
        self.behave()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def target(self, concurrency):
        """The settings of the target that it is to the catalogue."""
        return {"kind": "webhook", "url": self.url + "/ingest", "echo": True, "concurrency": concurrency}

    def table(self):
        """The ids of the events that it has a row of, once for each row; None where it has no table."""
        return None

    def start(self, keys):
        with open(self.path, "w") as file:
            json.dump(dict(self.settings, keys=keys), file)
        self.process.start()
        wait_for_port(self.port)

    def behave(self, mode=""):
        self._put({"mode": mode, "chance": self.chance})

    def heal(self):
        self.chance = 0
        self.behave()

    def _put(self, plan):
        with open(self.plan + ".new", "w") as file:
            json.dump(plan, file)
        os.replace(self.plan + ".new", self.plan)

    def arrivals(self):
        with open(self.log) as file:
            return [json.loads(line) for line in file if line.endswith("\n")]


def redis(folder):
    """(Process, URL) of a Redis that forgets everything when it ends."""
    port = services.free_port()
    program = services.find_program("redis-server", "redis-server", [])
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
    process = Process("redis", [program, *options], folder)
    process.start()
    wait_for_port(port)
    return process, "redis://127.0.0.1:%d" % port


def wait_for_port(port, seconds=START):
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def one_of(listed, choice):
    """The element that a number from 0 to 1 chooses."""
    return listed[min(int(choice * len(listed)), len(listed) - 1)]
