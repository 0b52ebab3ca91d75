"""What a client sees of a refusal, over HTTP: by a server that closes the connection with the body unread."""

import contextlib
import socket
import time
import uuid
from collections import Counter

import pytest
import requests
from flask import Request, Response
from fronted import gunicorn, nginx, skip_without_nginx
from served import ONE_DATABASE
from werkzeug.test import EnvironBuilder

pytest.importorskip("gunicorn")
instance = pytest.importorskip("instance")

from demo.launch import free_ports  # noqa: E402
from secureb2share_ext import drain  # noqa: E402

LONG = b'{"titles": "%s"}' % (b"x" * 2400000)
SHORT = b'{"titles": "%s"}' % (b"x" * 900000)
AS_JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    folder = tmp_path_factory.mktemp("refused")
    (port,) = free_ports(1)
    with instance.running(ONE_DATABASE[0], folder) as found, gunicorn(found.configured, folder, port):
        yield port


@pytest.fixture(scope="module")
def proxied(upstream, tmp_path_factory):
    skip_without_nginx()
    (port,) = free_ports(1)
    with nginx(tmp_path_factory.mktemp("nginx"), port, upstream) as url:
        yield url


def refusals(url, times, send=lambda url: requests.post(url, data=LONG, headers=AS_JSON, timeout=60)):
    """{(status, code): count} of what a client sees."""
    seen = Counter()
    for _ in range(times):
        try:
            answer = send(url)
            code = answer.json()["code"] if "problem+json" in answer.headers.get("Content-Type", "") else ""
            seen[answer.status_code, code] += 1
        except requests.ConnectionError as error:
            seen[type(error).__name__] += 1
    return seen


@pytest.mark.parametrize(
    "method, path, body, refusal",
    [
        ("POST", "/api/records/", LONG, (403, "body-too-long")),
        ("PUT", "/api/files/%s/y" % uuid.uuid4(), LONG, (403, "upload-refused")),
        # short enough for the gate, and refused before it is read
        ("POST", "/api/datasets", SHORT, (401, "signature")),
        ("POST", "/api/datasets?access_token=x", SHORT, (400, "token-in-address")),
        ("GET", "/api/datasets/tsd/none", SHORT, (404, "unknown-dataset")),
    ],
    ids="too-long upload no-source token-in-address body-of-a-get".split(),
)
def test_every_refusal_is_seen_behind_a_plain_nginx(proxied, method, path, body, refusal):
    def send(url):
        return requests.request(method, url, data=body, headers=AS_JSON, timeout=60)

    assert refusals(proxied + path, 50, send) == {refusal: 50}


def test_every_refusal_is_seen_without_a_proxy(upstream):
    base = "http://127.0.0.1:%d" % upstream
    assert refusals(base + "/api/records/", 20) == {(403, "body-too-long"): 20}
    pieces = [LONG[at : at + 100000] for at in range(0, len(LONG), 100000)]
    unsized = refusals(
        base + "/api/records/", 20, lambda url: requests.post(url, data=iter(pieces), headers=AS_JSON, timeout=60)
    )
    assert unsized == {(403, "body-unsized"): 20}


SLOW = "POST /api/records/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


def test_slow_senders_leave_places_for_everybody_else(upstream):
    """More of them than the server has threads, at once and again."""
    with contextlib.ExitStack() as opened:
        for _ in range(3):
            for _ in range(10):
                slow = opened.enter_context(socket.create_connection(("127.0.0.1", upstream), timeout=30))
                slow.sendall((SLOW % (drain.MOST // 2)).encode() + b"x")
            began = time.monotonic()
            answer = requests.get("http://127.0.0.1:%d/api/datasets" % upstream, timeout=30)
            assert answer.status_code == 200 and time.monotonic() - began < 1


def test_no_more_than_some_are_drained_at_once():
    taken = [drain._places.acquire(blocking=False) for _ in range(drain.AT_ONCE)]
    request = Request(EnvironBuilder(method="POST", data=b"x" * 100).get_environ())
    try:
        assert all(taken) and not drain.drain(request)
        answer = drain.answered(request, Response(status=403))
        assert answer.headers["Connection"] == "close"
    finally:
        for _ in taken:
            drain._places.release()
    # each gives its place back, also when its sender goes away
    for _ in range(drain.AT_ONCE + 1):
        assert drain.drain(Request(EnvironBuilder(method="POST", data=b"x" * 100).get_environ()))
        broken = EnvironBuilder(method="POST", data=b"x" * 100).get_environ()
        broken["wsgi.input"] = Broken()
        assert not drain.drain(Request(broken))


class Broken:
    def read(self, *given):
        raise OSError("gone")


@pytest.mark.parametrize("announced", [drain.MOST // 2, drain.MOST + 1])
def test_a_sender_that_is_slow_or_announces_too_much_is_not_waited_for(upstream, announced):
    with socket.create_connection(("127.0.0.1", upstream), timeout=30) as connection:
        connection.sendall((SLOW % announced).encode())
        began = time.monotonic()
        connection.settimeout(0.2)
        answer = b""
        while not answer and time.monotonic() < began + 3 * drain.SECONDS:
            # one byte now and then keeps a timeout between two bytes from ending it
            connection.sendall(b"x")
            try:
                answer = connection.recv(65536)
            except socket.timeout:
                continue
        took = time.monotonic() - began
    assert answer.startswith(b"HTTP/1.1 403")
    assert took < (drain.SECONDS + 1 if announced <= drain.MOST else 2)
