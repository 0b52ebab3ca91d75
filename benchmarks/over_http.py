"""The figures of requests over HTTP: a real gunicorn with one worker process, one client, one kept connection.

What the host has without the package is measured with and without it, in turn. The processor's time is that of all
processes of gunicorn, and apart from it that of PostgreSQL.
"""

import json
import time

from .figures import Figure, ratios
from .rounds import interleave
from .served import BULK

WITH, WITHOUT = "with", "without"
PARTS = ("wall", "user", "system", "database")


def get(machine, size):
    """GET of one record."""
    return _figures("get", _both(machine, size, lambda one, number: one.get(number), size.gets), size)


def search(machine, size):
    """GET of a page of 25 records."""
    return _figures("search", _both(machine, size, lambda one, number: one.search(number), size.searches), size)


def post(machine, size):
    """POST of a record to the host's own interface, by a user's token."""
    from secureb2share_ext.hosts.records_rest import mapping

    body = json.dumps(mapping.to_record(machine.description))
    return _figures("post", _both(machine, size, lambda one, number: one.post(body), size.posts), size)


def put(machine, size):
    """PUT of a new dataset by its source; the host alone has no such request."""
    ours = _catalogue(machine, True, size)
    sides = {WITH: lambda: _block(machine, ours, lambda number: ours.register(machine.description), size.puts)}
    return _figures("put", sides, size)


def bulk(machine, size):
    """POST of 100 datasets by their source; each figure is for one of them. The host alone has no such request."""
    ours = _catalogue(machine, True, size)

    def measure():
        # signed before the clock starts
        sent = [ours.lines(machine.description) for _ in range(size.bulks)]
        return _block(machine, ours, lambda number: ours.send(sent[number]), size.bulks, BULK)

    return _figures("bulk", {WITH: measure}, size)


def _both(machine, size, act, count):
    def measuring(is_on):
        one = _catalogue(machine, is_on, size)
        return lambda: _block(machine, one, lambda number: act(one, number), count)

    return {WITH: measuring(True), WITHOUT: measuring(False)}


def _catalogue(machine, is_on, size):
    one = machine.catalogue(WITH if is_on else WITHOUT, is_on, size.records)
    while len(one.pids) < size.records:
        one.pids += one.send(one.lines(machine.description))
    return one


def _block(machine, one, act, count, each=1):
    """Milliseconds of one of count * each things, by part."""
    used, database, began = one.used(), machine.postgresql_used(), time.perf_counter()
    for number in range(count):
        act(number)
    wall = time.perf_counter() - began
    mine, its = one.used().since(used), machine.postgresql_used().since(database)
    parts = {"wall": wall, "user": mine.user, "system": mine.system, "database": its.user + its.system}
    return {name: 1000 * seconds / (count * each) for name, seconds in parts.items()}


def _figures(name, sides, size):
    found = interleave(sides, size.runs)
    figures = []
    if WITHOUT in found:
        figures.append(ratios(name + ".ratio", *(_values(found[side], "wall") for side in (WITH, WITHOUT))))
        figures.append(ratios(name + ".ratio.cpu", *(_processor(found[side]) for side in (WITH, WITHOUT))))
    for side, runs in found.items():
        for part in PARTS:
            figures.append(Figure("%s.%s.%s" % (name, side, part), "ms", _values(runs, part)))
    return figures


def _values(runs, part):
    return [run[part] for run in runs]


def _processor(runs):
    return [run["user"] + run["system"] + run["database"] for run in runs]
