import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

pytest.importorskip("invenio_db")

import test_rems_applications as counted  # noqa: E402
from invenio_db import db  # noqa: E402
from memory import described  # noqa: E402
from rems_events import PERSONS, encoded, event, whole  # noqa: E402
from test_rems_applications import catalogue, made  # noqa: E402, F401

from secureb2share_ext import stops  # noqa: E402
from secureb2share_ext.access.rems import Rems  # noqa: E402
from secureb2share_ext.errors import SecureB2ShareError, SourceSuspended  # noqa: E402
from secureb2share_ext.messages import rems_reading  # noqa: E402
from secureb2share_ext.messages.rems_reading import Reader, reconcile  # noqa: E402


class Fake:
    """A REMS that knows applications {id: [event]}, and answers with whatever a test puts in the place of that."""

    def __init__(self):
        self.applications, self.instead, self.asked, self.missing = {}, {}, [], 0

    def answer(self, path, headers):
        parts = urlsplit(path)
        self.asked.append(
            (parts.path, parse_qs(parts.query), headers.get("x-rems-user-id"), headers.get("x-rems-api-key"))
        )
        for beginning, said in self.instead.items():
            if path.startswith(beginning):
                return said
        if parts.path == "/api/applications":
            overview = [dict(whole(1, "x", number)["event/application"]) for number in self.applications]
            return 200, json.dumps(overview).encode("utf-8")
        number = int(parts.path.split("/")[3])
        events = self.applications[number]
        found = dict(whole(1, "x", number)["event/application"], **{"application/events": events})
        return 200, json.dumps(found).encode("utf-8")


@pytest.fixture
def rems():
    fake = Fake()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = fake.answer(self.path, self.headers)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(body[: len(body) - fake.missing])

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    fake.url = "http://127.0.0.1:%d" % server.server_port
    with contextlib.ExitStack() as stack:
        stack.callback(server.server_close)
        stack.callback(thread.join)
        stack.callback(server.shutdown)
        yield fake


def run(catalogue, rems, *identifiers):  # noqa: F811
    rows = [catalogue.row(one, "csc") for one in identifiers]
    return list(reconcile(catalogue.extension, "sd-apply", Reader(rems.url, "reporter", "key"), [rows]))


def test_what_the_door_missed_is_counted_once_and_no_person_is_kept(catalogue, rems, caplog):  # noqa: F811
    catalogue.send("register", 'a"\\', "csc", dataset=described())
    resource = 'urn:csc:a"\\'
    life = ["created", "submitted", "returned", "submitted", "approved"]
    rems.applications = {
        number: [whole(place, kind, number, [resource] if not place else None) for place, kind in enumerate(kinds)]
        for number, kinds in ((7, life), (8, life[:2]), (9, life[:1]))
    }
    rems.applications[10] = [whole(0, "created", 10, ["another"]), whole(1, "member-invited", 10)]
    # the door took two of one application, in whatever order
    counted.send(catalogue, 1, "submitted")
    counted.send(catalogue, 0, "created", 7, [resource])
    assert counted.counts(catalogue, 'a"\\') == {"open": 1}
    first, second = run(catalogue, rems, 'a"\\'), run(catalogue, rems, 'a"\\')
    assert counted.counts(catalogue, 'a"\\') == {"open": 1, "approved": 1}
    assert "changed" in first and set(second) <= {"unchanged", "ignored"}
    assert rems.asked[0] == ("/api/applications", {"query": ['resource:"urn:csc:a\\"\\\\"']}, "reporter", "key")
    kept = json.dumps(catalogue.rows(), default=str) + caplog.text
    assert [person for person in PERSONS if person in kept] == []


