"""A file API of TSD for tests and trials: it answers as the real one was seen to answer, on loopback.

with FileApi() as api:
    settings = {"kind": "tsd", "url": api.url, "project": "p11", "app": "secureb2share", "secret_file": PATH}
    ... api.secret() into the file; api.rows("events"), api.queue, api.requests

The storage can be replaced by that of the real one (pysquril): an object with `insert(table, value)`, which raises
ValueError where its database refuses, and `rows(table)`.
"""

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time
from typing import Any, Callable, Dict, List, Optional, Tuple
from urllib.parse import unquote, urlsplit

from ..targets.testing import Loopback

REASONS = {403: "Client not authorized for request", 503: "Server down for maintenance"}
Said = Tuple[int, Optional[Dict[str, Any]], Dict[str, str]]  # (status, JSON or None for an empty page, headers)


class Memory:
    """A storage that keeps one row of each text, as the tables of the real one do."""

    def __init__(self) -> None:
        self._rows: Dict[str, Dict[str, Any]] = {}

    def insert(self, table: str, value: Any) -> None:
        """Keep an object, or all of a list's unless one of them is there already."""
        found = [json.dumps(one) for one in (value if isinstance(value, list) else [value])]
        kept = self._rows.setdefault(table, {})
        if not any(text in kept for text in found):
            kept.update((text, json.loads(text)) for text in found)

    def rows(self, table: str) -> List[Any]:
        """The rows of a table, in the order in which they came."""
        return list(self._rows.get(table, {}).values())


class FileApi:
    """The server. Its attributes can be changed while it runs.

    next: answers to the next writes of rows, each a status or (status, headers), before anything is stored; stored:
    the same after the row was stored, where None answers as the API does, and "drop" does not answer.
    """

    def __init__(
        self,
        project: str = "p11",
        app: str = "secureb2share",
        storage: Any = None,
        now: Callable[[], float] = time.time,
        port: int = 0,
        key: bytes = b"of the tests",
    ) -> None:
        self.project, self.app, self.now, self.port = project, app, now, port
        self.storage = storage or Memory()
        self.life = 3600  # seconds of an access token
        self.allowed = {"127.0.0.1"}  # addresses
        self.void: List[str] = []  # secrets that were renewed
        self.revoked_before = 0.0  # tokens of before are good no more
        self.next: List[Any] = []
        self.stored: List[Any] = []
        self.queue: List[Dict[str, Any]] = []  # what the message queue got
        self.requests: List[Tuple[str, str, Dict[str, str], bytes]] = []  # (method, path, headers, body)
        self._key, self._serial, self._lock = key, 0, threading.Lock()

    def __enter__(self) -> "FileApi":
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = _Server(handler, self.port)
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        """The base URL, as the setting `url` of a target has it."""
        return "http://127.0.0.1:%d" % self._server.server_address[1]

    def secret(self, days: float = 365, client_id: str = "client-1") -> str:
        """A client secret that ends after so many days."""
        return self._jwt({"aud": client_id, "exp": self.now() + days * 86400, "iat": self.now()})

    def rows(self, table: str) -> List[Any]:
        """The rows of a table, in the order in which they came."""
        with self._lock:
            return self.storage.rows(table)

    def answer(self, method: str, path: str, headers: Dict[str, str], body: bytes, address: str) -> Optional[Said]:
        """The answer to a request, or None for no answer; headers: with small names."""
        with self._lock:
            self.requests.append((method, path, headers, body))
            parts = urlsplit(path)
            place = parts.path.split("/v1/%s/" % self.project, 1)[-1]
            if (method, place, parts.query) == ("POST", "auth/basic/token", "type=app-basic"):
                return self._token(headers, address)
            if (method, place) == ("POST", "auth/clients/secret"):
                return self._renewal(body)
            if method == "PUT" and place.startswith("apps/"):
                return self._write(place.split("/"), headers, body, address)
            return 404, {"message": "not found"}, {}

    def _token(self, headers, address):
        secret = headers.get("authorization", "")[len("Bearer ") :]
        if not self._is_good(secret) or secret in self.void or address not in self.allowed:
            return 403, None, {}
        bound = {"u": _md5(headers.get("user-agent", "")), "r": _md5(address), "pid": self.project}
        token = self._jwt(dict(bound, exp=self.now() + self.life, iat=self.now()))
        return 201, {"token": token, "refresh_token": "refresh"}, {}

    def _renewal(self, body):
        asked = json.loads(body.decode("utf-8"))
        old = asked.get("client_secret", "")
        if not self._is_good(old) or old in self.void or self._claims(old).get("aud") != asked.get("client_id"):
            return 403, None, {}
        self.void.append(old)
        return 200, {"new_client_secret": self.secret(client_id=asked["client_id"])}, {}

    def _write(self, place, headers, body, address):
        if self.next:
            status = self.next.pop(0)
            if status is not None:
                return _of_plan(status)
        if not self._may_write(headers, address):
            return 403, None, {}
        if len(place) != 4 or place[1] != self.app:
            return 403, {"message": REASONS[403]}, {}
        said = self._store(unquote(place[3]), headers, body)
        if self.stored and said[0] == 201:
            status = self.stored.pop(0)
            if status is not None:
                return None if status == "drop" else _of_plan(status)
        return said

    def _may_write(self, headers, address):
        token = headers.get("authorization", "")[len("Bearer ") :]
        claims = self._claims(token)
        return (
            self._is_good(token)
            and claims.get("u") == _md5(headers.get("user-agent", ""))
            and claims.get("r") == _md5(address)
            and claims.get("pid") == self.project
            and claims["iat"] >= self.revoked_before
        )

    def _store(self, table, headers, body):
        failed: Said = (500, {"message": "Internal Server Error"}, {})
        refused: Said = (404, {"message": "table %s does not exist" % table}, {})
        try:
            value = json.loads(body.decode("utf-8"), parse_constant=_not_a_number)
        except _NotANumber:
            return refused
        except ValueError:
            return failed
        if value is None or isinstance(value, (bool, int, float)):
            return failed
        named = _named(value, headers.get("resource-identifier-key", ""))
        if named is False:
            return failed
        if '"' in table:
            return refused
        # a text has no rows in it, and is answered as if it had
        if isinstance(value, (dict, list)) and value:
            try:
                self.storage.insert(table, value)
            except ValueError:
                return failed
        self.queue.append(
            {
                "method": "PUT",
                "uri": "/v1/%s/apps/%s/tables/%s" % (self.project, self.app, table),
                "version": "v1",
                "data": {"path": None, "requestor": "client", "group": None, "resource_identifier": named},
            }
        )
        return 201, {"message": "data stored"}, {}

    def _jwt(self, claims):
        # each is another one, also within a second
        self._serial += 1
        parts = [_b64({"alg": "HS256", "typ": "JWT"}), _b64(dict(claims, jti=self._serial))]
        signed = hmac.new(self._key, ".".join(parts).encode("ascii"), hashlib.sha256).digest()
        return ".".join(parts + [base64.urlsafe_b64encode(signed).decode("ascii").rstrip("=")])

    def _claims(self, token):
        try:
            part = token.split(".")[1]
            return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode("utf-8"))
        except (ValueError, IndexError):
            return {}

    def _is_good(self, token):
        """Whether we made a token, and it has not ended."""
        head, _, signature = token.rpartition(".")
        signed = hmac.new(self._key, head.encode("utf-8"), hashlib.sha256).digest()
        made = base64.urlsafe_b64encode(signed).decode("ascii").rstrip("=")
        return hmac.compare_digest(made, signature) and self._claims(token).get("exp", 0) > self.now()


