"""The judgement of a run with REMS: one enabled item for each published dataset, none for others, and links that lead.

It is pure, as judge.py.
"""

from typing import Dict, Iterator, NamedTuple, Tuple

from judge import Violation


class Wanted(NamedTuple):
    """What the last event of a dataset says; duo: sorted, without the codes that REMS does not take."""

    state: str
    title: str
    duo: Tuple[str, ...]
    pid: str


class Item(NamedTuple):
    """A catalogue item; duo: of its resource, sorted."""

    id: int
    enabled: bool
    archived: bool
    title: str
    duo: Tuple[str, ...]


class Held(NamedTuple):
    """What REMS has of an external id: ids of the resources that are not archived, and every item."""

    resources: Tuple[int, ...]
    items: Tuple[Item, ...]


def of_registrations(
    wanted: Dict[str, Wanted], held: Dict[str, Held], links: Dict[str, Tuple[bool, int]]
) -> Iterator[Violation]:
    """Every Violation at the end; links: {name: (whether ours leads to REMS, the status there or 0)}."""
    for name in sorted(set(held) - set(wanted)):
        yield Violation("unknown resource", name)
    for name, one in sorted(wanted.items()):
        found = held.get(name, Held((), ()))
        live = [item for item in found.items if item.enabled and not item.archived]
        if len(live) != (one.state == "active"):
            yield Violation("enabled items", "%s is %s and has %d" % (name, one.state, len(live)))
        for item in live:
            if (item.title, item.duo) != (one.title, one.duo):
                said = (name, item.id, item.title, item.duo, one.title, one.duo)
                yield Violation("not as told", "%s: item %d says %s %s, and not %s %s" % said)
        left = [item.id for item in found.items if not item.archived]
        most = 0 if one.state == "withdrawn" else 1
        if len(left) > most or len(found.resources) > most:
            yield Violation("left over", "%s is %s: items %s, resources %s" % (name, one.state, left, found.resources))
        leads, status = links[name]
        if leads != (one.state == "active"):
            yield Violation("link", "%s is %s, and its link leads to REMS: %s" % (name, one.state, leads))
        if leads and status != 302:
            yield Violation("dead link", "%s: REMS answers %d" % (name, status))
