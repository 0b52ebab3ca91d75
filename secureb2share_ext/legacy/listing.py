"""Which legacy records are there, and how far is each?"""

import collections
from typing import NamedTuple

STATES = ("legacy", "frozen", "exported", "confirmed", "purging", "purged")  # "legacy" has no row yet
ENDED = ("purging", "purged")


class Listed(NamedTuple):
    """One line of the list."""

    pid: str
    source: str
    community: str
    kind: str
    state: str
    files: int  # of a purged one: what it had
    bytes: int


def listed(formers, rows, communities):
    """[Listed], sorted by PID, of [holder.Former] and [models.Legacy]; communities: {source: name}. Pure."""
    found, rows = {}, {row.pid: row for row in rows}
    for one in list(formers) + list(rows.values()):
        row = rows.get(one.pid)
        state = row.state if row is not None else "legacy"
        if one.pid in found:
            continue
        counted = row if state in ENDED else one
        kind = row.kind if row is not None else one.kind
        community = communities.get(one.source, "")
        found[one.pid] = Listed(one.pid, one.source, community, kind, state, counted.files, counted.size)
    return [found[pid] for pid in sorted(found)]


def counts(lines):
    """{state: number of Listed}, in the order of the way out, and only those that there are. Pure."""
    counted = collections.Counter(line.state for line in lines)
    return collections.OrderedDict((state, counted[state]) for state in STATES if counted[state])
