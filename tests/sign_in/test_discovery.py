import json
import queue
import socket
import socketserver
import threading
import time

import pytest

from secureb2share_ext.errors import ProviderDown
from secureb2share_ext.sign_in import discovery
from secureb2share_ext.sign_in.discovery import AGAIN, ANEW, LONGEST_KEPT, Discovery

ISSUER = "https://idp.example.org/realms/r"
WELL_KNOWN, JWKS = ISSUER + "/.well-known/openid-configuration", ISSUER + "/jwks"


class Issuer:
    """What a provider publishes, with a clock beside it, and the addresses that were asked for."""

    def __init__(self):
        self.now, self.asked, self.fault, self.looks = 5.0, [], None, 0
        self.document = {"issuer": ISSUER, "jwks_uri": JWKS, "authorization_endpoint": ISSUER + "/auth"}
        self.keys = {"keys": [{"kid": "a", "n": "1"}]}

    def clock(self):
        self.looks += 1
        return self.now

    def read(self, url):
        self.asked.append(url)
        if self.fault:
            raise ProviderDown(self.fault)
        return json.loads(json.dumps({WELL_KNOWN: self.document, JWKS: self.keys}[url]))

    def since(self):
        found, self.asked = self.asked, []
        return found


@pytest.fixture
def issuer():
    return Issuer()


@pytest.fixture
def found(issuer):
    return Discovery(ISSUER, issuer.read, issuer.clock)


def test_everything_is_read_once(issuer, found):
    for _ in range(3):
        assert found.key("a") == {"kid": "a", "n": "1"}
        assert found.address("authorization_endpoint") == ISSUER + "/auth"
        issuer.now += 100
    assert issuer.asked == [WELL_KNOWN, JWKS]


def test_an_issuer_with_a_slash_at_its_end_has_its_discovery_behind_one():
    asked = []
    found = Discovery(ISSUER + "/", lambda url: asked.append(url) or {"issuer": ISSUER + "/", "a": "https://a"})
    assert found.address("a") == "https://a" and asked == [WELL_KNOWN]


def test_an_unknown_key_is_looked_for_every_ten_seconds_at_most(issuer, found):
    assert found.key("b") is None and issuer.since() == [WELL_KNOWN, JWKS]
    for later, asked in ((1, []), (AGAIN - 1, []), (0.5, [JWKS]), (AGAIN, []), (1, [JWKS])):
        issuer.now += later
        for kid in ("b", "c", "d"):
            assert found.key(kid) is None
        assert issuer.since() == asked
    issuer.keys["keys"].append({"kid": "b"})
    issuer.now += AGAIN + 1
    assert found.key("b") == {"kid": "b"} and found.key("a")


def test_a_former_key_is_used_for_an_hour_at_most(issuer, found):
    assert found.key("a")
    issuer.keys = {"keys": [{"kid": "b"}]}
    issuer.now += ANEW
    assert found.key("a")
    issuer.now += 1
    issuer.since()
    assert found.key("a") is None and issuer.since() == [WELL_KNOWN, JWKS]
    assert found.key("b")


def test_a_new_key_ends_the_former_one_at_once(issuer, found):
    assert found.key("a")
    issuer.keys = {"keys": [{"kid": "b"}]}
    issuer.now += AGAIN + 1
    assert found.key("b") and found.key("a") is None


def test_addresses_are_read_anew_after_an_hour(issuer, found):
    assert found.address("authorization_endpoint") == ISSUER + "/auth"
    issuer.document["authorization_endpoint"] = ISSUER + "/new"
    issuer.now += ANEW + 1
    assert found.address("authorization_endpoint") == ISSUER + "/new"
    assert issuer.asked == [WELL_KNOWN, WELL_KNOWN]


