"""Run the tests and everything else that has to hold, side by side on the processors; run-tests.sh calls this."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from glob import glob

import services

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REQUIRABLE = (
    "postgresql", "redis", "opensearch", "keycloak", "nginx", "browser", "python36", "rdm13", "rdm14", "faults", "docs",
    "demo",
)  # fmt: skip
SERVERS = {"postgresql": "POSTGRESQL", "redis": "REDIS", "opensearch": "SEARCH"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
EXTRAS = "invenio,exports,postgresql,redis,demo"
# the storage behind TSD's file API; not in setup.cfg, because it asks for psycopg2, which psycopg2-binary stands for
PYSQURIL = "pysquril==1.2.1"
PYTHON = os.path.join(ROOT, ".venv-tests", "bin", "python")
# what the flows decide, and what starts many processes or a browser: InvenioRDM 14 runs it too
ON_14 = "it runs on 14; SECUREB2SHARE_TEST_RDM=both runs it on 13 too"
LONG_OF_RDM = tuple(
    "tests/hosts/rdm/test_rdm_%s.py" % name for name in ("bulk", "life", "sign_in_keycloak", "sources", "versions")
)
MAKING = threading.Lock()  # of .venv-tests, and of secureb2share_ext.egg-info, which every environment writes
PRINTING = threading.Lock()
STOPPED = threading.Event()


class Failed(Exception):
    """A part ends here; the message says why."""


class Part:
    """Commands that run one after the other, with their output in one log; variables: added to the environment."""

    def __init__(self, variables):
        # what pytest rewrites takes seconds; each process would do it anew
        self.variables = dict(os.environ, PYTHONDONTWRITEBYTECODE="", **variables)
        self.process = self.log = None

    def call(self, *command, **variables):
        """Run a command in a process group of its own; what it started and forgot ends with it."""
        if STOPPED.is_set():
            raise Failed("It was stopped.")
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(self.variables, **variables),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        code = self.process.wait()
        self.kill(signal.SIGKILL)
        if code:
            raise Failed("Exit code %d of: %.100s" % (code, " ".join(command)))

    def kill(self, number):
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def bash(self, function, *arguments):
        """Call a function of scripts/environment.sh that needs $python."""
        script = 'root="$PWD"; . scripts/environment.sh; python="$1"; shift; "$@"'
        self.call("bash", "-c", script, "bash", sys.executable, function, *arguments)

    def tests(self, *module):
        """Run a module of Python in .venv-tests, as soon as that environment is there."""
        with MAKING:
            self.bash("make_environment", os.path.join(ROOT, ".venv-tests"), EXTRAS + ",tests")
            if "docs" in required():
                self.bash("add_to_environment", os.path.join(ROOT, ".venv-tests"), "docs")
        if module:
            self.call(PYTHON, "-m", *module)

    def tests_with_tsd(self):
        """Have .venv-tests, with the storage of TSD in it."""
        self.tests()
        with MAKING:
            version = "from importlib.metadata import version; print('pysquril==' + version('pysquril'))"
            found = subprocess.run([PYTHON, "-c", version], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            if found.stdout.decode().strip() != PYSQURIL:
                self.pip(".venv-tests", "--no-deps", PYSQURIL)

    def environment(self, folder, python, constraints, *early):
        """Make an environment of what a file names, and of this checkout; stamped when it is whole."""
        made, stamp = os.path.join(ROOT, folder, "made"), python_version(python) + digest(constraints)
        if not os.path.exists(made) or read(made) != stamp:
            shutil.rmtree(os.path.join(ROOT, folder), ignore_errors=True)
            self.call(python, "-m", "venv", folder)
            if early:
                self.pip(folder, *early)
                self.pip(folder, "--requirement", constraints)
            else:
                self.bash("install_packages", folder, "--no-deps", "--requirement", constraints)
            with open(made, "w") as file:
                file.write(stamp)
        with MAKING:
            self.pip(folder, "--no-deps", "--no-build-isolation", "--editable", ".")

    def pip(self, folder, *arguments):
        command = [folder + "/bin/python", "-m", "pip", "install", "--quiet", "--no-input", *arguments]
        try:
            self.call(*command)
        except Failed:
            # a pip as old as that of Python 3.6 may not know what the machine's pip is told to do
            self.call(*command, PIP_CONFIG_FILE=os.devnull)


class Keycloak:
    """Keycloak, started beside everything else: it is ready later than the other services, and some parts need it."""

    def __init__(self):
        self.process = self.fault = None
        self.variables, self.waiting = {}, threading.Lock()

    def begin(self, folder):
        """Start it as a process that keeps what it needs in a folder, and stops what it started when it ends early."""
        self.process = subprocess.Popen(
            [sys.executable, services.__file__, "start", "--folder", os.path.join(folder, "sign-in"), "keycloak"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
        )

    def wait(self):
        """The variables that tell where it is, as soon as it answers; none of them where it did not start."""
        with self.waiting:
            if self.process and not self.variables and not self.fault:
                exports, errors = self.process.communicate()
                if self.process.returncode:
                    self.fault = errors.strip() or "it was stopped"
                lines = [line[len("export ") :].partition("=") for line in exports.splitlines()]
                self.variables = {name: value for name, _, value in lines if name == "SECUREB2SHARE_TEST_KEYCLOAK"}
        return self.variables

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


KEYCLOAK = Keycloak()


def python36(part):
    early = ("pip==21.3.1", "setuptools==57.5.0", "wheel==0.37.1")
    part.environment(".venv-py36", find_python36(), "constraints-b2share2.txt", *early)
    python = ".venv-py36/bin/python"
    # two of the hosts never run on it
    part.call(python, "-m", "compileall", "-q", "-f", "-x", "hosts/(records_rest|rdm)/", "secureb2share_ext")
    variables = {"PYTHONPATH": "tests/oldlibs"}
    # each in a process of its own: once SQLite was used, old invenio-db speaks to every database as to SQLite
    for listed in ("tests/python36.txt", "tests/oldlibs/tests.txt"):
        part.call(python, "-m", "pytest", "-p", "old_libraries", *read(listed).split(), **variables)


def rdm(version):
    def run(part):
        folder = ".venv-rdm" + version
        part.environment(folder, sys.executable, "constraints-rdm%s.txt" % version)
        wait_for_keycloak(part)
        ignored = ["--ignore=" + path for path in left_to_rdm14(version)]
        part.call(folder + "/bin/python", "-m", "pytest", "tests/hosts/rdm", *ignored)

    return run


def wait_for_keycloak(part):
    """Let a part know where Keycloak is; where it did not start, its tests are skipped, unless it is required."""
    part.variables.update(KEYCLOAK.wait())
    if KEYCLOAK.fault and "keycloak" in required():
        raise Failed("keycloak is required by SECUREB2SHARE_TEST_REQUIRE, but it did not start: " + KEYCLOAK.fault)


def units(part):
    elsewhere = ["--ignore=tests/" + folder for folder in ("hosts", "demo", "browser", "faults")]
    tests = ("pytest", "-p", "no:schemathesis", *elsewhere)
    part.tests_with_tsd()
    wait_for_keycloak(part)
    if subprocess.run([PYTHON, "-c", "import slipcover"], stderr=subprocess.DEVNULL).returncode:
        part.tests(*tests)
        return
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        part.tests("slipcover", "--source", "secureb2share_ext", "--json", "--out", report.name, "-m", *tests)
        covered = json.load(report)["summary"]["percent_covered"]
    part.log.write(b"Lines of the package that these tests run: %d %%\n" % covered)


def ruff(part):
    part.tests("ruff", "check", "--no-cache", "--output-format", "concise", ".")
    part.tests("ruff", "format", "--check", "--no-cache", "--output-format", "concise", ".")


def faults(part):
    part.tests_with_tsd()
    part.tests("pytest", "tests/faults")
    # the seed that it prints repeats a schedule
    for kind, datasets, kills in (("webhook", "30", "20"), ("tsd", "15", "10"), ("rems", "15", "10")):
        part.call(PYTHON, "tests/faults", "--datasets", datasets, "--kills", kills, "--target", kind)


def demo_environment(part):
    part.bash("make_environment", os.path.join(ROOT, ".venv-demo"), EXTRAS)


def browser(part):
    wait_for_keycloak(part)
    part.tests("pytest", "-p", "no:schemathesis", "tests/browser")


def module(*arguments):
    return lambda part: part.tests(*arguments)


# in the order in which they begin: the longest first, so that none is left over at the end
BESIDE = {
    "rdm14": rdm("14"),
    "rdm13": rdm("13"),
    "pytest of the hosts": module("pytest", "tests/hosts"),
    "pytest": units,
    "python36": python36,
    "faults": faults,
    "docs": module("sphinx", "-W", "--keep-going", "-q", "-b", "html", "docs", "docs/_build/html"),
    "mypy": module("mypy"),
    "ruff": ruff,
    "environment of the demo": demo_environment,
}
# one other part at most runs beside each: a browser has no more patience than a reader
QUIET = {
    "browser": browser,
    "pytest of the demo": module("pytest", "-p", "no:schemathesis", "tests/demo"),
    "demo": lambda part: part.call("./run-demo.sh", "--check"),
}


def required():
    return os.environ.get("SECUREB2SHARE_TEST_REQUIRE", "").split()


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def digest(path):
    return hashlib.sha256(read(path).encode()).hexdigest()


def python_version(python):
    return subprocess.check_output([python, "--version"], stderr=subprocess.STDOUT).decode()


def find_python36():
    folder = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    for python in [shutil.which("python3.6"), *glob(folder + "/versions/3.6*/bin/python")]:
        # pyenv has a program of that name where no Python 3.6 answers to it
        if python and subprocess.run([python, "-c", ""], stderr=subprocess.DEVNULL).returncode == 0:
            return python
    return None


def left_to_rdm14(version):
    return LONG_OF_RDM if version == "13" and os.environ.get("SECUREB2SHARE_TEST_RDM") != "both" else ()


def reasons(with_services, everything):
    """{what cannot run or need not: why}."""
    found = {}
    why = "no server is known; use ./run-tests.sh --services, or set"
    if with_services:
        why = "it did not start (the reason stands above); set"
    for name, server in SERVERS.items():
        if not os.environ.get("SECUREB2SHARE_TEST_" + server):
            found[name] = "%s SECUREB2SHARE_TEST_%s to one" % (why, server)
    without_server = bool(found)
    if KEYCLOAK.fault:
        found["keycloak"] = "it did not start: " + KEYCLOAK.fault
    elif not KEYCLOAK.process and not os.environ.get("SECUREB2SHARE_TEST_KEYCLOAK"):
        found["keycloak"] = "no server is known; use ./run-tests.sh --services, or set SECUREB2SHARE_TEST_KEYCLOAK"
    if not (shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")):
        found["nginx"] = "no nginx was found (on Debian the package is nginx-light)"
    if not any(map(shutil.which, BROWSERS)):
        found["browser"] = "no Chromium was found (on Debian the package is chromium)"
    if not find_python36():
        found["python36"] = "no Python 3.6 was found"
    for name in ("rdm13", "rdm14"):
        if name not in required():
            found[name] = "SECUREB2SHARE_TEST_REQUIRE=%s makes its environment (0.8 GB) and runs it" % name
        elif without_server:
            found[name] = "PostgreSQL, Redis and OpenSearch are not all there"
        elif sys.version_info < (3, 11):
            found[name] = "constraints-%s.txt is for Python 3.11 and newer" % name
    if "postgresql" in found or "redis" in found:
        found["faults"] = "PostgreSQL and Redis are not both there"
    if "docs" not in required() and not os.path.exists(os.path.join(ROOT, ".venv-tests/bin/sphinx-build")):
        found["docs"] = "Sphinx is not installed (SECUREB2SHARE_TEST_REQUIRE=docs installs it)"
    if "demo" not in required():
        found["demo"] = "SECUREB2SHARE_TEST_REQUIRE=demo makes its environment and checks it"
    if not everything:
        asked = (*SERVERS, "keycloak", "nginx", "browser", *required())
        found = {name: why for name, why in found.items() if name in asked}
    return found


def execute(name, run, variables, running, failed):
    """One part from its beginning to its end; its output is shown as a whole, so that no two are mixed."""
    print("-- %s begins" % name, flush=True)
    part, began, fault = Part(variables), time.monotonic(), ""
    running.append(part)
    with tempfile.TemporaryFile() as part.log:
        try:
            run(part)
        except Failed as error:
            fault = str(error) + "\n"
            failed.append(name)
        part.log.seek(0)
        with PRINTING:
            took = time.monotonic() - began
            print("\n== %s: %s after %d s" % (name, "FAILED" if fault else "passed", took), flush=True)
            shutil.copyfileobj(part.log, sys.stdout.buffer)
            print(fault, end="", flush=True)
    running.remove(part)


def side_by_side(parts, workers, running, failed):
    """Each worker, a dict of environment variables, takes the next part until none is left.

    Those in QUIET come last; the workers that meet one end, until two are left.
    """
    waiting, at_work, taking = list(parts.items()), [True for _ in workers], threading.Lock()

    def take():
        with taking:
            if waiting and not STOPPED.is_set() and (waiting[0][0] not in QUIET or len(at_work) <= 2):
                return waiting.pop(0)
            at_work.pop()
            return None

    def work(variables):
        for name, run in iter(take, None):
            execute(name, run, variables, running, failed)

    threads = [threading.Thread(target=work, args=(variables,), daemon=True) for variables in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def start_services(folder, workers):
    """PostgreSQL and OpenSearch for all; for each worker a Redis of its own, since Celery's queues have one name."""
    # the database server's user has to pass through it
    os.chmod(folder, 0o755)
    wanted = [("all", "postgresql", os.environ), ("search", "opensearch", os.environ)]
    for where, name, variables in wanted + [(str(number), "redis", one) for number, one in enumerate(workers)]:
        try:
            variables.update(services.start(os.path.join(folder, where), [name]))
        except services.Failed as error:
            # what needs it is left out
            print("run-tests.sh: %s" % error, file=sys.stderr)
    for name, value in workers[0].items():
        os.environ.setdefault(name, value)


