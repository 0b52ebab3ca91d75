"""What an issuer publishes of itself: its addresses (OpenID Connect Discovery 1.0) and its keys (RFC 7517).

Both are kept in this process and read again after an hour, by one request at a time. While the issuer does not answer,
what is known goes on working for a day: a withdrawn key may be believed that long, and not longer.
"""

import contextlib
import queue
import threading
import time
from typing import Any, Callable, Dict, NamedTuple, Optional

import requests

from ..descriptions import strict_json
from ..errors import Invalid, ProviderDown

AGAIN = 10  # seconds after which an unknown key, or an issuer that gave no answer, is asked for once more
ANEW = 3600  # seconds after which everything is read again
LONGEST_KEPT = 86400  # seconds after which nothing counts that could not be read again
TIMEOUT = 5  # seconds for a connection, and between two pieces of an answer
LONGEST_WAIT = 15  # seconds for an answer
PATIENCE = 2  # seconds that any request waits; while a provider does not answer by then, only some wait longer
LOOK = 0.05  # seconds in which a place is free again that was only looked at
WAIT = 1  # seconds for the first reading of another request
WAITING = 4  # requests that wait for it
AT_ONCE = threading.BoundedSemaphore(8)  # requests of this process that wait for an answer
LONG_AT_ONCE = 2  # requests of this process that wait longer, for each provider
LONGEST = 1000000  # bytes of an answer
PIECE = 256  # bytes; a piece is complete before the time is looked at
WELL_KNOWN = "/.well-known/openid-configuration"
_long: Dict[str, threading.BoundedSemaphore] = {}  # origin -> places of those who wait longer


class Answer(NamedTuple):
    """An answer of a provider."""

    status: int
    headers: Any  # mapping, whatever the case of the names
    body: bytes


def ask(method: str, url: str, headers: Any = None, data: Any = None) -> Answer:
    """The Answer to one request, in LONGEST_WAIT seconds at most; a redirect is an answer. Raises ProviderDown.

    headers, data: as those of requests.request.
    """
    # a provider that hangs would have every worker wait for it
    if not AT_ONCE.acquire(False):
        raise ProviderDown("too many at once")
    try:
        return _answer(method, url, headers, data)
    finally:
        AT_ONCE.release()


def _answer(method, url, headers, data):
    origin = "/".join(url.split("/", 3)[:3])
    places = _long.setdefault(origin, threading.BoundedSemaphore(LONG_AT_ONCE))
    # while a provider hangs, whoever comes is told so at once
    with _place(places):
        pass
    # a time-out of requests is one of each piece, and the head of an answer may come byte by byte
    found: Any = queue.Queue()
    end = time.monotonic() + LONGEST_WAIT
    threading.Thread(target=_ask, args=(method, url, headers, data, end, found.put), daemon=True).start()
    try:
        answer = found.get(timeout=min(PATIENCE, LONGEST_WAIT))
    except queue.Empty:
        with _place(places):
            answer = _awaited(found, end)
    if isinstance(answer, BaseException):
        raise answer
    return answer


@contextlib.contextmanager
def _place(places):
    """Hold one of the places; raises ProviderDown where there is none."""
    # who only looks holds one for a moment
    if not places.acquire(timeout=LOOK):
        raise ProviderDown("too many wait")
    try:
        yield
    finally:
        places.release()


def _awaited(found, end):
    try:
        return found.get(timeout=max(0.0, end - time.monotonic()))
    except queue.Empty:
        raise ProviderDown("an answer without an end")


def _ask(method, url, headers, data, end, tell):
    body = bytearray()
    try:
        with requests.request(
            method, url, headers=headers, data=data, timeout=TIMEOUT, allow_redirects=False, stream=True
        ) as answer:
            for piece in answer.iter_content(PIECE):
                body += piece
                if len(body) > LONGEST or time.monotonic() > end:
                    raise ProviderDown("an answer without an end")
            tell(Answer(answer.status_code, answer.headers, bytes(body)))
    except ProviderDown as error:
        tell(error)
    # an address or an answer that is none can raise whatever the libraries below have
    except Exception as error:
        tell(ProviderDown(type(error).__name__))


