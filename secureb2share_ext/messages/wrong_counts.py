"""The counts of wrong signatures: of one process, or of all of them in Redis.

A pair is an address and a source, as one text.
"""

import math
import time
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

WINDOW = 600  # seconds from the first wrong signature of a pair, after which its count begins again
MOST = 10000  # pairs that a process keeps
KNOWN = 3600  # seconds for which a pair at least is known by a right signature
TOLD = 1800  # seconds after which a right signature is told anew
PREFIX = "secureb2share:wrong:"
SCHEMES = ("redis://", "rediss://", "unix://")
PATIENCE = 0.25  # seconds that Redis may take


class Count(NamedTuple):
    """Wrong signatures in the current window."""

    number: int
    seconds: int  # until the window ends


class Found(NamedTuple):
    """The counts after one more wrong signature."""

    of_pair: Optional[Count]  # None where there is no place for one more pair
    of_source: Count
    is_known: bool  # whether the pair signed rightly a short time ago, as far as the counter knows


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
