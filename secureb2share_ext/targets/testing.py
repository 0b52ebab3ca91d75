"""A receiver for tests: an ingest API on loopback that verifies, removes duplicates and can be told to misbehave.

with Receiver(jwks=lambda: client.keys()) as receiver:
    ... receiver.url, receiver.effects, receiver.requests
"""

import http.server
import json
import socketserver
import threading
from typing import Any, Callable, Dict, List, Optional, Tuple

from .. import client


class Loopback(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """An HTTP server on loopback, in a thread of its own, with one for each connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler: Any, port: int = 0) -> None:
        """handler: class of http.server.BaseHTTPRequestHandler; port: 0: the operating system chooses."""
        super().__init__(("127.0.0.1", port), handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the server and its thread."""
        self.shutdown()
        self.server_close()
        self._thread.join()


class Receiver:
    """A server that keeps one effect per message id, whatever it answers.

    jwks: callable giving the JWK set, or None: nothing is verified. answer: callable(request number from 1) ->
    status, or None to drop the connection after taking the effect; by default 200 with a receipt.
    """

    def __init__(
        self,
        jwks: Optional[Callable[[], Dict[str, Any]]] = None,
        answer: Optional[Callable[[int], Optional[int]]] = None,
    ) -> None:
        self.jwks = jwks
        self.answer = answer
        self.requests: List[Tuple[Dict[str, str], bytes]] = []  # (headers with lower-case names, body)
        self.effects: Dict[str, Dict[str, Any]] = {}  # message id -> event
        self._lock = threading.Lock()

    def __enter__(self) -> "Receiver":
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, said = receiver._take(headers, body)
                if status is None:
                    self.connection.close()
                    return
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *args):
                pass

        self._server = Loopback(Handler)
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        return "http://127.0.0.1:%d/ingest" % self._server.server_address[1]

    def of(self, identifier: str) -> List[Dict[str, Any]]:
        """The events of a dataset, in the order in which they first arrived."""
        return [event for event in self.effects.values() if event["data"]["identifier"] == identifier]

    def _take(self, headers, body):
        with self._lock:
            self.requests.append((headers, body))
            status = self.answer(len(self.requests)) if self.answer else 200
            if self.jwks is not None:
                event = client.verify_event(headers, body, jwks=self.jwks())
            else:
                event = json.loads(body.decode("utf-8"))
            if status is None or status < 300:
                self.effects.setdefault(event["id"], event)
        said = client.canonical(client.receipt(event, body, "receipt-%d" % len(self.effects)))
        return status, said
