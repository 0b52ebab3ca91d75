import http.client
import socket
import socketserver
import threading
import time
from types import SimpleNamespace

import pytest

from secureb2share_ext.targets import connection
from secureb2share_ext.targets.connection import Connection

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


@pytest.fixture
def target():
    """Answers each request with the next of `replies` (bytes, or None to close without an answer)."""
    found = SimpleNamespace(replies=[], requests=[], connections=0)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            found.connections += 1
            while found.replies:
                if not self.rfile.readline():
                    return
                fields = iter(self.rfile.readline, b"\r\n")
                size = [int(field.split(b":")[1]) for field in fields if field.lower().startswith(b"content-length")]
                found.requests.append(self.rfile.read(size[0]))
                reply = found.replies.pop(0)
                if reply is None:
                    return
                self.wfile.write(reply)
                if b"Connection: close" in reply or reply.endswith(b"!"):
                    return

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    found.connection = Connection("http://127.0.0.1:%d/ingest" % server.server_address[1], allow_private=True)
    yield found
    found.connection.close()
    server.shutdown()
    server.server_close()


def post(target, *bodies):
    return [(answer.status, answer.body) for answer in (target.connection.post(body, {}) for body in bodies)]


def test_one_connection_serves_many_requests(target):
    target.replies = [OK + b"1.", OK + b"2.", OK + b"3."]
    assert post(target, b"a", b"b", b"c") == [(200, b"1."), (200, b"2."), (200, b"3.")]
    assert target.connections == 1 and target.requests == [b"a", b"b", b"c"]


@pytest.mark.parametrize(
    "hints", [b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", b"HTTP/1.1 102 Processing\r\n\r\n"]
)
def test_informational_answers_are_no_answer(target, hints):
    target.replies = [hints * 2 + OK + b"1.", OK + b"2."]
    assert post(target, b"a", b"b") == [(200, b"1."), (200, b"2.")]
    assert target.connections == 1


def test_a_connection_that_is_to_be_closed_is_not_kept(target):
    target.replies = [b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n1.", OK + b"2."]
    assert post(target, b"a", b"b") == [(200, b"1."), (200, b"2.")]
    assert target.connections == 2


# closed behind the answer, or only when the next request has come
@pytest.mark.parametrize("between", [[OK + b"1!"], [OK + b"1.", None]])
def test_a_kept_connection_that_was_closed_costs_no_attempt(target, between):
    target.replies = between + [OK + b"2."]
    assert post(target, b"a") == [(200, between[0][-2:])]
    assert post(target, b"b") == [(200, b"2.")]
    assert target.connections == 2 and target.requests[-1] == b"b"


def test_a_new_connection_that_is_closed_is_a_failure(target):
    target.replies = [None, OK + b"2."]
    with pytest.raises(OSError):
        post(target, b"a")
    assert target.requests == [b"a"]


def test_an_answer_with_a_tail_does_not_reach_the_next_request(target):
    target.replies = [OK + b"1.HTTP/1.1 500 X\r\n\r\n", OK + b"2."]
    assert post(target, b"a") == [(200, b"1.")]
    assert post(target, b"b") == [(200, b"2.")]


def test_what_is_kept_is_a_plain_socket_without_delay(target):
    target.replies = [OK + b"1."]
    post(target, b"a")
    raw = target.connection._socket._raw
    assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_an_answer_without_an_end_is_read_to_a_bound(target):
    target.replies = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n" + b"x" * 8 * 2**20 + b"!"]
    # Python 3.6 takes it for the line with a chunk's size
    with pytest.raises((OSError, http.client.LineTooLong), match="too long|more than"):
        post(target, b"a")


def test_opening_a_connection_ends_with_the_attempt(monkeypatch):
    monkeypatch.setattr(connection, "TOTAL", 0.3)
    monkeypatch.setattr(connection, "READ", 4)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        began = time.monotonic()
        with pytest.raises(OSError):
            Connection("https://127.0.0.1:%d/" % silent.getsockname()[1], allow_private=True).post(b"a", {})
        assert time.monotonic() - began < 3


def test_an_address_of_ipv6_is_a_host():
    with pytest.raises(OSError):
        Connection("http://[::1]:1/ingest", allow_private=True).post(b"a", {})
    with pytest.raises(OSError):
        Connection("https://[fe80::abcd%25lo]/", allow_private=True).post(b"a", {})
