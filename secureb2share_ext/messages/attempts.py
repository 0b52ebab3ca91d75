"""Wrong signatures and tokens, counted by address and source, so that who sends them waits.

What is signed for a source from an address that is over its number there waits until ten minutes after the first wrong
signature, and is not looked at. Other sources behind the same address go on, and so does a source that signed rightly
from there within the last hour: then wrong signatures are put off alone. All names that are no source's count as one.
A source that gets many wrong signatures from many addresses makes these wait sooner: nobody can lock a source out.
Redis counts for all processes where the host has one; otherwise each process counts.
"""

import math
import threading
import time
from typing import Any, Dict, Mapping, Optional, Tuple

from flask import current_app

from .. import config as settings
from .origin import UNKNOWN, Origin, origin_of
from .wrong_counts import KNOWN, MOST, TOLD, Count, Memory, Shared, redis_url

UNDER_ATTACK = 10  # times the number of a pair, from all addresses, makes a source's failing ones wait sooner
FEW = 3  # wrong signatures that an address may still send then
AWAY = 30  # seconds for which a Redis that failed is left alone


def allowed(of_source: Count, most: int) -> int:
    """The number of wrong signatures that an address may send in a window. Pure. most: in quiet times."""
    return min(FEW, most) if of_source.number > most * UNDER_ATTACK else most


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