def test_an_issuer_without_an_answer_is_asked_every_ten_seconds_at_most(issuer, found):
    issuer.fault = "ConnectionError"
    for _ in range(3):
        for ask in (lambda: found.key("a"), lambda: found.address("jwks_uri")):
            with pytest.raises(ProviderDown, match="^ConnectionError$"):
                ask()
    assert issuer.since() == [WELL_KNOWN]
    issuer.fault = None
    issuer.now += AGAIN
    with pytest.raises(ProviderDown):
        found.key("a")
    issuer.now += 1
    assert found.key("a")


def test_known_keys_go_on_working_for_a_day_while_the_issuer_is_down(issuer, found):
    assert found.key("a")
    start = issuer.now
    issuer.fault = "ConnectionError"
    while issuer.now - start < LONGEST_KEPT - ANEW:
        issuer.now += ANEW / 2
        assert found.key("a") and found.address("authorization_endpoint")
        with pytest.raises(ProviderDown):
            # whether there is such a key, nobody can say now
            issuer.now += AGAIN + 1
            found.key("b")
    issuer.now = start + LONGEST_KEPT + 1
    for _ in range(2):
        with pytest.raises(ProviderDown, match="^ConnectionError$"):
            found.key("a")
    issuer.fault = None
    issuer.now += AGAIN + 1
    assert found.key("a")


def test_known_keys_do_not_ask_an_issuer_that_is_down_for_each_request(issuer, found):
    assert found.key("a")
    issuer.fault, issuer.now = "ReadTimeout", issuer.now + ANEW + 1
    issuer.since()
    for _ in range(5):
        assert found.key("a")
    # at the known address, for want of another
    assert issuer.since() == [WELL_KNOWN, JWKS]


# columns: id, change of the discovery document, the reason
DOCUMENTS = [
    ("issuer", {"issuer": "https://evil.example.org"}, "discovery of another issuer"),
    ("slash", {"issuer": ISSUER + "/"}, "discovery of another issuer"),
    ("no-issuer", {"issuer": None}, "discovery of another issuer"),
    ("http", {"jwks_uri": "http://idp.example.org/jwks"}, "no jwks_uri"),
    ("file", {"jwks_uri": "file:///etc/passwd"}, "no jwks_uri"),
    ("relative", {"jwks_uri": "//idp.example.org/jwks"}, "no jwks_uri"),
    ("null", {"jwks_uri": None}, "no jwks_uri"),
    ("list", {"jwks_uri": [JWKS]}, "no jwks_uri"),
]


@pytest.mark.parametrize("change, reason", [row[1:] for row in DOCUMENTS], ids=[row[0] for row in DOCUMENTS])
def test_a_wrong_discovery_document_leads_nowhere(issuer, found, change, reason):
    issuer.document.update(change)
    for ask in (lambda: found.address("jwks_uri"), lambda: found.key("a")):
        with pytest.raises(ProviderDown, match="^%s$" % reason):
            ask()
    assert JWKS not in issuer.asked


@pytest.mark.parametrize("document", [None, [], "x", 1], ids=str)
def test_a_discovery_that_is_no_object_leads_nowhere(issuer, found, document):
    issuer.document = document
    with pytest.raises(ProviderDown, match="^discovery of another issuer$"):
        found.key("a")


def test_an_issuer_on_loopback_has_its_addresses_there():
    loopback = "http://127.0.0.1:1"
    found = Discovery(
        loopback, lambda url: {"issuer": loopback, "a": loopback + "/a", "b": "ftp://x", "c": "https://x"}
    )
    assert found.address("a") == loopback + "/a"
    for member in "bc":
        with pytest.raises(ProviderDown, match="^no %s$" % member):
            found.address(member)


# columns: id, the document of keys, the reason
KEYS = [
    ("list", [], "no keys"),
    ("null", None, "no keys"),
    ("empty", {}, "no keys"),
    ("dict", {"keys": {"kid": "a"}}, "no keys"),
    ("twice", {"keys": [{"kid": "a", "n": "1"}, {"kid": "a", "n": "2"}]}, "two keys with one id"),
]


