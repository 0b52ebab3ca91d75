import base64
import datetime
import hashlib
import socket
import socketserver
import ssl
import threading
import time
import zlib
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from secureb2share_ext import client, targets
from secureb2share_ext.errors import ConfigError
from secureb2share_ext.targets import connection, webhook
from secureb2share_ext.targets.answer import Answer

PRIVATE, PUBLIC = client.new_key()
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
MESSAGE_ID = "0b0e3c5f-0000-5000-8000-000000000001"
EVENT = SimpleNamespace(message_id=MESSAGE_ID, body='{"data":"ø"}'.encode("utf-8"))


def sign(message_id, body):
    return client.signed_headers(PRIVATE, message_id, body)


def ok(status="200 OK", *headers):
    return "\r\n".join(["HTTP/1.1 " + status] + list(headers) + ["", ""]).encode("latin-1")


@pytest.fixture
def target():
    # speaks bytes, so that it can answer what no HTTP server would
    found = SimpleNamespace(requests=[], closed=threading.Event())  # (request line, headers, body)
    found.say = lambda said: setattr(found, "reply", lambda connection: connection.sendall(said))
    found.say(ok("200 OK", "Content-Length: 2") + b"{}")

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            line = self.rfile.readline().decode("latin-1").strip()
            fields = [field.decode("latin-1").strip() for field in iter(self.rfile.readline, b"\r\n")]
            headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
            found.requests.append((line, headers, self.rfile.read(int(headers["content-length"]))))
            try:
                found.reply(self.connection)
            except OSError:
                pass

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *args: None
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    found.port = server.server_address[1]

    def secure(path):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)

    found.secure = secure
    found.url = "http://127.0.0.1:%d/ingest?a=b" % found.port
    yield found
    found.closed.set()
    server.shutdown()
    server.server_close()


def send(target, **kwargs):
    return sent(webhook.Webhook(target.url, allow_private=True), **kwargs)


def sent(found, sign=sign):
    channel = found.open()
    try:
        return channel.send(EVENT, sign)
    finally:
        channel.close()


def test_what_is_sent(target):
    assert send(target) == Answer(200, b"{}")
    ((line, headers, body),) = target.requests
    assert line == "POST /ingest?a=b HTTP/1.1" and body == EVENT.body
    assert headers["content-type"] == "application/cloudevents+json"
    hashed = base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert headers["content-digest"] == "sha-256=:%s:" % hashed
    assert headers["idempotency-key"] == '"0b0e3c5f-0000-5000-8000-000000000001"'
    assert client.verify([PUBLIC], headers, body) == (MESSAGE_ID, PUBLIC)


def read(url="https://ingest.example.org/v1", demo=False, **settings):
    settings = dict({"kind": "webhook", "url": url}, **settings)
    config = {"SECUREB2SHARE_TARGETS": {"tsd": settings}, "SECUREB2SHARE_DEMO": demo}
    return targets.read(config)["tsd"]


def test_a_target_with_a_secret_is_signed_with_it(target):
    sent(read(target.url, demo=True, secret=SECRET))
    assert client.verify([PUBLIC, SECRET], target.requests[0][1], EVENT.body) == (MESSAGE_ID, SECRET)


def test_settings():
    assert (read().url, read().allow_private, read().echo) == ("https://ingest.example.org/v1", False, False)
    assert read().concurrency == 1 and read(concurrency=4).concurrency == 4
    assert read(allow_private=True).allow_private and read(echo=True).echo and read(demo=True).allow_private


def test_no_two_targets_share_a_secret():
    one = {"kind": "webhook", "url": "https://ingest.example.org/v1"}
    configured = {"tsd": dict(one, secret=SECRET), "none": one, "also none": one, "csc": dict(one, secret=SECRET)}
    with pytest.raises(ConfigError) as error:
        targets.read({"SECUREB2SHARE_TARGETS": configured, "SECUREB2SHARE_DEMO": False})
    assert "['csc']" in str(error.value) and "'tsd'" in str(error.value) and SECRET not in str(error.value)
    configured["csc"] = one
    assert len(targets.read({"SECUREB2SHARE_TARGETS": configured, "SECUREB2SHARE_DEMO": False})) == 4


@pytest.mark.parametrize(
    "word, value",
    [("kind", "ftp"), ("kind", None), ("url", None), ("url", "http://ingest.example.org"), ("timeout", 5)]
    + [("url", "https://user:s3cret@ingest.example.org"), ("secret", "s3cret"), ("secret", "")]
    + [("concurrency", 0), ("concurrency", "2"), ("concurrency", 33)]
    + [("secret", "whsec_"), ("secret", "whsec_s3cret!"), ("secret", PRIVATE)],
)
def test_a_fault_of_the_configuration_names_its_key_and_no_secret(word, value):
    with pytest.raises(ConfigError) as error:
        read(**{word: value})
    assert "SECUREB2SHARE_TARGETS['tsd']" in str(error.value) and word in str(error.value)
    assert "s3cret" not in str(error.value) and PRIVATE not in str(error.value)


@pytest.mark.parametrize("status", [201, 202, 204, 301, 400, 401, 404, 409, 410, 429, 500, 503])
def test_a_status_is_an_answer(target, status):
    target.say(ok("%d X" % status, "Content-Length: 0", "Retry-After: 120"))
    assert send(target) == Answer(status, b"", "120")


def test_a_redirect_is_not_followed(target):
    target.say(ok("307 X", "Location: " + target.url, "Content-Length: 0"))
    assert send(target).status == 307 and len(target.requests) == 1


