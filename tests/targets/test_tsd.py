"""The target of kind tsd, against a file API that answers as TSD's was seen to, with the storage of the real one."""

import base64
import contextlib
import copy
import datetime
import hashlib
import http.client
import json
import os
import stat
import threading
import time
from concurrent import futures
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from tables import for_each

from secureb2share_ext import client, targets
from secureb2share_ext.errors import ConfigError
from secureb2share_ext.outbox import event, receipt, retry
from secureb2share_ext.targets import connection, tsd, tsd_row, tsd_secret
from secureb2share_ext.testing.tsd import FileApi, Memory

NOW = datetime.datetime(2026, 1, 31)


def made(number=1, identifier="p11/moba", text="Mødre"):
    """An event with its frozen bytes."""
    data = {"source": "tsd", "identifier": identifier, "pid": "1", "state": "active", "reason": text}
    message_id, body = event.body(
        "instance", "https://catalogue.example.org", "tsd", data, "changed", number, 1, "2026-01-31T10:00:00Z"
    )
    return SimpleNamespace(message_id=message_id, body=body)


@pytest.fixture(params=["memory", "pysquril"])
def api(request, tmp_path):
    storage = Memory()
    if request.param == "pysquril":
        pytest.importorskip("pysquril", reason="without pysquril the storage is one of our own")
        from squril import Squril

        storage = Squril(str(tmp_path / "p11.db"))
    with FileApi(storage=storage) as found:
        yield found


@pytest.fixture
def configured(api, tmp_path):
    """A function of settings -> target; its secret is in the file `secret`."""
    path = tmp_path / "secret"
    path.write_text(api.secret())

    def configured(**settings):
        return read(url=api.url, secret_file=str(path), demo=True, **settings)

    return configured


def read(demo=False, **settings):
    chosen = {"kind": "tsd", "project": "p11", "app": "secureb2share"}
    config = {"SECUREB2SHARE_TARGETS": {"tsd": dict(chosen, **settings)}, "SECUREB2SHARE_DEMO": demo}
    return targets.read(config)["tsd"]


def send(channel, one=None):
    return channel.send(one or made(), None)


def outcome(answer):
    return retry.decide(answer, 0, NOW, 0)


def put(api, channel, body, path=None, **headers):
    """What the API answers to any body, sent with a good token: (status, body, reason)."""
    channel._get_token(connection.end_of_attempt())
    given = {"authorization": "Bearer " + channel._token, "user-agent": tsd.USER_AGENT, **headers}
    connected = http.client.HTTPConnection(urlsplit(api.url).netloc)
    connected.request("PUT", path or channel._path, body=body, headers=given)
    answer = connected.getresponse()
    found = answer.status, answer.read(), answer.reason
    connected.close()
    return found


def test_a_row_is_the_event_and_is_stored_once(api, configured):
    channel, one = configured().open(), made()
    answers = [send(channel, one) for _ in range(3)] + [send(configured().open(), one)]
    assert {(answer.status, answer.meaning, answer.body) for answer in answers} == {(201, "delivered", b"")}
    (row,) = api.rows("events")
    frozen = {name: value for name, value in row.items() if name not in ("event_id", "digest")}
    assert client.canonical(frozen) == one.body and row["digest"] == client.digest(one.body)
    assert row["event_id"] == one.message_id
    assert api.queue[0]["data"]["resource_identifier"] == {"key": "event_id", "values": [one.message_id]}
    assert api.queue[0]["uri"] == "/v1/p11/apps/secureb2share/tables/events"
    # delivered, and not acknowledged
    assert outcome(answers[0]) == retry.Delivered() and receipt.read(answers[0].body, one.body) == (None, False)
    channel.close()


def test_every_request_sends_one_user_agent_byte_for_byte_and_one_token_serves_many_rows(api, configured):
    channel = configured().open()
    for number in range(1, 6):
        assert send(channel, made(number)).status == 201
    agents = {headers["user-agent"] for _, _, headers, _ in api.requests}
    assert agents == {tsd.USER_AGENT} and [row["sequence"] for row in api.rows("events")][-1] == "0000000005"
    token, row = api.requests[:2]
    assert (token[:2], token[3]) == (("POST", "/v1/p11/auth/basic/token?type=app-basic"), b"")
    assert token[2]["content-type"] == row[2]["content-type"] == "application/json"
    assert (row[0], row[1]) == ("PUT", "/v1/p11/apps/secureb2share/tables/events") and row[3][:1] == b"{"
    assert row[2]["resource-identifier-key"] == "event_id" and row[2]["resource-identifier"] == made(1).message_id
    assert sum("auth" in path for _, path, _, _ in api.requests) == 1
    channel.close()
    with_other = {"user-agent": "another"}
    assert put(api, channel, made().body, **with_other)[0] == 403


