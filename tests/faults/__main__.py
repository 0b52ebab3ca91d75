"""Run a catalogue under faults, and judge what came of it.

.venv-tests/bin/python tests/faults [--datasets N] [--changes N] [--kills N] [--seed N] [--workers 2|4] ...
"""

import argparse
import collections
import os
import shutil
import signal
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(os.path.dirname(HERE)), os.path.dirname(HERE)]

from catalogue import Catalogue  # noqa: E402
from judge import Violation, judge, of_health, of_rows  # noqa: E402
from load import Load  # noqa: E402
from receivers import RECEIVERS  # noqa: E402
from schedule import KILLS, plan  # noqa: E402


def left_out(catalogue):
    """{kind of fault: why it cannot be had here}."""
    found = {}
    if not catalogue.disk.is_mounted:
        found["disk full"] = "no small disk can be mounted"
    if catalogue.database is None:
        found["postgresql"] = "the database is SQLite"
    return found


def execute(catalogue, faults):
    """Do the faults in turn; {kind: how many}."""
    done, began = collections.Counter(), time.monotonic()
    for fault in faults:
        end = time.monotonic() + fault.gap
        while time.monotonic() < end:
            catalogue.mend()
            time.sleep(0.05)
        whom = catalogue.hurt(fault)
        done[fault.kind] += whom != "nobody"
        print("%7.1f s  %s %s" % (time.monotonic() - began, fault.kind, whom), flush=True)
    end = time.monotonic() + 20
    while catalogue.ended and time.monotonic() < end:
        catalogue.mend()
        time.sleep(0.05)
    catalogue.mend(everything=True)
    return done


def run(options, folder):
    """(figures, [Violation]) of one run."""
    began = time.monotonic()
    catalogue = Catalogue(
        folder,
        options.database,
        options.workers,
        options.seed,
        options.chance,
        not options.real_times,
        options.target,
    )
    try:
        missing = left_out(catalogue)
        for kind, why in missing.items():
            print("left out: %s, because %s" % (kind, why))
        catalogue.start()
        load = Load(catalogue, options.datasets, options.changes, options.seed)
        load.start()
        print("ready after %d s; the faults begin" % (time.monotonic() - began), flush=True)
        done = execute(catalogue, plan(options.seed, options.kills, frozenset(missing), options.gap))
        load.stop()
        accepted = sum(map(len, load.accepted.values()))
        print("%d changes accepted after %d s; everything is mended" % (accepted, time.monotonic() - began), flush=True)
        for one in catalogue.receivers:
            one.heal()
        quiet = catalogue.wait_until_quiet(options.patience)
        far = catalogue.waits_of_a_clock_ahead() if quiet is None else 0
        if far:
            # the promise is only that no wait is longer than claims.LONGEST_WAIT
            catalogue.command("deliveries", "retry", "--all")
            quiet = catalogue.wait_until_quiet(options.patience)
        parked = {row.id for row in catalogue.rows() if row.state == "parked"}
        if parked:
            catalogue.command("deliveries", "retry", "--all")
            again = catalogue.wait_until_quiet(options.patience)
            quiet = None if again is None or quiet is None else quiet + again
        return collect(catalogue, load, done, parked, far, quiet, began)
    finally:
        catalogue.stop()


def collect(catalogue, load, done, parked, far, quiet, began):
    end = time.monotonic() + 15
    while True:
        # the last sweep has to end before health can say so
        rows, arrivals = catalogue.rows(), catalogue.arrivals()
        found = of_health(rows, catalogue.health())
        if not found or time.monotonic() > end:
            break
        time.sleep(0.5)
    targets = [one.name for one in catalogue.receivers]
    found += judge(load.accepted, targets, rows, arrivals, parked)
    found += of_rows(rows, catalogue.tables())
    found += [Violation("not accepted", error) for error in load.errors]
    figures = {
        "datasets": len(load.accepted),
        "changes accepted": sum(map(len, load.accepted.values())),
        "attempts that the web did not answer 2xx": load.unanswered,
        "kills": sum(done[kind] for kind in KILLS),
        "of these": ", ".join("%s %d" % (kind, done[kind]) for kind in KILLS if done[kind]),
        "other faults": ", ".join("%s %d" % (kind, done[kind]) for kind in sorted(done) if kind not in KILLS),
        "events": len(rows),
        "requests at the receivers": len(arrivals),
        "effects": len({(one.target, one.id) for one in arrivals if one.took}),
        "parked, then sent again by `deliveries retry --all`": len(parked),
        "waits of a clock that ran ahead, ended by `deliveries retry --all`": far,
        "seconds until nothing waited": "more" if quiet is None else round(quiet, 1),
        "seconds in all": round(time.monotonic() - began),
    }
    return figures, found


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], prog="python tests/faults")
    parser.add_argument("--datasets", type=int, default=40)
    parser.add_argument("--changes", type=int, default=3, help="of each dataset, at least")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100000)
    parser.add_argument("--workers", type=int, default=2, choices=(2, 4), help="processes that sweep")
    parser.add_argument("--database", default="postgresql", choices=("postgresql", "sqlite"))
    parser.add_argument("--target", default="webhook", choices=sorted(RECEIVERS), help="kind of the receivers")
    parser.add_argument("--gap", type=float, default=1.0, help="mean seconds between two faults")
    parser.add_argument("--chance", type=float, default=0.2, help="of a misbehaviour of a receiver, 0 to 1")
    parser.add_argument("--patience", type=float, help="seconds that what waits may stay as much")
    parser.add_argument("--real-times", action="store_true", help="shorten no lease, no pause and no time-out")
    parser.add_argument("--keep", action="store_true", help="leave the folder with the logs")
    options = parser.parse_args(arguments)
    # a paused target is tried again after 15 minutes
    options.patience = options.patience or (1200 if options.real_times else 120)
    # what was started is ended
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    print("seed %d" % options.seed, flush=True)
    folder = tempfile.mkdtemp(prefix="secureb2share-faults-")
    # the database server's user has to pass through it
    os.chmod(folder, 0o755)
    found = [Violation("no end", "the run broke off")]
    try:
        figures, found = run(options, folder)
    finally:
        if found or options.keep:
            print("the logs are in " + folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    for name, value in figures.items():
        print("%s: %s" % (name, value))
    for violation in found[:50]:
        print("VIOLATION %s: %s" % violation)
    print("%d violations; --seed %d repeats the schedule" % (len(found), options.seed))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