@pytest.mark.parametrize("keys, reason", [row[1:] for row in KEYS], ids=[row[0] for row in KEYS])
def test_wrong_documents_of_keys_hold_none(issuer, found, keys, reason):
    issuer.keys = keys
    with pytest.raises(ProviderDown, match="^%s$" % reason):
        found.key("a")
    # and do not replace those that are known
    issuer.keys, issuer.now = {"keys": [{"kid": "a"}]}, issuer.now + AGAIN + 1
    assert found.key("a")
    issuer.keys, issuer.now = keys, issuer.now + ANEW + 1
    assert found.key("a")


def test_entries_that_are_no_key_with_an_id_are_passed_over(issuer, found):
    issuer.keys = {"keys": [None, "a", {}, {"kid": ""}, {"kid": 1}, {"kid": ["a"]}, {"kid": "b"}, {"kid": None}]}
    assert found.key("b") == {"kid": "b"} and found.key("a") is None and found.key("") is None


def test_an_issuer_may_have_withdrawn_all_keys(issuer, found):
    assert found.key("a")
    issuer.keys, issuer.now = {"keys": []}, issuer.now + ANEW + 1
    assert found.key("a") is None


class Held:
    """Reads of an issuer that wait until they are let go, and the results of requests in threads."""

    def __init__(self, issuer, found):
        self.issuer, self.found = issuer, found
        self.reading, self.go, self.results, self.threads = threading.Event(), threading.Event(), [], []
        read = issuer.read

        def wait(url):
            self.reading.set()
            assert self.go.wait(20)
            return read(url)

        issuer.read = wait

    def start(self, kid):
        def request():
            try:
                self.results.append(self.found.key(kid))
            except ProviderDown as error:
                self.results.append(str(error))

        thread = threading.Thread(target=request)
        self.threads.append(thread)
        thread.start()

    def end(self):
        self.go.set()
        for thread in self.threads:
            thread.join(20)
            assert not thread.is_alive()
        return self.results


@pytest.fixture
def held(issuer):
    found = Discovery(ISSUER, lambda url: issuer.read(url), issuer.clock)
    assert found.key("a") and issuer.since()
    held = Held(issuer, found)
    yield held
    held.end()


@pytest.mark.parametrize("fault, results", [(None, [{"kid": "b"}] * 4), ("ReadTimeout", ["ReadTimeout"] * 4)], ids=str)
def test_requests_at_once_for_an_unknown_key_make_one_reading(issuer, held, fault, results):
    issuer.keys, issuer.fault, issuer.now = {"keys": [{"kid": "b"}]}, fault, issuer.now + AGAIN + 1
    held.start("b")
    assert held.reading.wait(20)
    for _ in range(3):
        looks, end = issuer.looks, time.monotonic() + 20
        held.start("b")
        # whoever has looked at the clock, and cannot go on, waits for the reading
        while issuer.looks == looks and time.monotonic() < end:
            time.sleep(0.005)
    assert held.end() == results and issuer.asked == [JWKS]


@pytest.mark.parametrize("age, kid", [(AGAIN + 1, "b"), (ANEW + 1, "a")], ids=["unknown", "old"])
def test_who_knows_a_key_does_not_wait_for_an_issuer_that_hangs(issuer, held, age, kid):
    issuer.now += age
    held.start(kid)
    assert held.reading.wait(20)
    # in this thread, while the other one waits for the answer
    assert held.found.key("a") and not held.go.is_set() and held.results == []
    assert held.end() == [{"kid": "a", "n": "1"} if kid == "a" else None]


def test_who_comes_while_the_first_reading_hangs_does_not_wait_for_it(issuer, monkeypatch):
    monkeypatch.setattr(discovery, "WAIT", 0.1)
    held = Held(issuer, Discovery(ISSUER, lambda url: issuer.read(url), issuer.clock))
    held.start("a")
    assert held.reading.wait(20)
    try:
        for _ in range(2):
            with pytest.raises(ProviderDown, match="^being read$"):
                held.found.address("jwks_uri")
        assert not held.go.is_set() and held.results == []
        monkeypatch.setattr(held.found._addresses, "_waiting", threading.BoundedSemaphore(1))
        assert held.found._addresses._waiting.acquire(False)
        monkeypatch.setattr(discovery, "WAIT", 20)
        with pytest.raises(ProviderDown, match="^being read$"):
            held.found.address("jwks_uri")
    finally:
        assert held.end() == [{"kid": "a", "n": "1"}]


