"""What the messages of one run have in common: who waits for whom, how long it may pause, and that it is a run.

A source whose message failed sends it again. A later message of the same dataset that was accepted meanwhile would make
the repeated one `stale`, so that the later ones fail too.
"""

import contextlib
import random
import time
from typing import FrozenSet, Iterator, Tuple

from flask import g

from ..client import may_pass
from ..errors import Failed, Problem
from .envelope import Line

PAUSES = (0.1, 0.5)  # seconds at most before the 2nd and 3rd try of one message
EARLIER = "An earlier message of this dataset failed, and nothing was stored of this one: send both again, in order."
LONGEST = 10.0  # seconds that one run pauses in all: a database that is down must not hold a request for minutes


class Patience:
    """The pauses between the tries of messages, which end after `left` seconds in all; then tries follow at once."""

    def __init__(self, left: float = LONGEST) -> None:
        self.left = left

    def again(self, failures: int) -> bool:
        """Pause after a failure, the first being 1, and return True; False where the message has no try left."""
        if failures > len(PAUSES):
            return False
        # two that met each other must not meet again
        pause = min(PAUSES[failures - 1] * random.uniform(0.5, 1), self.left)
        self.left -= pause
        time.sleep(pause)
        return True


class Order:
    """The order in a run: after a message that its source has to send again, the later ones of its dataset fail."""

    def __init__(self) -> None:
        self.failed: FrozenSet[Tuple[str, str]] = frozenset()  # {(source, identifier)}

    def holds(self, line: Line) -> bool:
        """Refuse the line if a message before it failed on which it builds; returns whether it did."""
        is_held = not self.failed.isdisjoint(line.touched)
        if is_held:
            self.refuse(line, Failed(EARLIER))
        return is_held

    def refuse(self, line: Line, problem: Problem) -> None:
        """Write a Problem as the line's answer, and note its datasets where it is one to send again."""
        line.refused(problem)
        if may_pass(problem.status):
            self.failed |= line.touched


@contextlib.contextmanager
def of_many() -> Iterator[None]:
    """Mark what happens inside as a part of a run."""
    g.secureb2share_is_run = True
    try:
        yield
    finally:
        g.secureb2share_is_run = False


def is_of_many() -> bool:
    """Whether what happens now is a part of a run, and may wait behind what somebody did singly."""
    return bool(g.get("secureb2share_is_run"))
