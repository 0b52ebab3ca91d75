"""The body of a refused request, read and thrown away so that its sender comes to read the answer.

A server that closes a connection with bytes unread resets it: a client that still sends sees no answer, and a proxy
says 502 for it.
"""

import contextlib
import socket
import threading
import time
from typing import Any, Iterator

from flask import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import get_input_stream

MOST = 10000000  # bytes
SECONDS = 2
AT_ONCE = 2  # requests of a process; those beyond stay unread, so that slow senders cannot hold all its threads
CHUNK = 65536
DONE = "secureb2share.drained"  # key of a WSGI environment
SOCKETS = ("gunicorn.socket", "werkzeug.socket")  # keys of a WSGI environment


_places = threading.BoundedSemaphore(AT_ONCE)


def answered(request: Request, response: Response) -> Response:
    """The response to a request whose body was refused, which is drained once, however often it is asked for."""
    if request.environ.get(DONE):
        return response
    request.environ[DONE] = True
    if not drain(request):
        # what stays unread would be taken for the next request
        response.headers["Connection"] = "close"
        # a server that passes over this header, as gunicorn does, would wait for the rest itself
        found = _socket_of(request.environ)
        if found is not None:
            _close_reading(found)
    return response


def drain(request: Request) -> bool:
    """Read what is left of a request's body, and return whether nothing is left then.

    At most MOST bytes are read, in at most SECONDS, of AT_ONCE requests; a body that announces more stays unread. Where
    the server keeps its socket to itself, its own timeout bounds how long one piece is waited for.
    """
    length = request.content_length
    if not length and "HTTP_TRANSFER_ENCODING" not in request.environ:
        return True
    if length is not None and length > MOST:
        return False
    if not _places.acquire(blocking=False):
        return False
    try:
        return _drained(request)
    finally:
        _places.release()


def _drained(request):
    # where something was read before, that stream knows how far
    stream = request.__dict__.get("stream") or get_input_stream(request.environ)
    left, end = MOST, time.monotonic() + SECONDS
    with _hanging_up(request.environ):
        while left > 0 and time.monotonic() < end:
            try:
                piece = stream.read(min(CHUNK, left))
            except (OSError, HTTPException):
                # the sender went away
                return False
            if not piece:
                return time.monotonic() < end
            left -= len(piece)
    return False


@contextlib.contextmanager
def _hanging_up(environ: Any) -> Iterator[None]:
    """Hear no more of the sender after SECONDS: a read that waits for single bytes ends."""
    found = _socket_of(environ)
    if found is None:
        yield
        return
    timer = threading.Timer(SECONDS, _close_reading, [found])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _socket_of(environ):
    return next((environ[name] for name in SOCKETS if environ.get(name) is not None), None)


def _close_reading(connection):
    # a socket of another library, such as gevent's, is none of Python's
    with contextlib.suppress(OSError, TypeError):
        # that of a TLS socket itself would end TLS, and the answer would go out in plain text
        socket.socket.shutdown(connection, socket.SHUT_RD)