# what the table of conditions of TSD's API says of bodies: (name, body, more headers, status, rows)
A, B = b'{"n":1}', b'{"n":2}'
BODIES = [
    ("new", [A], {}, 201, 1),
    ("same", [A, A], {}, 201, 1),
    ("white space", [A, b'{ "n": 1 }'], {}, 201, 1),
    ("order of members, a second row on SQLite", [b'{"a":1,"b":2}', b'{"b":2,"a":1}'], {}, 201, 2),
    ("a list with one that is there", [A, b'[{"n":2},{"n":1},{"n":3}]'], {}, 201, 1),
    ("a text", [b'"{}"'], {}, 201, 0),
    ("an empty list", [b"[]"], {}, 201, 0),
    ("null", [b"null"], {}, 500, 0),
    ("a number", [b"1"], {}, 500, 0),
    ("no JSON", [b"{"], {}, 500, 0),
    ("nothing", [b""], {}, 500, 0),
    ("no number", [b'{"n":NaN}'], {}, 404, 0),
    ("long", [b'{"n":"' + b"x" * 5000000 + b'"}'], {}, 201, 1),
    ("nested identifier that is absent", [A], {"resource-identifier-key": "a.b"}, 500, 0),
    ("identifier that is absent", [A], {"resource-identifier-key": "a"}, 201, 1),
    ("NUL, on SQLite", [b'{"n":"\\u0000"}'], {}, 201, 1),
]


# where the database of the real one makes a difference
ON_POSTGRESQL = {"order of members, a second row on SQLite": (201, 1), "NUL, on SQLite": (500, 0)}


@contextlib.contextmanager
def storage_of(kind, folder):
    from squril import Squril

    if kind == "sqlite":
        yield Squril(str(folder / "p11.db"))
        return
    if not os.environ.get("SECUREB2SHARE_TEST_POSTGRESQL"):
        pytest.skip("no PostgreSQL: SECUREB2SHARE_TEST_POSTGRESQL is not set")
    from served import new_database

    with new_database() as uri:
        parts = urlsplit(uri)
        names = {"dbname": parts.path[1:], "user": parts.username, "pw": parts.password}
        found = Squril(dbconfig=dict(names, host=parts.hostname, port=parts.port))
        try:
            yield found
        finally:
            found.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_api_of_the_tests_answers_as_the_table_says(tmp_path, kind):
    pytest.importorskip("pysquril", reason="pysquril is the storage of the real one")
    numbers = iter(range(100))
    with storage_of(kind, tmp_path) as storage, FileApi(storage=storage) as api:
        (tmp_path / "secret").write_text(api.secret())

        @for_each(BODIES)
        def answers(name, bodies, headers, status, rows):
            if kind == "postgresql":
                status, rows = ON_POSTGRESQL.get(name, (status, rows))
            table = "t%d" % next(numbers)
            secret_file = str(tmp_path / "secret")
            channel = read(url=api.url, secret_file=secret_file, table=table, demo=True).open()
            last = [put(api, channel, body, **headers) for body in bodies][-1]
            channel.close()
            assert last[0] == status and len(api.rows(table)) == rows, (last, api.rows(table))
            if "absent" in name and status == 201:
                assert api.queue[-1]["data"]["resource_identifier"]["values"] == [None]

        answers()


def test_what_the_api_says_of_places(api, configured):
    channel = configured().open()
    base = "/v1/p11/apps/secureb2share/tables/"
    assert put(api, channel, A, base + "a%22b")[0] == 404
    assert put(api, channel, A, base + "events/audit")[:2] == (
        403,
        b'{"message": "Client not authorized for request"}',
    )
    assert put(api, channel, A, "/v1/p12/apps/secureb2share/tables/events")[0] >= 400
    assert put(api, channel, A, authorization="Bearer a.b.c") == (403, b"", "Client not authorized for request")
    for name in ("a" * 50, 'a"b', "events/audit", "audit", "Events", "", 1):
        with pytest.raises(ConfigError, match="table"):
            configured(table=name)


