"""An answer that a target gives twice is not taken for the answer to the next event."""

import datetime
import socketserver
import threading
from concurrent import futures

import pytest

from secureb2share_ext import client
from secureb2share_ext.outbox import retry, sending
from secureb2share_ext.outbox.claims import Claimed
from secureb2share_ext.targets.webhook import Webhook

NOW = datetime.datetime(2026, 1, 31)


@pytest.fixture
def target():
    """A Webhook; the first answer is given once more when the second request comes, which is refused."""
    seen = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            before = b""
            while self.rfile.readline():
                fields = iter(self.rfile.readline, b"\r\n")
                size = [int(field.split(b":")[1]) for field in fields if field.lower().startswith(b"content-length")]
                body = self.rfile.read(size[0])
                seen.append(body)
                said = client.canonical({"digest": client.digest(body)})
                status = 200 if len(seen) == 1 else 422
                answer = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(said), said)
                self.wfile.write(before + answer)
                before = answer

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    found = Webhook("http://127.0.0.1:%d/" % server.server_address[1], allow_private=True)
    found.seen = seen
    yield found
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("batches", [1, 2])
def test_an_answer_that_is_given_twice_settles_no_other_event(target, batches):
    events = [
        Claimed(n, "t", 1, "id-%d" % n, body, 0, NOW, "token", False) for n, body in enumerate((b'{"n":1}', b'{"n":2}'))
    ]
    channel, sent = target.open(), []
    for some in [events] if batches == 1 else [[event] for event in events]:
        batch = sending.Batch(some, 0, lambda number, body: {})
        with futures.ThreadPoolExecutor(1) as pool:
            batch.start(pool, [channel])
        sent += batch.sent
    assert [type(one.outcome) for one in sent] == [retry.Delivered, retry.Park]
    assert target.seen == [b'{"n":1}', b'{"n":2}', b'{"n":2}']