def test_after_a_change_of_the_secret_key_every_application_counts_once(catalogue, rems):  # noqa: F811
    for identifier in "ab":
        catalogue.send("register", identifier, "csc", dataset=described())
    for number, kinds in ((7, ["created", "submitted", "approved"]), (8, ["created", "submitted"]), (9, ["created"])):
        named = ["urn:csc:a", "urn:csc:b"] if number == 7 else ["urn:csc:b"]
        rems.applications[number] = [
            whole(place, kind, number, named if not place else None) for place, kind in enumerate(kinds)
        ]
        for place, kind in enumerate(kinds):
            counted.send(catalogue, place, kind, number, named if not place else None)
    expected = ({"approved": 1}, {"approved": 1, "open": 1})
    assert (counted.counts(catalogue, "a"), counted.counts(catalogue, "b")) == expected
    config = catalogue.app.config
    try:
        config["SECRET_KEY"] = "another"
        counted.send(catalogue, 3, "revoked", 7)  # finds no dataset
        rems.applications[7].append(whole(3, "revoked", 7))
        stops.begin(stops.SOURCE + "csc", "a key was stolen")
        db.session.commit()
        with pytest.raises(SourceSuspended):
            run(catalogue, rems, "a", "b")
        db.session.rollback()
        # nothing is dropped that is not counted anew
        assert (counted.counts(catalogue, "a"), counted.counts(catalogue, "b")) == expected
        stops.end(stops.SOURCE + "csc")
        db.session.commit()
        for _ in range(2):
            run(catalogue, rems, "a", "b")
            assert counted.counts(catalogue, "a") == {"closed": 1}
            assert counted.counts(catalogue, "b") == {"closed": 1, "open": 1}
    finally:
        config["SECRET_KEY"] = counted.SECRET_KEY


def test_rems_is_asked_for_the_resources_of_links_and_target(catalogue, rems):  # noqa: F811
    access = {"url": "https://rems.example.org", "resource": "{pid_url}", "events": "d" * 24}
    provider = Rems.read("entry", access, False)
    catalogue.send("register", "a", "csc", dataset=described())
    row = catalogue.row("a", "csc")
    row.pid = "10.1234/x<1>"
    with_it = SimpleNamespace(providers={"sd-apply": provider}, host=catalogue.host)
    list(reconcile(with_it, "sd-apply", Reader(rems.url, "reporter", "key"), [[row]]))
    assert rems.asked[0][1] == {"query": ['resource:"https://doi.org/10.1234/x%3C1%3E"']}
    db.session.rollback()


@pytest.mark.parametrize(
    "path, said",
    [
        ("/api/applications?", (403, b"Respondent 7")), ("/api/applications?", (302, b"Respondent 7")),
        ("/api/applications?", (200, b'["Respondent 7')), ("/api/applications/7", (500, b"Respondent 7")),
        ("/api/applications/7", (200, b'{"a": "Respondent 7"}')), ("/api/applications/7", (200, b"Respondent 7")),
    ],
    ids=lambda value: value if isinstance(value, str) else "%d-%d" % (value[0], len(value[1])),
)  # fmt: skip
def test_answers_that_cannot_be_used_end_it_without_a_word_of_them(catalogue, rems, path, said):  # noqa: F811
    catalogue.send("register", "a", "csc", dataset=described())
    rems.applications, rems.instead = {7: [event(1, "created", 7, ["urn:csc:a"])]}, {path: said}
    before = counted.rows(catalogue)
    with pytest.raises(SecureB2ShareError) as error:
        run(catalogue, rems, "a")
    chain = [error.value, error.value.__cause__, error.value.__context__]
    assert "REMS" in str(error.value) and not [
        one for one in chain if "Respondent" in repr(getattr(one, "__dict__", one))
    ]
    assert "Respondent" not in repr(error.value) and counted.rows(catalogue) == before
    assert "/elsewhere" not in [asked[0] for asked in rems.asked]


def test_nobody_there_is_said():
    with pytest.raises(SecureB2ShareError, match="cannot be reached"):
        Reader("http://127.0.0.1:9", "u", "k").applications("a")


def test_an_answer_that_breaks_off_is_none_of_what_was_read(rems):
    rems.applications, rems.missing = {7: []}, 10
    with pytest.raises(SecureB2ShareError) as error:
        Reader(rems.url, "u", "k").applications("a")
    assert (error.value.__cause__, error.value.__context__) == (None, None)


def test_of_an_answer_only_what_is_asked_for_is_parsed():
    body = encoded([whole(1, "created", 7, ["a"])])
    assert rems_reading._parsed(body, {"application/id"}) == [{"application/id": 7}]