def test_rows_that_are_sent_side_by_side_are_one_each(api, configured):
    target, equal = configured(), made(50)
    channels = [target.open() for _ in range(12)]
    with futures.ThreadPoolExecutor(12) as pool:
        first = list(pool.map(send, channels, [made(number) for number in range(1, 13)]))
        same = list(pool.map(send, channels, [equal] * 12))
    assert {answer.status for answer in first + same} == {201} and len(api.rows("events")) == 13
    for channel in channels:
        channel.close()


# what stands against a row, what became of it, and what the operator reads:
# (name, what to do to the API, type of the outcome, whether the target is down, words, rows)
CONDITIONS = [
    ("stored", {}, retry.Delivered, "", 1),
    ("an expired token", {"next": [403]}, retry.Delivered, "", 1),
    ("refused twice", {"next": [403, 403]}, retry.Pause, "not on TSD's list", 0),
    ("an address that is not on the list", {"allowed": set()}, retry.Pause, "not on TSD's list", 0),
    ("an expired secret", {"days": -3}, retry.Pause, "the client secret ended on", 0),
    ("the secret's file is gone", {"gone": True}, retry.Pause, "cannot be read", 0),
    ("500", {"next": [500]}, retry.Retry, "status 500", 0),
    ("500 after it was stored", {"stored": [500]}, retry.Retry, "status 500", 1),
    ("404", {"next": [404]}, retry.Retry, "TSD's database refused the row", 0),
    ("maintenance", {"next": [503]}, retry.Retry, "maintenance", 0),
    (
        "storage that moves",
        {"next": [(503, {"X-Project-Storage": "Migrating", "Retry-After": "77"})]},
        retry.Retry,
        "storage",
        0,
    ),
    ("over its quota", {"next": [(507, {"Retry-After": "77"})]}, retry.Retry, "disk quota", 0),
    ("200, which is not TSD's", {"next": [200]}, retry.Retry, "does not say that the row is stored", 0),
    ("too long for a proxy", {"next": [413]}, retry.Park, "status 413", 0),
    ("no answer over a kept connection", {"stored": ["drop"]}, retry.Delivered, "", 1),
    ("no answer", {"stored": ["drop", "drop"]}, retry.Retry, "RemoteDisconnected", 1),
]
DOWN = ("maintenance", "storage that moves", "over its quota", "no answer")


def test_every_condition_of_a_write_is_answered_as_it_has_to_be(tmp_path):
    @for_each(CONDITIONS)
    def is_answered(name, done, kind, words, rows):
        done, path, asked = copy.deepcopy(done), tmp_path / "secret", "Retry-After" in repr(done)
        with FileApi() as api:
            path.write_text(api.secret(days=done.pop("days", 365)))
            channel = read(url=api.url, secret_file=str(path), demo=True).open()
            if done.pop("gone", False):
                path.unlink()
            for attribute, value in done.items():
                setattr(api, attribute, value)
            answer = send(channel)
            found = outcome(answer)
            channel.close()
        assert isinstance(found, kind) and getattr(found, "is_down", False) == (name in DOWN)
        assert words in getattr(found, "reason", "") and len(getattr(found, "reason", "")) <= 200
        assert len(api.rows("events")) == rows and answer.body == b""
        # only where it may be the row's own fault
        assert (answer.meaning == "suspect") == (answer.status == 500)
        assert answer.retry_after == ("77" if asked else "") and (not asked or found.seconds >= 77)

    is_answered()


def test_a_token_that_ended_or_was_revoked_is_replaced_once_and_costs_nothing(api, configured):
    channel = configured().open()
    assert send(channel, made(1)).status == 201
    # as an empty 403 says it
    api.revoked_before = time.time() + 0.001
    time.sleep(0.002)
    assert send(channel, made(2)).status == 201
    # near its end it is not used any more
    channel._token_ends = time.monotonic()
    assert send(channel, made(3)).status == 201
    asked = [path for _, path, _, _ in api.requests]
    assert sum("auth" in path for path in asked) == 3 and len(asked) == 7
    assert len(api.rows("events")) == 3
    # of a refusal each attempt makes one further request for a token, and no more
    api.next = [403, 403]
    assert send(channel, made(4)).meaning == "pause" and len(api.requests) == 7 + 3
    channel.close()


