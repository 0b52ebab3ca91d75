import contextlib
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import traceback

import pytest
import requests
from mail_server import mail_server
from table_server import TOKEN, table_server

from secureb2share_ext import client, reader

ISSUER = "https://catalogue.example.org"
PRIVATE, PUBLIC = client.new_key()
OTHER, _ = client.new_key()
JWKS = {"keys": [client.to_jwk(PUBLIC)]}
SECRET = b"a secret of the inside, 32 bytes"
FORM = "/v1/p11/survey/127835/submissions"
EVENTS = "/v1/p11/apps/secureb2share/tables/events"
NAME = "respondent-7"
OWNER = "committee@example.org"
INSIDE = "https://inside.example.org/form/127835"


class Guarded(dict):
    """A part of a submission whose other members nobody may read."""

    allowed = frozenset()

    def __getitem__(self, name):
        assert name in self.allowed, "read %r" % name
        return dict.__getitem__(self, name)

    def _never(self, *arguments):
        raise AssertionError("read as a whole")

    __iter__ = __repr__ = __str__ = items = keys = values = get = copy = _never


def guarded(content, *allowed):
    return type("Guarded", (Guarded,), {"allowed": frozenset(allowed)})(content)


def national(number):
    """A text of the form of a Norwegian identity number: a day of birth, and five more digits."""
    return "%02d%02d%02d%05d" % (number % 28 + 1, number % 12 + 1, number % 100, 10000 + number)


NUMBERS = [national(number).encode() for number in range(1001)]


def has_national(text):
    return any(number in text for number in NUMBERS)


def reference(private=PRIVATE, **changed):
    claims = {
        "iss": ISSUER,
        "pid": "abc-1",
        "revision": 1,
        "source": "tsd",
        "identifier": "p11-moba",
        "iat": 1700000000,
    }
    return client.mint_reference(private, dict(claims, **changed))


def submission(number, text):
    return {
        "answers": {"ref": text, "purpose": "asked by " + national(number), "name": NAME},
        "metadata": {
            "created": "2026-11-26T10:00:00.000Z",
            "submission_id": number,
            "respondent": {"provider": "idporten", "personal_identifier": national(number), "user_name": NAME},
        },
        "version": "2024-09",
        "version_minor": 2,
    }


def closed(content):
    """A submission of which only the reference and the id can be read."""
    parts = {
        "answers": guarded(content["answers"], "ref"),
        "metadata": guarded(content["metadata"], "submission_id"),
        "version": "2024-09",
    }
    return guarded(parts, "answers", "metadata")


def with_header(token, **header):
    head, claims, signature = token.split(".")
    changed = dict(json.loads(client._from_b64url(head).decode()), **header)
    return ".".join([client._b64url(client.canonical(changed)), claims, signature])


def with_claims(token, other):
    return ".".join([token.split(".")[0], other.split(".")[1], token.split(".")[2]])


# {kind: (a reference for a submission id, the mark)}
FORGERIES = {
    "another key": (lambda n: reference(OTHER), "forged"),
    "another key under the kid": (lambda n: with_header(reference(OTHER), kid=JWKS["keys"][0]["kid"]), "forged"),
    "no signature": (lambda n: with_header(reference(), alg="none").rpartition(".")[0] + ".", "forged"),
    "another algorithm": (lambda n: with_header(reference(), alg="HS256"), "forged"),
    "other claims": (lambda n: with_claims(reference(), reference(identifier="p11-other")), "forged"),
    "a byte less": (lambda n: reference()[:-1], "forged"),
    "a national number": (national, "forged"),
    "nothing": (lambda n: None, "missing"),
    "an empty text": (lambda n: "", "missing"),
    "another catalogue": (lambda n: reference(iss="https://other.example.org"), "moved"),
    "another source": (lambda n: reference(source="csc"), "moved"),
    "another dataset": (lambda n: reference(identifier="p11-other"), "moved"),
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "keys.json").write_text(json.dumps(JWKS))
    (tmp_path / "source.key").write_text(PRIVATE)
    (tmp_path / "secret").write_bytes(SECRET)
    (tmp_path / "token").write_text(TOKEN)
    for name in ("drop", "events", "submissions"):
        (tmp_path / name).mkdir()
    return tmp_path