class _NotANumber(ValueError):
    """A number that JSON does not have."""


def _not_a_number(constant):
    raise _NotANumber(constant)


def _named(value, key):
    """What the message queue is told of a row, or False where the API fails to find it."""
    if not key:
        return None
    for one in value if isinstance(value, list) else [value]:
        found = one
        for number, name in enumerate(key.split(".")):
            if not isinstance(found, dict) or (number == 0 and "." in key and name not in found):
                return False
            found = found.get(name)
        return {"key": key, "values": [found]}
    return {"key": key, "values": []}


def _of_plan(status):
    status, headers = status if isinstance(status, tuple) else (status, {})
    return status, ({"message": "Internal Server Error"} if status == 500 else None), headers


def _md5(text):
    return hashlib.md5(text.encode("utf-8")).hexdigest()


def _b64(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode("utf-8")).decode("ascii").rstrip("=")


class _Server(Loopback):
    def handle_error(self, request: Any, client_address: Any) -> None:
        # a client that leaves is none of ours
        pass


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    api: Any = None

    def _answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        said = self.api.answer(self.command, self.path, headers, body, self.client_address[0])
        if said is None:
            self.close_connection = True
            return
        status, value, more = said
        text = b"" if value is None else json.dumps(value).encode("utf-8")
        self.send_response(status, REASONS.get(status))
        self.send_header("content-type", "text/html" if value is None else "application/json")
        self.send_header("content-length", str(len(text)))
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = _answer

    def log_message(self, *args: Any) -> None:
        pass