def test_the_environment_has_no_say(target, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert send(target).status == 200
    assert "authorization" not in target.requests[0][1]


def test_a_private_address_is_refused_before_anything_is_sent(target):
    assert sent(webhook.Webhook(target.url, allow_private=False)) == Answer(error="EgressRefused")
    assert target.requests == []


def test_a_name_cannot_change_its_address_after_the_check(target, monkeypatch):
    addresses = ["93.184.216.34"]
    real = socket.getaddrinfo

    def rebound(host, port, *args, **kwargs):
        return real(addresses.pop() if addresses else "127.0.0.1", port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    monkeypatch.setattr(connection, "CONNECT", 0.5)
    url = "http://ingest.example.org:%d/" % target.port
    answer = sent(webhook.Webhook(url, allow_private=False))
    assert answer.status is None and target.requests == []


def test_every_address_of_a_name_is_tried(target, monkeypatch):
    real = socket.getaddrinfo

    def two(host, port, *args, **kwargs):
        return real("127.0.0.2", port, *args, **kwargs) + real("127.0.0.1", port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", two)
    url = "http://ingest.example.org:%d/" % target.port
    assert sent(webhook.Webhook(url, allow_private=True)).status == 200


def certificate(host):
    # (PEM of a certificate that nobody trusts yet, the same with its key)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a")])
    first, last = datetime.datetime(2020, 1, 1), datetime.datetime(2100, 1, 1)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, first, last)
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    pem = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    return pem, pem + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_the_certificate_of_a_target_is_verified(target, monkeypatch, tmp_path):
    trusted, both = certificate("ingest.example.org")
    (tmp_path / "trusted").write_bytes(trusted)
    (tmp_path / "both").write_bytes(both)
    target.secure(str(tmp_path / "both"))
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **kwargs: real("127.0.0.1", port))

    def send_to(host):
        return sent(webhook.Webhook("https://%s:%d/" % (host, target.port), allow_private=True))

    assert send_to("ingest.example.org").status is None and target.requests == []
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted"))
    assert send_to("other.example.org").status is None and target.requests == []
    assert send_to("ingest.example.org").status == 200


def test_a_refused_connection_is_an_answer():
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        url = "http://127.0.0.1:%d/" % unheard.getsockname()[1]
        answer = sent(webhook.Webhook(url, allow_private=True))
    assert answer.status is None and "Connection" in answer.error


def test_without_a_key_to_sign_with_there_is_an_answer_too(target):
    def no_key(message_id, body):
        raise ConfigError("There is no signing key.")

    assert send(target, sign=no_key) == Answer(error="ConfigError")
    assert target.requests == []


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"\x00" * 100,
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 99999 X\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 " + b"x" * 70000,
        ok("200 OK", "X: " + "x" * 70000),
        ok("200 OK", *["X-%d: y" % n for n in range(200)]),
        ok("200 OK", "Content-Length: 10") + b"short",
        ok("200 OK", "Content-Length: -1"),
        ok("200 OK", "Content-Length: x"),
        ok("200 OK", "Transfer-Encoding: chunked") + b"zz\r\nabc\r\n0\r\n\r\n",
        ok("200 OK", "Transfer-Encoding: chunked") + b"ffffffff\r\nabc",
        ok("200 OK", "Content-Encoding: gzip", "Content-Length: 5") + b"plain",
        ok("200 OK", "Content-Encoding: deflate", "Content-Length: 5") + b"plain",
    ],
    ids=lambda reply: repr(reply[:40]),
)
def test_an_answer_that_breaks_off_or_is_no_http_is_an_error(target, reply):
    target.say(reply)
    answer = send(target)
    # what http.client reads of these is a whole answer
    is_whole = b"Content-Encoding" in reply or b": -1" in reply or b"Length: x" in reply
    assert (answer.status, bool(answer.error)) == ((200, False) if is_whole else (None, True))


@pytest.mark.parametrize("size", [65536, 65537, 10000000])
def test_a_long_answer_is_not_kept_and_its_status_counts(target, size):
    target.say(ok("200 OK", "Content-Length: %d" % size) + b"x" * size)
    assert send(target) == Answer(200, b"x" * size if size <= 65536 else b"")


def test_a_packed_answer_does_not_unfold(target):
    packed = zlib.compress(b"x" * 50000000)
    target.say(ok("200 OK", "Content-Encoding: deflate", "Content-Length: %d" % len(packed)) + packed)
    assert send(target) == Answer(200, packed)


ENDLESS = {
    "body": (ok("200 OK"), b"x" * 4096),
    "chunks": (ok("200 OK", "Transfer-Encoding: chunked"), b"1000\r\n" + b"x" * 4096 + b"\r\n"),
    "slow body": (ok("200 OK", "Content-Length: 100000"), b"x"),
    "slow chunks": (ok("200 OK", "Transfer-Encoding: chunked"), b"1\r\nx\r\n"),
    "slow headers": (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "headers": (b"HTTP/1.1 100 Continue\r\n", b"X: y\r\n"),
    "hints": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "nothing": (b"", b""),
}


@pytest.mark.parametrize("kind", sorted(ENDLESS))
def test_an_answer_without_an_end_ends_within_the_time_for_all(target, monkeypatch, kind):
    monkeypatch.setattr(connection, "READ", 0.5)
    monkeypatch.setattr(connection, "TOTAL", 1)
    first, again = ENDLESS[kind]

    def reply(stream):
        stream.sendall(first)
        while not target.closed.wait(0.05):
            stream.sendall(again)

    target.reply = reply
    threading.Timer(4, target.closed.set).start()  # or the test would not end either
    start = time.monotonic()
    answer = send(target)
    assert time.monotonic() - start < 3
    assert answer.body == b""