class Parts:
    """The reader's classes, put together for one folder."""

    def __init__(self, folder, send=None, hand=None, **form):
        self.queue = reader.Queue(str(folder / "queue.sqlite"))
        self.queue._db.execute("PRAGMA synchronous = OFF")  # nobody pulls the plug here
        self.keys = reader.Keys(str(folder / "keys.json"))
        self.messages = reader.Messages(self.queue, client.Client(ISSUER, "tsd", PRIVATE))
        self.decisions = reader.Decisions(self.messages, SECRET)
        settings = dict({"datasets": ["p11-moba"], "report": self.decisions.add}, **form)
        self.form = reader.Form(self.queue, self.keys, ISSUER, "tsd", "ref", **settings)
        self.owners = reader.Owners(self.queue, {"*": OWNER}, send or (lambda *given: None))


@contextlib.contextmanager
def parts(folder, **given):
    made = Parts(folder, **given)
    try:
        yield made
    finally:
        made.queue.close()


def bytes_in(folder):
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def envelopes(folder):
    """[(id, body as dict)] of the lines in the drop folder."""
    lines = [line for path in sorted((folder / "drop").glob("*.jsonl")) for line in path.read_bytes().splitlines()]
    read = [json.loads(line.decode()) for line in lines]
    return [(line["id"], json.loads(line["body"])) for line in read]


def dropped(folder):
    return [body for _, body in envelopes(folder)]


