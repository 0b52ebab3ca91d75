"""The parts of a file that several runs carry out side by side. Pure.

A family, datasets that replace or succeed one another in the file, stays in one part and in its order. Whatever does
more than register is in the first part with its family, so that the limit of withdrawals sees them all.
"""

import zlib
from typing import Iterable, List

from ..descriptions import strict_json
from ..errors import Problem
from . import envelope


def of_lines(lines: Iterable[bytes], count: int) -> List[int]:
    """The part of each line, from 0, of `count` parts; a line that cannot be read is in the first."""
    said = [_read(line) for line in lines]
    families = _Families()
    for datasets, _ in said:
        families.join(datasets)
    first = {families.of(datasets[0]) for datasets, only_registers in said if datasets and not only_registers}
    return [_part(families.of(datasets[0]), first, count) if datasets else 0 for datasets, _ in said]


def _part(family, first, count):
    return 0 if family in first else zlib.crc32(repr(family).encode("utf-8", "surrogatepass")) % count


def _read(line):
    # ([(source, identifier)] that it is about, whether it only registers)
    try:
        found = envelope.read(line)
        members = strict_json.parse(found.body)
    except Problem:
        return [], True
    dataset = members.get("dataset")
    version = dataset.get("version") if isinstance(dataset, dict) else None
    replaces = version.get("replaces") if isinstance(version, dict) else None
    others = [name for name in (replaces, members.get("successor")) if isinstance(name, str)]
    return [(found.source, name) for name in [found.identifier] + others], found.action == "register"


class _Families:
    """Disjoint sets; each is known by its least member."""

    def __init__(self):
        self._parents = {}

    def of(self, member):
        while self._parents.get(member, member) != member:
            # halve the way, so that a long chain of versions costs no more each time
            above = self._parents[member]
            self._parents[member] = self._parents.get(above, above)
            member = self._parents[member]
        return member

    def join(self, members):
        roots = sorted({self.of(member) for member in members})
        for root in roots[1:]:
            self._parents[root] = roots[0]
