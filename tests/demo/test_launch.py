"""The demo starts and ends as a whole, whatever happens to its parts."""

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from demo.launch import PORTS, free_ports

LAUNCHER = Path(__file__).resolve().parents[2] / "demo"

FAKE = """
import http.server, os, pathlib, subprocess, sys, time

name = __name__ if __name__ != "__main__" else __spec__.name
told = os.environ.get(name.replace(".", "_"), "")
options = dict(zip(sys.argv[1::2], sys.argv[2::2] + [""]))

def leave_pids():
    pathlib.Path("pids", str(os.getpid())).touch()
    if told == "worker":
        worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        pathlib.Path("pids", str(worker.pid)).touch()

if "--make-key" in sys.argv:
    print("public key: whpk_abc")
elif "--prepare" in sys.argv:
    keys = {options["--%ssource-key" % number] for number in ("", "second-", "third-")}
    assert keys == {"whpk_abc"} and options["--sd-apply"].startswith("http://localhost:"), options
    assert pathlib.Path(options["--sign-in"]).exists()
    pathlib.Path(options["--data"]).mkdir(exist_ok=True)
    if told == "slow":
        leave_pids()
        time.sleep(60)
else:
    leave_pids()
    pathlib.Path(options["--data"]).mkdir(exist_ok=True)
    if told == "die":
        print("a line before")
        sys.exit("the disk is full")

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()

    http.server.HTTPServer(("127.0.0.1", int(options["--port"])), Answer).serve_forever()
"""


@pytest.fixture
def folder(tmp_path):
    checkout = tmp_path / "a check out"
    (checkout / "demo").mkdir(parents=True)
    (checkout / "pids").mkdir()
    for name in ("__init__.py", "__main__.py", "launch.py"):
        shutil.copy(LAUNCHER / name, checkout / "demo")
    for name in ("sd_apply/launch.py", "identity_provider/launch.py", "identity_provider/people.py"):
        (checkout / "demo" / name).parent.mkdir(exist_ok=True)
        shutil.copy(LAUNCHER / name, checkout / "demo" / name)
    for name in ("catalogue.py", "secure_environment.py", "sd_apply/__main__.py", "identity_provider/__main__.py"):
        (checkout / "demo" / name).write_text(FAKE)
    yield checkout
    for pid in left_behind(checkout, seconds=0):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def ports():
    return [str(port) for port in free_ports(len(PORTS))]


