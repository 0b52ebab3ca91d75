"""The processor time of a process with all that it started, as Linux counts it in /proc."""

import glob
import os
from typing import Dict, List, NamedTuple, Tuple

TICK = os.sysconf("SC_CLK_TCK")


class Used(NamedTuple):
    """Seconds of processor time: in the programs themselves, and in the system on their behalf."""

    user: float
    system: float

    def since(self, before: "Used") -> "Used":
        return Used(self.user - before.user, self.system - before.system)


def of_tree(pid: int) -> Used:
    """What the process and all below it used so far, with those that have ended and were waited for."""
    known = _every()
    below: Dict[int, List[int]] = {}
    for child, (parent, _) in known.items():
        below.setdefault(parent, []).append(child)
    used, waiting = Used(0.0, 0.0), [pid]
    while waiting:
        one = waiting.pop()
        waiting += below.get(one, [])
        if one in known:
            mine = known[one][1]
            used = Used(used.user + mine.user, used.system + mine.system)
    return used


def parsed(stat: str) -> Tuple[int, Used]:
    """(the parent's pid, the Used of the process and of its children that ended) of the text of a stat file."""
    # the name in parentheses may hold anything
    fields = stat.rpartition(")")[2].split()
    user, system, of_children, system_of_children = (int(field) for field in fields[11:15])
    return int(fields[1]), Used((user + of_children) / TICK, (system + system_of_children) / TICK)


def _every():
    found = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path) as file:
                found[int(path.split("/")[2])] = parsed(file.read())
        except (OSError, ValueError):
            # it has ended meanwhile
            continue
    return found