def test_what_no_table_can_hold_is_parked_and_never_sent(api, configured):
    channel = configured().open()
    head, tail = made().body.split(b'"reason":"M\xc3\xb8dre"')
    for reason in (rb'"\u0000"', rb'"\ud800"', rb'["a",{"\u0000":1}]', b"NaN"):
        one = SimpleNamespace(message_id="x", body=head + b'"reason":' + reason + tail)
        answer = send(channel, one)
        assert isinstance(outcome(answer), retry.Park) and "not sent" in answer.reason
    for body in (b'"{}"', b"[]", b"null", b"1", b"{", b"", b" {}", b'{"id":1}', b"\xff"):
        answer = send(channel, SimpleNamespace(message_id="x", body=body))
        assert isinstance(outcome(answer), retry.Park), body
    # an event that is damaged, as by hand in the database
    deep = head + b'"reason":' + b"[" * 200000 + tail
    for body, kind in ((b"\xff", "UnicodeDecodeError"), (deep, "RecursionError"), (None, "AttributeError")):
        answer = send(channel, SimpleNamespace(message_id="x", body=body))
        assert outcome(answer) == retry.Park("not sent: the event cannot be read: " + kind)
    for message_id in ("a\r\nb: c", "\u2026", "", None):
        assert isinstance(outcome(send(channel, SimpleNamespace(message_id=message_id, body=made().body))), retry.Park)
    assert (
        api.requests == []
        and "data.reason"
        in send(channel, SimpleNamespace(message_id="x", body=head + rb'"reason":"\u0000"' + tail)).reason
    )


@pytest.mark.parametrize("kind", [ValueError, TypeError, MemoryError, UnicodeError])
def test_no_error_of_ours_ends_the_thread_or_rests_the_target(configured, monkeypatch, kind):
    def fails(*given):
        raise kind("quotes the event")

    channel = configured().open()
    monkeypatch.setattr(channel._connection, "request", fails)
    answer = send(channel)
    found = outcome(answer)
    assert isinstance(found, retry.Retry) and not found.is_down and answer.meaning == "suspect"
    assert found.reason == "the attempt failed: " + kind.__name__


def test_an_attempt_with_its_token_ends_within_the_time_for_all(api, configured, monkeypatch):
    monkeypatch.setattr(connection, "TOTAL", 1)
    monkeypatch.setattr(connection, "READ", 0.7)
    began, release = time.monotonic(), threading.Event()
    real = api.answer
    # each request alone is quick enough
    monkeypatch.setattr(api, "answer", lambda *given: (release.wait(0.6), real(*given))[1])
    channel = configured().open()
    answer = send(channel)
    release.set()
    channel.close()
    assert answer.status is None and time.monotonic() - began < 3


def test_a_private_address_is_refused_and_a_redirect_is_not_followed(api, configured, tmp_path):
    target = configured()
    target.allow_private = False
    assert send(target.open()).error == "EgressRefused" and api.requests == []
    target.allow_private = True
    api.next = [307]
    channel = target.open()
    assert isinstance(outcome(send(channel)), retry.Pause) and len(api.requests) == 2
    channel.close()


SECRET = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b"{}", b'{"exp":1900000000}', b"s"))


@pytest.mark.parametrize(
    "word, value",
    [("url", None), ("url", "http://api.example.org"), ("url", "https://api.example.org/?a=b"), ("timeout", 5)]
    + [("url", 5), ("url", ["https://api.example.org"]), ("concurrency", True), ("concurrency", "2")]
    + [("project", None), ("project", "p11/x"), ("app", None), ("app", "A"), ("table", 'a"b'), ("table", "audit")]
    + [("secret_file", None), ("secret_file", "relative/secret"), ("secret_file", 5), ("secret_file", "/a\x00b")]
    + [("concurrency", 0), ("concurrency", 33), ("expires", "2027-01-01")],
)
def test_a_fault_of_the_configuration_names_its_key(word, value):
    settings = {"url": "https://api.tsd.usit.no", "secret_file": "/nowhere/secret", word: value}
    with pytest.raises(ConfigError) as error:
        read(**settings)
    assert "SECUREB2SHARE_TARGETS['tsd']" in str(error.value) and word in str(error.value)


