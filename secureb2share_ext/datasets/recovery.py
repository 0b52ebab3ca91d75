"""The rows of datasets whose records were made before the tables were, as after `uninstall --drop-tables`.

A record of ours carries a stamp: source, identifier, and where the dataset stands. Without its row, the same identifier
would be registered as a second record. While the package was away, or before it came, whoever may write records could
write a stamp too: one without a proof counts only if an operator says so, and never against one that has it.
"""

import datetime
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from flask import current_app
from invenio_db import db

from ..client import canonical, digest, from_utc
from ..compat import utcnow
from ..dataset import CATALOGUE_PREFIX, FINAL, TRANSITIONS, identifier_fault
from ..proxies import Host
from . import store

SHOWN = 10  # of the records that are named one by one
_TEXTS = ("reason", "state_at", "successor", "replaced_by")


class Taken(NamedTuple):
    """What was taken back, or could be."""

    datasets: int  # that have a row again
    named: List[str]  # "source/identifier (PID)" of these, the first ones
    doubled: List[str]  # PIDs of further records of an identifier, the first ones; these stay without a row
    doubles: int  # number of these


def take_back(host: Host, is_proven: bool = True, is_asking: bool = False) -> Taken:
    """Make rows for the records that carry our stamp and have none, the oldest record of an identifier; commits.

    is_proven: those with a proof, or those without; is_asking: only say which these are. Nobody is told, for nothing
    changed. Of the tenant, and of who edits the dataset, the record says nothing: the source does, unless the catalogue
    itself gave the identifier.
    """
    datasets, doubles = 0, 0
    named: List[str] = []
    doubled: List[str] = []
    for batch in host.stamped():
        known = store.known_records([one.record_uuid for one in batch])
        for one in batch:
            stamp = _read(one.stamp)
            if stamp is None or one.record_uuid in known or one.is_proven != is_proven:
                continue
            source, identifier = stamp["source"], stamp["identifier"]
            if store.find(source, identifier) is not None or store.by_pid(one.pid) is not None:
                doubles += 1
                if len(doubled) < SHOWN:
                    doubled.append(one.pid)
                current_app.logger.warning("secureb2share.identifier-doubled pid=%s source=%s", one.pid, source)
                continue
            datasets += 1
            if len(named) < SHOWN:
                named.append("%s/%s (%s)" % (source, identifier, one.pid))
            if is_asking:
                continue
            origin = "curator" if identifier.startswith(CATALOGUE_PREFIX) else "source"
            row = store.add(source, identifier, origin)
            row.pid, row.record_uuid = one.pid, one.record_uuid
            row.digest = digest(canonical(host.from_record(one.metadata)))
            for name in ("state",) + _TEXTS:
                setattr(row, name, stamp.get(name))
        db.session.commit()
        db.session.expunge_all()
    return Taken(datasets, named, doubled, doubles)


def _read(stamp: Mapping[str, Any]) -> Optional[Dict[str, Any]]:
    """A stamp that this package may have written, or None: while it was away, anybody may have edited the record."""
    source, identifier, state = stamp.get("source"), stamp.get("identifier"), stamp.get("state")
    if not isinstance(source, str) or not 0 < len(source) <= 100 or identifier_fault(source):
        return None
    if identifier_fault(identifier) or not isinstance(state, str) or state not in TRANSITIONS:
        return None
    others = {name: stamp[name] for name in _TEXTS if name in stamp}
    if not all(isinstance(text, str) and "\x00" not in text for text in others.values()):
        return None
    if any(identifier_fault(others[name]) for name in ("successor", "replaced_by") if name in others):
        return None
    if not _is_time(others["state_at"]) if "state_at" in others else state in FINAL:
        return None
    return dict(others, source=source, identifier=identifier, state=state)


def _is_time(text):
    # the way back from a final state is reckoned from it; clocks may differ
    try:
        return len(text) <= 32 and from_utc(text) < utcnow() + datetime.timedelta(days=1)
    except ValueError:
        return False
