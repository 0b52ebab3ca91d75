"""The target of kind webhook: a generic ingest API.

A request has the Standard Webhooks headers over the frozen bytes, Idempotency-Key and Content-Digest (RFC 9530). It
follows no redirects and uses no proxies from the environment; the answer is bounded in size and in time.
"""

import base64
import contextlib
import datetime
import hashlib
import http.client
import socket
import ssl
import threading
from typing import Any, Callable, Dict, List, Optional, Tuple
from urllib.parse import urlsplit

from .. import client
from ..config import day, url_fault
from ..errors import ConfigError, SecureB2ShareError
from . import egress
from .answer import Answer

Sign = Callable[[str, bytes], Dict[str, str]]  # (message id, body) -> headers

CONNECT, READ, TOTAL = 5, 20, 40  # seconds; TOTAL stays well under the outbox's lease
MAX_ANSWER = 65536  # bytes
MAX_ADDRESSES = 4  # of one name that are tried in turn


class Webhook:
    """One target of kind webhook."""

    def __init__(
        self,
        url: str,
        sign: Sign,
        allow_private: bool = False,
        echo: bool = False,
        expires: Optional[datetime.date] = None,
    ) -> None:
        self.url = url
        self.sign = sign
        self.allow_private = allow_private
        self.echo = echo
        self.expires = expires  # datetime.date on which its secret ends, or None

    @classmethod
    def read(cls, key: str, settings: Dict[str, Any], sign: Sign, demo: bool) -> "Webhook":
        """The Webhook of an entry of SECUREB2SHARE_TARGETS; raises ConfigError.

        key: the entry's name for messages; demo: whether http and private addresses are allowed.
        """
        unknown = set(settings) - {"url", "secret", "allow_private", "echo", "expires"}
        if unknown:
            raise ConfigError("%s has the unknown setting %s." % (key, sorted(unknown)[0]))
        fault = url_fault(settings.get("url") or "", demo)
        if fault:
            raise ConfigError("%s: url %s." % (key, fault))
        secret = settings.get("secret")
        fault = client.key_fault(secret, ("whsec_",)) if secret is not None else None
        if fault:
            raise ConfigError("%s: secret %s." % (key, fault))

        def with_secret(message_id: str, body: bytes) -> Dict[str, str]:
            return client.signed_headers(str(secret), message_id, body)

        allow_private = bool(settings.get("allow_private")) or demo
        expires = day(key, settings.get("expires"))
        return cls(settings["url"], with_secret if secret else sign, allow_private, bool(settings.get("echo")), expires)

    def send(self, event: Any) -> Answer:
        """The Answer to one attempt; never raises for what the network, the target or a missing key does."""
        try:
            headers = dict(self.sign(event.message_id, event.body), **self._headers(event))
            return exchange(self.url, event.body, headers, self.allow_private)
        except (OSError, http.client.HTTPException, SecureB2ShareError, ValueError) as error:
            return Answer(error=type(error).__name__)

    @staticmethod
    def _headers(event: Any) -> Dict[str, str]:
        hashed = base64.b64encode(hashlib.sha256(event.body).digest()).decode("ascii")
        return {
            "content-type": "application/cloudevents+json",
            "content-digest": "sha-256=:%s:" % hashed,
            "idempotency-key": '"%s"' % event.message_id,
            "user-agent": "secureb2share",
        }


def exchange(url: str, body: bytes, headers: Dict[str, str], allow_private: bool) -> Answer:
    """POST once, to an address that was checked, and end within TOTAL seconds; the Answer. Raises OSError."""
    parts = urlsplit(url)
    raw = _connect(egress.check_address(url, allow_private))
    # reads of single bytes never time out, so the connection itself is ended
    copy, late = raw.dup(), threading.Event()
    deadline = threading.Timer(TOTAL, _end, [copy, late])
    deadline.daemon = True
    deadline.start()
    stream = raw
    try:
        if parts.scheme == "https":
            stream = ssl.create_default_context().wrap_socket(raw, server_hostname=parts.hostname)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        connection.sock = stream
        target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        connection.request("POST", target, body=body, headers=dict(headers, host=parts.netloc))
        answer = connection.getresponse()
        said = answer.read(MAX_ANSWER + 1)
        # an answer that does not fit is no receipt; its status still counts
        kept = said if len(said) <= MAX_ANSWER and not late.is_set() else b""
        return Answer(answer.status, kept, answer.getheader("retry-after", ""))
    finally:
        deadline.cancel()
        copy.close()
        stream.close()


def _connect(addresses: List[Tuple[int, Any]]) -> socket.socket:
    for number, (family, address) in enumerate(addresses[:MAX_ADDRESSES]):
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.settimeout(CONNECT)
        try:
            connection.connect(address)
        except OSError:
            connection.close()
            if number + 1 == len(addresses[:MAX_ADDRESSES]):
                raise
        else:
            connection.settimeout(READ)
            return connection
    raise ConnectionError("the host name has no address")


def _end(connection: socket.socket, late: threading.Event) -> None:
    late.set()
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