@pytest.mark.parametrize(
    "content, said",
    [
        (None, "cannot be read"),
        ("s3cret", "no client secret"),
        ("s\xe6cret", "no client secret"),
        ("ended", "The client secret ended on 2001-09-09."),
        (SECRET, None),
    ],
    ids=["lost", "opaque", "latin", "ended", "good"],
)
def test_the_file_of_the_secret_is_read_by_what_sends_and_by_check_alone(tmp_path, content, said):
    path = tmp_path / "secret"
    # as a web server starts that has no such file
    target = read(url="https://api.tsd.usit.no", secret_file=str(path), demo=False)
    if content is not None:
        ended = ".".join([SECRET.split(".")[0], base64.urlsafe_b64encode(b'{"exp":1000000000}').decode(), "s"])
        path.write_text(ended if content == "ended" else content)
    found, noted = target.look()
    assert noted == [] and len(found) == (said is not None)
    if said is not None:
        assert said in found[0] and content not in found and (content == "ended" or str(path) in found[0])
        assert "s3cret" not in found[0] and "s\xe6cret" not in found[0]
    if said is not None and content != "ended":
        # the worker's pause says it to `health`
        answer = send(target.open())
        assert isinstance(outcome(answer), retry.Pause) and said in answer.reason and target.expires is None


def test_settings(tmp_path):
    path = tmp_path / "secret"
    path.write_text(SECRET + "\n")
    found = read(url="https://api.fp.educloud.no/", project="ec12", secret_file=str(path), echo=True, concurrency=4)
    assert found.url == "https://api.fp.educloud.no/v1/ec12/apps/secureb2share/tables/events"
    assert (found.echo, found.concurrency, found.allow_private, found.registers) == (True, 4, False, False)
    assert found.expires == datetime.date(2030, 3, 17) and found.fingerprint is None
    path.unlink()
    assert found.expires is None


def test_a_secret_is_renewed_in_its_place(api, configured, tmp_path):
    target, path = configured(), tmp_path / "secret"
    os.chmod(str(path), 0o640)
    (tmp_path / "link").symlink_to(path)
    target.secret_file = str(tmp_path / "link")
    old, channel = path.read_text(), target.open()
    assert send(channel).status == 201
    ends = target.renew()
    new = path.read_text().strip()
    assert new != old and ends == target.expires and (tmp_path / "link").is_symlink()
    assert stat.S_IMODE(os.stat(str(path)).st_mode) == 0o640
    assert not (tmp_path / "secret.renewing").exists()
    method, place, headers, body = api.requests[-1]
    assert (method, place) == ("POST", "/v1/p11/auth/clients/secret") and "authorization" not in headers
    assert json.loads(body.decode()) == {"client_id": "client-1", "client_secret": old}
    # the old one is void, and a worker that runs goes on
    channel._token = ""
    assert send(channel, made(2)).status == 201
    channel.close()


def test_a_renewal_that_fails_leaves_the_old_secret_and_asks_for_none_that_it_could_not_keep(
    api, configured, tmp_path, monkeypatch
):
    target, path = configured(), tmp_path / "secret"
    old = path.read_text()
    (tmp_path / "secret.renewing").write_text("")
    with pytest.raises(FileExistsError):
        target.renew()
    assert api.requests == []
    (tmp_path / "secret.renewing").unlink()
    api.void.append(old)
    with pytest.raises(ConfigError, match="no new client secret: status 403"):
        target.renew()
    assert path.read_text() == old and not (tmp_path / "secret.renewing").exists()
    api.void.clear()
    # what came instead is kept beside, and nothing else has it
    monkeypatch.setattr(api, "secret", lambda **given: "opaque")
    with pytest.raises(ConfigError, match="secret.renewing") as error:
        target.renew()
    assert path.read_text() == old and (tmp_path / "secret.renewing").read_text() == "opaque\n"
    assert "opaque" not in str(error.value)


def test_a_token_lives_by_the_clock_that_made_it():
    def token(**claims):
        part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        return "e30.%s.s" % part

    assert tsd_secret.life(token(iat=1000, exp=4600), now=99999) == 3600 - tsd_secret.MARGIN
    assert tsd_secret.life(token(exp=4600), now=4000) == 600 - tsd_secret.MARGIN
    assert tsd_secret.life(token(iat=1000, exp=1010), now=0) == 0
    for text in ("", "a.b.c", token(), token(exp="soon"), "e30.W10.s"):
        assert tsd_secret.life(text, now=0) == tsd_secret.UNREADABLE_LIFE


def test_a_row_is_a_function_of_the_frozen_bytes():
    one = made()
    assert tsd_row.row(one.body) == tsd_row.row(one.body) and tsd_row.row(one.body)[:1] == b"{"
    assert hashlib.sha256(one.body).hexdigest() in tsd_row.row(one.body).decode()
    ids = {json.loads(tsd_row.row(made(n, name).body).decode())["event_id"] for n in (1, 2) for name in ("a", "b")}
    assert len(ids) == 4