def fetch(url: str) -> Any:
    """The JSON value at a provider's address; raises ProviderDown."""
    answer = ask("GET", url)
    if answer.status != 200:
        raise ProviderDown("status %d" % answer.status)
    try:
        return strict_json.parse(answer.body)
    except Invalid:
        raise ProviderDown("no JSON")


class _State(NamedTuple):
    value: Any = None  # None: there is none yet
    read_at: float = 0.0
    tried_at: Optional[float] = None
    fault: str = ""  # of the last reading


class _Document:
    """Something that an issuer publishes, as it was read last."""

    def __init__(self, read: Callable[[], Any], clock: Callable[[], float]) -> None:
        self._read, self._clock, self._lock = read, clock, threading.Lock()
        self._waiting = threading.BoundedSemaphore(WAITING)
        # replaced as a whole: whoever looks at it without the lock sees one reading
        self._state = _State()

    def get(self, is_enough: Callable[[Any], bool] = bool) -> Any:
        """The value; read again where it is old, or not enough and not just read. Raises ProviderDown."""
        seen = self._state
        if self._is_due(seen, is_enough):
            # whoever has what it needs does not wait for the reading of another
            has_enough = self._is_usable(seen) and is_enough(seen.value)
            if self._enter(seen, has_enough):
                try:
                    # whoever had the lock before has read for all that waited
                    if self._state is seen:
                        self._state = self._anew(seen)
                finally:
                    self._lock.release()
        state = self._state
        # what was asked for in vain may well be there
        if not self._is_usable(state) or (state.fault and not is_enough(state.value)):
            raise ProviderDown(state.fault)
        return state.value

    def _enter(self, seen, has_enough):
        if has_enough or seen.value is not None:
            return self._lock.acquire(not has_enough)
        # nobody knows yet whether it answers, and anybody may ask
        if self._lock.acquire(False):
            return True
        if not self._waiting.acquire(False):
            raise ProviderDown("being read")
        try:
            if self._lock.acquire(timeout=WAIT):
                return True
        finally:
            self._waiting.release()
        raise ProviderDown("being read")

    def _is_due(self, state, is_enough):
        now = self._clock()
        if state.tried_at is not None and now - state.tried_at <= AGAIN:
            return False
        return state.value is None or now - state.read_at > ANEW or not is_enough(state.value)

    def _is_usable(self, state):
        return state.value is not None and self._clock() - state.read_at <= LONGEST_KEPT

    def _anew(self, seen):
        try:
            value = self._read()
        except ProviderDown as error:
            return seen._replace(tried_at=self._clock(), fault=str(error))
        now = self._clock()
        return _State(value, now, now)


class Discovery:
    """The published addresses and keys of one issuer."""

    def __init__(
        self, issuer: str, read: Callable[[str], Any] = fetch, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.issuer = issuer
        self._addresses = _Document(lambda: self._own(read(issuer.rstrip("/") + WELL_KNOWN)), clock)
        self._keys = _Document(lambda: _by_id(read(self.address("jwks_uri"))), clock)

    def address(self, member: str) -> str:
        """An address such as ``authorization_endpoint``; raises ProviderDown."""
        value = self._addresses.get().get(member)
        # what is published over TLS leads to nothing without it
        if not isinstance(value, str) or not value.startswith(self.issuer.partition(":")[0] + "://"):
            raise ProviderDown("no %s" % member)
        return value

    def key(self, kid: str) -> Optional[Dict[str, Any]]:
        """The JWK (dict) with this id, or None; raises ProviderDown."""
        return self._keys.get(lambda found: kid in found).get(kid)

    def _own(self, document):
        if not isinstance(document, dict) or document.get("issuer") != self.issuer:
            raise ProviderDown("discovery of another issuer")
        return document


def _by_id(document):
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise ProviderDown("no keys")
    found: Dict[str, Dict[str, Any]] = {}
    for jwk in keys:
        kid = jwk.get("kid") if isinstance(jwk, dict) else None
        if isinstance(kid, str) and kid:
            if kid in found:
                # which of two keys is meant, nobody can say
                raise ProviderDown("two keys with one id")
            found[kid] = jwk
    return found