def test_no_more_than_some_requests_wait_for_an_answer(served, monkeypatch):
    monkeypatch.setattr(discovery, "AT_ONCE", threading.BoundedSemaphore(1))
    go = threading.Event()
    url, asked = served(lambda connection, _: go.wait(20) and says(b"{}")(connection, go))
    first = threading.Thread(target=discovery.fetch, args=(url,))
    first.start()
    while not asked:
        assert first.is_alive()
        time.sleep(0.005)
    with pytest.raises(ProviderDown, match="^too many at once$"):
        discovery.fetch(url)
    go.set()
    first.join(20)
    assert discovery.fetch(url) == {} and len(asked) == 2


def test_a_provider_that_hangs_keeps_few_waiting(served, monkeypatch):
    monkeypatch.setattr(discovery, "PATIENCE", 0.1)
    monkeypatch.setattr(discovery, "LONG_AT_ONCE", 1)
    # a port may have been another test's before
    monkeypatch.setattr(discovery, "_long", {})
    url, asked = served(lambda connection, go: go.wait(20))
    other, _ = served(says(b"{}"))
    faults = queue.Queue()

    def ask():
        with pytest.raises(ProviderDown) as told:
            discovery.fetch(url)
        faults.put(str(told.value))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    # one goes on waiting, and ends with another reason
    assert [faults.get(timeout=20) for _ in range(2)] == ["too many wait"] * 2
    begin = time.monotonic()
    with pytest.raises(ProviderDown, match="^too many wait$"):
        discovery.fetch(url + "?late")
    assert faults.empty() and time.monotonic() - begin < discovery.TIMEOUT
    assert discovery.fetch(other) == {}
    for thread in threads:
        thread.join(20)
    assert faults.get(timeout=20) == "ReadTimeout"
    assert not any(b"late" in line for line, _, _ in asked)


def test_who_only_looks_whether_others_wait_keeps_nobody_out(served, monkeypatch):
    places = threading.BoundedSemaphore(1)
    url, _ = served(says(b"{}"))
    monkeypatch.setattr(discovery, "_long", {url[: -len("/x")]: places})
    assert places.acquire(False)
    threading.Timer(0.01, places.release).start()
    assert discovery.fetch(url) == {}


@pytest.fixture
def served():
    """A function that serves by a callable(connection, go), and gives (URL, requests).

    go: Event that is set when the test is over; requests: list of (first line, list of fields, body), bytes all.
    """
    go, servers = threading.Event(), []

    def serve(answer):
        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                head = list(iter(self.rfile.readline, b"\r\n"))
                sizes = [int(line.split(b":")[1]) for line in head if line.lower().startswith(b"content-length")]
                server.asked.append((head[0], head[1:], self.rfile.read(sum(sizes))))
                try:
                    answer(self.connection, go)
                except OSError:
                    pass

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads, server.asked = True, []
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return "http://127.0.0.1:%d/x" % server.server_address[1], server.asked

    yield serve
    go.set()
    for server in servers:
        server.shutdown()
        server.server_close()


def says(body, status="200 OK", *headers):
    lines = ["HTTP/1.1 " + status, "Content-Length: %d" % len(body), "Connection: close"] + list(headers)
    return lambda connection, go: connection.sendall("\r\n".join(lines + ["", ""]).encode("ascii") + body)


def trickle(begin, piece):
    def answer(connection, go):
        connection.sendall(begin)
        while not go.wait(0.1):
            connection.sendall(piece)

    return answer


