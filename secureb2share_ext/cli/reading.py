"""How are the lines of a long file read while others are stored?"""

import collections
import concurrent.futures
import itertools
import multiprocessing
import signal

from ..compat import SPAWNS_POOLS
from ..datasets import line

BATCH = 50  # lines that another process reads at a time
ALONE = 20  # batches before other processes are started
LONGEST = 1000000  # bytes of a line


def lines(sources, file, jobs):
    """The line.Line of each line, read ahead by other processes, a bounded number of them."""
    batches = _batches(file)
    # most files are short: other processes would start later than this one ends
    alone = None if jobs == 1 or not SPAWNS_POOLS else ALONE
    for batch in itertools.islice(batches, alone):
        yield from line.read_many(sources, batch, True)
    first = next(batches, None)
    if first is None:
        return
    batches = itertools.chain([first], batches)
    # a fresh process holds no connection of this one
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(jobs, mp_context=context, initializer=_ignore_interrupts) as pool:
        waiting = collections.deque()
        try:
            for batch in batches:
                waiting.append(pool.submit(line.read_many, sources, batch, True))
                if len(waiting) > 2 * jobs:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _batches(file):
    batch = []
    # a line without an end must not fill the memory
    for given in iter(lambda: file.readline(LONGEST + 1), b""):
        if given.strip():
            batch.append(given)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _ignore_interrupts():
    # Ctrl-C reaches every process of the terminal; the first one ends the others in order
    signal.signal(signal.SIGINT, signal.SIG_IGN)
