"""The schedule of the faults of a run, which its seed repeats."""

import random
from typing import List, NamedTuple

# kind -> how often it comes, against the others; these end a process at once, and each counts as a kill
KILLS = {
    "sweeping process": 12,  # one process of a worker's pool
    "worker": 3,  # with its pool
    "beat": 1,
    "web process": 3,
    "web server": 1,  # with its processes
    "receiver": 2,
    "postgresql": 1,
    "redis": 1,
}
# kind -> seconds for which it lasts
OTHERS = {
    "storm": 4,  # 500, 502, 503
    "busy": 3,  # 429 with Retry-After
    "unauthorised": 4,  # 401
    "gone": 4,  # 410
    "hanging": 4,  # takes nothing, and answers nothing
    "disk full": 3,
    "clock back": 12,  # a day, for the workers and beat, and longer than a sweep goes on
    "clock ahead": 12,
    "leave": 0,  # SIGTERM to a worker and its pool
}


class Fault(NamedTuple):
    """A fault: seconds after the one before, its kind, how long it lasts, and a number from 0 to 1 that chooses."""

    gap: float
    kind: str
    seconds: float
    choice: float


def plan(seed: int, kills: int, without: frozenset = frozenset(), gap: float = 1.0) -> List[Fault]:
    """The faults of a run with so many kills, each kind at least once where there is room.

    without: kinds that cannot be had; gap: mean seconds between two faults.
    """
    chosen = random.Random(seed)
    weights = {kind: weight for kind, weight in KILLS.items() if kind not in without}
    deaths = list(weights)[:kills]
    deaths += chosen.choices(list(weights), list(weights.values()), k=kills - len(deaths))
    others = sorted(set(OTHERS) - without)
    # one of the others to about eight kills, and each at least once
    mixed = deaths + others * max(1, round(kills / 8 / len(others)))
    chosen.shuffle(mixed)
    return [
        Fault(chosen.uniform(0.3, 1.7) * gap, kind, OTHERS.get(kind, 0) * chosen.uniform(0.7, 1.3), chosen.random())
        for kind in mixed
    ]
