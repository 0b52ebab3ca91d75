"""The list of legacy records, with the state of each."""

import collections
from typing import Any, Dict, Iterable, List, NamedTuple

from .holder import LegacyRecord

STATES = ("legacy", "frozen", "exported", "confirmed", "purging", "purged")  # "legacy" has no row yet
ENDED = ("purging", "purged")


class Line(NamedTuple):
    """One line of the list."""

    pid: str
    source: str
    community: str
    kind: str
    state: str
    files: int  # of a purged one: what it had
    bytes: int


def listed(formers: Iterable[LegacyRecord], rows: Iterable[Any], communities: Dict[str, str]) -> List[Line]:
    """[Line], sorted by PID, of [holder.LegacyRecord] and [models.Legacy]; communities: {source: name}. Pure."""
    found: Dict[str, Line] = {}
    of_pid: Dict[str, Any] = {row.pid: row for row in rows}
    for one in list(formers) + list(of_pid.values()):
        row = of_pid.get(one.pid)
        state = row.state if row is not None else "legacy"
        if one.pid in found:
            continue
        counted: Any = row if state in ENDED else one
        kind = row.kind if row is not None else one.kind
        community = communities.get(one.source, "")
        found[one.pid] = Line(one.pid, one.source, community, kind, state, counted.files, counted.size)
    return [found[pid] for pid in sorted(found)]


def counts(lines: Iterable[Line]) -> Dict[str, int]:
    """{state: number of lines} in the order of STATES, without states that no line has. Pure."""
    counted = collections.Counter(line.state for line in lines)
    return collections.OrderedDict((state, counted[state]) for state in STATES if counted[state])
