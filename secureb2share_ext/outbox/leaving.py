"""The end of a worker by SIGTERM: what it claimed and did not send is given back before it goes."""

import contextlib
import os
import signal
from typing import Callable, Iterator


@contextlib.contextmanager
def noticed(stop: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Let SIGTERM call `stop` and wait until the block has ended; yields what says whether it came.

    Only the main thread of a process can; elsewhere the signal does what it did, and leases run out.
    """
    came = []

    def note(number, frame):
        came.append(number)
        stop()

    try:
        before = signal.signal(signal.SIGTERM, note)
    except ValueError:
        yield lambda: False
        return
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)
        if came:
            os.kill(os.getpid(), signal.SIGTERM)
