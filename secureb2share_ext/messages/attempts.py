"""Wrong signatures and tokens, counted by address and source, so that who sends them waits.

What is signed for a source from an address that is over its number there waits until ten minutes after the first wrong
signature, and is not looked at. Other sources behind the same address go on, and so does a source that signed rightly
from there within the last hour: then wrong signatures are put off alone. All names that are no source's count as one.
A source that gets many wrong signatures from many addresses makes these wait sooner: nobody can lock a source out.
Redis counts for all processes where the host has one; otherwise each process counts.
"""

import ipaddress
import math
import threading
import time
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from flask import current_app

from .. import config as settings

WINDOW = 600  # seconds from the first wrong signature of a pair, after which its count begins again
UNDER_ATTACK = 10  # times the number of a pair, from all addresses, makes a source's failing ones wait sooner
FEW = 3  # wrong signatures that an address may still send then
MOST = 10000  # pairs that a process keeps
KNOWN = 3600  # seconds for which a pair at least is known by a right signature
TOLD = 1800  # seconds after which a right signature is told anew
PREFIX = "secureb2share:wrong:"
UNKNOWN = "-"
SCHEMES = ("redis://", "rediss://", "unix://")
PATIENCE = 0.25  # seconds that Redis may take
AWAY = 30  # seconds for which a Redis that failed is left alone
# where a proxy may stand that the host was not told of, so that many senders have one address
NEAR = [
    ipaddress.ip_network(net)
    for net in "127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 100.64.0.0/10"
    " ::1/128 fc00::/7 fe80::/10".split()
]
# where ProxyFix of a new and of an old Werkzeug keeps the address of the proxy itself
OF_PROXY = ("werkzeug.proxy_fix.orig", "werkzeug.proxy_fix.orig_remote_addr")


class Count(NamedTuple):
    """Wrong signatures in the current window."""

    number: int
    seconds: int  # until the window ends


class Found(NamedTuple):
    """The counts after one more wrong signature."""

    of_pair: Optional[Count]  # None where there is no place for one more pair
    of_source: Count
    is_known: bool  # whether the pair signed rightly a short time ago, as far as the counter knows


class Origin(NamedTuple):
    """Where a request comes from."""

    name: str  # an IPv4 address, or the /64 in which one sender has all IPv6 addresses
    is_one: bool  # whether it is one sender's, and not that of a proxy in front of many


def allowed(of_source: Count, most: int) -> int:
    """The number of wrong signatures that an address may send in a window. Pure. most: in quiet times."""
    return min(FEW, most) if of_source.number > most * UNDER_ATTACK else most


def origin_of(environ: Mapping[str, Any], shared: Optional[List[Any]] = None) -> Origin:
    """The Origin of a request (WSGI environment). Pure.

    shared: the networks of proxies; None: the private networks, but for an address that a proxy named of which the host
    was told.
    """
    found = _parsed(environ.get("REMOTE_ADDR"))
    if found is None:
        return Origin(UNKNOWN, False)
    if shared is None:
        shared = [] if _is_named_by_proxy(environ) else NEAR
    is_one = not any(found in net for net in shared if net.version == found.version)
    return Origin(str(found if found.version == 4 else ipaddress.ip_network("%s/64" % found, strict=False)), is_one)


def _parsed(address) -> Any:
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_named_by_proxy(environ):
    # a ProxyFix in whose requests no proxy names an address leaves that of the proxy
    new, old = (environ.get(key) for key in OF_PROXY)
    return (new.get("REMOTE_ADDR") if new else old) not in (None, environ.get("REMOTE_ADDR"))


def redis_url(config: Mapping[str, Any]) -> Optional[str]:
    """The URL of the Redis in which the host itself counts, or keeps its cache or its sessions; None without one."""
    urls = [config.get("RATELIMIT_STORAGE_URI"), config.get("RATELIMIT_STORAGE_URL")]
    if "redis" in str(config.get("CACHE_TYPE", "redis")).lower():
        urls.append(config.get("CACHE_REDIS_URL"))
    urls.append(config.get("ACCOUNTS_SESSION_REDIS_URL"))
    return next((url for url in urls if isinstance(url, str) and url.startswith(SCHEMES)), None)


class Memory:
    """The counts of one process: of every source, and of MOST pairs. No pair takes the place of another."""

    def __init__(self) -> None:
        self._sources: Dict[str, List[float]] = {}  # name: [number, when its window ends]
        self._pairs: Dict[str, List[float]] = {}

    def add(self, pair: str, source: str) -> Found:
        """Count one more."""
        now = time.monotonic()
        for counts in (self._sources, self._pairs):
            # all windows are of one length, so that the first to end stands first
            while counts and next(iter(counts.values()))[1] <= now:
                del counts[next(iter(counts))]
        has_place = pair in self._pairs or len(self._pairs) < MOST
        of_pair = self._more(self._pairs, pair, now) if has_place else None
        return Found(of_pair, self._more(self._sources, source, now), False)

    def _more(self, counts, name, now):
        count = counts.setdefault(name, [0, now + WINDOW])
        count[0] += 1
        return Count(int(count[0]), math.ceil(count[1] - now))


