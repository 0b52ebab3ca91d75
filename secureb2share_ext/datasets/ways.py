"""The ways of access of a source: which of those that a description may name there are at its site.

A source whose `ways` are not configured may name each; nothing is read for it. What was published before the ways were
configured stays as it is, and `secureb2share check` names it.
"""

import itertools
from typing import Any, Dict, List, Optional, Tuple

from ..client import access_modes
from ..descriptions.rules import NOT_STATED
from ..errors import Invalid
from ..proxies import Host, Source
from . import store

FIELD = "sensitive.access_mode"
BATCH = 200  # rows, as store.published reads them


def faults(
    source: Source, description: Dict[str, Any], published: Optional[Dict[str, Any]] = None
) -> List[Tuple[str, str]]:
    """[(field, message)] for each way of access in a description that the site of its Source does not have.

    That the way is `not-stated` names none.
    published: the description that is public now, whose ways may stay; None where there is none.
    """
    if not source.ways:
        return []
    allowed = {NOT_STATED, *source.ways, *access_modes(published or {})}
    said = "is not a way of access of this source, which has %s" % ", ".join(source.ways)
    return [
        ("%s[%d]" % (FIELD, number), said)
        for number, mode in enumerate(access_modes(description))
        if mode not in allowed
    ]


def check(
    source: Source, description: Dict[str, Any], published: Optional[Dict[str, Any]] = None, prefix: str = ""
) -> None:
    """Raise Invalid with the `faults`, the names of whose fields begin with a prefix."""
    found = faults(source, description, published)
    if found:
        raise Invalid([(prefix + field, message) for field, message in found])


def findings(host: Host) -> List[str]:
    """A sentence for each source with published datasets that name a way of access which its site does not have."""
    limited = {name for name, source in host.sources.items() if source.ways}
    found: Dict[str, List[str]] = {}
    rows = store.published() if limited else iter(())
    while True:
        some = list(itertools.islice(rows, BATCH))
        if not some:
            break
        ours = [row for row in some if row.source in limited and row.state != "withdrawn"]
        records = host.records(ours)
        for row in ours:
            record = records.get(row.record_uuid)
            if record is not None and faults(host.sources[row.source], host.from_record(record)):
                found.setdefault(row.source, []).append(row.identifier)
    return [
        "Of the source %s, %d published datasets name a way of access that it does not have: mend their access_mode, or"
        " add the way to the source's ways. The first is %s." % (name, len(found[name]), found[name][0])
        for name in sorted(found)
    ]
