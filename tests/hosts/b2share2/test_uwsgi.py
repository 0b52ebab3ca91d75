"""Uploads where nobody holds superuser-access, over real HTTP: uWSGI as B2SHARE is run, alone and behind nginx."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import uuid

import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import real_instance  # noqa: E402
import requests  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(HERE, os.pardir, os.pardir, os.pardir, "docs", "howto", "install-on-b2share2.md")
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
UWSGI = os.path.join(os.path.dirname(sys.executable), "uwsgi")
TIMES = 10
BIG = 100000000  # bytes


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url, process):
    end = time.monotonic() + 90
    while time.monotonic() < end:
        assert process.poll() is None
        try:
            return requests.get(url, timeout=5)
        except requests.RequestException:
            time.sleep(0.2)
    raise AssertionError("nothing answers at " + url)


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    if not os.path.exists(UWSGI):
        pytest.skip("uWSGI is not in the environment of these tests")
    with real_instance.running(tmp_path_factory.mktemp("uwsgi")) as found:
        for table in ("access_actionsusers", "access_actionsroles"):
            found.execute("DELETE FROM %s WHERE action = 'superuser-access'" % table)
        with open(os.path.join(found.data, "b2share.cfg"), "a") as file:
            file.write("".join("%s = %r\n" % one for one in found.configured.items()))
        yield found


@pytest.fixture(scope="module")
def service(instance):
    """The address of the application under uWSGI; its temporary files are under instance.data/tmp."""
    port, temporary = free_port(), os.path.join(instance.data, "tmp")
    os.makedirs(temporary)
    environment = dict(
        os.environ, B2SHARE_INSTANCE_PATH=instance.data, B2SHARE_UI_PATH=os.path.join(instance.data, "ui"),
        TMPDIR=temporary, PYTHONWARNINGS="ignore",
    )  # fmt: skip
    command = [UWSGI, "--http-socket", "127.0.0.1:%d" % port, "--master", "--processes", "1", "--threads", "2"]
    command += ["--buffer-size", "8192", "--die-on-term", "--need-app", "--virtualenv", sys.prefix]
    with open(os.path.join(instance.data, "uwsgi.log"), "wb") as log:
        started = subprocess.Popen(
            command + ["--module", "b2share.wsgi:application"], env=environment, stdout=log, stderr=log
        )
    try:
        wait_for("http://127.0.0.1:%d/api/" % port, started)
        yield "http://127.0.0.1:%d" % port
    finally:
        started.terminate()
        started.wait()


@pytest.fixture(scope="module")
def proxied(instance, service):
    """The address of nginx in front of it, with the settings of the how-to page."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    port, folder = free_port(), os.path.join(instance.data, "nginx")
    os.makedirs(folder)
    with open(PAGE, encoding="utf-8") as file:
        (settings,) = re.findall(r"```text\n(server \{.*?)```", file.read(), re.S)
    settings = settings.replace("listen 443 ssl;", "listen 127.0.0.1:%d;" % port)
    settings = settings.replace("127.0.0.1:5000", service[len("http://") :])
    temporary = "".join(
        "%s_temp_path %s/tmp-%s; " % (kind, folder, kind)
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    with open(os.path.join(folder, "nginx.conf"), "w") as file:
        file.write(
            # its workers write where pytest let this user only
            "%(u)s daemon off; pid %(f)s/pid; error_log %(f)s/error.log; worker_processes 1; events {}\n"
            "http { access_log off; %(t)s\n%(s)s\n}"
            % {"f": folder, "t": temporary, "s": settings, "u": "user root;" if os.geteuid() == 0 else ""}
        )
    started = subprocess.Popen([NGINX, "-p", folder, "-c", os.path.join(folder, "nginx.conf")])
    try:
        wait_for("http://127.0.0.1:%d/api/" % port, started)
        yield "http://127.0.0.1:%d" % port
    finally:
        started.terminate()
        started.wait()


@pytest.fixture(scope="module")
def big(instance):
    path = os.path.join(instance.data, "big.bin")
    with open(path, "wb") as file:
        file.truncate(BIG)
    return path


def attempts(instance, big):
    """(what, path, words for curl, codes of ours)"""
    small = os.path.join(instance.data, "small.bin")
    with open(small, "wb") as file:
        file.write(b"CANARY" * 2000)
    files = "/api/files/%s/x" % uuid.uuid4()
    legacy = "/api/files/%s/%s" % (instance.records["open"]["bucket"], "new.csv")
    stream = ["-H", "Content-Type: application/octet-stream"]
    as_json = ["-H", "Content-Type: application/json", "-X", "POST"]
    upload, long = {"upload-refused"}, {"body-too-long"}
    return [
        ("stream", legacy, stream + ["-T", small], upload),
        ("stream, unknown bucket", files, stream + ["-T", small], upload),
        ("chunked", legacy, stream + ["-H", "Transfer-Encoding: chunked", "-T", small], upload),
        ("form", legacy, ["-X", "PUT", "-F", "file=@" + small], upload),
        ("multipart init", legacy + "?uploads&size=6000000&partSize=5242880", ["-X", "POST"], upload),
        ("bucket", "/api/files", ["-X", "POST"], upload),
        ("B2DROP job", "/api/remotes/jobs", as_json + ["-d", "{}"], upload),
        ("form to records", "/api/records/", ["-F", "file=@" + small], {"form-data-refused"}),
        ("100 MB stream", legacy, stream + ["-T", big], upload),
        ("100 MB chunked", legacy, stream + ["-H", "Transfer-Encoding: chunked", "-T", big], upload),
        ("100 MB form", legacy, ["-X", "PUT", "-F", "file=@" + big], upload),
        ("100 MB JSON", "/api/records/", as_json + ["--data-binary", "@" + big], long),
        ("100 MB form to records", "/api/records/", ["-F", "file=@" + big], {"form-data-refused"} | long),
    ]


def answer(instance, base, path, words):
    """(status, code of ours or None) as curl sees it."""
    host = instance.base_url[len("http://") :]
    said = subprocess.run(
        ["curl", "-s", "--noproxy", "*", "-m", "60", "-H", "Host: " + host, "-w", "\n%{http_code}"]
        + words
        + [base + path],
        stdout=subprocess.PIPE,
    ).stdout.decode("utf-8", "replace")
    body, _, status = said.rpartition("\n")
    try:
        return int(status), json.loads(body).get("code")
    except ValueError:
        return int(status or 0), None


def left(instance):
    """Rows, bytes in the location and what lies in temporary folders."""
    found = []
    for folder in ("tmp", "nginx"):
        for base, _, names in os.walk(os.path.join(instance.data, folder)):
            found += [os.path.join(base, name) for name in names if "tmp" in os.path.relpath(base, instance.data)]
    return instance.content(), instance.count("files_bucket"), found


@pytest.mark.parametrize("role", [None, "user", "curator"])
@pytest.mark.parametrize("way", ["service", "proxied"])
def test_client_sees_our_refusal_and_nothing_is_left(instance, big, request, way, role):
    base, before = request.getfixturevalue(way), left(instance)
    token = ["-H", "Authorization: Bearer " + instance.tokens[role]] if role else []
    times = TIMES if role is None else 1
    seen = {}
    for what, path, words, codes in attempts(instance, big):
        answers = [answer(instance, base, path, token + words) for _ in range(times)]
        seen[what] = sum(status == 403 and code in codes for status, code in answers), sorted(set(map(str, answers)))
    print(json.dumps(seen, indent=1))
    assert {what: count for what, (count, _) in seen.items()} == {what: times for what in seen}, seen
    assert left(instance) == before and before[2] == []


def test_reading_and_deleting_go_through(instance, proxied):
    host = {"Host": instance.base_url[len("http://") :]}
    old = instance.records["open"]
    found = requests.get("%s/api/files/%s/%s" % (proxied, old["bucket"], old["key"]), headers=host)
    assert (found.status_code, found.content) == (200, b"from former times")
    assert requests.get(proxied + "/api/records/?q=", headers=host).status_code == 200
    gone = requests.delete("%s/api/files/%s/x" % (proxied, uuid.uuid4()), headers=host)
    assert gone.status_code == 404 and "code" not in gone.json()
