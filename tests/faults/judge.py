"""The judgement of a run: whether every accepted change became one effect, in order, and nothing is unaccounted for.

It is pure: what the web accepted, what the database holds and what the receivers saw go in, and sentences come out.
"""

import collections
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Sequence, Set

SETTLED = ("acknowledged", "delivered")
WAITING = ("pending", "parked")


class Row(NamedTuple):
    """An event of the outbox at the end."""

    target: str
    dataset: str
    sequence: int
    id: str
    digest: str
    content: str
    state: str


class Arrival(NamedTuple):
    """A request that a receiver saw; took: whether it has the effect of it now, be it from this request or before."""

    target: str
    dataset: str
    sequence: int
    id: str
    digest: str
    took: bool


class Violation(NamedTuple):
    """A promise that was broken: its kind, and what was seen."""

    kind: str
    said: str


def judge(
    accepted: Dict[str, Sequence[str]],
    targets: Iterable[str],
    rows: Iterable[Row],
    arrivals: Sequence[Arrival],
    late: Set[str] = frozenset(),  # type: ignore[assignment]
    waiting: Set[str] = frozenset(),  # type: ignore[assignment]
) -> List[Violation]:
    """Every Violation of a run.

    accepted: {dataset: what its changes said, in the order in which the web answered 2xx}; arrivals: in the order of
    each receiver; late: ids that were parked once and may come out of order; waiting: ids that may still wait.
    """
    rows = list(rows)
    return [
        *of_outbox(accepted, targets, rows),
        *_of_ids(rows, arrivals),
        *_of_order(arrivals, late),
        *_of_effects(rows, arrivals, waiting),
    ]


def of_outbox(accepted: Dict[str, Sequence[str]], targets: Iterable[str], rows: Iterable[Row]) -> Iterator[Violation]:
    """Every accepted change is one event for each target, in the order of the changes; arguments as of `judge`."""
    held = collections.defaultdict(list)
    for row in sorted(rows, key=lambda row: row.sequence):
        held[row.target, row.dataset].append(row)
    for target in targets:
        for dataset in sorted({*accepted, *(name for where, name in held if where == target)}):
            wanted = list(accepted.get(dataset, ()))
            events = held[target, dataset]
            found = [row.content for row in events]
            missing = collections.Counter(wanted) - collections.Counter(found)
            extra = collections.Counter(found) - collections.Counter(wanted)
            for content in missing:
                yield Violation("lost", "%s has no event of %s %s" % (target, dataset, content))
            for content in extra:
                kind = "doubled" if content in wanted else "invented"
                yield Violation(kind, "%s has an event too many of %s %s" % (target, dataset, content))
            if not missing and not extra and found != wanted:
                yield Violation("renumbered", "%s numbers %s as %s, not %s" % (target, dataset, found, wanted))
            numbers = [row.sequence for row in events]
            if len(set(numbers)) != len(numbers):
                yield Violation("number used twice", "%s %s: %s" % (target, dataset, numbers))


def _of_ids(rows, arrivals):
    """The same id always comes with the same bytes, and means the same event of the same dataset."""
    said = {}
    for one in (*rows, *arrivals):
        meaning = (one.target, one.dataset, one.sequence, one.digest)
        if said.setdefault(one.id, meaning) != meaning:
            yield Violation("other bytes", "%s is %s and %s" % (one.id, said[one.id], meaning))
    known = {row.id for row in rows}
    for number in sorted({one.id for one in arrivals} - known):
        yield Violation("unknown id", "%s arrived and is not in the outbox" % number)


def _of_order(arrivals, late):
    """The first arrivals of a dataset's events at a target come in the order of their sequences."""
    seen, last = set(), {}
    for one in arrivals:
        if (one.target, one.id) in seen:
            continue
        seen.add((one.target, one.id))
        before = last.get((one.target, one.dataset), 0)
        if one.id not in late and one.sequence < before:
            yield Violation("out of order", "%s saw %s %d behind %d" % (*one[:3], before))
        last[one.target, one.dataset] = max(before, one.sequence)


def _of_effects(rows, arrivals, waiting):
    """What is settled took effect, once for each number; what is not settled may wait."""
    effects = collections.defaultdict(set)
    for one in arrivals:
        if one.took:
            effects[one.target, one.dataset, one.sequence].add(one.id)
    for place, ids in sorted(effects.items()):
        if len(ids) > 1:
            yield Violation("two effects", "%s %s %d: %s" % (*place, sorted(ids)))
    for row in rows:
        ids = effects.get((row.target, row.dataset, row.sequence), set())
        if row.state in SETTLED and row.id not in ids:
            yield Violation("no effect", "%s %s %d is %s and took no effect" % (*row[:3], row.state))
        if row.state not in SETTLED and not (row.state in WAITING and row.id in waiting):
            yield Violation("unaccounted for", "%s %s %d is %s" % (*row[:3], row.state))


def of_rows(rows: Iterable[Row], tables: Dict[str, Sequence[str]]) -> List[Violation]:
    """Every Violation of the promise that each event is one row of its target's table.

    tables: {target: ids of events, one for each row of its table}.
    """
    found = []
    for target, ids in tables.items():
        settled = {row.id for row in rows if row.target == target and row.state in SETTLED}
        found += [
            Violation("two rows", "%s %s" % (target, one)) for one, n in collections.Counter(ids).items() if n > 1
        ]
        found += [Violation("no row", "%s %s" % (target, one)) for one in sorted(settled - set(ids))]
        found += [Violation("a row of nothing", "%s %s" % (target, one)) for one in sorted(set(ids) - settled)]
    return found


def of_health(rows: Iterable[Row], health: Dict[str, Any], paused: Set[str] = frozenset()) -> List[Violation]:  # type: ignore[assignment]
    """Every Violation of the truth by health.

    health: {name: [finding as dict with "text", "level" and "label"]}; paused: targets that are paused or held.
    """
    rows, found = list(rows), []
    counts = {
        "undelivered": sum(row.state in WAITING for row in rows),
        "parked": sum(row.state == "parked" for row in rows),
        "unacknowledged": sum(row.state == "delivered" for row in rows),
    }
    for name, count in counts.items():
        (finding,) = health[name]
        words = finding["text"].split()
        said = int(words[0]) if words[0].isdigit() else 0
        # health counts no further than it says
        is_true = count > int(words[2]) if words[0] == "more" else said == count
        if not is_true:
            found.append(Violation("untrue health", "%s says %r of %d" % (name, finding["text"], count)))
    named = {finding["label"] for finding in health["paused"] if finding["label"]}
    if named != paused:
        found.append(Violation("untrue health", "paused names %s of %s" % (sorted(named), sorted(paused))))
    quiet = ("sweep", "restore", "clock", "lock", "signing-key", "index")
    for finding in (one for name in quiet for one in health[name]):
        if finding["level"] != "ok":
            found.append(Violation("untrue health", "%s after the faults: %s" % (finding["name"], finding["text"])))
    return found