def flood(connection, go):
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[")
    while not go.is_set():
        connection.sendall(b" " * 65536)


def silent(connection, go):
    go.wait(20)


HEAD = b"HTTP/1.1 200 OK\r\n"
slow_body = trickle(HEAD + b"Content-Length: 999999\r\n\r\n[", b" ")
slow_head = trickle(HEAD, b"A: b\r\n")
slow_line = trickle(HEAD + b"A: ", b"b")
hangs = trickle(HEAD + b"Content-Length: 9\r\n\r\n[", b"")
WAITING = (silent, slow_body, slow_head, slow_line, hangs)  # with shorter times
# columns: id, the answer, the reason
ANSWERS = [
    ("moved", says(b"{}", "302 Found", "Location: /elsewhere"), "status 302"),
    ("500", says(b"{}", "500 Oops"), "status 500"),
    ("404", says(b"{}", "404 Not Found"), "status 404"),
    ("204", says(b"", "204 No Content"), "status 204"),
    ("html", says(b"<html>"), "no JSON"),
    ("empty", says(b""), "no JSON"),
    ("latin-1", says(b'{"a": "\xe9"}'), "no JSON"),
    ("nan", says(b'{"a": NaN}'), "no JSON"),
    ("twice", says(b'{"issuer": "a", "issuer": "b"}'), "no JSON"),
    ("deep", says(b"[" * 200000), "no JSON"),
    ("long", says(b"[" + b" " * discovery.LONGEST + b"]"), "an answer without an end"),
    ("endless", flood, "an answer without an end"),
    ("slow-body", slow_body, "an answer without an end"),
    ("slow-head", slow_head, "an answer without an end"),
    ("slow-line", slow_line, "an answer without an end"),
    ("silent", silent, "ReadTimeout"),
    ("hangs", hangs, "ConnectionError"),
    ("closes", lambda connection, go: None, "ConnectionError"),
    (
        "cut",
        lambda connection, go: connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n[1"),
        "Chunked.*",
    ),
    ("no-http", lambda connection, go: connection.sendall(b"SSH-2.0\r\n\r\n"), "ConnectionError"),
    ("no-gzip", says(b"[1]", "200 OK", "Content-Encoding: gzip"), "ContentDecodingError"),
]


@pytest.mark.parametrize("answer, reason", [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_a_reading_ends_soon_with_a_reason(served, monkeypatch, answer, reason):
    if answer in WAITING:
        monkeypatch.setattr(discovery, "TIMEOUT", 1)
        monkeypatch.setattr(discovery, "LONGEST_WAIT", 2)
    url, asked = served(answer)
    begin = time.monotonic()
    with pytest.raises(ProviderDown, match="^(%s)$" % reason):
        discovery.fetch(url)
    # twice what it may take, for a loaded machine
    assert time.monotonic() - begin < 2 * discovery.LONGEST_WAIT
    assert [one[0] for one in asked] == [b"GET /x HTTP/1.1\r\n"]


def test_json_is_read(served):
    for value in ({"issuer": "å"}, [1.5, None]):
        url, asked = served(says(json.dumps(value).encode("utf-8")))
        assert discovery.fetch(url) == value


def test_nobody_listens():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(ProviderDown, match="^ConnectionError$"):
            discovery.fetch("http://127.0.0.1:%d/" % unused.getsockname()[1])


@pytest.mark.parametrize(
    "url", ["", "x", "http://", "http://[", "file:///etc/passwd", "https://%s.example" % ("a" * 70)]
)
def test_an_address_that_is_none_is_a_provider_that_is_down(url):
    with pytest.raises(ProviderDown):
        discovery.fetch(url)


def test_what_a_request_brings_is_sent(served):
    url, asked = served(says(b"no", "400 Bad Request", "Content-Type: text/plain"))
    found = discovery.ask("POST", url, headers={"A": "b"}, data={"code": "c"})
    assert (found.status, found.headers["content-type"], found.body) == (400, "text/plain", b"no")
    assert [(line, b"A: b\r\n" in fields, body) for line, fields, body in asked] == [
        (b"POST /x HTTP/1.1\r\n", True, b"code=c")
    ]
