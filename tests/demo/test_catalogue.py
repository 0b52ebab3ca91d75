"""The pages of the demo's catalogue, in the demo and in the second web server of docs/howto/try-on-the-demo.md."""

import contextlib
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from invenio_db import db
from sqlalchemy import text

from demo.catalogue.app import create_app
from demo.catalogue.config import settings
from demo.launch import free_ports
from demo.sd_apply import service
from secureb2share_ext import client

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "howto" / "try-on-the-demo.md").read_text()
BIN = Path(sys.executable).parent

# answers that are for programs, and one that a program asks for with more words
NO_PAGES = {"static", "catalogue_find.icon", "invenio_app_ping.ping", "invenio_oaiserver.response"}
NO_PAGES |= {"catalogue_feed." + name for name in ("feed", "robots", "sitemap")}
NO_PAGES |= {"invenio_oauth2server." + name for name in ("authorize", "errors", "info", "invalid", "ping")}
CLOSED = ("/signup/", "/lost-password/", "/confirm", "/account/settings/password/")


def written_after(start):
    """The lines of the page from one that starts so to the end of its block."""
    return re.search(r"^%s.*?(?=^```$)" % re.escape(start), PAGE, re.M | re.S).group()


SITES = (
    ("secure-environment", "", 5001),
    ("second-secure-environment", "second-", 5002),
    ("third-secure-environment", "third-", 5003),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of data as the demo leaves it, with the configuration file of the page."""
    made = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "demo.catalogue", "--data", str(made / "catalogue"), "--prepare"]
    for name, option, port in SITES:
        (made / name).mkdir()
        private, public = client.new_key()
        (made / name / "key").write_text(private)
        (made / name / "key.pub").write_text(public)
        command += ["--%ssecure-environment" % option, "http://localhost:%d" % port]
        command += ["--%ssource-key" % option, public]
    subprocess.run(command, cwd=str(ROOT), check=True, timeout=120)
    with service.make(str(made / "sd-apply"), 0) as rems:
        written = written_after("from pathlib import Path").rpartition("END")[0]
        assert "http://localhost:5005" in written
        (made / "invenio.cfg").write_text(written.replace("http://localhost:5005", rems.url))
        yield made


@pytest.fixture(scope="module")
def environment(folder):
    """What the page has a shell export."""
    line = written_after("export ")
    assert 'INVENIO_INSTANCE_PATH="$PWD/.demo" PYTHONPATH="$PWD"' in line
    foreign = ("INVENIO_", "FLASK_", "GUNICORN_CMD_ARGS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return dict(kept, INVENIO_INSTANCE_PATH=str(folder), PYTHONPATH=str(ROOT), PATH="%s:%s" % (BIN, kept["PATH"]))


@pytest.fixture(scope="module")
def second(folder, environment):
    """The address of the second web server, started with the command of the page."""
    (port,) = free_ports(1)
    command = written_after("gunicorn ").replace("5004", str(port)).split()
    url = "http://localhost:%d" % port
    # on a busy machine the application takes longer to begin than gunicorn waits
    patient = dict(environment, GUNICORN_CMD_ARGS="--timeout 120")
    with open(folder / "second.log", "wb") as log:
        server = subprocess.Popen(command, cwd=str(ROOT), env=patient, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 120
        while True:
            with contextlib.suppress(requests.RequestException):
                if requests.get(url + "/ping", timeout=5).ok:
                    break
            assert server.poll() is None and time.monotonic() < deadline, (folder / "second.log").read_text()
            time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(20)
        server.kill()


@pytest.fixture
def visitor():
    with requests.Session() as session:
        yield session


def log_in(session, url, folder):
    page = session.get(url + "/login/", timeout=30)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', page.text)
    login = json.loads((folder / "catalogue" / "curator.json").read_text())
    if token:
        login["csrf_token"] = token.group(1)
    page = session.post(url + "/login/", data=login, headers={"Referer": page.url}, timeout=30)
    assert "Log out" in page.text


def test_the_commands_of_the_page_run(environment):
    answer = subprocess.run(
        ["invenio", "secureb2share", "check"], env=environment, capture_output=True, text=True, timeout=120
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    said = answer.stdout.splitlines()
    shown = re.search(r"secureb2share check\n(.*?)```", PAGE, flags=re.S).group(1).splitlines()
    # registrations that other tests made are told behind it
    assert len(shown) == 3 and [line for line in said if line in shown] == shown


@pytest.mark.parametrize(
    "path, status, heading",
    [("/", 200, "Find data about people. Ask to work with them."), ("/login/", 200, "Log in")]
    + [(path, 404, "There is no such page") for path in ("/nowhere", *CLOSED)],
)
def test_the_second_web_server_has_the_pages_of_the_catalogue(second, visitor, path, status, heading):
    answer = visitor.get(second + path, timeout=30)
    assert (answer.status_code, "<h1>%s</h1>" % heading in answer.text) == (status, True), answer.text
    style = re.search(r'rel="stylesheet" href="([^"]+)"', answer.text).group(1)
    assert visitor.get(second + style, timeout=30).status_code == 200


def test_nobody_signs_up_or_gets_a_password_by_mail(second, visitor, folder):
    for path in (*CLOSED, "/api/register", "/api/forgot-password"):
        answer = visitor.post(second + path, json={"email": "reader@example.org", "password": "a password"}, timeout=30)
        assert answer.status_code in (403, 404, 405), (path, answer.status_code)
    pages = [visitor.get(second + path, timeout=30).text for path in ("/", "/login/")]
    log_in(visitor, second, folder)
    pages += [visitor.get(second + path, timeout=30).text for path in ("/", "/account/settings/security")]
    for page in pages:
        assert not [path for path in CLOSED if 'href="%s' % path in page]


def test_no_page_is_empty(folder, second, visitor, monkeypatch):
    monkeypatch.setenv("INVENIO_INSTANCE_PATH", str(folder))
    rules = create_app().url_map.iter_rules()
    paths = [r.rule for r in rules if "GET" in r.methods and not r.arguments and r.endpoint not in NO_PAGES]
    assert {"/login/", "/secureb2share/review/", "/account/settings/security"} <= set(paths)
    log_in(visitor, second, folder)
    paths.remove("/logout/")
    for path in paths:
        answer = visitor.get(second + path, timeout=30)
        body = re.search(r"</header>(.*)<footer", answer.text, re.S)
        assert body and len(re.sub(r"<[^>]*>|\s", "", body.group(1))) > 10, path


@pytest.mark.parametrize(
    "method, path, waits",
    [("GET", "/", False), ("GET", "/logout/", True), ("GET", "/oauth/authorized/idp/", True), ("POST", "/", True)],
)
def test_only_a_request_that_writes_waits_for_another_writer(folder, monkeypatch, method, path, waits):
    # SQLite refuses at once a read that becomes a write after somebody else wrote
    monkeypatch.setenv("INVENIO_INSTANCE_PATH", str(folder))
    app = create_app()
    with app.test_request_context(path, method=method):
        db.session.execute(text("SELECT 1"))
        with contextlib.closing(sqlite3.connect(str(folder / "catalogue" / "catalogue.db"), timeout=0)) as other:
            with pytest.raises(sqlite3.OperationalError) if waits else contextlib.nullcontext():
                other.execute("BEGIN IMMEDIATE")
        db.session.rollback()


def test_what_a_command_publishes_is_in_the_list(folder, environment, second, visitor):
    key = (folder / "second-secure-environment" / "key").read_text()
    source = client.Client(second, "csc", key, catalogue="http://localhost:5000")
    example = json.loads((ROOT / "docs" / "examples" / "finngen.json").read_text())
    assert source.register(example["identifier"], example["dataset"], example["tenant"])["result"] == "held"
    assert "FinnGen" not in visitor.get(second + "/", timeout=30).text
    command = ["invenio", "secureb2share", "review", "release", "csc", example["identifier"]]
    subprocess.run(command, env=environment, check=True, timeout=120)
    assert "FinnGen" in visitor.get(second + "/", timeout=30).text


def test_another_user_agent_gets_no_more_logins(tmp_path):
    configured = settings(str(tmp_path), 5000, "http://localhost:5001", client.new_key()[1])
    configured["RATELIMIT_PER_ENDPOINT"] = {"security.login": "5 per minute"}
    visitor = create_app(configured).test_client()
    said = [visitor.get("/login/", headers={"User-Agent": "browser %d" % n}).status_code for n in range(8)]
    assert said == [200] * 5 + [429] * 3
