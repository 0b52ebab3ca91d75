"""The demo's secure environment keeps its part of the contract."""

import io
import json
import re
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest
from flask.testing import FlaskClient
from markupsafe import escape

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT))

from demo.secure_environment import datasets, history, listing, look, seed, working  # noqa: E402
from demo.secure_environment.app import create_app  # noqa: E402
from secureb2share_ext import client  # noqa: E402
from secureb2share_ext.describing import values  # noqa: E402
from secureb2share_ext.describing.groups import GROUPS  # noqa: E402
from secureb2share_ext.descriptions import labels, schema  # noqa: E402

JSON = {"Accept": "application/json"}
HOSTILE = "<script>alert(1)</script>\"'>"


class Catalogue:
    """A catalogue that remembers every message; it can be down, or lose its answers."""

    def __init__(self):
        self.private, self.public = client.new_key()
        self.sources_key = None
        self.messages, self.records, self.key_requests = [], {}, 0
        self.lose_answers = self.refusals = 0
        self.on_review, self.reviews = False, {}
        self.server, self.port = None, 0
        self.up()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def up(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), self.handler())
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self):
        self.server.shutdown()
        self.server.server_close()

    def bodies(self, action):
        return [json.loads(body) for _, body in self.messages if json.loads(body)["action"] == action]

    def reference(self, identifier, private=None, **claims):
        made = {
            "iss": self.url,
            "pid": "abc12-3de45",
            "revision": 1,
            "source": "tsd",
            "identifier": identifier,
            "iat": 1,
        }
        return client.mint_reference(private or self.private, dict(made, **claims))

    def event(self, identifier, event_id="evt-1", private=None, said=None, **data):
        made = {
            "source": "tsd",
            "identifier": identifier,
            "pid": "cur8d-0aaaa",
            "state": "active",
            "sequence": 1,
            "record_url": self.url + "/records/cur8d-0aaaa",
            "access_url": self.url + "/api/access/cur8d-0aaaa",
            "dataset": example("Curated"),
        }
        made.update(data)
        event = {"specversion": "1.0", "id": event_id, "type": "dataset", "data": made}
        event.update({"source": self.url, "target": "tsd-ingest"}, **(said or {}))
        body = client.canonical(event)
        return {"data": body, "headers": client.signed_headers(private or self.private, event_id, body)}

    def refusal(self, identifier, description, reason="The contact is a person.", event_id="evt-r"):
        data = {"source": "tsd", "identifier": identifier, "pid": None, "sequence": 1, "reason": reason}
        data["digest"] = client.digest(client.canonical(description))
        event = {"specversion": "1.0", "id": event_id, "source": self.url, "target": "tsd-ingest", "data": data}
        body = client.canonical(dict(event, type="org.secureb2share.dataset.refused.v1"))
        return {"data": body, "headers": client.signed_headers(self.private, event_id, body)}

    def handler(catalogue):  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *arguments):
                pass

            def answer(self, status, body):
                payload = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def do_GET(self):
                if self.path != "/api/datasets/keys":
                    return self.answer(200, catalogue.reviews[unquote(self.path).rpartition("/tsd/")[2]])
                catalogue.key_requests += 1
                self.answer(200, {"keys": [client.to_jwk(catalogue.public)]})

            def do_PUT(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    message_id, _ = client.verify([catalogue.sources_key], self.headers, body)
                except client.NotVerified as error:
                    return self.answer(401, {"code": "signature", "detail": str(error)})
                said = json.loads(body)
                assert unquote(self.path).startswith("/api/datasets/tsd/" + said["identifier"])
                if catalogue.refusals:
                    catalogue.refusals -= 1
                    return self.answer(401, {"code": "signature"})
                catalogue.messages.append((message_id, body))
                status, answer = catalogue.judge(said)
                if catalogue.lose_answers:
                    catalogue.lose_answers -= 1
                    return self.connection.close()
                self.answer(status, answer)

            do_POST = do_PUT

        return Handler

    def judge(self, said):
        if said["action"] != "register":
            return 200, {"result": "ok"}
        faults = schema.description_faults(said["dataset"])
        if faults:
            errors = [{"field": f, "message": m} for f, m in faults]
            return 400, {
                "title": "The request has faults",
                "status": 400,
                "code": "invalid",
                "errors": errors,
            }
        known = said["identifier"] in self.records
        if self.on_review:
            pid = self.records.get(said["identifier"])
            return 202, {"identifier": said["identifier"], "pid": pid, "digest": None, "result": "held"}
        pid = self.records.setdefault(said["identifier"], "abc12-%05d" % len(self.records))
        answer = {
            "source": "tsd",
            "identifier": said["identifier"],
            "pid": pid,
            "state": "active",
            "revision": 1,
        }
        answer.update(record_url=self.url + "/records/" + pid, access_url=self.url + "/api/access/" + pid)
        return (200 if known else 201), dict(answer, result="changed" if known else "created")


def example(title="Made-up cohort", **sensitive):
    dataset = {
        "core": {
            "titles": [{"lang": "en", "text": title}],
            "descriptions": [{"lang": "en", "text": "A made-up cohort."}],
            "creators": [{"name": "Made-up study group"}],
            "publisher": "Made-up university",
            "publication_year": 2024,
            "contacts": [{"name": "Access committee", "email": "access@example.org"}],
        },
        "sensitive": {
            "access_right": "controlled",
            "access_conditions": [{"lang": "en", "text": "For research only."}],
            "access_mode": ["publication-portal"],
            "access_eligibility": ["not-stated"],
            "controller_name": "Made-up university",
            "controller_country": "NO",
            "special_categories": [],
            "deidentification": "synthetic",
            "storage_service": "TSD",
            "storage_organisation": "University of Oslo",
            "storage_country": "NO",
        },
    }
    dataset["sensitive"].update(sensitive)
    return dataset


class Browser(FlaskClient):
    """A browser: each form that it posts has the token of the page that it came from."""

    def token(self):
        return re.search(r'name="csrf_token" value="([^"]+)"', self.get("/login").text).group(1)

    def post(self, address, data=None, **keywords):
        is_program = "json" in keywords or (keywords.get("headers") or {}).get("Accept") == JSON["Accept"]
        if not is_program and not address.startswith(("/api/", "/ingest")) and not isinstance(data, bytes):
            data = dict({"csrf_token": self.token()}, **(data or {}))
        return super().post(address, data=data, **keywords)


def begin(visitor, dataset=None):
    """The address of a new draft, or of one to correct a dataset."""
    answer = visitor.post("/register" + ("?dataset=" + dataset if dataset else ""), data={"once": uuid.uuid4().hex})
    assert answer.status_code == 303 and answer.location.endswith("/what")
    return answer.location[: -len("/what")]


def fill(visitor, described, draft, files=None):
    """Fill in every page of the form, and send it."""
    shown = values.to_values(described)
    for number, group in enumerate(GROUPS):
        given = values.of_group(shown, group.names)
        if group.key == "files":
            given.update(files or {})
        answer = visitor.post("%s/%s" % (draft, group.key), data=given)
        following = GROUPS[number + 1].key if number + 1 < len(GROUPS) else "check"
        assert (answer.status_code, answer.location) == (303, "%s/%s" % (draft, following))
    return visitor.post(draft + "/check")


def correct(visitor, identifier, described):
    return fill(visitor, described, begin(visitor, identifier))


@pytest.fixture
def catalogue():
    made = Catalogue()
    yield made
    made.down()


@pytest.fixture
def site(catalogue, tmp_path):
    made = create_app(tmp_path / "data", catalogue.url, retry_every=None)
    catalogue.sources_key = made.extensions["environment"].public
    made.test_client_class = Browser
    return made


@pytest.fixture
def visitor(site):
    """Somebody who is logged in as the data owner, and does what a reader does too."""
    return owner_of(site)


@pytest.fixture
def anonymous(site):
    return site.test_client()


@pytest.fixture
def quick(monkeypatch):
    """No pauses between the client's own attempts."""
    monkeypatch.setattr(client, "ATTEMPTS", 1)


def owner_of(site):
    site.test_client_class = Browser
    made = site.test_client()
    answer = made.post("/login", data={"password": site.extensions["environment"].password})
    assert answer.status_code == 303
    return made


def register(
    visitor,
    title="Made-up cohort",
    files=((b"a,b\n1,2\n", "raw 01019912345.csv", "Measurements"),),
    **sensitive,
):
    form = {"dataset": json.dumps(example(title, **sensitive)), "tenant": "p11"}
    form["file"] = [(io.BytesIO(content), name) for content, name, _ in files]
    form["label"] = [label for _, _, label in files]
    return visitor.post("/api/register", data=form)


def apply(visitor, catalogue, identifier, **changes):
    form = {"dataset": identifier, "ref": catalogue.reference(identifier), "purpose": "A study."}
    form.update(name="An applicant", email="applicant@example.org")
    form.update(changes)
    return visitor.post("/request", data=form, headers=JSON)


def decide(visitor, application, verb="approve", **form):
    form.setdefault("reason", "" if verb == "approve" else "Asked for by the owner.")
    form.setdefault("agreed", "yes")
    return visitor.post("/inbox/%s/%s" % (application, verb), data=form, headers=JSON)


def read(visitor, url):
    return visitor.get(url, headers=JSON)


def set_state(visitor, identifier, state, reason="Asked for by the owner."):
    return visitor.post("/datasets/%s/state" % identifier, data={"state": state, "reason": reason})


def row(site, statement, *values):
    return site.extensions["environment"].store.one(statement, values)


# the login

PUBLIC = {
    "static",
    "front",
    "health",
    "login.form",
    "login.submit",
    "login.leave",
    "secureb2share_pages.static",
    "look.choose",
    "asking.form",
    "asking.mine",
    "asking.submit",
    "asking.status",
    "asking.change",
    "asking.end",
    "publication.start",
    "publication.page",
    "publication.download",
    "file_api.listed",
    "file_api.file",
    "inside.page",
    "nettskjema.page",
    "ingest.ingest",
}


def test_all_but_the_pages_of_readers_are_behind_the_login(site, visitor, anonymous, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    application = apply(visitor, catalogue, identifier).get_json()["application"]
    draft = begin(visitor).rpartition("/")[2]
    upload = site.extensions["environment"].uploads.begin(draft, "x", "", 1)
    names = {"identifier": identifier, "application": application, "draft": draft, "upload": upload}
    names.update(key="what", verb="approve")
    adapter = site.url_map.bind("localhost")
    closed = [rule for rule in site.url_map.iter_rules() if rule.endpoint not in PUBLIC]
    assert {rule.endpoint.split(".")[0] for rule in closed} == {
        "inbox",
        "portal",
        "uploading",
        "states",
        "files",
        "messages",
    }
    for rule in closed:
        values = {name: names[name] for name in rule.arguments & set(names)}
        address = adapter.build(rule.endpoint, dict(rule.defaults or {}, **values))
        for method in rule.methods - {"OPTIONS"}:
            answer = anonymous.open(address, method=method, headers={"Accept": "application/json"})
            assert answer.status_code == 401, (method, address)
            page = anonymous.open(address, method=method, headers={"Accept": "text/html"})
            if address.startswith("/api/"):
                assert page.status_code == 401
            else:
                assert (page.status_code, page.location.split("?")[0]) == (303, "/login"), (method, address)
    assert row(site, "SELECT state FROM applications")["state"] == "submitted"
    assert row(site, "SELECT state FROM datasets")["state"] == "active"
    assert row(site, "SELECT received FROM uploads")["received"] == 0
    assert len(catalogue.messages) == 2


def test_a_request_is_not_decided_by_who_made_it(site, visitor, anonymous, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    sent = apply(anonymous, catalogue, identifier).get_json()
    decide(anonymous, sent["application"])
    assert read(anonymous, sent["status_url"]).get_json()["state"] == "submitted"
    decide(visitor, sent["application"])
    link = read(anonymous, sent["status_url"]).get_json()["publication_url"]
    assert anonymous.get(link + "/1").data == b"a,b\n1,2\n"
    assert "applicant" not in anonymous.get("/inbox", follow_redirects=True).text


def test_guessing_the_password_is_put_off(anonymous, site):
    """By the address: another name of the browser changes nothing, and another address is not concerned."""
    wrong = [
        anonymous.post(
            "/login",
            data={"password": "guess %d" % number},
            headers={"User-Agent": "browser %d" % number},
            environ_overrides={"REMOTE_ADDR": "8.8.4.4"},
        )
        for number in range(22)
    ]
    assert [answer.status_code for answer in wrong] == [403] * 20 + [429] * 2
    assert 0 < int(wrong[-1].headers["Retry-After"]) <= 600
    form = {"password": site.extensions["environment"].password}
    for address, status in (("8.8.4.4", 429), ("8.8.8.8", 303)):
        answer = anonymous.post("/login", data=form, environ_overrides={"REMOTE_ADDR": address})
        assert answer.status_code == status


def test_the_password_opens_a_session_that_scripts_and_other_sites_cannot_use(site, anonymous):
    page = anonymous.get("/register?dataset=a%20b")
    assert page.location == "/login?next=/register?dataset%3Da%2520b"
    for wrong in ("", "a guess", "é", site.extensions["environment"].password + " "):
        refused = anonymous.post("/login", data={"password": wrong})
        assert refused.status_code == 403 and "This is not the password." in refused.text
        assert "Set-Cookie" not in refused.headers
    form = {"password": site.extensions["environment"].password, "next": "/register"}
    assert anonymous.post("/login", data=form, headers={"Origin": "http://elsewhere.example.org"}).status_code == 403
    done = anonymous.post("/login", data=form)
    assert (done.status_code, done.location) == (303, "/register")
    name, *attributes = done.headers["Set-Cookie"].split("; ")
    assert name.startswith("owner_tsd=") and {"HttpOnly", "SameSite=Strict"} <= set(attributes)
    assert anonymous.get("/register").status_code == 200
    assert anonymous.post("/logout", data={"csrf_token": "forged"}).status_code == 400
    assert anonymous.post("/logout").location == "/"
    assert anonymous.get("/register").status_code == 303


@pytest.mark.parametrize(
    "wanted, reached",
    [
        ("/", "/"),
        ("/register?dataset=a%20b", "/register?dataset=a%20b"),
        *((address, "/inbox") for address in ("", "inbox", "//elsewhere.example.org", "https://elsewhere.example.org")),
        *((address, "/inbox") for address in ("/\\elsewhere.example.org", "/\t/elsewhere.example.org", "/\n/x")),
    ],
)
def test_a_login_leads_to_own_pages_only(site, anonymous, wanted, reached):
    form = {"password": site.extensions["environment"].password, "next": wanted}
    assert anonymous.post("/login", data=form).location == reached


def test_the_password_is_made_once_and_is_private(catalogue, tmp_path):
    made = [
        create_app(tmp_path / name, catalogue.url, retry_every=None).extensions["environment"].password
        for name in ("one", "one", "other")
    ]
    assert made[0] == made[1] != made[2] and len(made[0]) >= 12
    assert stat.S_IMODE((tmp_path / "one" / "password").stat().st_mode) == 0o600


# the key


def test_the_key_is_made_once_and_is_private(tmp_path):
    command = [sys.executable, "-m", "demo.secure_environment", "--data", str(tmp_path / "d"), "--make-key"]
    printed = [
        subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout for _ in range(2)
    ]
    assert printed[0] == printed[1] == (tmp_path / "d" / "key.pub").read_text()
    private = tmp_path / "d" / "key"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert client.public_of(private.read_text().strip()) == printed[0].strip()


# registration


def test_a_registration_archives_the_files_and_tells_the_catalogue_only_labels(site, visitor, catalogue):
    answer = register(visitor)
    assert answer.status_code == 201
    made = answer.get_json()
    assert re.fullmatch(r"p11-[0-9a-f]{8}", made["identifier"])
    assert made["state"] == "active" and made["pid"] and made["access_url"].startswith(catalogue.url)
    [said] = catalogue.bodies("register")
    assert said["tenant"] == "p11"
    assert said["dataset"]["files"] == [{"label": "Measurements", "media_type": "text/csv", "size_band": "<1MB"}]
    assert b"01019912345" not in catalogue.messages[0][1]
    archive = site.extensions["environment"].archive
    kept = row(site, "SELECT * FROM files")
    assert Path(archive.path(made["identifier"], kept["stored"])).read_bytes() == b"a,b\n1,2\n"
    assert kept["name"] == "raw 01019912345.csv" and kept["sha256"] == client.digest(b"a,b\n1,2\n")


def test_hostile_names_stay_inside_the_archive(site, visitor, tmp_path):
    form = {
        "dataset": json.dumps(example()),
        "identifier": "a..b/c",
        "file": [(io.BytesIO(b"x"), "../../../etc/x")],
    }
    assert visitor.post("/api/register", data=form).status_code == 201
    form.update(identifier="../../out", file=[(io.BytesIO(b"x"), "x")])
    assert visitor.post("/api/register", data=form).status_code == 400
    inside = {p for p in (tmp_path / "data" / "archive").rglob("*") if p.is_file()}
    assert len(inside) == 1 and {p for p in tmp_path.rglob("*") if p.is_file() and p.read_bytes() == b"x"} == inside
    assert row(site, "SELECT name FROM files")["name"] == "x"


def test_the_form_makes_a_description_that_the_catalogue_accepts(site, visitor, catalogue):
    described = example(
        access_right="embargoed",
        embargo_until="2031-05-01",
        deidentification="pseudonymised",
        legal_basis_art6=["A6-1-e"],
        access_eligibility=["researcher-eea", "national-eid:NO"],
    )
    files = {
        "file-1": (io.BytesIO(b"1"), "one"),
        "file-2": (io.BytesIO(b""), ""),
        "file-3": (io.BytesIO(b"3"), "three"),
    }
    files.update({"label-1": "First", "label-2": "unused", "label-3": "Third"})
    answer = fill(visitor, described, begin(visitor), files)
    assert answer.status_code == 303
    assert catalogue.url + "/records/" in visitor.get(answer.location).text
    [said] = catalogue.bodies("register")
    assert said["dataset"].pop("files") == [
        {"label": label, "media_type": "application/octet-stream", "size_band": "<1MB"} for label in ("First", "Third")
    ]
    assert said["dataset"] == described
    kept = site.extensions["environment"].store.all("SELECT name, sha256 FROM files ORDER BY number")
    assert [tuple(one) for one in kept] == [("one", client.digest(b"1")), ("three", client.digest(b"3"))]
    assert visitor.get("/register").text.count('class="queue') == 0  # no draft is left


def test_a_refusal_stands_next_to_the_form_and_its_correction_has_the_same_identifier(site, visitor, catalogue):
    draft = begin(visitor)
    address, name = upload(visitor, draft, b"a,b\n")
    put(visitor, address, 0, b"a,b\n")
    assert visitor.post(address + "/complete", headers=JSON).status_code == 200
    answer = fill(visitor, example(deidentification="pseudonymised"), draft, {"named-" + name: "Measurements"})
    assert (answer.status_code, answer.location) == (303, draft + "/check#faults")
    (archived,) = catalogue.bodies("register")[0]["dataset"]["files"]
    assert "Measurements" in visitor.get(draft + "/files").text
    page = visitor.get(draft + "/check").text
    assert "One thing to mend" in page and 'href="%s/law#sensitive.legal_basis_art6"' % draft in page
    page = visitor.get(draft + "/law").text
    assert "One thing to mend" in page and re.search(r'class="[^"]*has-fault"[^>]*>\s*<legend>Legal basis', page)
    assert "Made-up cohort" in visitor.get(draft + "/what").text and not catalogue.records
    identifier = row(site, "SELECT identifier FROM datasets")["identifier"]
    again = fill(visitor, dict(example(deidentification="anonymised"), files=[archived]), draft)
    assert catalogue.bodies("register")[1]["dataset"]["files"] == [archived]
    assert again.location == "/registered/" + identifier and list(catalogue.records) == [identifier]
    first, second = catalogue.messages
    assert first[0] != second[0]
    assert row(site, "SELECT registration, problem FROM datasets")["registration"] == "registered"


def test_a_correction_keeps_what_the_form_does_not_show(visitor, catalogue):
    identifier = register(visitor, legal_basis_art6=["A6-1-e", "A6-1-c-is-not-one"]).get_json().get("identifier")
    assert identifier  # refused, and still there to be corrected
    draft = begin(visitor, identifier)
    visitor.post(draft + "/check")
    first, second = catalogue.bodies("register")
    assert first["dataset"] == second["dataset"]
    assert draft == begin(visitor, identifier)  # the draft is gone on with


def test_what_is_typed_is_kept_group_by_group_and_parts_are_added_without_a_script(site, visitor):
    draft = begin(visitor)
    assert "A comma does not separate keywords." in visitor.get(draft + "/what").text
    typed = {"core.titles.0.lang": "en", "core.titles.0.text": HOSTILE, "core.publication_year": "last year"}
    added = visitor.post(draft + "/what", data=dict(typed, add="core.titles"))
    assert (added.status_code, added.location) == (303, draft + "/what#core.titles-f")
    page = visitor.get(draft + "/what").text
    assert 'name="core.titles.1.text"' in page and 'value="last year"' in page and str(escape(HOSTILE)) in page
    visitor.post(draft + "/what", data=dict(typed, **{"core.titles.1.text": "x", "remove": "core.titles.1"}))
    assert 'name="core.titles.1.text"' not in visitor.get(draft + "/what").text
    left = visitor.post(draft + "/what", data=dict(typed, leave="yes"))
    assert left.location == "/register" and str(escape(HOSTILE)) in visitor.get("/register").text
    old = visitor.post(draft + "/what", data=dict(typed, csrf_token="old", **{"core.publisher": "Typed meanwhile"}))
    assert old.status_code == 400 and "Typed meanwhile" in old.text
    assert "Typed meanwhile" not in visitor.get(draft + "/what").text
    asked = visitor.get(draft + "/discard")
    assert "This cannot be taken back" in asked.text and visitor.get(draft + "/what").status_code == 200
    visitor.post(draft + "/discard")
    assert visitor.get(draft + "/what").status_code == 404
    assert row(site, "SELECT count(*) AS n FROM datasets")["n"] == 0


def test_a_draft_that_is_sent_twice_at_once_is_registered_once(site, visitor, catalogue):
    draft = begin(visitor)
    for group in GROUPS:
        visitor.post("%s/%s" % (draft, group.key), data=values.of_group(values.to_values(example()), group.names))
    token, answers = visitor.token(), []
    owners = [visitor, owner_of(site)]
    tokens = [token, owners[1].token()]

    def send(number):
        answers.append(owners[number].post(draft + "/check", data={"csrf_token": tokens[number]}))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert {answer.status_code for answer in answers} == {303} and len({a.location for a in answers}) == 1
    assert visitor.post(draft + "/check").location == answers[0].location
    assert row(site, "SELECT count(*) AS n FROM datasets")["n"] == len(catalogue.records) == 1


def test_a_program_gets_the_faults(visitor):
    answer = register(visitor, access_right="open")
    assert answer.status_code == 400
    assert [e["field"] for e in answer.get_json()["errors"]] == ["sensitive.access_right"]
    assert visitor.post("/api/register", data={"dataset": "[]"}).status_code == 400


# messages to the catalogue


def test_a_form_that_was_sent_changes_nothing_and_says_so(site, visitor, catalogue):
    draft = begin(visitor)
    # the step at which one is leads nowhere: it would forget what was typed
    assert '<a aria-current="step">' in visitor.get(draft + "/what").text
    sent = fill(visitor, example(), draft)
    late = visitor.post(draft + "/what", data=values.of_group(values.to_values(example("Late")), GROUPS[0].names))
    assert late.status_code == 303 and late.location == sent.location
    assert "This form was sent already" in visitor.get(late.location).text
    assert "Late" not in row(site, "SELECT typed FROM drafts")["typed"] and len(catalogue.bodies("register")) == 1
    assert visitor.post("/register/nowhere/what", data={}).status_code == 404


def test_a_catalogue_that_is_down_gets_the_registration_once_it_is_up(site, visitor, catalogue, quick):
    catalogue.down()
    assert register(visitor).get_json()["state"] == "waiting"
    stored = row(site, "SELECT message_id, body FROM outgoing")
    catalogue.up()
    outgoing = site.extensions["environment"].outgoing
    outgoing.send()
    outgoing.send()
    assert catalogue.messages == [(stored["message_id"], bytes(stored["body"]))]
    assert row(site, "SELECT pid FROM datasets")["pid"] == "abc12-00000"


def test_a_lost_answer_leads_to_the_same_message_again(site, visitor, catalogue, quick):
    catalogue.lose_answers = 1
    assert register(visitor).get_json()["state"] == "waiting"
    visitor.post("/outgoing/send")
    assert len(catalogue.messages) == 2 and len(set(catalogue.messages)) == 1
    assert row(site, "SELECT registration FROM datasets")["registration"] == "registered"


def test_the_thread_and_a_restart_send_what_waits(catalogue, tmp_path, quick):
    first = create_app(tmp_path, catalogue.url, retry_every=None)
    catalogue.sources_key = first.extensions["environment"].public
    catalogue.down()
    identifier = register(owner_of(first)).get_json()["identifier"]
    catalogue.up()
    second = create_app(tmp_path, catalogue.url, retry_every=0.05)
    try:
        until = time.monotonic() + 5
        while identifier not in catalogue.records and time.monotonic() < until:
            time.sleep(0.02)
        assert len(catalogue.messages) == 1 and identifier in catalogue.records
    finally:
        second.extensions["environment"].outgoing.stop()


def test_later_messages_of_a_dataset_wait_for_the_registration(site, visitor, catalogue, quick):
    catalogue.refusals = 2  # its operator has not configured the key yet
    identifier = register(visitor).get_json()["identifier"]
    assert set_state(visitor, identifier, "withdrawn").status_code == 409
    visitor.post("/api/register", data={"dataset": json.dumps(example("Corrected")), "identifier": identifier})
    catalogue.refusals = 1
    visitor.post("/outgoing/send")
    assert catalogue.messages == [] and catalogue.refusals == 0
    site.extensions["environment"].outgoing.send(at_once=False)
    assert catalogue.messages == []  # not yet: the catalogue was asked a moment ago
    visitor.post("/outgoing/send")
    titles = [said["dataset"]["core"]["titles"][0]["text"] for said in catalogue.bodies("register")]
    issued = [said["issued"] for said in catalogue.bodies("register")]
    assert titles == ["Made-up cohort", "Corrected"] and issued == sorted(issued)


def test_seeding_registers_each_example_once(site, catalogue, tmp_path):
    folder = tmp_path / "examples"
    folder.mkdir()
    (folder / "one.json").write_text(
        json.dumps({"source": "tsd", "identifier": "p11/one", "tenant": "p11", "dataset": example()})
    )
    (folder / "another-source.json").write_text(
        json.dumps({"source": "csc", "identifier": "two", "tenant": "p1", "dataset": example()})
    )
    (folder / "other.json").write_text("[]")
    assert seed.register_all(site, folder) == ["p11/one"]
    assert seed.register_all(site, folder) == []
    site.extensions["environment"].outgoing.send()
    assert list(catalogue.records) == ["p11/one"]
    assert row(site, "SELECT size FROM files")["size"] == len(seed.SAMPLE)


# review at the catalogue


def inbox_entry(visitor, identifier):
    entries = read(visitor, "/inbox").get_json()["datasets"]
    return next(entry for entry in entries if entry["identifier"] == identifier)


@pytest.mark.parametrize("way", ["event", "asking"])
def test_a_refused_registration_says_why_and_can_be_mended(visitor, catalogue, way):
    catalogue.on_review = True
    identifier = register(visitor).get_json()["identifier"]
    assert inbox_entry(visitor, identifier)["registration"] == "held"
    assert "waits for the catalogue&#39;s curator" in visitor.get("/registered/" + identifier).text
    sent = catalogue.bodies("register")[-1]["dataset"]
    if way == "event":
        assert visitor.post("/ingest", **catalogue.refusal(identifier, sent)).status_code == 200
    else:
        reason = {"state": "refused", "reason": "The contact is a person.", "decided_at": "2026-01-31T12:00:00Z"}
        digest = client.digest(client.canonical(sent))
        catalogue.reviews[identifier] = {"pid": None, "review": dict(reason, digest=digest)}
        assert visitor.post("/datasets/%s/ask" % identifier).status_code == 303
    entry = inbox_entry(visitor, identifier)
    assert (entry["registration"], entry["reason"]) == ("refused", "The contact is a person.")
    assert "The catalogue refused one registration" in visitor.get("/inbox").text
    for page in ("/datasets?show=waiting", "/registered/" + identifier, "/register?dataset=" + identifier):
        assert "The contact is a person." in visitor.get(page).text
    draft = begin(visitor, identifier)
    for part in [group.key for group in GROUPS] + ["check"]:
        assert "The contact is a person." in visitor.get("%s/%s" % (draft, part)).text
    assert "Nothing differs from what was sent before." in visitor.get(draft + "/check").text
    changed = example()
    changed["core"]["contacts"][0]["name"] = "Access office"
    visitor.post(draft + "/what", data=values.of_group(values.to_values(changed), GROUPS[0].names))
    changes = visitor.get(draft + "/check").text.partition('id="changes"')[2].partition("</section>")[0]
    assert changes.count('class="change"') == 1 and "</span>office</ins>" in changes
    correct(visitor, identifier, changed)
    assert inbox_entry(visitor, identifier)["registration"] == "held"
    # what was refused is not what waits now
    visitor.post("/ingest", **catalogue.refusal(identifier, sent, event_id="evt-late"))
    assert inbox_entry(visitor, identifier)["registration"] == "held"
    visitor.post("/ingest", **catalogue.event(identifier, dataset=catalogue.bodies("register")[-1]["dataset"]))
    entry = inbox_entry(visitor, identifier)
    assert (entry["registration"], entry["review"], entry["pid"]) == ("registered", None, "cur8d-0aaaa")


def test_a_change_of_a_public_dataset_waits_while_it_stays_public(visitor, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    catalogue.on_review = True
    correct(visitor, identifier, example("Changed"))
    entry = inbox_entry(visitor, identifier)
    assert (entry["registration"], entry["review"]) == ("registered", "held")
    # another change of state is not the release
    visitor.post("/ingest", **catalogue.event(identifier, pid=entry["pid"]))
    assert inbox_entry(visitor, identifier)["review"] == "held"
    visitor.post("/ingest", **catalogue.refusal(identifier, catalogue.bodies("register")[-1]["dataset"]))
    entry = inbox_entry(visitor, identifier)
    assert (entry["registration"], entry["review"], entry["pid"]) == ("registered", "refused", "abc12-00000")
    assert visitor.post("/datasets/%s/discard" % identifier).status_code == 409


@pytest.mark.parametrize("on_review, told", [(True, ["withdrawn"]), (False, [])])
def test_what_is_not_public_can_be_discarded_with_its_files(site, visitor, catalogue, on_review, told):
    catalogue.on_review = on_review
    made = register(visitor, deidentification="synthetic" if on_review else "nonsense").get_json()
    identifier = made["identifier"]
    catalogue.reviews[identifier] = {"pid": None, "review": {"state": "held"}}
    assert visitor.post("/datasets/%s/discard" % identifier).status_code == 303
    assert [body["state"] for body in catalogue.bodies("state")] == told
    assert read(visitor, "/inbox").get_json()["datasets"] == read(visitor, "/inbox").get_json()["outgoing"] == []
    archive = site.extensions["environment"].archive
    assert list(Path(archive.folder(identifier)).iterdir()) == []
    form = {"dataset": json.dumps(example()), "identifier": identifier}
    assert visitor.post("/api/register", data=form).status_code == 409


def test_what_a_curator_released_meanwhile_is_not_discarded(site, visitor, catalogue):
    catalogue.on_review = True
    identifier = register(visitor).get_json()["identifier"]
    folder = Path(site.extensions["environment"].archive.folder(identifier))
    files = list(folder.iterdir())
    # nobody answers, or the event of the release has not come yet
    assert visitor.post("/datasets/%s/discard" % identifier).status_code == 503
    digest = client.digest(client.canonical(catalogue.bodies("register")[-1]["dataset"]))
    said = {"record_url": "https://c.example.org/1", "access_url": "https://c.example.org/2", "identifier": identifier}
    catalogue.reviews[identifier] = dict(said, pid="cur8d-0aaaa", review=None, digest=digest)
    assert visitor.post("/datasets/%s/discard" % identifier).status_code == 409
    assert inbox_entry(visitor, identifier)["registration"] == "registered"
    assert list(folder.iterdir()) == files != [] and catalogue.bodies("state") == []


def test_a_state_that_the_catalogue_refuses_is_not_said_to_hold_there(site, visitor, catalogue, monkeypatch):
    identifier = register(visitor).get_json()["identifier"]
    monkeypatch.setattr(catalogue, "judge", lambda said: (409, {"code": "stale", "title": "Stale"}))
    visitor.post("/datasets/%s/state" % identifier, data={"state": "suspended", "reason": "Under review."})
    page = visitor.get("/registered/" + identifier).text
    assert "The catalogue did not accept this." in page and "here and in the catalogue" not in page


def test_a_refused_change_of_a_withdrawn_dataset_waits_for_nobody(visitor, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    catalogue.on_review = True
    correct(visitor, identifier, example("Changed"))
    visitor.post("/ingest", **catalogue.refusal(identifier, catalogue.bodies("register")[-1]["dataset"]))
    assert "The catalogue refused one registration" in visitor.get("/inbox").text
    set_state(visitor, identifier, "withdrawn")
    assert "The catalogue refused" not in visitor.get("/inbox").text
    page = visitor.get("/registered/" + identifier).text
    assert "This dataset is withdrawn" in page and "It is public" not in page


def test_an_older_version_is_not_opened_again(site, visitor, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    visitor.post("/ingest", **catalogue.event(identifier, state="superseded"))
    page = visitor.post("/datasets/%s/state" % identifier, data={"state": "active", "reason": "Again."})
    assert page.status_code == 409 and "Only a suspended dataset can be opened again." in page.text


# requests for access


def test_a_reference_of_the_catalogue_opens_the_form(visitor, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    page = visitor.get("/request", query_string={"dataset": identifier, "ref": catalogue.reference(identifier)})
    assert page.status_code == 200 and "Made-up cohort" in page.text and catalogue.url + "/records/" in page.text
    assert '<form method="post"' in page.text


@pytest.mark.parametrize(
    "fault", ["missing", "tampered", "other dataset", "other source", "other catalogue", "other key"]
)
def test_a_reference_that_does_not_hold_gets_no_form(visitor, anonymous, catalogue, site, fault):
    identifier = register(visitor).get_json()["identifier"]
    other = register(visitor, "Another").get_json()["identifier"]
    head, claims, signature = catalogue.reference(identifier).split(".")
    ref = {
        "missing": "",
        "tampered": ".".join([head, catalogue.reference(identifier, revision=2).split(".")[1], signature]),
        "other dataset": catalogue.reference(other),
        "other source": catalogue.reference(identifier, source="csc"),
        "other catalogue": catalogue.reference(identifier, iss="http://127.0.0.1:1"),
        "other key": catalogue.reference(identifier, client.new_key()[0]),
    }[fault]
    page = anonymous.get("/request", query_string={"dataset": identifier, "ref": ref})
    assert page.status_code == 400 and "<form" not in page.text
    assert 'role="alert"' in page.text and catalogue.url in page.text  # a sentence, and a way back
    assert not re.search("signature is wrong|issued|published ones|Traceback", page.text)
    assert apply(visitor, catalogue, identifier, ref=ref).status_code == 400
    assert row(site, "SELECT count(*) AS n FROM applications")["n"] == 0


def test_keys_are_kept_and_fetched_again_for_a_new_one(visitor, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    for _ in range(3):
        address = {"dataset": identifier, "ref": catalogue.reference(identifier)}
        assert visitor.get("/request", query_string=address).status_code == 200
    assert catalogue.key_requests == 1
    catalogue.private, catalogue.public = client.new_key()
    address = {"dataset": identifier, "ref": catalogue.reference(identifier)}
    assert visitor.get("/request", query_string=address).status_code == 200
    assert catalogue.key_requests == 2


def test_a_catalogue_that_is_down_cannot_vouch_for_a_reference(visitor, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    ref = catalogue.reference(identifier)
    catalogue.down()
    assert visitor.get("/request", query_string={"dataset": identifier, "ref": ref}).status_code == 503
    catalogue.up()


@pytest.mark.parametrize(
    "sensitive, status",
    [
        ({"access_right": "metadata-only"}, 403),
        ({"access_right": "embargoed", "embargo_until": "2999-01-01"}, 403),
        ({"access_right": "embargoed", "embargo_until": "2001-01-01"}, 201),
    ],
)
def test_the_access_right_decides_whether_access_can_be_requested(visitor, catalogue, sensitive, status):
    identifier = register(visitor, **sensitive).get_json()["identifier"]
    assert apply(visitor, catalogue, identifier).status_code == status


def test_no_person_leaves_the_environment(visitor, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    application = apply(visitor, catalogue, identifier).get_json()["application"]
    decide(visitor, application)
    assert [(b["application"], b["state"]) for b in catalogue.bodies("decision")] == [
        (application, "submitted"),
        (application, "approved"),
    ]
    everything = b"".join(body for _, body in catalogue.messages)
    assert not re.search(b"applicant|A study", everything)


def test_an_incomplete_application_comes_back_with_its_faults(visitor, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    answer = apply(visitor, catalogue, identifier, email="nobody", purpose=" ")
    assert answer.status_code == 400
    assert {e["field"] for e in answer.get_json()["errors"]} == {"email", "purpose"}
    form = {"dataset": identifier, "ref": catalogue.reference(identifier), "name": "An applicant"}
    page = visitor.post("/request", data=form)
    assert page.status_code == 400 and 'value="An applicant"' in page.text
    assert page.text.count('class="fault"') == 2 and '<a href="#purpose">' in page.text


def sent_by_hand(visitor, catalogue, identifier, **form):
    """What a browser gets for the filled-in form."""
    address = "/request?dataset=%s&ref=%s" % (identifier, catalogue.reference(identifier))
    once = re.search(r'name="once" value="([^"]+)"', visitor.get(address).text).group(1)
    person = {"name": "An applicant", "email": "applicant@example.org", "purpose": "A study.", "once": once}
    return visitor.post(address, data=dict(person, **form))


def test_the_token_of_one_form_makes_requests_for_two_datasets(site, visitor, anonymous, catalogue):
    for identifier in [register(visitor, title).get_json()["identifier"] for title in ("One", "Two")]:
        for once, person in (("one", "first"), ("", "second"), ("", "third")):
            answer = apply(anonymous, catalogue, identifier, once=once, email=person + "@example.org")
            assert answer.status_code < 300, answer.text
    assert row(site, "SELECT count(*) AS n FROM applications")["n"] == 6


def test_a_form_that_is_sent_again_makes_one_request(site, visitor, anonymous, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    first = sent_by_hand(anonymous, catalogue, identifier, once="one")
    again = sent_by_hand(anonymous, catalogue, identifier, once="one")
    assert first.status_code == again.status_code == 303 and first.location == again.location
    assert "Your request was sent" in anonymous.get(first.location).text
    assert "Your request was sent" not in anonymous.get(first.location).text  # said once
    assert row(site, "SELECT count(*) AS n FROM applications")["n"] == 1
    assert [body["state"] for body in catalogue.bodies("decision")] == ["submitted"]


@pytest.mark.parametrize("email", ["applicant@example.org", " Applicant@EXAMPLE.org ", "ａpplicant@example.org"])
def test_a_second_request_of_one_person_is_led_to_the_first_one(site, visitor, anonymous, catalogue, email):
    identifier = register(visitor).get_json()["identifier"]
    first = sent_by_hand(anonymous, catalogue, identifier)
    second = sent_by_hand(anonymous, catalogue, identifier, email=email)
    assert (second.status_code, second.location) == (303, first.location)
    assert "no new request was made" in anonymous.get(first.location).text
    # somebody who only types the address learns nothing of what was asked, and loses nothing of what was typed
    stranger = sent_by_hand(site.test_client(), catalogue, identifier, email=email, purpose="Typed by a stranger.")
    assert stranger.status_code == 409 and "Typed by a stranger." in stranger.text
    assert first.location.rpartition("/")[2] not in stranger.text and "A study." not in stranger.text
    assert apply(site.test_client(), catalogue, identifier, email=email).status_code == 409
    other = register(visitor, "Another").get_json()["identifier"]
    assert apply(anonymous, catalogue, other, email=email).status_code == 201
    assert row(site, "SELECT count(*) AS n FROM applications")["n"] == 2


@pytest.mark.parametrize("end", ["deny", "revoke", "taken back", "over"])
def test_one_can_ask_again_once_the_first_request_has_ended(site, visitor, anonymous, catalogue, end):
    identifier = register(visitor).get_json()["identifier"]
    sent = apply(anonymous, catalogue, identifier).get_json()
    if end == "taken back":
        asked = anonymous.get(sent["status_url"] + "/end")
        assert (
            "cannot be undone" in asked.text and read(anonymous, sent["status_url"]).get_json()["state"] == "submitted"
        )
        anonymous.post(urlsplit(sent["status_url"]).path + "/end")
        assert "You have taken the request back" in anonymous.get(sent["status_url"]).text
    elif end == "deny":
        decide(visitor, sent["application"], "deny")
    else:
        decide(visitor, sent["application"])
        assert apply(anonymous, catalogue, identifier).get_json()["application"] == sent["application"]
        if end == "revoke":
            decide(visitor, sent["application"], "revoke")
        with site.extensions["environment"].store.write() as db:
            db.execute("UPDATE applications SET expires = ? WHERE expires IS NOT NULL", (time.time() - 1,))
    assert apply(anonymous, catalogue, identifier).status_code == 201


def test_a_form_that_was_open_for_too_long_loses_nothing(site, visitor, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    for token in ("", "forged", visitor.token() + "x"):
        page = sent_by_hand(visitor, catalogue, identifier, csrf_token=token)
        assert page.status_code == 400 and 'value="An applicant"' in page.text and "A study." in page.text
    assert row(site, "SELECT count(*) AS n FROM applications")["n"] == 0
    application = apply(visitor, catalogue, identifier).get_json()["application"]
    page = visitor.post("/inbox/%s/deny" % application, data={"reason": "Typed long ago.", "csrf_token": "old"})
    assert page.status_code == 400 and "Typed long ago." in page.text
    for address in ("/datasets/%s/state" % identifier, "/datasets/%s/discard" % identifier, "/outgoing/send"):
        form = {"state": "withdrawn", "reason": "x", "csrf_token": "old"}
        assert visitor.post(address, data=form).status_code == 400
    assert row(site, "SELECT state FROM applications")["state"] == "submitted"
    assert row(site, "SELECT state FROM datasets")["state"] == "active"


# decisions and collecting


def test_a_request_that_is_given_back_is_changed_and_sent_again(site, visitor, anonymous, catalogue):
    identifier = register(visitor, expected_decision_days=45).get_json()["identifier"]
    sent = apply(anonymous, catalogue, identifier).get_json()
    decide(visitor, sent["application"], "return", reason="Which variables?")
    page = anonymous.get(sent["status_url"]).text
    assert "Which variables?" in page and "1 of 45 are used" in page
    assert decide(visitor, sent["application"]).status_code == 409  # it is with who asked
    change = urlsplit(sent["status_url"]).path + "/change"
    page = anonymous.get(change).text
    assert "A study." in page and page.index("Which variables?") < page.index("<form method")
    form = {"name": "An applicant", "email": "other@example.org", "title": "Pain and sleep"}
    whole = dict(form, purpose="A study of pain.", answer="Only sleep.")
    for missing in ("purpose", "answer"):
        refused = anonymous.post(change, data=dict(whole, **{missing: ""}))
        assert refused.status_code == 400 and 'id="%s-fault"' % missing in refused.text
        assert "Which variables?" in refused.text  # the question stays in sight
    assert row(site, "SELECT state FROM applications")["state"] == "returned"
    assert "None yet" in visitor.get("/inbox/" + sent["application"]).text
    answer = anonymous.post(change, data=whole)
    assert answer.status_code == 303
    kept = row(site, "SELECT * FROM applications")
    shown = (kept["state"], kept["purpose"], kept["title"], kept["email"])
    assert shown == ("submitted", "A study of pain.", "Pain and sleep", "applicant@example.org")
    assert "Came back with answers" in visitor.get("/inbox").text
    page = visitor.get("/inbox/" + sent["application"]).text
    together, timeline = page.split("What happened")
    assert "A study of pain." in together
    for part in (together, timeline, anonymous.get(sent["status_url"]).text):
        assert part.index("Which variables?") < part.index("Only sleep.")
    # the catalogue counts one open request all the time
    assert [body["state"] for body in catalogue.bodies("decision")] == ["submitted"]


def test_two_owners_who_decide_at_once_have_one_decision(site, visitor, anonymous, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    sent = apply(anonymous, catalogue, identifier).get_json()
    owners = [visitor, owner_of(site)]
    forms = [("approve", ""), ("deny", "Written with care.")]
    tokens, answers = [owner.token() for owner in owners], [None, None]

    def decide_by_hand(number):
        verb, reason = forms[number]
        form = {"reason": reason, "until": "2099-01-01" if verb == "deny" else tomorrow(), "seen": "1"}
        form["csrf_token"] = tokens[number]
        answers[number] = owners[number].post("/inbox/%s/%s" % (sent["application"], verb), data=form)

    threads = [threading.Thread(target=decide_by_hand, args=(number,)) for number in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    slower = next(answer for answer in answers if answer.status_code == 409)
    assert "Somebody was faster" in slower.text
    assert ("What you wrote" in slower.text) is (slower is answers[1])  # nothing typed is lost
    assert "Written with care." in slower.text  # of the slower one, or of the one who was faster
    assert row(site, "SELECT count(*) AS n FROM steps")["n"] == 2
    assert len(catalogue.bodies("decision")) == 2


def test_an_owner_does_not_decide_on_what_changed_since(site, visitor, anonymous, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    sent = apply(anonymous, catalogue, identifier).get_json()
    address = "/inbox/%s/approve" % sent["application"]
    seen = re.search(r'name="seen" value="(\d+)"', visitor.get(address).text).group(1)
    decide(visitor, sent["application"], "return")
    form = {"name": "An applicant", "purpose": "Another study.", "answer": "It has changed."}
    anonymous.post(urlsplit(sent["status_url"]).path + "/change", data=form)
    assert visitor.post(address, data={"seen": seen, "until": tomorrow()}).status_code == 409
    assert row(site, "SELECT state FROM applications")["state"] == "submitted"
    assert visitor.post(address, data={"seen": "3", "until": tomorrow()}).status_code == 303


def test_taking_an_approval_back_closes_the_link_at_once(site, visitor, anonymous, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    sent = apply(anonymous, catalogue, identifier).get_json()
    decide(visitor, sent["application"], reason="For this study.")
    link = read(anonymous, sent["status_url"]).get_json()["publication_url"]
    assert anonymous.get(link + "/1").status_code == 200
    address = "/inbox/%s/revoke" % sent["application"]
    assert "cannot be undone" in visitor.get(address).text and anonymous.get(link + "/1").status_code == 200
    assert visitor.post(address, data={"reason": " "}).status_code == 400 and anonymous.get(link).status_code == 200
    done = visitor.post(address, data={"reason": "The project has ended."}, follow_redirects=True)
    assert "You have taken the approval back." in done.text
    assert anonymous.get(link + "/1").status_code == anonymous.get(link).status_code == 404
    page = anonymous.get(sent["status_url"]).text
    assert "The project has ended." in page and link not in page
    assert "Terms" in page and "For this study." in page
    closed = anonymous.get(link)
    assert 'href="/requests"' in closed.text
    # of the states that the catalogue counts, the one for what has ended
    assert [body["state"] for body in catalogue.bodies("decision")] == ["submitted", "approved", "closed"]
    assert b"project" not in b"".join(body for _, body in catalogue.messages)


@pytest.mark.parametrize(
    "until, status", [("", 400), ("today", 303), ("2001-01-01", 400), ("9999-01-01", 400), ("soon", 400)]
)
def test_an_approval_ends_with_a_day(site, visitor, anonymous, catalogue, until, status):
    identifier = register(visitor).get_json()["identifier"]
    sent = apply(anonymous, catalogue, identifier).get_json()
    until = history.day_of(time.time()) if until == "today" else until
    address = "/inbox/%s/approve" % sent["application"]
    assert 'name="until" value=""' in visitor.get(address).text  # the owner chooses the day
    answer = visitor.post(address, data={"until": until})
    assert answer.status_code == status
    if status == 400:
        assert 'id="until-fault"' in answer.text and row(site, "SELECT state FROM applications")["state"] == "submitted"
    else:
        assert "left" in anonymous.get(sent["status_url"]).text


def tomorrow():
    return history.day_of(time.time() + history.DAY)


def test_the_last_day_of_an_approval_can_be_changed(site, visitor, anonymous, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    sent = apply(anonymous, catalogue, identifier).get_json()
    address = "/inbox/%s/change" % sent["application"]
    early = visitor.get(address, follow_redirects=True)
    assert "This cannot be decided any more" in early.text and 'name="until"' not in early.text
    decide(visitor, sent["application"], until=tomorrow(), reason="For this study.", how="Write to the office.")
    link = read(anonymous, sent["status_url"]).get_json()["publication_url"]
    with site.extensions["environment"].store.write() as db:
        db.execute("UPDATE applications SET expires = ?", (time.time() - 1,))
    assert anonymous.get(link).status_code == 410
    shown = visitor.get(address).text
    assert 'value="%s"' % history.day_of(time.time() - 2) in shown and "Write to the office." in shown
    assert visitor.post(address, data={"until": "", "seen": "2"}).status_code == 400
    assert row(site, "SELECT count(*) AS n FROM steps")["n"] == 2
    later = history.day_of(time.time() + 30 * history.DAY)
    form = {"until": later, "how": "Ask the help desk.", "reason": "Extended.", "seen": "2"}
    done = visitor.post(address, data=form)
    assert (done.status_code, done.location) == (303, "/inbox/" + sent["application"])
    assert visitor.post(address, data=form).status_code == 409  # of a page that is out of date
    assert row(site, "SELECT expires FROM applications")["expires"] == history.end_of(later)
    assert anonymous.get(link).status_code == 200
    assert "Approval changed" in visitor.get(done.location).text
    page = anonymous.get(sent["status_url"]).text
    assert "The owner changed the approval" in page and "Extended." in page and "For this study." in page
    assert "Ask the help desk." in page and "Write to the office." not in page
    box, timeline = page.split("How it goes")
    assert "The owner changed the last day on" in box and ": Extended." in box
    assert "Terms" in timeline and "For this study." in timeline
    days = [step["until"] for step in site.extensions["environment"].store.all("SELECT until FROM steps")]
    assert days == ["", tomorrow(), later]
    # the catalogue counts one approved request all the time
    assert [body["state"] for body in catalogue.bodies("decision")] == ["submitted", "approved"]
    assert b"help desk" not in b"".join(body for _, body in catalogue.messages)


def test_an_approval_says_where_and_how_one_works(visitor, anonymous, catalogue):
    identifier = register(visitor, access_mode=[INSIDE]).get_json()["identifier"]
    sent = apply(anonymous, catalogue, identifier).get_json()
    assert "How to work with the data" not in anonymous.get(sent["status_url"]).text
    assert "You work inside the secure environment" in visitor.get("/inbox/%s/approve" % sent["application"]).text
    decide(visitor, sent["application"])
    page = anonymous.get(sent["status_url"]).text.partition('id="how"')[2].partition("</section>")[0]
    assert "You work inside the secure environment" in page and "TSD, University of Oslo" in page
    assert (
        "Please ask the contact of the dataset" in page
        and "access@example.org" in anonymous.get(sent["status_url"]).text
    )
    decide(visitor, sent["application"], "change", until=tomorrow(), how=HOSTILE, reason="")
    page = anonymous.get(sent["status_url"]).text.partition('id="how"')[2].partition("</section>")[0]
    assert str(escape(HOSTILE)) in page and "Please ask the contact" not in page


def test_a_place_that_nobody_states_is_not_named_so():
    said = {"storage_service": "not-stated", "storage_organisation": "A university"}
    assert working.place({"sensitive": said}) == "A university"
    assert working.place({"sensitive": dict(said, storage_organisation="not-stated")}) == ""


def test_each_way_of_access_has_a_sentence_and_promises_no_link_that_is_not_there(site):
    modes = labels.SCHEMA["properties"]["sensitive"]["properties"]["access_mode"]["items"]["enum"]
    with site.test_request_context():
        stated = [mode for mode in modes if mode != "not-stated"]
        assert len(stated) == 5 and len({*working.sentences({"sensitive": {"access_mode": stated}})}) == 5
        assert working.sentences({"sensitive": {"access_mode": ["not-stated"]}}) == working.sentences({"sensitive": {}})
        for mode in stated:
            dataset = {"sensitive": {"access_mode": [mode]}}
            (sentence,) = working.sentences(dataset)
            assert "not state" not in sentence
            assert ("link on this page" in sentence) is datasets.allows_download(dataset), mode


@pytest.mark.parametrize(
    "modes, kind",
    [
        (["publication-portal"], "link"),
        (["download-after-agreement", "file-api"], "link"),
        (["secure-environment-only"], "inside"),
        (["secure-environment-only", "publication-portal"], "inside"),
        (["file-api"], "other"),
        (["remote-query"], "other"),
        ([], "other"),
    ],
)
def test_the_end_of_access_is_told_without_a_link_where_there_was_none(
    site, visitor, anonymous, catalogue, modes, kind
):
    dataset = {"sensitive": {"access_mode": modes}}
    with site.test_request_context():
        said = working.ending(dataset)
        assert working.kind(dataset) == kind and sorted(said) == ["ask", "change", "ended", "taken"]
        assert all(("link" in sentence) == (kind == "link") for sentence in (said["ask"], said["ended"]))
        assert all(("inside the environment" in sentence) == (kind == "inside") for sentence in said.values())
    if not modes:
        return  # the catalogue takes no such dataset
    identifier = register(visitor, access_mode=modes).get_json()["identifier"]
    sent = apply(anonymous, catalogue, identifier).get_json()
    decide(visitor, sent["application"])
    address = "/inbox/" + sent["application"]
    shown = [(address, ""), (address + "/change", said["change"]), (address + "/revoke", said["ask"])]
    for page, sentence in shown:
        page = visitor.get(page).text.partition("<main")[2].partition("</main>")[0]
        assert sentence in page and ("link to collect" in page or "link to the files" in page or "he link" in page) == (
            kind == "link"
        )
    form = {"reason": "It has ended."}
    assert said["taken"] in visitor.post(address + "/revoke", data=form, follow_redirects=True).text
    assert said["ended"] in anonymous.get(sent["status_url"]).text


@pytest.mark.parametrize("modes, is_asked", [(["download-after-agreement"], True), (["publication-portal"], False)])
def test_files_under_an_agreement_are_given_when_it_is_signed(site, visitor, anonymous, catalogue, modes, is_asked):
    identifier = register(visitor, access_mode=modes).get_json()["identifier"]
    sent = apply(anonymous, catalogue, identifier).get_json()
    address = "/inbox/" + sent["application"]
    assert ("You sign an agreement" in anonymous.get(sent["status_url"]).text) is is_asked
    assert ("Please send the agreement to applicant@example.org" in visitor.get(address).text) is is_asked
    assert ('name="agreed"' in visitor.get(address + "/approve").text) is is_asked
    answer = visitor.post(address + "/approve", data={"until": tomorrow()})
    assert answer.status_code == (400 if is_asked else 303) and ('id="agreed-fault"' in answer.text) is is_asked
    by_program = visitor.post(address + "/approve", data={}, headers=JSON)
    assert by_program.status_code == (400 if is_asked else 409)
    if is_asked:
        assert row(site, "SELECT state FROM applications")["state"] == "submitted"
        assert visitor.post(address + "/approve", data={"until": tomorrow(), "agreed": "yes"}).status_code == 303


@pytest.mark.parametrize(
    "steps, found",
    [
        ([], None),
        ([("approved", "2026-03-01")], None),
        ([("approved", "2026-03-01"), ("changed", "2026-03-01")], None),
        ([("approved", "2026-03-01"), ("changed", "2026-02-01")], 1),
        ([("approved", "2026-03-01"), ("changed", "2026-02-01"), ("changed", "2026-02-01")], 1),
        ([("approved", "2026-03-01"), ("changed", "2026-02-01"), ("changed", "2026-03-01")], 2),
    ],
)
def test_a_new_last_day_is_told_and_a_change_of_words_is_not(steps, found):
    steps = [{"what": what, "until": until} for what, until in steps]
    assert history.last_new_day(steps) == (None if found is None else steps[found])


@pytest.mark.parametrize(
    "text, addresses",
    [
        ("Write to https://example.org/a?b=1&c=(2).", ["https://example.org/a?b=1&c=(2"]),
        ("(https://example.org), https://example.org/b", ["https://example.org", "https://example.org/b"]),
        ("http://example.org ftp://example.org javascript:alert(1) xhttps://example.org", []),
        ('https://example.org"onclick=alert(1)', ["https://example.org"]),
        ("https:// and https://", []),
        ("", []),
    ],
)
def test_addresses_in_a_text_are_found_and_nothing_is_lost(text, addresses):
    parts = look.linked(text)
    assert "".join(part for part, _ in parts) == text
    assert [part for part, is_address in parts if is_address] == addresses


def test_addresses_of_the_owner_become_links_and_those_of_who_asks_do_not(visitor, anonymous, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    link = '<a href="https://example.org/form">https://example.org/form</a>'
    sent = apply(anonymous, catalogue, identifier, purpose="See https://example.org/form.").get_json()
    assert link not in visitor.get("/inbox/" + sent["application"]).text
    decide(visitor, sent["application"], "return", reason="Fill in https://example.org/form.")
    for address in (sent["status_url"], sent["status_url"] + "/change"):
        assert anonymous.get(address).text.count(link) == 1
    back = 'href="%s">Go back without answering' % urlsplit(sent["status_url"]).path
    assert back in anonymous.get(sent["status_url"] + "/change").text


def test_a_browser_finds_its_requests_again(site, visitor, anonymous, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    assert "This browser knows of no request." in anonymous.get("/requests").text
    first = sent_by_hand(anonymous, catalogue, identifier, title="Pain and sleep").location
    page = anonymous.get("/requests").text
    assert "Pain and sleep" in page and urlsplit(first).path in page and "Made-up cohort" in page
    again = anonymous.get("/request", query_string={"dataset": identifier, "ref": catalogue.reference(identifier)})
    assert "You have asked for this dataset already" in again.text and urlsplit(first).path in again.text
    # a restart of the browser keeps it, and another browser learns of it only by the address
    assert [cookie for cookie in anonymous._cookies.values() if cookie.max_age or cookie.expires]
    other = site.test_client()
    assert "Pain and sleep" not in other.get("/requests").text
    other.get(first)
    assert "Pain and sleep" in other.get("/requests").text
    # the owner can send the address to the e-mail address of the request
    application = row(site, "SELECT id FROM applications")["id"]
    assert first in visitor.get("/inbox/" + application).text
    assert first.rpartition("/")[2] not in visitor.get("/inbox").text + read(visitor, "/inbox").text


def test_a_denial_is_asked_once_more_and_changes_nothing_before(site, visitor, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    application = apply(visitor, catalogue, identifier).get_json()["application"]
    asked = visitor.get("/inbox/%s/deny" % application).text
    assert "This cannot be taken back" in asked and "Deny for good" in asked
    assert row(site, "SELECT state FROM applications")["state"] == "submitted"
    assert visitor.post("/inbox/%s/deny" % application, data={"reason": "No."}).status_code == 303
    assert row(site, "SELECT state FROM applications")["state"] == "denied"


def test_the_owner_reads_what_waits_on_the_first_pages(site, visitor, anonymous, catalogue):
    assert "No request waits for you." in visitor.get("/").text
    identifier = register(visitor, "Accepted").get_json()["identifier"]
    register(visitor, "Refused at once", access_right="open")
    catalogue.on_review = True
    correct(visitor, identifier, example("Changed"))
    visitor.post("/ingest", **catalogue.refusal(identifier, catalogue.bodies("register")[-1]["dataset"]))
    for number in range(2):
        apply(anonymous, catalogue, identifier, email="%d@example.org" % number)
    login = anonymous.post("/login", data={"password": site.extensions["environment"].password})
    for page in (anonymous.get("/").text, anonymous.get(login.location).text):
        assert "2 requests wait for you." in page and "The catalogue refused 2 registrations" in page
        assert "Refused at once" in page and "Changed" in page  # titles, and the identifier behind
        assert "<small><code>%s</code></small>" % identifier in page
    assert "wait" not in site.test_client().get("/").text


def test_lists_show_titles_and_the_identifier_behind(visitor, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    application = apply(visitor, catalogue, identifier).get_json()["application"]
    decide(visitor, application)
    page = visitor.get("/inbox?show=decided").text
    assert "Request of An applicant</a></h2>" in page
    assert re.search(r"Made-up cohort</span> <small><code>%s</code></small>" % identifier, page)
    assert page.count("Request " + application) == 0
    page = visitor.get("/messages?show=sent").text
    assert page.count("Made-up cohort") == 3 and '/inbox/%s"' % application in page


@pytest.mark.parametrize("state", ["suspended", "withdrawn"])
def test_a_closed_dataset_is_explained_to_who_asked(visitor, anonymous, catalogue, state):
    identifier = register(visitor).get_json()["identifier"]
    sent = apply(anonymous, catalogue, identifier).get_json()
    decide(visitor, sent["application"])
    address = "/datasets/%s/state" % identifier
    asked = visitor.get(address + "?to=" + state).text
    assert ("This cannot be taken back" in asked) is (state == "withdrawn")
    assert visitor.post(address, data={"state": state, "reason": ""}).status_code == 400
    assert "open until" in anonymous.get(sent["status_url"]).text
    done = visitor.post(address, data={"state": state, "reason": "Asked for."}, follow_redirects=True)
    assert "here and in the catalogue" in done.text
    page = anonymous.get(sent["status_url"]).text
    assert ("The dataset is suspended" if state == "suspended" else "The dataset was withdrawn") in page
    assert "Collect the files" not in page


def test_the_inbox_is_searched_by_words_dataset_and_state(visitor, catalogue):
    one, two = (register(visitor, title).get_json()["identifier"] for title in ("Sleep", "Pain"))
    for number in range(25):
        apply(visitor, catalogue, one, email="%d@example.org" % number, title="Study number %d" % number)
    last = apply(visitor, catalogue, two, title="Ageing").get_json()["application"]
    found = [re.findall(r"<h2><a[^>]*>([^<]*)", visitor.get("/inbox" + query).text) for query in ("", "?page=2")]
    assert found[0] + found[1] == ["Study number %d" % number for number in range(25)] + ["Ageing"]
    for query, expected in (
        ("?dataset=" + two, 1),
        ("?q=AGEING%20applicant", 1),
        ("?q=nothing", 0),
        ("?show=decided", 0),
    ):
        assert visitor.get("/inbox" + query).text.count("<h2><a") == expected, query
    decide(visitor, last)
    assert "Ageing" in visitor.get("/inbox?show=decided").text and "Ageing" not in visitor.get("/inbox?page=2").text


@pytest.mark.parametrize("number", [None, "", "0", "1", "2", "3", "99", "-1", "x", "9" * 30])
@pytest.mark.parametrize("length", [0, 1, 20, 21, 45])
def test_every_page_of_a_list_is_there(length, number):
    page = listing.page(list(range(length)), number)
    assert 1 <= page.number <= page.pages and page.total == length
    pages = [listing.page(list(range(length)), str(one + 1)).entries for one in range(page.pages)]
    assert sum(pages, []) == list(range(length))


def test_the_days_stand_still_while_the_applicant_has_the_request():
    def step(what, day):
        return {"what": what, "at": "2026-03-%02dT12:00:00.000000Z" % day}

    def now(day):
        return history.seconds("2026-03-%02dT12:00:01" % day)

    steps = [step("sent", 1)]
    assert [history.days(steps, now(day)) for day in (1, 2, 19)] == [1, 2, 19]
    steps.append(step("returned", 5))
    assert [history.days(steps, now(day)) for day in (5, 28)] == [5, 5]
    steps.append(step("sent-again", 20))
    assert [history.days(steps, now(day)) for day in (20, 22)] == [5, 7]


# uploads in parts


def upload(visitor, draft, content, name="raw.csv"):
    """(address, id) of a file that was begun."""
    begun = visitor.post(
        draft + "/uploads", json={"name": name, "type": "text/csv", "size": len(content)}, headers=JSON
    )
    assert begun.status_code == 201
    return "%s/uploads/%s" % (draft, begun.get_json()["id"]), begun.get_json()["id"]


def put(visitor, address, offset, part, sha256=None):
    headers = dict(JSON, **{"X-SHA256": client.digest(part) if sha256 is None else sha256})
    return visitor.put("%s?offset=%d" % (address, offset), data=part, headers=headers)


def test_a_file_in_parts_goes_on_where_it_stopped_and_is_archived(site, visitor, catalogue, tmp_path):
    draft, content = begin(visitor), bytes(range(256)) * 40
    address, name = upload(visitor, draft, content)
    assert put(visitor, address, 0, content[:4000]).get_json() == {"offset": 4000}
    assert put(visitor, address, 0, content[:4000]).get_json() == {"offset": 4000}  # a part whose answer was lost
    assert put(visitor, address, 4000, b"changed", client.digest(b"other")).status_code == 409
    # the process is killed in the middle of a part: bytes are there of which nothing is noted
    with open(site.extensions["environment"].uploads.path(name), "ab") as file:
        file.write(b"half a part")
    again = create_app(tmp_path / "data", catalogue.url, retry_every=None)
    owner = owner_of(again)
    assert owner.get(address).get_json()["offset"] == 4000
    assert owner.post(address + "/complete", headers=JSON).status_code == 409
    assert "4,000 of 10,240 bytes are here" in owner.get(draft + "/files").text
    assert put(owner, address, 4000, content[4000:]).get_json() == {"offset": len(content)}
    assert put(owner, address, len(content), b"more").status_code == 409
    assert owner.post(address + "/complete", headers=JSON).get_json() == {"sha256": client.digest(content)}
    answer = fill(owner, example(), draft, {"named-" + name: "Measurements"})
    kept = row(again, "SELECT * FROM files")
    assert (kept["label"], kept["sha256"], kept["size"]) == ("Measurements", client.digest(content), len(content))
    stored = again.extensions["environment"].archive.path(answer.location.rpartition("/")[2], kept["stored"])
    assert Path(stored).read_bytes() == content
    assert list((tmp_path / "data" / "uploads").iterdir()) == []


def test_a_file_that_arrives_changed_or_not_at_all_is_thrown_away(site, visitor, tmp_path):
    environment, draft = site.extensions["environment"], begin(visitor)
    address, name = upload(visitor, draft, b"content")
    put(visitor, address, 0, b"content")
    given = {"sha256": client.digest(b"other")}
    assert visitor.post(address + "/complete", json=given, headers=JSON).status_code == 409
    assert visitor.get(address).status_code == 404
    upload(visitor, draft, b"never sent")
    environment.uploads.clean(time.time() + 23 * 3600)
    assert len(list((tmp_path / "data" / "uploads").iterdir())) == 1
    environment.uploads.clean(time.time() + 25 * 3600)
    assert list((tmp_path / "data" / "uploads").iterdir()) == []
    large = {"name": "x", "size": 10**15}
    assert visitor.post(draft + "/uploads", json=large, headers=JSON).status_code == 409


def test_the_archive_says_which_files_are_as_they_were_archived(site, visitor):
    identifier = register(visitor, files=[(b"one", "one", "First"), (b"two", "two", "Second")]).get_json()["identifier"]
    checked = visitor.post("/archive/%s/check" % identifier, follow_redirects=True).text
    assert "2 files were read again" in checked and client.digest(b"one") in checked
    kept = row(site, "SELECT * FROM files WHERE label = 'Second'")
    Path(site.extensions["environment"].archive.path(identifier, kept["stored"])).write_bytes(b"too")
    checked = visitor.post("/archive/%s/check" % identifier, follow_redirects=True).text
    assert "A file is not as it was archived." in checked and checked.count("Not as it was archived") == 1


# languages


def test_the_reader_chooses_the_language_by_a_link_and_else_by_the_browser(anonymous):
    assert '<html lang="fi">' in anonymous.get("/", headers={"Accept-Language": "fi, en;q=0.5"}).text
    page = anonymous.get("/login?next=/inbox").text
    chosen = anonymous.get(re.search(r'href="(/lang/nb[?][^"]+)"', page).group(1))
    assert (chosen.status_code, unquote(chosen.location)) == (303, "/login?next=/inbox")
    assert '<html lang="nb">' in anonymous.get("/", headers={"Accept-Language": "fi"}).text
    for elsewhere in ("//elsewhere.example.org", "https://elsewhere.example.org", "/\\elsewhere.example.org", ""):
        assert anonymous.get("/lang/en", query_string={"next": elsewhere}).location == "/"
    assert anonymous.get("/lang/xx").status_code == 303 and '<html lang="en">' in anonymous.get("/").text


def test_a_folder_of_an_earlier_version_is_brought_up_to_date(catalogue, tmp_path):
    (tmp_path / "data").mkdir()
    with sqlite3.connect(tmp_path / "data" / "environment.sqlite") as db:
        db.execute(
            "CREATE TABLE applications (id TEXT PRIMARY KEY, dataset TEXT NOT NULL, name TEXT NOT NULL,"
            " email TEXT NOT NULL, purpose TEXT NOT NULL, created TEXT NOT NULL, state TEXT NOT NULL,"
            " status_token TEXT NOT NULL UNIQUE, publication_token TEXT UNIQUE, expires REAL)"
        )
        kept = ("app-1", "one", "A name", "A@Example.org", "A study.", "2026-01-31T12:00:00.000000Z", "denied", "t")
        db.execute("INSERT INTO applications VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)", kept)
    for number in range(3):
        site = create_app(tmp_path / "data", catalogue.url, retry_every=None)
        found = row(site, "SELECT * FROM applications JOIN steps ON application = id")
        assert (found["address"], found["state"], found["what"]) == ("a@example.org", "denied", "sent")
        assert (found["how"], found["until"]) == ("", "")
        if number == 0:  # as it was before an approval had more than a day
            with sqlite3.connect(tmp_path / "data" / "environment.sqlite") as db:
                db.executescript(
                    "ALTER TABLE applications DROP COLUMN how;"
                    "CREATE TABLE kept AS SELECT application, number, at, what, text FROM steps;"
                    "DROP TABLE steps; CREATE TABLE steps (application TEXT NOT NULL REFERENCES applications,"
                    " number INTEGER NOT NULL, at TEXT NOT NULL, what TEXT NOT NULL CHECK (what IN ('sent')),"
                    " text TEXT NOT NULL DEFAULT '', PRIMARY KEY (application, number));"
                    "INSERT INTO steps SELECT * FROM kept; DROP TABLE kept;"
                )
    with site.extensions["environment"].store.write() as db:
        db.execute("INSERT INTO steps (application, number, at, what) VALUES ('app-1', 2, 'now', 'changed')")


def test_approve_collect_expire(site, visitor, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    sent = apply(visitor, catalogue, identifier).get_json()
    assert read(visitor, sent["status_url"]).get_json()["publication_url"] is None
    assert decide(visitor, sent["application"]).status_code == 200
    assert decide(visitor, sent["application"], "deny").status_code == 409
    link = read(visitor, sent["status_url"]).get_json()["publication_url"]
    assert "Measurements" in visitor.get(link).text
    [file] = read(visitor, link).get_json()["files"]
    collected = visitor.get(file["url"])
    assert collected.data == b"a,b\n1,2\n"
    assert (
        "attachment" in collected.headers["Content-Disposition"]
        and "raw 01019912345.csv" in collected.headers["Content-Disposition"]
    )
    assert collected.mimetype == "application/octet-stream"
    assert visitor.get(link + "/2").status_code == 404 and visitor.get("/publication/guess").status_code == 404
    with site.extensions["environment"].store.write() as db:
        db.execute("UPDATE applications SET expires = ?", (time.time() - 1,))
    assert visitor.get(link).status_code == visitor.get(file["url"]).status_code == 410
    assert read(visitor, sent["status_url"]).get_json()["publication_url"] is None


INSIDE, PORTAL, AGREED = "secure-environment-only", "publication-portal", "download-after-agreement"


@pytest.mark.parametrize(
    "modes, is_open",
    [
        ([PORTAL], True),
        ([AGREED], True),
        (["remote-query", PORTAL], True),
        ([INSIDE], False),
        ([INSIDE, AGREED], False),
        ([PORTAL, INSIDE], False),
        (["remote-query"], False),
        (["file-api"], False),
    ],
)
def test_the_way_of_access_decides_whether_an_approved_person_can_download(
    site, visitor, anonymous, catalogue, modes, is_open
):
    identifier = register(visitor, access_mode=modes).get_json()["identifier"]
    sent = apply(anonymous, catalogue, identifier).get_json()
    page = visitor.get("/inbox/" + sent["application"]).text
    assert ("An approval gives no download here" in page) is not is_open
    assert decide(visitor, sent["application"]).status_code == 200
    said = read(anonymous, sent["status_url"]).get_json()
    assert said["state"] == "approved" and bool(said["publication_url"]) is is_open
    page = anonymous.get(sent["status_url"]).text
    assert ("The files of this dataset cannot be downloaded here." in page) is not is_open
    if is_open:
        assert anonymous.get(said["publication_url"] + "/1").data == b"a,b\n1,2\n"
    else:
        assert str(escape(labels.label("sensitive.access_mode", modes[0]))) in page
        # an approval that an earlier version of the demo gave has a link
        with site.extensions["environment"].store.write() as db:
            db.execute("UPDATE applications SET publication_token = 'old', expires = ?", (time.time() + 60,))
        for address in ("/publication/old", "/publication/old/1"):
            answer = read(anonymous, address)
            assert (answer.status_code, answer.get_json()["title"]) == (403, "No download")


@pytest.mark.parametrize("said", [None, "publication-portal", [], {}, [["publication-portal"]]])
def test_what_says_no_way_of_access_is_not_downloaded(said):
    assert not datasets.allows_download({"sensitive": {"access_mode": said}})
    assert not datasets.allows_download({"sensitive": {}})


def test_a_change_of_the_way_of_access_ends_downloads_and_starts_none(visitor, anonymous, catalogue):
    identifier = register(visitor, access_mode=[INSIDE]).get_json()["identifier"]
    first = apply(anonymous, catalogue, identifier).get_json()
    decide(visitor, first["application"])
    form = {"identifier": identifier, "dataset": json.dumps(example(access_mode=[PORTAL]))}
    assert visitor.post("/api/register", data=form).status_code == 201
    assert read(anonymous, first["status_url"]).get_json()["publication_url"] is None
    second = apply(anonymous, catalogue, identifier, email="second@example.org").get_json()
    decide(visitor, second["application"])
    link = read(anonymous, second["status_url"]).get_json()["publication_url"]
    assert anonymous.get(link + "/1").status_code == 200
    form["dataset"] = json.dumps(example(access_mode=[INSIDE]))
    assert visitor.post("/api/register", data=form).status_code == 201
    assert anonymous.get(link + "/1").status_code == anonymous.get(link).status_code == 403
    assert read(anonymous, second["status_url"]).get_json()["publication_url"] is None


def test_a_denied_application_has_nothing_to_collect(visitor, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    sent = apply(visitor, catalogue, identifier).get_json()
    decide(visitor, sent["application"], "deny")
    assert read(visitor, sent["status_url"]).get_json()["state"] == "denied"
    assert read(visitor, sent["status_url"]).get_json()["publication_url"] is None
    assert catalogue.bodies("decision")[-1]["state"] == "denied"


def test_closing_has_effect_at_once_and_opening_when_the_catalogue_agrees(visitor, catalogue, quick):
    identifier = register(visitor).get_json()["identifier"]
    sent = apply(visitor, catalogue, identifier).get_json()
    decide(visitor, sent["application"])
    link = read(visitor, sent["status_url"]).get_json()["publication_url"]
    catalogue.down()
    set_state(visitor, identifier, "suspended")
    assert visitor.get(link + "/1").status_code == 403
    set_state(visitor, identifier, "active")
    assert visitor.get(link + "/1").status_code == 403
    catalogue.up()
    visitor.post("/outgoing/send")
    assert visitor.get(link + "/1").status_code == 200
    set_state(visitor, identifier, "withdrawn")
    assert visitor.get(link + "/1").status_code == 410
    assert apply(visitor, catalogue, identifier).status_code == 410
    assert set_state(visitor, identifier, "active").status_code == 409
    assert [b["state"] for b in catalogue.bodies("state")] == ["suspended", "active", "withdrawn"]
    assert {b["reason"] for b in catalogue.bodies("state")} == {"Asked for by the owner."}
    assert set_state(visitor, identifier, "gone").status_code == 400


# events of the catalogue


def test_an_event_is_stored_once_and_acknowledged_each_time(site, visitor, catalogue):
    event = catalogue.event("pid:cur8d-0aaaa")
    first, second = visitor.post("/ingest", **event), visitor.post("/ingest", **event)
    assert first.status_code == second.status_code == 200
    assert first.get_json() == second.get_json()
    assert first.get_json()["digest"] == client.digest(event["data"])
    assert first.get_json()["dataset_id"] == "pid:cur8d-0aaaa"
    assert row(site, "SELECT count(*) AS n FROM events")["n"] == 1
    page = visitor.get("/datasets?show=announced").text
    assert "Curated" in page and catalogue.url + "/records/cur8d-0aaaa" in page


@pytest.mark.parametrize(
    "said", [{"source": "https://staging.example.org"}, {"target": "csc-ingest"}, {"target": None}]
)
def test_an_event_of_another_catalogue_or_for_another_target_is_refused(site, visitor, catalogue, said):
    event = catalogue.event("one", "evt-1", said=said)
    answer = visitor.post("/ingest", **event)
    assert answer.status_code == 401 and row(site, "SELECT count(*) AS n FROM events")["n"] == 0


def test_one_event_id_with_two_bodies_is_refused(visitor, catalogue):
    assert visitor.post("/ingest", **catalogue.event("one")).status_code == 200
    assert visitor.post("/ingest", **catalogue.event("one", sequence=2)).status_code == 422


def test_an_older_event_is_acknowledged_and_dropped(site, visitor, catalogue):
    visitor.post("/ingest", **catalogue.event("one", "evt-2", sequence=2, state="suspended"))
    assert visitor.post("/ingest", **catalogue.event("one", "evt-1", sequence=1)).status_code == 200
    assert row(site, "SELECT state FROM announced")["state"] == "suspended"


def test_only_the_catalogue_can_announce(site, visitor, catalogue):
    forged = catalogue.event("one", private=client.new_key()[0])
    assert visitor.post("/ingest", **forged).status_code == 401
    changed = catalogue.event("one")
    changed["data"] = changed["data"].replace(b"Curated", b"Changed")
    assert visitor.post("/ingest", **changed).status_code == 401
    assert visitor.post("/ingest", data=b"{}").status_code == 401
    assert visitor.post("/ingest", **catalogue.event("one", source="csc")).status_code == 400
    assert visitor.post("/ingest", **catalogue.event("one", pid=None)).status_code == 400
    assert row(site, "SELECT count(*) AS n FROM announced")["n"] == 0


def test_the_catalogue_can_close_an_own_dataset_and_not_open_it(site, visitor, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    set_state(visitor, identifier, "suspended")
    visitor.post("/ingest", **catalogue.event(identifier, "evt-1", sequence=1))
    assert row(site, "SELECT state FROM datasets")["state"] == "suspended"
    visitor.post("/ingest", **catalogue.event(identifier, "evt-2", sequence=2, state="withdrawn"))
    assert row(site, "SELECT state FROM datasets")["state"] == "withdrawn"


def test_access_can_be_requested_for_an_announced_dataset(visitor, catalogue):
    visitor.post("/ingest", **catalogue.event("pid:cur8d-0aaaa"))
    sent = apply(visitor, catalogue, "pid:cur8d-0aaaa").get_json()
    decide(visitor, sent["application"])
    link = read(visitor, sent["status_url"]).get_json()["publication_url"]
    assert "No files of this dataset" in visitor.get(link).text
    assert apply(visitor, catalogue, "unknown").status_code == 404


# pages


def test_hostile_text_is_escaped_everywhere(visitor, catalogue):
    made = register(visitor, HOSTILE, [(b"x", HOSTILE, HOSTILE)], access_conditions=[{"lang": "en", "text": HOSTILE}])
    identifier = made.get_json()["identifier"]
    hostile = dict(example(HOSTILE))
    hostile["core"]["contacts"][0]["url"] = "javascript:alert(1)"
    visitor.post("/ingest", **catalogue.event("pid:x", dataset=hostile, record_url="javascript:alert(1)"))
    person = {"name": HOSTILE, "purpose": HOSTILE, "title": HOSTILE, "institution": HOSTILE}
    sent = apply(visitor, catalogue, identifier, email="0%s@example.org" % HOSTILE, **person).get_json()
    other = apply(visitor, catalogue, "pid:x", **person).get_json()
    for one in (sent, other):
        decide(visitor, one["application"], "return", reason=HOSTILE)
    addresses = addresses_of_every_page(visitor, catalogue, identifier)
    addresses += [
        sent["status_url"],
        other["status_url"],
        "/inbox/" + other["application"],
        "/inbox?q=" + quote(HOSTILE),
    ]
    draft = begin(visitor, identifier)
    form = {"dataset": identifier, "ref": catalogue.reference(identifier), "name": HOSTILE, "email": HOSTILE}
    pages = [(address, visitor.get(address)) for address in addresses + [draft + "/what", draft + "/check"]]
    pages.append(("/request", visitor.post("/request", data=form)))
    set_state(visitor, identifier, "suspended", HOSTILE)
    pages.append(("/messages", visitor.get("/messages?show=sent")))
    hosted = 0
    for address, page in pages:
        hosted += "&lt;script&gt;" in page.text
        scripts = re.findall("<script[^>]*>", page.text)
        assert all('src="/static/upload.js' in script for script in scripts), address
        assert 'href="javascript' not in page.text and " onerror" not in page.text and " style=" not in page.text
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy
        # only the form with a file field has a script, and that is the program's own
        assert ("script-src 'self';" in policy) is bool(re.search("/register/[0-9a-f]+/(?!check|discard)", address))
        # with no-referrer, browsers would send the pages' own forms with `Origin: null`
        assert page.headers["Referrer-Policy"] == "same-origin"
    assert hosted > 25


def test_a_form_of_another_origin_is_refused(site, visitor, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    form = {"state": "withdrawn", "reason": "x"}
    for origin in ("https://elsewhere.example.org", "null", "http://localhost.example.org"):
        answer = visitor.post("/datasets/%s/state" % identifier, data=form, headers={"Origin": origin})
        assert answer.status_code == 403
    assert row(site, "SELECT state FROM datasets")["state"] == "active"
    form["state"] = "suspended"
    answer = visitor.post("/datasets/%s/state" % identifier, data=form, headers={"Origin": "http://localhost"})
    assert answer.status_code == 303


def addresses_of_every_page(visitor, catalogue, identifier):
    """The pages about a dataset with one request that was given back and one that was approved."""
    sent = [apply(visitor, catalogue, identifier, email="%d@example.org" % n).get_json() for n in range(3)]
    decide(visitor, sent[0]["application"], "return")
    decide(visitor, sent[1]["application"])
    draft = begin(visitor)
    first, second, third = ("/inbox/" + one["application"] for one in sent)
    state = "/datasets/%s/state?to=" % identifier
    return [
        *("/", "/login", "/register", "/inbox", "/inbox?show=returned", "/inbox?show=decided&q=study", "/archive"),
        *("/datasets", "/datasets?show=announced", "/messages", "/messages?show=sent", "/nowhere"),
        *("/registered/" + identifier, "/register?dataset=" + identifier),
        *(state + to for to in ("suspended", "active", "withdrawn")),
        *("%s/%s" % (draft, key) for key in [group.key for group in GROUPS] + ["check", "discard"]),
        *(first, second, third, first + "/deny", second + "/revoke", third + "/approve", third + "/return"),
        *(second + "/change", "/requests"),
        *(one["status_url"] for one in sent),
        *(sent[0]["status_url"] + "/" + verb for verb in ("change", "end")),
        read(visitor, sent[1]["status_url"]).get_json()["publication_url"],
        "/request?dataset=%s&ref=%s" % (identifier, catalogue.reference(identifier)),
    ]


def test_pages_have_a_language_a_heading_and_a_label_for_every_input(visitor, catalogue):
    identifier = register(visitor).get_json()["identifier"]
    addresses = addresses_of_every_page(visitor, catalogue, identifier)
    for address in addresses:
        page = visitor.get(address).text
        assert '<html lang="en">' in page and len(re.findall("<h1[ >]", page)) == 1
        inputs = re.findall(r"<(?:input|select|textarea)\b[^>]*>", page)
        labels = set(re.findall(r'<label[^>]* for="([^"]+)"', page))
        assert page.count('class="btn btn-main') <= 1, address
        for tag in inputs:
            found = re.search(r' id="([^"]+)"', tag)
            assert re.search('type="(hidden|checkbox|radio)"', tag) or (found and found.group(1) in labels), tag
    assert visitor.get("/health").get_json() == {"ok": True}


def test_the_database_is_private(tmp_path, catalogue):
    create_app(tmp_path, catalogue.url, retry_every=None)
    path = tmp_path / "environment.sqlite"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sqlite3.connect(path).execute("PRAGMA journal_mode").fetchone() == ("wal",)