def test_of_a_thousand_submissions_the_hundred_without_a_genuine_reference_are_marked(folder, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    makers = list(FORGERIES.values())
    wrong = {number: makers[(number // 10) % len(makers)] for number in range(10, 1001, 10)}
    texts = {number: wrong[number][0](number) if number in wrong else reference() for number in range(1, 1001)}
    rows = [submission(number, texts[number]) for number in texts]
    assert has_national(json.dumps(rows).encode()) and len(wrong) == 100
    with mail_server() as server, parts(folder, send=reader.Mail("127.0.0.1", server.port, "r@example.org")) as made:
        counts = made.form.take(closed(row) for row in rows)
        made.owners.tell(INSIDE)
        made.messages.drop(str(folder / "drop"))
        states = {request.submission: request.state for request in made.queue.requests("waiting", *reader.MARKS)}
    expected = {number: wrong[number][1] if number in wrong else "waiting" for number in texts}
    assert states == expected and len(states) - counts["waiting"] == 100
    marks = {mark: list(expected.values()).count(mark) for mark in reader.MARKS}
    assert counts == dict(marks, read=1000, waiting=900) and min(marks.values()) > 10
    (mail,) = server.mails
    assert "Dataset p11-moba: 900 new, 900 waiting" in mail.get_payload()
    assert len(dropped(folder)) == 900
    printed = capsys.readouterr()
    said = [bytes_in(folder), mail.as_bytes(), (caplog.text + printed.out + printed.err).encode()]
    assert [has_national(text) for text in said] == [False] * 3
    assert not any(word in text for text in said for word in (NAME.encode(), b"idporten", b"purpose", b"asked by"))
    assert not re.search(r"\b(123|457)\b", mail.get_payload())  # nor the id of a submission


@pytest.mark.parametrize("kind", FORGERIES)
def test_each_forgery_is_marked(folder, kind):
    make, mark = FORGERIES[kind]
    with parts(folder) as made:
        made.form.take([closed(submission(7, make(7))), closed(submission(8, reference()))])
        assert [made.queue.find(number).state for number in (7, 8)] == [mark, "waiting"]
        assert made.queue.find(7).identifier is None or mark == "moved"
        with pytest.raises(reader.ReaderError):
            made.decisions.decide(7, "approved")


WITHOUT = (
    None, 5, "text", [], {}, {"metadata": {"submission_id": 3}}, {"answers": {}, "metadata": {"submission_id": 3}},
    *({"answers": {"ref": reference()}, "metadata": {"submission_id": wrong}} for wrong in ("3", True, 2**63, -1, 1.5)),
    {"answers": {"ref": reference()}, "metadata": {}},
)  # fmt: skip


@pytest.mark.parametrize("number", range(len(WITHOUT)))
def test_what_is_no_submission_is_counted_and_stops_nothing(folder, number):
    with parts(folder) as made:
        counts = made.form.take([WITHOUT[number], submission(9, reference())])
    assert counts == {"read": 2, "unreadable": 1, "waiting": 1}


def test_a_locked_question_that_says_another_dataset_moves_the_reference(folder):
    row = submission(1, reference())
    row["answers"]["dataset"] = "p11-other"
    with parts(folder, locked={"dataset": "identifier"}) as made:
        other = dict(submission(2, reference()), answers={"ref": reference(), "dataset": "p11-moba"})
        assert made.form.take([row, other]) == {"read": 2, "moved": 1, "waiting": 1}
        assert made.form.members == ["metadata.submission_id", "answers.ref", "answers.dataset"]
    with pytest.raises(reader.ReaderError, match="locked names for each code"), parts(folder, locked={"a": "iat"}):
        pass


def test_a_dataset_that_was_superseded_moves_the_reference(folder):
    with parts(folder) as made:
        for number, state in enumerate(("active", "suspended", "superseded", "withdrawn"), 1):
            with made.queue.write() as db:
                db.execute("INSERT OR REPLACE INTO datasets VALUES ('tsd', 'p11-moba', ?, ?)", (number, state))
            made.form.take([submission(number, reference())])
        assert [made.queue.find(number).state for number in range(1, 5)] == ["waiting", "waiting", "moved", "moved"]


def test_a_mark_goes_when_new_keys_say_otherwise_and_nothing_else_changes(folder):
    (folder / "keys.json").write_text(json.dumps({"keys": []}))
    rows = [submission(1, reference()), submission(2, "x")]
    with parts(folder) as made:
        assert made.form.take(rows)["forged"] == 2
        (folder / "keys.json").write_text(json.dumps(JWKS))
        assert made.form.take(rows) == {"read": 2, "waiting": 1, "known": 1}
        assert made.form.take(rows) == {"read": 2, "known": 2}
        assert made.messages.drop(str(folder / "drop")) == {"dropped": 1}


def test_keys_are_fetched_once_for_many_forgeries_and_kept_when_they_cannot_be(folder):
    fetched = []

    def fetch():
        fetched.append(1)
        return JWKS

    path = str(folder / "fetched.json")
    keys = reader.Keys(path, fetch)
    for _ in range(3):
        assert keys.verify(lambda jwks: client.verify_reference(reference(OTHER), jwks)) is None
        assert keys.verify(lambda jwks: client.verify_reference(reference(), jwks))["pid"] == "abc-1"
    assert fetched == [1]
    keys = reader.Keys(path, lambda: 1 / 0)
    assert keys.verify(lambda jwks: client.verify_reference(reference(OTHER), jwks)) is None
    os.utime(path, (1, 1))  # older than a day
    keys = reader.Keys(path, fetch)
    assert keys.get() == JWKS and fetched == [1, 1]
    os.remove(path)
    with pytest.raises(reader.ReaderError, match="Fetching the catalogue's keys failed: ZeroDivisionError"):
        reader.Keys(path, lambda: 1 / 0).get()


def test_what_a_library_says_of_a_submission_stays_inside(folder):
    def fail(text):
        raise ValueError("the value %s is wrong" % text) from KeyError(text)

    with pytest.raises(reader.ReaderError) as raised:
        reader.quietly("Reading", fail, national(5))
    error, shown = raised.value, "".join(traceback.format_exception_only(raised.type, raised.value))
    assert "Reading failed: ValueError" in shown and not has_national(shown.encode())
    assert error.__context__ is None and error.__cause__ is None


def test_a_second_run_waits_for_the_first(folder):
    with parts(folder):
        with pytest.raises(reader.ReaderError, match="Another run is at work"):
            reader.Queue(str(folder / "queue.sqlite"))
    with parts(folder):
        pass


def test_an_owner_gets_one_mail_of_many_requests_and_none_twice(folder):
    with mail_server() as server:
        mail = reader.Mail("127.0.0.1", server.port, "reader@example.org")
        with parts(folder, send=mail, datasets=()) as made:
            made.owners.owners = {"p11-moba": "one@example.org", "p11-b": "two@example.org", "p11-c": "two@example.org"}
            names = ("p11-moba", "p11-moba", "p11-b", "p11-c")
            made.form.take(submission(n, reference(identifier=name)) for n, name in enumerate(names, 1))
            server.refusing = True
            assert made.owners.tell(INSIDE) == {"told": 0, "failed": 2}
            assert server.mails == []
            server.refusing = False
            assert made.owners.tell(INSIDE) == {"told": 2, "failed": 0}
            assert made.owners.tell(INSIDE) == {"told": 0, "failed": 0}
            made.decisions.decide(1, "approved")
            made.form.take([submission(6, reference()), submission(7, reference(identifier="p11-nobodys"))])
            assert made.owners.tell(INSIDE) == {"told": 1, "failed": 1}
    said = [(one["To"], one.get_payload().replace("\r\n", "\n")) for one in server.mails]
    first, second, third = (text for _, text in said)
    assert [to for to, _ in said] == ["one@example.org", "two@example.org", "one@example.org"]
    assert "p11-moba: 2 new, 2 waiting" in first and "p11-b: 1 new" in second and "p11-c: 1 new" in second
    assert "p11-moba: 1 new, 2 waiting" in third and INSIDE in third
    assert len({one["Message-ID"] for one in server.mails}) == 3
    assert {one["Auto-Submitted"] for one in server.mails} == {"auto-generated"}


def test_a_mail_that_may_have_been_sent_takes_no_more_requests(folder):
    mails = []

    def send(owner, text, mail):
        mails.append((mail, text))
        if len(mails) == 1:
            raise Killed()

    with parts(folder, send=send) as made:
        made.form.take([submission(1, reference())])
        with pytest.raises(Killed):
            made.owners.tell(INSIDE)
    with parts(folder, send=send) as made:
        made.form.take([submission(2, reference())])
        made.owners.tell(INSIDE)
    assert [mail == mails[0][0] for mail, _ in mails] == [True, True, False]
    assert all("p11-moba: 1 new" in text for _, text in mails)


class Rows:
    """A table of events in memory: each with its id and the digest of its bytes."""

    def __init__(self, bodies):
        said = [(json.loads(body.decode("utf-8")), body) for body in bodies]
        self.rows = [dict(one, event_id=one["id"], digest=client.digest(body)) for one, body in said]

    def walk(self, members):
        return [{name: row[name] for name in members} for row in self.rows]

    def read(self, where):
        return [row for row in self.rows if row["event_id"] in where]


class Killed(BaseException):
    """The end of the process."""


class Mortal:
    """Every effect of a run, of which the one with this number, counted from 0, comes never or is the last."""

    def __init__(self, number, before):
        self.left, self.before, self.dead = number, before, False

    def step(self, effect, *given, **named):
        if self.dead or (self.left == 0 and self.before):
            self.dead = True
            raise Killed()
        result = effect(*given, **named)
        if self.left == 0:
            self.dead = True
            raise Killed()
        self.left -= 1
        return result

    def around(self, effect):
        return lambda *given, **named: self.step(effect, *given, **named)


class MortalConnection:
    """A SQLite connection whose statements are such effects."""

    def __init__(self, connection, mortal):
        self.connection, self.execute, self.close = connection, mortal.around(connection.execute), connection.close


def one_run(folder, mortal, outside):
    made = Parts(folder, send=mortal.around(lambda owner, text, mail: outside["mails"].append((mail, text))))
    try:
        made.queue._db = MortalConnection(made.queue._db, mortal)
        made.form.take(submission(n, text) for n, text in ((1, reference()), (2, "forged"), (3, reference())))
        made.queue.hand(mortal.around(lambda request: outside["handed"].append(request.submission)))
        made.owners.tell(INSIDE)
        made.decisions.decide(3, "denied")
        rows = Rows([client.canonical(event(n, sequence=n)) for n in (1, 2)])
        events = reader.Events(made.queue, rows, ISSUER, "tsd-events", made.messages)
        events.take(mortal.around(lambda one, body: outside["events"].append(one["data"]["sequence"])))
        made.messages.drop(str(folder / "drop"))
    finally:
        made.queue.close()


def test_a_run_that_is_killed_between_any_two_steps_is_repeated(folder, monkeypatch):
    write, number, killed = reader.replace, 0, True
    while killed:
        for before in (True, False):
            here = folder / ("%d%s" % (number, before))
            shutil.copytree(str(folder / "drop"), str(here / "drop"))
            (here / "keys.json").write_text(json.dumps(JWKS))
            mortal, outside = Mortal(number, before), {"mails": [], "handed": [], "events": []}
            monkeypatch.setattr(reader, "replace", mortal.around(write))
            try:
                one_run(here, mortal, outside)
                killed = False
            except Killed:
                pass
            monkeypatch.setattr(reader, "replace", write)
            one_run(here, Mortal(-1, True), outside)
            with parts(here) as made:
                left = made.queue.rows("SELECT count(*) FROM messages WHERE answer IS NULL")
                states = [made.queue.find(n).state for n in (1, 2, 3)]
            # at least once, and what comes again is the same
            assert (states, left) == (["waiting", "forged", "denied"], [(0,)]), number
            assert set(outside["handed"]) == {1, 3} and len(outside["handed"]) <= 3, number
            assert len(dict(outside["mails"])) == 1 and len(outside["mails"]) <= 2, number
            assert sorted(set(outside["events"])) == [1, 2] and len(outside["events"]) <= 3, number
            said = dict(envelopes(here)).values()
            assert sorted(one.get("state", one["action"]) for one in said) == [
                "denied", "receipt", "receipt", "submitted", "submitted",
            ], number  # fmt: skip
            assert len({client.canonical(pair) for pair in envelopes(here)}) == 5, number
        number += 1
    assert number > 40


def test_the_api_is_asked_for_two_members_and_what_is_behind_the_last(folder):
    with table_server() as server, parts(folder) as made:
        rows = server.tables[FORM] = [submission(number, reference()) for number in range(1300, 0, -1)]
        session = requests.Session()
        session.headers["Authorization"] = "Bearer " + TOKEN
        table = reader.Table(server.url + FORM, session)
        counts = made.form.take(table.walk(made.form.members, str(made.queue.last())))
        assert counts == {"read": 1300, "waiting": 1300} and len(server.asked) == 4
        assert {re.search("select=([^&]*)", one).group(1) for one in server.asked} == {
            "metadata.submission_id,answers.ref"
        }
        rows.append(submission(1400, reference()))
        counts = made.form.take(table.walk(made.form.members, str(made.queue.last())))
        assert counts == {"read": 1, "waiting": 1}
        rows.insert(0, submission(1350, reference()))  # its id is older than the last
        assert made.form.take(table.walk(made.form.members, "0")) == {"read": 1302, "waiting": 1, "known": 1301}


def event(number, identifier="p11-moba", sequence=1, state="active", target="tsd-events", issuer=ISSUER):
    return {
        "specversion": "1.0",
        "id": "00000000-0000-5000-8000-%012x" % number,
        "source": issuer,
        "target": target,
        "type": "org.secureb2share.dataset.changed.v1",
        "time": "2026-11-26T10:00:00Z",
        "sequence": "%010d" % sequence,
        "data": {"source": "tsd", "identifier": identifier, "sequence": sequence, "state": state},
    }


def row_of(said, **changed):
    return dict(said, event_id=said["id"], digest=client.digest(client.canonical(said)), **changed)


def test_the_table_of_events_misses_none_and_gives_none_twice(folder):
    with table_server() as server, parts(folder) as made:
        # ids say nothing of the order; 90 datasets with 3 events each
        said = [event((n * 7919) % 1000 + (4 - s) * 1000, "d%d" % n, s) for n in range(90) for s in (1, 2, 3)]
        late = said.pop(4)  # d1, sequence 2
        wrong = [row_of(event(9001, target="other")), row_of(event(9002, issuer="https://other.example.org"))]
        wrong += [row_of(event(9005), subject="put in later")]
        wrong += [row_of(event(9003), data={"source": "tsd"}), dict(row_of(event(9004)), event_id="x' or 1=1")]
        server.tables[EVENTS] = [row_of(one) for one in said] + wrong
        session = requests.Session()
        session.headers["Authorization"] = "Bearer " + TOKEN
        table, taken = reader.Table(server.url + EVENTS, session), []

        def events():
            return reader.Events(made.queue, table, ISSUER, "tsd-events", made.messages)

        def hand(one, body):
            assert client.digest(body) == client.digest(client.canonical(one))
            taken.append((one["data"]["identifier"], one["data"]["sequence"]))

        assert events().take(hand) == {"taken": 269, "old": 0, "wrong": 5}
        assert all([s for name, s in taken if name == "d%d" % n] == [1, 2, 3] for n in range(90) if n != 1)
        server.tables[EVENTS].append(row_of(late))
        new = event(5, "d1", 4, "withdrawn")
        server.tables[EVENTS].append(row_of(new))
        del taken[:]
        assert events().take(hand) == {"taken": 1, "old": 1, "wrong": 5} and taken == [("d1", 4)]
        assert made.queue.rows("SELECT state FROM datasets WHERE identifier = 'd1'") == [("withdrawn",)]
        made.messages.drop(str(folder / "drop"))
    receipts = {one["event"]: one["digest"] for one in dropped(folder)}
    assert len(receipts) == 271 and receipts[new["id"]] == client.digest(client.canonical(new))


@pytest.mark.parametrize("order", ["good first", "good last", "equal"])
def test_two_rows_with_the_id_of_one_event_give_it_once(folder, order):
    good, other = row_of(event(7)), row_of(event(8, "d8"))
    # the id of the event in a row of another text, or of another sequence
    twins = [dict(good, digest="0" * 64, sequence="0000000009")]
    rows = {"good first": [good] + twins, "good last": twins + [good], "equal": [good, good]}[order]
    with table_server() as server, parts(folder) as made:
        server.tables[EVENTS] = rows + [other]
        session = requests.Session()
        session.headers["Authorization"] = "Bearer " + TOKEN
        taken = []
        for count in (2, 0):
            events = reader.Events(made.queue, reader.Table(server.url + EVENTS, session), ISSUER, "tsd-events")
            found = events.take(lambda one, body: taken.append(one["id"]))
            assert found == {"taken": count, "old": 0, "wrong": 0}
    assert sorted(taken) == [good["id"], other["id"]]


def test_an_answer_has_a_longest_length(folder, monkeypatch):
    monkeypatch.setattr(reader, "MOST", 100000)
    with table_server() as server:
        session = requests.Session()
        session.headers["Authorization"] = "Bearer " + TOKEN
        table = reader.Table(server.url + EVENTS, session)
        server.tables[EVENTS] = [{"event_id": "x" * 99000}]
        assert len(table.read("range=0.100")) == 1
        server.tables[EVENTS] = [{"event_id": national(n) * 1000} for n in range(20)]
        with pytest.raises(reader.ReaderError, match="longer than 100000 bytes") as raised:
            table.read("range=0.100")
        assert not has_national("".join(traceback.format_exception_only(type(raised.value), raised.value)).encode())


def test_files_of_one_second_keep_their_order(folder, monkeypatch):
    monkeypatch.setattr(client, "now_utc", lambda: "2026-11-26T10:00:00Z")
    with parts(folder) as made:
        for number in range(1, 13):
            made.form.take([submission(number, reference())])
            assert made.messages.drop(str(folder / "drop")) == {"dropped": 1}
        said = [made.decisions.application(number) for number in range(1, 13)]
    assert [body["application"] for body in dropped(folder)] == said


def settings(folder, url, port, **changed):
    given = {
        "catalogue": ISSUER,
        "source": "tsd",
        "queue": "queue.sqlite",
        "keys": "keys.json",
        "key": "source.key",
        "secret": "secret",
        "drop": "drop",
        "form": {"reference": "ref", "table": url + FORM, "token": "token", "datasets": ["p11-moba"]},
        "events": {"table": url + EVENTS, "token": "token", "target": "tsd-events", "folder": "events"},
        "tell": {
            "owners": {"*": OWNER},
            "host": "127.0.0.1",
            "port": port,
            "sender": "r@example.org",
            "inside": INSIDE,
        },
    }
    (folder / "reader.json").write_text(json.dumps(dict(given, **changed)))
    return str(folder / "reader.json")


def run(path, *arguments):
    return reader.main([path] + list(arguments))


def test_the_commands_one_after_the_other(folder, capsys):
    with table_server() as server, mail_server() as mails:
        server.tables[FORM] = [submission(1, reference()), submission(2, national(2))]
        server.tables[EVENTS] = [row_of(event(1)), row_of(event(2, sequence=2, state="superseded"))]
        path = settings(folder, server.url, mails.port)
        assert run(path, "submissions") == 0
        assert "2 read, 1 waiting, 1 forged, 1 told, 0 failed, 1 dropped" in capsys.readouterr().out
        assert run(path, "requests") == 0 and capsys.readouterr().out.startswith("1\twaiting\tp11-moba\t20")
        assert run(path, "requests", "--marked") == 0 and capsys.readouterr().out.startswith("2\tforged\t\t20")
        assert run(path, "decide", "1", "approved") == 0 and run(path, "decide", "2", "approved") == 1
        assert run(path, "requests") == 0 and "0 waiting" in capsys.readouterr().out
        assert run(path, "events") == 0 and len(list((folder / "events").iterdir())) == 2
        server.tables[FORM].append(submission(3, reference()))
        assert run(path, "submissions") == 0 and "1 moved" in capsys.readouterr().out
    assert [one.get("state") for one in dropped(folder)] == ["submitted", "approved", None, None]
    assert len(mails.mails) == 1


FAULTS = [
    ({"form": {"reference": "my-ref", "table": "http://127.0.0.1:9/", "token": "token"}}, "letters, digits and _ only"),
    ({"catalogue": ""}, "catalogue is missing"),
    ({"colour": "red"}, "colour is no setting"),
    ({"form": {"folder": "x"}}, "form: reference is missing"),
    ({"form": {"reference": "ref"}}, "form: folder, or table and token, are missing"),
    ({"keys": "none.json"}, "none.json failed: FileNotFoundError"),
    ({"secret": "token"}, "at least 32 bytes"),
    ({"form": {"reference": "ref", "folder": "nowhere"}}, "failed: FileNotFoundError"),
    ({"drop": "nowhere"}, "failed: FileNotFoundError"),
    ({"events": []}, "events: the settings are an object"),
]


@pytest.mark.parametrize("number", range(len(FAULTS)))
def test_a_fault_is_said_in_one_sentence(folder, capsys, number):
    changed, said = FAULTS[number]
    with table_server() as server, mail_server() as mails:
        server.tables[FORM] = [submission(1, reference())]
        assert run(settings(folder, server.url, mails.port, **changed), "submissions") == 1
    printed = capsys.readouterr()
    assert said in printed.err and "Traceback" not in printed.err


def test_a_netrc_does_not_take_the_place_of_the_token(folder, monkeypatch):
    (folder / "netrc").write_text("default login another password another\n")
    (folder / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(folder / "netrc"))
    with table_server() as server, mail_server() as mails:
        path = settings(folder, server.url, mails.port)
        server.tables[FORM], server.tables[EVENTS] = [submission(1, reference())], [row_of(event(1))]
        assert run(path, "submissions") == 0 and run(path, "events") == 0


def test_an_api_that_fails_says_so_and_the_owners_are_told_all_the_same(folder, capsys):
    with table_server() as server, mail_server() as mails:
        path = settings(folder, server.url, mails.port)
        server.tables[FORM] = [submission(n, reference()) for n in range(1, 4)]
        mails.refusing = True
        assert run(path, "submissions") == 1 and "1 failed" in capsys.readouterr().out
        mails.refusing = False
        server.cut = 40
        server.tables[FORM].append(submission(4, reference()))
        assert run(path, "submissions") == 1
        assert "Reading an answer of the API failed: " in capsys.readouterr().err and len(mails.mails) == 1
        (folder / "token").write_text("expired")
        assert run(path, "submissions") == 1 and "answered 403" in capsys.readouterr().err
        assert run(path, "events") == 1 and "answered 403" in capsys.readouterr().err
        (folder / "token").write_text(TOKEN)
        assert run(path, "events") == 1 and "no such table (404)" in capsys.readouterr().err


def test_a_folder_of_files_is_read_and_a_broken_one_is_counted(folder, capsys):
    files = folder / "submissions"
    (files / "a.json").write_text(json.dumps(submission(5, reference())))
    (files / "b.json").write_text(json.dumps([submission(3, reference()), submission(4, "x")]))
    (files / "c.json").write_text('{"answers": "%s' % national(3))
    (files / "d.json").write_bytes(b'{"answers": "\xff%s"' % national(3).encode())
    (files / ".part.json").write_text("{")
    path = settings(folder, "http://127.0.0.1:9", 9, form={"reference": "ref", "folder": "submissions"}, tell={})
    given = json.loads((folder / "reader.json").read_text())
    del given["tell"]
    (folder / "reader.json").write_text(json.dumps(given))
    assert run(path, "submissions") == 1
    printed = capsys.readouterr()
    assert "5 read, 2 waiting, 1 forged, 2 unreadable" in printed.out and not has_national(printed.err.encode())


def test_two_copied_files_are_enough(folder):
    place = folder / "copied"
    place.mkdir()
    for module in (client, reader):
        shutil.copy(module.__file__, str(place))
    (folder / "submissions" / "1.json").write_text(json.dumps(submission(1, reference())))
    path = settings(folder, "http://127.0.0.1:9", 9, form={"reference": "ref", "folder": "submissions"})
    given = json.loads((folder / "reader.json").read_text())
    del given["tell"]
    (folder / "reader.json").write_text(json.dumps(given))
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, str(place / "reader.py")]
    for arguments, said in (["--help"], "decide"), ([path, "submissions"], "1 read, 1 waiting, 1 dropped"):
        done = subprocess.run(
            command + arguments, cwd=str(place), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert done.returncode == 0, done.stderr.decode()
        assert said in done.stdout.decode()
