"""Wrong signatures and tokens, counted by address and by source, so that who sends them waits.

Only failures are counted: a right signature costs no statement and no call of Redis. An address over its number waits
until ten minutes after its first one, and nothing that it signs is looked at. A source that gets many from many
addresses makes these wait sooner, and no other: nobody can lock a source out. Redis counts for all processes where the
host has one; otherwise each process counts.
"""

import ipaddress
import math
import threading
import time
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from flask import current_app

WINDOW = 600  # seconds from an address's first wrong signature, after which its count begins again
UNDER_ATTACK = 10  # times the number of an address, from all addresses, makes a source's failing ones wait sooner
FEW = 3  # wrong signatures that an address may still send then
MOST = 10000  # addresses that a process keeps
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


class Count(NamedTuple):
    """Wrong signatures in the current window."""

    number: int
    seconds: int  # until the window ends


def allowed(of_source: Count, most: int) -> int:
    """The number of wrong signatures that an address may send in a window. Pure. most: in quiet times."""
    return min(FEW, most) if of_source.number > most * UNDER_ATTACK else most


def sender_of(address: Optional[str]) -> str:
    """What is counted of a network address: an IPv4 address, or the /64 in which one sender has all IPv6 addresses."""
    found = _parsed(address)
    if found is None:
        return UNKNOWN
    return str(found) if found.version == 4 else str(ipaddress.ip_network("%s/64" % found, strict=False))


def is_one_sender(address: Optional[str]) -> bool:
    """Whether an address is surely one sender's, and not that of a proxy in front of everybody."""
    found = _parsed(address)
    return found is not None and not any(found in net for net in NEAR if net.version == found.version)


def _parsed(address) -> Any:
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def redis_url(config: Mapping[str, Any]) -> Optional[str]:
    """The URL of the Redis in which the host itself counts, or keeps its cache or its sessions; None without one."""
    urls = [config.get("RATELIMIT_STORAGE_URI"), config.get("RATELIMIT_STORAGE_URL")]
    if "redis" in str(config.get("CACHE_TYPE", "redis")).lower():
        urls.append(config.get("CACHE_REDIS_URL"))
    urls.append(config.get("ACCOUNTS_SESSION_REDIS_URL"))
    return next((url for url in urls if isinstance(url, str) and url.startswith(SCHEMES)), None)


class Memory:
    """The counts of one process, of MOST names at most; the oldest give way."""

    def __init__(self) -> None:
        self._counts: Dict[str, List[float]] = {}  # name: [number, when its window ends]

    def add(self, names: List[str]) -> List[Count]:
        """Count one more of each name; [Count]."""
        now, found = time.monotonic(), []
        for name in names:
            count = self._counts.get(name)
            if count is None or count[1] <= now:
                self._counts.pop(name, None)
                while len(self._counts) >= MOST:
                    del self._counts[next(iter(self._counts))]
                count = self._counts[name] = [0, now + WINDOW]
            count[0] += 1
            found.append(Count(int(count[0]), math.ceil(count[1] - now)))
        return found


class Shared:
    """The counts of all processes, in Redis."""

    def __init__(self, url: str) -> None:
        import redis

        # the class that speaks as Redis does; its other one of former times answers a missing end with None
        connected = getattr(redis, "StrictRedis", redis.Redis)
        self._redis = connected.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)

    def add(self, names: List[str]) -> List[Count]:
        """Count one more of each name; [Count]. Two calls at a name's first, else one."""
        pipeline = self._redis.pipeline()
        for name in names:
            pipeline.incr(PREFIX + name).ttl(PREFIX + name)
        said = pipeline.execute()
        numbers, ends = said[::2], said[1::2]
        # also what a process left that ended in between
        endless = [name for name, end in zip(names, ends) if end is None or end < 0]
        if endless:
            pipeline = self._redis.pipeline()
            for name in endless:
                pipeline.expire(PREFIX + name, WINDOW)
            pipeline.execute()
        return [Count(n, WINDOW if name in endless else max(1, end)) for name, n, end in zip(names, numbers, ends)]


class Attempts:
    """The senders that wait, as one process knows them."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        """config: of the application, which is read at the first wrong signature."""
        self._config = config
        self._memory = Memory()
        self._shared: Optional[Shared] = None
        self._away = 0.0  # when a Redis that failed is asked again
        self._waiting: Dict[str, float] = {}  # sender: until when
        self._lock = threading.Lock()

    def wait(self, address: Optional[str]) -> int:
        """Seconds for which this address has to wait, 0 for none."""
        if not self._waiting or not is_one_sender(address):
            return 0
        left = self._waiting.get(sender_of(address), 0.0) - time.monotonic()
        return max(0, math.ceil(left))

    def failed(self, address: Optional[str], source: Optional[str]) -> int:
        """Count a wrong signature; seconds that its address has to wait, 0 for none.

        source: the name of the source for which it was made, None for one that does not exist.
        """
        most = self._config["SECUREB2SHARE_WRONG_SIGNATURES"]
        if most is None:
            return 0
        sender = sender_of(address)
        of_sender, of_source = self._add(["address:" + sender, "source:" + (source or UNKNOWN)])
        number = allowed(of_source, most)
        if of_sender.number >= number:
            self._keep_waiting(sender, of_sender.seconds)
        if of_sender.number == number:
            current_app.logger.warning("secureb2share.address-waits address=%s source=%s", sender, source or UNKNOWN)
        return of_sender.seconds if of_sender.number > number else 0

    def _keep_waiting(self, sender, seconds):
        with self._lock:
            self._waiting.pop(sender, None)
            while len(self._waiting) >= MOST:
                del self._waiting[next(iter(self._waiting))]
            self._waiting[sender] = time.monotonic() + seconds

    def _add(self, names):
        shared = self._reachable()
        if shared is not None:
            try:
                return shared.add(names)
            except Exception as error:
                # whatever is wrong with Redis, wrong signatures are counted
                self._left_alone(error)
        with self._lock:
            return self._memory.add(names)

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
