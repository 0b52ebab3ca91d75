"""The figures of the outbox: worker processes of their own, a target in another process, rows made by the database."""

import time

from secureb2share_ext.outbox.lane import BATCH

from .figures import Figure, ratios
from .machine import FAST, SLOW, Failed
from .rounds import interleave
from .rows import Rows, body

EMPTY, FULL = "outbox", "settled"  # the databases: without and with what was settled in years
BEHIND = 1000001  # the first id behind the settled events


def drain(machine, size):
    """One worker that drains, against a bare loop of the same signed POSTs over one kept connection."""
    worker, rows = machine.worker(EMPTY), _rows(machine, EMPTY)
    url = machine.target_url(FAST)

    def fill():
        rows.set_pending(size.drained, FAST, body(machine.description))
        machine.counts()

    def measure_drain():
        fill()
        before = machine.postgresql_used()
        took = worker.do("drain")
        used = machine.postgresql_used().since(before)
        _check_all_sent(machine, rows, size.drained)
        return dict(took, database=used.user + used.system)

    def measure_bare():
        fill()
        took = worker.do("bare", url=url)
        _check_requests(machine, size.drained)
        return took

    found = interleave({"drain": measure_drain, "bare": measure_bare}, size.runs)
    rates = {side: [size.drained / run["seconds"] for run in runs] for side, runs in found.items()}
    used = {side: [run["user"] + run["system"] for run in runs] for side, runs in found.items()}
    figures = [
        ratios("drain.ratio", rates["drain"], rates["bare"], (">=", 0.4)),
        # without the database's part, which the loop does not have
        ratios("drain.ratio.cpu", used["bare"], used["drain"]),
    ]
    for side, runs in found.items():
        figures.append(Figure("drain.%s.rate" % side, "events/s", rates[side]))
        for part in ("user", "system", "database"):
            if part in runs[0]:
                values = [1000 * run[part] / size.drained for run in runs]
                figures.append(Figure("drain.%s.%s" % (side, part), "ms", values))
    return figures


def workers(machine, size):
    """Two workers against one; the target answers after 20 ms, four requests of each worker at once."""
    one, two = machine.worker(EMPTY), machine.worker(EMPTY, 2)
    rows, twice, lost = _rows(machine, EMPTY), [], []

    def measuring(those):
        def measure():
            rows.set_pending(size.slow, SLOW, body(machine.description))
            machine.counts()
            began = time.perf_counter()
            for worker in those:
                worker.begin("drain")
            outcomes = [worker.answer()["outcomes"] for worker in those]
            seconds = time.perf_counter() - began
            if rows.pending():
                raise Failed("%d of %d events were not sent." % (rows.pending(), size.slow))
            counts = machine.counts()
            twice.append(counts["requests"] - counts["messages"])
            lost.append(sum(of_worker.get("lost", 0) for of_worker in outcomes))
            return size.slow / seconds

        return measure

    found = interleave({"two": measuring([one, two]), "one": measuring([one])}, size.runs)
    return [
        ratios("workers.ratio", found["two"], found["one"], (">=", 1.7)),
        Figure("workers.twice", "events", [sum(twice)], ("<=", 0)),
        Figure("workers.lost", "events", [sum(lost)], ("<=", 0)),
        Figure("workers.one.rate", "events/s", found["one"]),
        Figure("workers.two.rate", "events/s", found["two"]),
    ]


def statements(machine, size):
    """The statements and commits of a drain, for each event."""
    worker, rows = machine.worker(EMPTY), _rows(machine, EMPTY)

    def measure():
        rows.set_pending(size.drained, FAST, body(machine.description))
        machine.counts()
        counts = worker.do("counted_drain")
        _check_all_sent(machine, rows, size.drained)
        return counts

    # the numbers do not depend on the clock
    found = interleave({"drain": measure}, 2)["drain"]
    return [
        Figure("statements.event", "statements", [run["statements"] / size.drained for run in found], ("<", 1)),
        Figure("statements.commits", "commits", [run["commits"] / size.drained for run in found], ("<", 0.1)),
    ]


def settle(machine, size):
    """A batch claimed and settled, with 500,000 settled events against none."""

    def measuring(name):
        worker, rows = machine.worker(name), _rows(machine, name)
        rows.set_pending(size.claims * (BATCH + 10), FAST, body(machine.description), BEHIND if name == FULL else 1)

        def measure():
            return _claimed(worker.do("claim_and_settle", target=FAST))

        return measure

    found = interleave({"full": measuring(FULL), "empty": measuring(EMPTY)}, size.claims)
    return [
        ratios("settle.ratio", found["full"], found["empty"], ("<=", 1.2)),
        Figure("settle.full", "ms", found["full"]),
        Figure("settle.empty", "ms", found["empty"]),
    ]


def due(machine, size):
    """A batch searched for and claimed where 500,000 events are settled and 6,000 wait, unknown to the planner."""
    worker, rows = machine.worker(FULL), _rows(machine, FULL)
    rows.set_pending(size.waiting, FAST, body(machine.description), BEHIND)

    def measuring(task):
        return lambda: _claimed(worker.do(task, target=FAST))

    found = interleave({"search": measuring("search_alone"), "claim": measuring("claim_alone")}, size.claims)
    return [Figure("due.search", "ms", found["search"], ("<=", 5)), Figure("due.claim", "ms", found["claim"])]


def health(machine, size):
    """The figures of the outbox as health counts them, with 500,000 settled events."""
    worker, rows = machine.worker(FULL), _rows(machine, FULL)
    rows.set_pending(100, FAST, body(machine.description), BEHIND)
    found = interleave({"health": lambda: 1000 * worker.do("health")["seconds"]}, size.claims)["health"]
    return [Figure("health.outbox", "ms", found, ("<=", 10))]


def _rows(machine, name):
    """The Rows of a database; that of FULL gets its settled events the first time. A worker has made the tables."""
    if name not in machine.rows:
        machine.rows[name] = Rows(machine.database(name))
        if name == FULL:
            # an event's row without the description, of which nothing here reads
            machine.rows[name].add_settled(machine.size.settled, FAST, body({}))
    return machine.rows[name]


def _claimed(took):
    if not took["claimed"]:
        raise Failed("A claim gave nothing.")
    return 1000 * took["seconds"]


def _check_all_sent(machine, rows, count):
    if rows.pending():
        raise Failed("%d of %d events were not sent." % (rows.pending(), count))
    _check_requests(machine, count)


def _check_requests(machine, count):
    counts = machine.counts()
    if counts["messages"] != count:
        raise Failed("The target got %d of %d events." % (counts["messages"], count))
