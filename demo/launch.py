"""The launcher: it starts the demo's servers together, and leaves nothing of them behind."""

import collections
import contextlib
import ctypes
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from demo.identity_provider import launch as identity_provider
from demo.sd_apply import launch as sd_apply

ROOT = Path(__file__).resolve().parents[1]

START_SECONDS = 60
STOP_SECONDS = 5
# how often a server that ended is started again while the demo runs
RESTARTS, RESTART_SECONDS = 5, 60
# of each source, the folder of its secure environment in DATA
SOURCES = {"tsd": "secure-environment", "csc": "second-secure-environment", "cineca": "third-secure-environment"}
# the options that name the port of the catalogue, of each of these, of SD Apply and of the identity provider
PORTS = (
    "--port",
    "--secure-port",
    "--second-secure-port",
    "--third-secure-port",
    sd_apply.PORT,
    identity_provider.PORT,
)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# a developer's settings for another Invenio or Flask must not reach the demo's database
FOREIGN_SETTINGS = ("INVENIO_", "FLASK_", "GUNICORN_CMD_ARGS")


class Failed(Exception):
    """The demo cannot start; the message is one sentence for the person who started it."""

    def __init__(self, message, code=1):
        super().__init__(message)
        self.code = code


class Stopped(Exception):
    """Someone asked the demo to end."""

    def __init__(self, signal_number, running):
        super().__init__(signal_number)
        self.code = 0 if running else 128 + signal_number


class Child:
    def __init__(self, name, arguments, process, log):
        self.name = name
        self.arguments = arguments
        self.process = process
        self.log = log

    def signal(self, number):
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, number)

    def is_gone(self):
        # its group lives on while a worker of it does, though the first process has ended
        self.process.poll()
        try:
            os.killpg(self.process.pid, 0)
        except OSError:
            return True
        return False