def stop(folder, running):
    STOPPED.set()
    for part in list(running):
        part.kill(signal.SIGTERM)
    KEYCLOAK.stop()
    for where in os.listdir(folder):
        services.stop(os.path.join(folder, where))


def main(arguments):
    with_services = arguments[:1] == ["--services"]
    given = arguments[with_services:]
    for name in sorted(set(required()) - set(REQUIRABLE)):
        fail("SECUREB2SHARE_TEST_REQUIRE names '%s', which is none of: %s." % (name, " ".join(REQUIRABLE)))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    began, running, failed = time.monotonic(), [], []
    # parts side by side would take each other's messages out of one Redis
    workers = [{} for _ in range((os.cpu_count() or 1) if with_services else 1)]
    with tempfile.TemporaryDirectory(prefix="secureb2share-tests-") as folder:
        try:
            # made while the services start
            making = threading.Thread(
                target=execute, args=("environment", Part.tests, {}, running, failed), daemon=True
            )
            making.start()
            if with_services:
                if not given or "keycloak" in required():
                    KEYCLOAK.begin(folder)
                start_services(folder, workers)
            if given:
                os.environ.update(KEYCLOAK.wait())
                making.join()
            left_out = reasons(with_services, not given)
            for name in left_out:
                if name in required():
                    fail("%s is required by SECUREB2SHARE_TEST_REQUIRE, but %s." % (name, left_out[name]))
            if given:
                parts = ["pytest"]
                if not failed and subprocess.call([PYTHON, "-m", "pytest", *given], cwd=ROOT):
                    failed.append("pytest")
            else:
                parts = {name: run for name, run in {**BESIDE, **QUIET}.items() if name not in left_out}
                side_by_side(parts, workers, running, failed)
        finally:
            stop(folder, running)
    if "rdm13" in parts:
        left_out.update({path + " on InvenioRDM 13": ON_14 for path in left_to_rdm14("13")})
    print("\nparts run: %s (%d s)" % (", ".join(parts), time.monotonic() - began))
    if given:
        print("only pytest was asked for")
    if KEYCLOAK.fault:
        left_out["keycloak"] = "it did not start: " + KEYCLOAK.fault
    if left_out:
        print("left out:\n" + "\n".join("  %s: %s" % item for item in left_out.items()))
    print("FAILED: " + ", ".join(failed) if failed else "all passed")
    return int(bool(failed))


def fail(message):
    print("run-tests.sh: " + message, file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