class Shared:
    """The counts of all processes, in Redis."""

    def __init__(self, url: str) -> None:
        import redis

        # the class that speaks as Redis does; its other one of former times answers a missing end with None
        connected = getattr(redis, "StrictRedis", redis.Redis)
        self._redis = connected.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)

    def add(self, pair: str, source: str) -> Found:
        """Count one more. Two calls at the first of a pair or source, else one."""
        names = [PREFIX + "pair:" + pair, PREFIX + "source:" + source]
        pipeline = self._redis.pipeline()
        for name in names:
            pipeline.incr(name)
            pipeline.ttl(name)
        pipeline.exists(PREFIX + "right:" + pair)
        said = pipeline.execute()
        numbers, ends = said[:4:2], said[1:4:2]
        # also what a process left that ended in between
        endless = [name for name, end in zip(names, ends) if end is None or end < 0]
        if endless:
            pipeline = self._redis.pipeline()
            for name in endless:
                pipeline.expire(name, WINDOW)
            pipeline.execute()
        of_pair, of_source = (
            Count(number, WINDOW if name in endless else max(1, end)) for name, number, end in zip(names, numbers, ends)
        )
        return Found(of_pair, of_source, bool(said[4]))

    def know(self, pair: str) -> None:
        """Keep that a pair signed rightly."""
        self._redis.set(PREFIX + "right:" + pair, "1", ex=KNOWN + TOLD)


class Ends:
    """Names, each until its time; of MOST of them, and the oldest give way."""

    def __init__(self) -> None:
        self._ends: Dict[str, float] = {}

    def keep(self, name: str, seconds: float) -> None:
        """Keep a name for so many seconds from now."""
        self._ends.pop(name, None)
        while len(self._ends) >= MOST:
            del self._ends[next(iter(self._ends))]
        self._ends[name] = time.monotonic() + seconds

    def left(self, name: str) -> int:
        """Whole seconds until a name's time, 0 when it is past or never was."""
        return max(0, math.ceil(self._ends.get(name, 0.0) - time.monotonic()))

    def __len__(self) -> int:
        return len(self._ends)


class Attempts:
    """The senders that wait, as one process knows them.

    source: everywhere a source's name; None for a name that is no source's.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        """config: of the application, which is read at each call."""
        self._config = config
        self._memory = Memory()
        self._shared: Optional[Shared] = None
        self._away = 0.0  # when a Redis that failed is asked again
        self._waiting = Ends()
        self._known = Ends()  # who signed rightly
        self._lock = threading.Lock()

    def wait(self, environ: Mapping[str, Any], source: Optional[str]) -> int:
        """Seconds for which a request (WSGI environment) for this source has to wait, 0 for none."""
        if not len(self._waiting):
            return 0
        pair = self._pair(environ, source)[1]
        return 0 if self._known.left(pair) else self._waiting.left(pair)

    def passed(self, environ: Mapping[str, Any], source: str) -> None:
        """Keep that a request was signed rightly; Redis is told every TOLD seconds."""
        if self._config["SECUREB2SHARE_WRONG_SIGNATURES"] is None:
            return
        pair = self._pair(environ, source)[1]
        if self._known.left(pair) > KNOWN:
            return
        with self._lock:
            self._known.keep(pair, KNOWN + TOLD)
        self._ask(lambda shared: shared.know(pair))

    def failed(self, environ: Mapping[str, Any], source: Optional[str]) -> int:
        """Count a wrong signature; seconds for which the next one is put off, 0 for none."""
        most = self._config["SECUREB2SHARE_WRONG_SIGNATURES"]
        if most is None:
            return 0
        origin, pair = self._pair(environ, source)
        found = self._add(pair, source or UNKNOWN)
        number = allowed(found.of_source, most)
        # who finds no place of its own is counted with all the others of its source
        count = found.of_pair or found.of_source
        if found.of_pair is not None and count.number >= number and origin.is_one and not self._is_known(found, pair):
            with self._lock:
                self._waiting.keep(pair, count.seconds)
        if count.number == number:
            current_app.logger.warning(
                "secureb2share.address-waits address=%s source=%s", origin.name, source or UNKNOWN
            )
        return count.seconds if count.number > number else 0

    def _is_known(self, found, pair):
        return found.is_known or self._known.left(pair) > 0

    def _pair(self, environ, source) -> Tuple[Origin, str]:
        origin = origin_of(environ, settings.networks(self._config, "SECUREB2SHARE_SHARED_NETWORKS"))
        return origin, "%s %s" % (origin.name, source or UNKNOWN)

    def _add(self, pair, source):
        found = self._ask(lambda shared: shared.add(pair, source))
        if found is not None:
            return found
        with self._lock:
            return self._memory.add(pair, source)

    def _ask(self, question):
        """The answer of Redis, or None without one."""
        shared = self._reachable()
        if shared is None:
            return None
        try:
            return question(shared)
        except Exception as error:
            # whatever is wrong with Redis, wrong signatures are counted
            self._left_alone(error)
            return None

    def _reachable(self):
        if time.monotonic() < self._away:
            return None
        url = redis_url(self._config)
        if self._shared is None and url is not None:
            try:
                self._shared = Shared(url)
            except Exception as error:
                self._left_alone(error)
        return self._shared

    def _left_alone(self, error):
        self._away = time.monotonic() + AWAY
        current_app.logger.info("secureb2share.counted-in-process error=%s", type(error).__name__)
