"""The command of the benchmarks; run-benchmarks.sh calls it.

python -m benchmarks [--quick] [--only NAME] [--json]
"""

import argparse
import datetime
import os
import platform
import signal
import sys
import time
import traceback
from typing import NamedTuple

import psycopg2

from . import of_outbox, over_http
from .machine import Machine
from .table import summary, table

GROUPS = {
    function.__name__: function
    for function in (
        over_http.get,
        over_http.search,
        over_http.post,
        over_http.put,
        over_http.bulk,
        of_outbox.drain,
        of_outbox.workers,
        of_outbox.statements,
        of_outbox.settle,
        of_outbox.due,
        of_outbox.health,
    )
}


class Size(NamedTuple):
    """How much is measured."""

    runs: int  # of each figure, but those of one claim
    claims: int  # runs of the figures of one claim
    records: int  # that each catalogue has before anything is measured
    gets: int  # requests of one run
    searches: int
    posts: int
    puts: int
    bulks: int
    drained: int  # events of one run
    slow: int  # events of one run for the target that answers late
    settled: int = 500000
    waiting: int = 6000


QUICK = Size(5, 15, 200, gets=100, searches=15, posts=20, puts=20, bulks=1, drained=1000, slow=400)
WHOLE = Size(15, 40, 1000, gets=200, searches=40, posts=50, puts=50, bulks=3, drained=3000, slow=1200)
BUSY = 0.7  # the load of the last minute from which on figures are doubtful


def main(arguments=None):
    """The exit code: 1 when something did not run. A missed goal is no error."""
    parser = argparse.ArgumentParser(prog="run-benchmarks.sh", description="Measure how fast the package is.")
    parser.add_argument("--quick", action="store_true", help="few runs, in less than five minutes")
    parser.add_argument("--only", action="append", metavar="NAME", choices=GROUPS, help="of: " + " ".join(GROUPS))
    parser.add_argument("--json", action="store_true", help="one line of JSON for each figure, and no table")
    options = parser.parse_args(arguments)
    if sys.version_info < (3, 10) or not os.path.isdir("/proc/self"):
        parser.error("the benchmarks need Linux, and Python 3.10 or newer.")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    names = [name for name in GROUPS if not options.only or name in options.only]
    figures, failed = measure(names, QUICK if options.quick else WHOLE, options.json)
    if not options.json and figures:
        print("\n%s\n%s\n\n%s" % (conditions(), table(figures), summary(figures)))
    if failed:
        say("These did not run: %s." % ", ".join(failed))
    return 1 if failed else 0


def measure(names, size, as_json):
    """(figures, names of the groups that did not run)."""
    figures, failed = [], []
    if os.getloadavg()[0] > BUSY:
        say("This machine is busy (load %.1f): what follows is slower than it is." % os.getloadavg()[0])
    with Machine(size) as machine:
        for name in names:
            began = time.monotonic()
            try:
                found = GROUPS[name](machine, size)
            except Exception:
                traceback.print_exc()
                failed.append(name)
                continue
            figures += found
            say("%s: %.0f s" % (name, time.monotonic() - began))
            if as_json:
                for figure in found:
                    print(figure.line(), flush=True)
    return figures, failed


def conditions():
    """Where and when it was measured, in one line."""
    facts = (datetime.date.today().isoformat(), platform.system(), "%d cores" % (os.cpu_count() or 1))
    return "%s, %s, %s, Python %s, psycopg2 %s" % (
        *facts,
        platform.python_version(),
        psycopg2.__version__.split()[0],
    )


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