class Launcher:
    def __init__(self, data, *ports, idp=None):
        """ports: as many numbers as PORTS has options; idp: an identity_provider.Other, None for the demo's own."""
        self.data = data
        self.idp = idp
        self.ports = dict(zip(PORTS, ports))
        self.catalogue_url, *urls = ("http://localhost:%d" % port for port in self.ports.values())
        self.secure_urls = dict(zip(SOURCES, urls))
        self.children = []
        self.restarts = collections.deque(maxlen=RESTARTS)  # when the last ones were
        self.previous = {}
        self.lock = None
        self.asked_to_stop = None
        self.running = False

    def __enter__(self):
        # the handler only takes note: an exception between fork and its return would lose a child
        for number in SIGNALS:
            # nohup asks to go on without the terminal
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                self.previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *exception):
        self.stop()
        for number, handler in self.previous.items():
            signal.signal(number, handler)
        if self.lock:
            self.lock.close()

    def _note(self, number, frame):
        self.asked_to_stop = number

    def open_data(self, fresh=False):
        """Make the folder ours; whatever an earlier start left in it, even by a crash, is used again."""
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            # the system releases this lock when its process ends, however that happens
            self.lock = open(self.data / "lock", "w")
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed("a demo is running with the data in %s. Stop it, or use --data DIR." % self.data, 2)
        except OSError as error:
            raise Failed("the folder %s cannot be used: %s." % (self.data, error.strerror), 2)
        for option, port in self.ports.items():
            if not (self.idp and option == identity_provider.PORT):
                check_port(port, option)
        if fresh:
            for name in ("catalogue", sd_apply.NAME, identity_provider.NAME, *SOURCES.values()):
                shutil.rmtree(self.data / name, ignore_errors=True)

    def start(self):
        sign_in = identity_provider.options(self)
        identity_provider.serve(self, self._serve)
        catalogue = ["demo.catalogue", "--data", str(self.data / "catalogue"), "--port", str(self.ports["--port"])]
        for source, prefix in zip(SOURCES, ("--", "--second-", "--third-")):
            catalogue += [prefix + "secure-environment", self.secure_urls[source]]
            catalogue += [prefix + "source-key", self._key(source)]
        catalogue += sd_apply.options(self) + sign_in
        self._finish("prepare", "Preparing the catalogue (about 10 s)", [*catalogue, "--prepare"])
        self._serve("catalogue", "Starting the catalogue", catalogue, self.catalogue_url + "/api/datasets/keys")
        sd_apply.serve(self, self._serve)
        if os.environ.get("BROKER_URL"):
            self._spawn("worker", ["-m", *catalogue, "--worker"], self.data / "worker.log")
        for source, url in self.secure_urls.items():
            address = ["--port", url.rpartition(":")[2], "--catalogue", self.catalogue_url]
            doing = "Starting the secure environment of %s" % source.upper()
            more = sign_in + (sd_apply.options(self) if source == "csc" else [])
            self._serve(SOURCES[source], doing, [*self._environment(source), *address, *more], url + "/health")

    def _environment(self, source):
        return ["demo.secure_environment", "--source", source, "--data", str(self.data / SOURCES[source])]

    def _key(self, source):
        doing = "Making the key of %s" % source.upper()
        printed = self._finish("keys-" + source, doing, [*self._environment(source), "--make-key"])
        found = re.search(r"\bwhpk_\S+", printed)
        if not found:
            raise Failed("the secure environment printed no public key (whpk_...) but %r." % printed.strip())
        return found.group()

    def explain(self):
        print(
            """
The demo runs. Open these five addresses in a browser:

  the catalogue                   {catalogue}
  the secure environment of TSD   {tsd}
  the secure environment of CSC   {csc}
  the one of CINECA               {cineca}
  SD Apply of CSC                 {sd_apply}

{people}

Try this:
  1. Sign in as the data owner of TSD and register a dataset: {tsd}/register
     A moment later its description is in the catalogue. Its files are not.
  2. Open its record in the catalogue and follow the link "Request access".
     It leads back to the secure environment.
  3. Sign in as the curator and look at the registrations of CSC, which wait for a review:
     {catalogue}/secureb2share/review/
     Publish one, and refuse another one with a reason. The data owner of CSC reads the reason:
     {csc}/datasets?show=waiting
     The link of the one that you published leads to SD Apply, where you apply, and decide as its handler.
  4. Try to upload a file to the catalogue. The answer says why it is refused:
     curl --data-binary @README.md -X PUT {catalogue}/api/files/any/README.md

The data and the logs are in {data}
Press Ctrl-C to stop the demo.""".format(
                catalogue=self.catalogue_url,
                sd_apply=sd_apply.url(self),
                data=self.data,
                people=identity_provider.explain(self),
                **self.secure_urls,
            ),
            flush=True,
        )

    def wait(self):
        """Return never; raise when someone stops the demo, or when its servers end too often."""
        self.running = True
        while True:
            self._pause()

    def check(self):
        """The exit code of demo.check, which tries the running demo out."""
        program = "import sys; from demo import check; sys.exit(check.run(*sys.argv[1:]))"
        urls = [self.catalogue_url, *self.secure_urls.values(), sd_apply.url(self)]
        child = self._spawn("check", ["-c", program, *urls, str(self.data)])
        self._join(child)
        return child.process.returncode

    def stop(self):
        """End every process that was started, with all that those started."""
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while not all(child.is_gone() for child in self.children) and time.monotonic() < deadline:
            time.sleep(0.05)
        for child in self.children:
            child.signal(signal.SIGKILL)
            child.process.wait()
        self.children = []

    def tails(self, lines=40):
        for log in sorted(self.data.glob("*.log")):
            print("--- the end of %s" % log.name, file=sys.stderr)
            print(tail(log, lines), file=sys.stderr)

    def _finish(self, name, doing, module):
        """What a program that ends by itself prints."""
        log = self.data / (name + ".log")
        with self._progress(doing):
            child = self._spawn(name, ["-m", *module], log)
            self._join(child)
            if child.process.returncode != 0:
                raise Failed(self._died(child))
        return log.read_text(errors="replace")

    def _serve(self, name, doing, module, url):
        log = self.data / (name + ".log")
        with self._progress(doing):
            self._spawn(name, ["-m", *module], log)
            deadline = time.monotonic() + START_SECONDS
            answer = "nothing"
            while answer != 200:
                self._pause()
                if time.monotonic() > deadline:
                    raise Failed(
                        "%s does not work after %d s (answer: %s). The end of %s:\n%s"
                        % (url, START_SECONDS, answer, log, tail(log, 15))
                    )
                answer = ask(url)

    def _spawn(self, name, arguments, log=None):
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        for key in os.environ:
            if key.startswith(FOREIGN_SETTINGS):
                del environment[key]
        with open(log, "ab" if self.running else "wb") if log else contextlib.nullcontext() as output:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=end_with_parent(),
            )
        child = Child(name, arguments, process, log)
        self.children.append(child)
        return child

    def _join(self, child):
        while child.process.poll() is None:
            self._pause(child)
        child.signal(signal.SIGKILL)  # what it may have left in its group
        self.children.remove(child)

    def _pause(self, ending=None):
        """Wait a moment, unless there is a reason to stop."""
        if self.asked_to_stop:
            raise Stopped(self.asked_to_stop, self.running)
        for child in list(self.children):
            if child is not ending and child.process.poll() is not None:
                if not self.running:
                    raise Failed(self._died(child))
                self._restart(child)
        time.sleep(0.1)

    def _restart(self, child):
        """Start a server again that ended, unless that has happened too often; its log goes on."""
        child.signal(signal.SIGKILL)  # what it may have left in its group, which has its port
        now = time.monotonic()
        if len(self.restarts) == RESTARTS and now - self.restarts[0] < RESTART_SECONDS:
            often = "Servers were started again %d times within %d s. To start the demo once more, run run-demo.sh."
            raise Failed("%s\n%s" % (self._died(child), often % (RESTARTS, RESTART_SECONDS)))
        self.restarts.append(now)
        self.children.remove(child)
        code, log = child.process.returncode, child.log
        print(
            "'%s' ended with exit code %d, and is started again. Its log is %s." % (child.name, code, log), flush=True
        )
        self._spawn(child.name, child.arguments, log)

    def _died(self, child):
        return "the process '%s' ended with exit code %d. The end of %s:\n%s" % (
            child.name,
            child.process.returncode,
            child.log,
            tail(child.log, 15),
        )

    @contextlib.contextmanager
    def _progress(self, doing):
        started = time.monotonic()
        print("%s ..." % doing, end=" ", flush=True)
        try:
            yield
        except BaseException:
            print(flush=True)
            raise
        print("%.1f s" % (time.monotonic() - started), flush=True)


def check():
    """Try the whole demo out with new data on free ports; the exit code."""
    with contextlib.ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="secureb2share-demo-")))
        launcher = stack.enter_context(Launcher(data, *free_ports(len(PORTS))))
        launcher.open_data()
        try:
            launcher.start()
            code = launcher.check()
        except Failed:
            launcher.tails()
            raise
        if code != 0:
            launcher.stop()
            launcher.tails()
        return code


def check_port(port, option):
    # on macOS one that listens on all addresses does not hinder the bind below
    with contextlib.suppress(OSError), socket.create_connection(("localhost", port), timeout=2):
        raise Failed("port %d is in use. Choose another one with %s N." % (port, option), 2)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise Failed("port %d needs more rights. Choose one above 1023 with %s N." % (port, option), 2)
        except OSError:
            raise Failed("port %d is in use. Choose another one with %s N." % (port, option), 2)


def free_ports(number):
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def ask(url):
    # without proxies: the environment's are for other machines
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return "nothing"


def tail(path, lines):
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def end_with_parent():
    """What a child of ours runs first, on Linux: the kernel ends it should we be killed."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask_kernel():
        prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)

    return ask_kernel