@pytest.fixture
def start(folder, ports):
    started = []

    def start(*options, **told):
        process = subprocess.Popen(
            [sys.executable, "-m", "demo", *itertools.chain(*zip(PORTS, ports)), *options],
            cwd=folder,
            env={**os.environ, **told},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def read_until(process, text):
    seen = ""
    while text not in seen:
        line = process.stdout.read(1)
        assert line, seen
        seen += line
    return seen


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        # a process that ended stays listed until its parent takes note
        return Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return not Path("/proc/self").exists()


def left_behind(folder, seconds=3):
    deadline = time.monotonic() + seconds
    while True:
        alive = [int(entry.name) for entry in (folder / "pids").iterdir() if is_alive(int(entry.name))]
        if not alive or time.monotonic() > deadline:
            return alive
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_while_it_runs(start, folder, number):
    demo = start(demo_catalogue="worker")
    read_until(demo, "Ctrl-C")
    assert len(left_behind(folder, seconds=0)) == 7
    os.killpg(demo.pid, number)
    output, _ = demo.communicate(timeout=5)
    assert demo.returncode == 0
    assert output.endswith("Stopped.\n")
    assert left_behind(folder) == []


def people(folder):
    return json.loads((folder / ".demo" / "identity-provider" / "people.json").read_text())


def told(folder):
    """What the demo's programs are told of their provider."""
    return json.loads((folder / ".demo" / "identity-provider" / "provider.json").read_text())


def test_it_says_where_to_sign_in_and_to_review(start, folder, ports):
    demo = start()
    seen = read_until(demo, "Ctrl-C")
    known = people(folder)
    assert set(known) == {"curator", "owner-tsd", "owner-csc", "owner-cineca"}
    for said in ("http://localhost:%s/secureb2share/review/" % ports[0], ports[2], ports[4], *known):
        assert said in seen
    assert len({person["password"] for person in known.values()} | {person["totp"] for person in known.values()}) == 8
    for person in known.values():
        assert person["password"] in seen and person["totp"] not in seen
    assert told(folder)["issuer"] == "http://localhost:%s/openid" % ports[5]
    for path in (folder / ".demo" / "identity-provider").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
    os.killpg(demo.pid, signal.SIGTERM)
    demo.communicate(timeout=5)
    read_until(start(), "Ctrl-C")
    assert people(folder) == known


ELSEWHERE = ("--idp", "https://keycloak.example.org/realms/demo", "--idp-client", "catalogue")
WHO = ("--idp-curator", "the-curator", "--idp-owner", "the-owner")


def test_it_signs_in_at_another_provider(start, folder, ports):
    demo = start(*ELSEWHERE, *WHO, SECUREB2SHARE_DEMO_IDP_SECRET="a secret")
    seen = read_until(demo, "Ctrl-C")
    assert ELSEWHERE[1] in seen and "owner-tsd" not in seen and "a secret" not in seen
    said = told(folder)
    assert (said["issuer"], said["client"], said["secret"]) == (ELSEWHERE[1], "catalogue", "a secret")
    owners = dict.fromkeys(("tsd", "csc", "cineca"), "the-owner")
    assert said["subjects"] == dict(owners, curator="the-curator")
    back = {name: "http://localhost:%s/login/back" % port for name, port in zip(owners, ports[1:])}
    assert said["redirect_uris"] == dict(back, catalogue="http://localhost:%s/oauth/authorized/idp/" % ports[0])
    assert len(left_behind(folder, seconds=0)) == 5
    os.killpg(demo.pid, signal.SIGTERM)


@pytest.mark.parametrize(
    "options, secret",
    [(ELSEWHERE, "s"), (ELSEWHERE + WHO, ""), (ELSEWHERE + WHO + ("--check",), "s")],
    ids=["who", "secret", "check"],
)
def test_another_provider_that_is_told_in_part(start, options, secret):
    demo = start(*options, SECUREB2SHARE_DEMO_IDP_SECRET=secret)
    output, _ = demo.communicate(timeout=10)
    assert demo.returncode == 2 and "--idp" in output.splitlines()[-1] and "Traceback" not in output


def test_stopped_while_it_starts(start, folder):
    demo = start(demo_catalogue="slow")
    while not left_behind(folder, seconds=0):
        time.sleep(0.05)
    os.killpg(demo.pid, signal.SIGINT)
    output, _ = demo.communicate(timeout=5)
    assert demo.returncode == 128 + signal.SIGINT
    assert "Traceback" not in output
    assert left_behind(folder) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends the servers then")
def test_killed(start, folder):
    demo = start()
    read_until(demo, "Ctrl-C")
    assert len(left_behind(folder, seconds=0)) == 6
    demo.kill()
    demo.wait()
    assert left_behind(folder) == []


@pytest.mark.parametrize("name", ["catalogue", "secure_environment", "sd_apply___main__", "identity_provider___main__"])
def test_server_that_dies(start, folder, name):
    demo = start(**{"demo_" + name: "die"})
    output, _ = demo.communicate(timeout=10)
    assert demo.returncode == 1
    assert "a line before\nthe disk is full" in output
    assert "Traceback" not in output
    assert left_behind(folder) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the process is found by its open port")
def test_server_that_is_killed_is_started_again(start, folder, ports):
    demo = start()
    read_until(demo, "Ctrl-C")
    for number in range(1, 7):
        (catalogue,) = (pid for pid in left_behind(folder, seconds=0) if is_catalogue(pid))
        os.kill(catalogue, signal.SIGKILL)
        if number < 6:
            assert "'catalogue' ended with exit code -9, and is started again" in read_until(demo, "catalogue.log.")
            wait_for(ports[0])
            assert len(left_behind(folder, seconds=0)) == 6
    output, _ = demo.communicate(timeout=10)
    assert demo.returncode == 1
    assert "started again 5 times within 60 s" in output and "run run-demo.sh" in output
    assert "Traceback" not in output
    assert left_behind(folder) == []


def is_catalogue(pid):
    return "demo.catalogue" in arguments(pid)


def arguments(pid):
    return Path("/proc/%d/cmdline" % pid).read_text().split("\0")


def wait_for(port):
    deadline = time.monotonic() + 10
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", int(port))) == 0:
                return
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("taken, option", enumerate(PORTS))
def test_port_in_use(start, ports, taken, option):
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(ports[taken])))
        other.listen()
        demo = start()
        output, _ = demo.communicate(timeout=5)
    assert demo.returncode == 2
    assert output == "run-demo.sh: port %s is in use. Choose another one with %s N.\n" % (ports[taken], option)


def test_data_in_use(start, folder):
    demo = start()
    read_until(demo, "Ctrl-C")
    output, _ = start().communicate(timeout=5)
    assert output.startswith("run-demo.sh: a demo is running with the data in ")
    os.killpg(demo.pid, signal.SIGINT)
    demo.communicate(timeout=5)
    assert left_behind(folder) == []
