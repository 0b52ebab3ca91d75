"""A connection to a target: HTTP/1.1 over a checked address, kept between requests.

It follows no redirects and uses no proxies from the environment; an answer is bounded in size and in time.
"""

import contextlib
import http.client
import io
import select
import socket
import ssl
import time
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import urlsplit

from . import egress
from .answer import Answer

# seconds; outbox.claims.LEASE depends on TOTAL
CONNECT, READ, TOTAL = 5, 20, 40
MAX_ANSWER = 65536  # bytes
MOST = 4 * 2**20  # bytes that are read of one answer, with its headers
MOST_AT_ONCE = 32  # connections to one target
MAX_ADDRESSES = 4  # of one name that are tried in turn


class Connection:
    """The connection to the host of one URL. One thread at a time uses it."""

    def __init__(self, url: str, allow_private: bool) -> None:
        parts = urlsplit(url)
        self.url, self.allow_private = url, allow_private
        self._host, self._netloc, self._is_secure = parts.hostname or "", parts.netloc, parts.scheme == "https"
        self._path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        self._socket: Optional[_Bounded] = None
        self.headers: Any = {}  # of the last answer

    def post(self, body: bytes, headers: Dict[str, str]) -> Answer:
        """POST to the URL once, and end within TOTAL seconds; see `request`."""
        return self.request("POST", self._path, body, headers, end_of_attempt())

    def request(
        self,
        method: str,
        path: str,
        body: Optional[bytes],
        headers: Dict[str, str],
        end: float,
        most: int = MAX_ANSWER,
        repeats: bool = True,
    ) -> Answer:
        """Send one request to the URL's host, and end by `end`, a time.monotonic(); the Answer.

        Where `repeats` holds, a kept connection that the target has closed is replaced by a new one, over which the
        same request goes. An answer of more than `most` bytes comes without its body. Raises OSError and
        http.client.HTTPException.
        """
        if self._socket is not None and not self._socket.is_idle():
            self.close()
        if self._socket is not None and repeats:
            with contextlib.suppress(ConnectionError):
                return self._exchange(method, path, body, headers, end, most)
        return self._exchange(method, path, body, headers, end, most)

    def _exchange(self, method, path, body, headers, end, most):
        try:
            if self._socket is None:
                self._socket = self._open(end)
            self._socket.begin(end)
            # with a port, so that an IPv6 address is not read as one with a port
            connection = http.client.HTTPConnection(self._host, 443)
            connection.response_class = _Response
            connection.sock = self._socket  # type: ignore[assignment]  # what http.client calls of a socket
            connection.request(method, path, body=body, headers=dict(headers, host=self._netloc))
            self._socket.flush()
            answer = connection.getresponse()
            self.headers = answer.headers
            said = answer.read(most + 1)
            if answer.length and len(said) <= most:
                raise http.client.IncompleteRead(said, answer.length)
            # an answer that does not fit is no receipt; its status still counts
            is_whole = len(said) <= most and answer.isclosed()
            found = Answer(answer.status, said if len(said) <= most else b"", answer.getheader("retry-after", ""))
        except BaseException:
            self.close()
            raise
        if answer.will_close or not is_whole:
            self.close()
        return found

    def _open(self, end):
        raw = _connect(egress.check_address(self.url, self.allow_private), end)
        try:
            raw.settimeout(_at_most(READ, end))
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._is_secure:
                raw = ssl.create_default_context().wrap_socket(raw, server_hostname=self._host)
        except BaseException:
            raw.close()
            raise
        return _Bounded(raw, end)

    def close(self) -> None:
        """End the connection; the next request opens another."""
        found, self._socket = self._socket, None
        if found is not None:
            found.shut()


def end_of_attempt() -> float:
    """The time.monotonic() by which an attempt that begins now has to end, with everything that belongs to it."""
    return time.monotonic() + TOTAL


class _Response(http.client.HTTPResponse):
    """An answer behind any number of informational ones (RFC 9110, 15.2), of which http.client skips 100 alone."""

    def _read_status(self):
        version, status, reason = super()._read_status()  # type: ignore[misc]  # http.client's own
        return version, http.client.CONTINUE if 100 <= status < 200 else status, reason


class _Bounded(io.RawIOBase):
    """A socket whose reads and writes all end by `end`, a time.monotonic(): single bytes would never time out."""

    def __init__(self, raw: Any, end: float) -> None:
        self._raw = raw
        self._unsent = b""
        self.begin(end)

    def begin(self, end: float) -> None:
        """Begin another exchange."""
        self.end, self._left = end, MOST

    def makefile(self, mode: str) -> io.BufferedReader:
        """What http.client reads an answer from; closing it leaves the socket open."""
        return io.BufferedReader(_Reader(self))

    def sendall(self, data: bytes) -> None:
        """Keep `data` for `flush`: http.client brings head and body one after the other."""
        self._unsent += data

    def flush(self) -> None:
        """Send what was kept, in one piece."""
        data, self._unsent = self._unsent, b""
        if data:
            self._raw.settimeout(_at_most(READ, self.end))
            self._raw.sendall(data)

    def readinto(self, buffer: Any) -> Optional[int]:
        self._raw.settimeout(_at_most(READ, self.end))
        read = self._raw.recv_into(buffer)
        self._left -= read
        if self._left < 0:
            # http.client reads a chunk of a size below zero to its end
            raise OSError("the answer is too long")
        return read

    def readable(self) -> bool:
        return True

    def is_idle(self) -> bool:
        """Whether nothing arrived since the last answer, not even the end of the connection."""
        return not select.select([self._raw], [], [], 0)[0]

    def close(self) -> None:
        # http.client closes what it was given; the connection is kept
        pass

    def shut(self) -> None:
        self._raw.close()


class _Reader(io.RawIOBase):
    def __init__(self, bounded: _Bounded) -> None:
        self._bounded = bounded

    def readinto(self, buffer: Any) -> Optional[int]:
        return self._bounded.readinto(buffer)

    def readable(self) -> bool:
        return True


def _at_most(seconds: float, end: float) -> float:
    """`seconds`, or less where `end`, a time.monotonic(), comes earlier; raises socket.timeout when it has come."""
    left = end - time.monotonic()
    if left <= 0:
        raise socket.timeout("the target took too long")
    return min(seconds, left)


def _connect(addresses: List[Tuple[int, Any]], end: float) -> socket.socket:
    for number, (family, address) in enumerate(addresses[:MAX_ADDRESSES]):
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(_at_most(CONNECT, end))
            connection.connect(address)
        except OSError:
            connection.close()
            if number + 1 == len(addresses[:MAX_ADDRESSES]):
                raise
        else:
            return connection
    raise ConnectionError("the host name has no address")
