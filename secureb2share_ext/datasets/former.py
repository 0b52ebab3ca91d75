"""The former states of a dataset that was superseded or withdrawn, for the days in which an operator can go back.

They are a JSON text in the dataset's own row, with the description that waited for a curator: no list, page or answer
has them.
"""

import json
from typing import Any, Dict, List

from ..client import from_utc, now_utc
from . import store
from .models import DatasetRow

MOST = 4  # states of one dataset; more are not kept, so that the first ones stay


def keep(row: DatasetRow, with_held: bool) -> None:
    """Keep the present state of a row, and what is held of it, before another state is written.

    with_held: the held description is about to be dropped.
    """
    kept = _kept(row)
    said: Dict[str, Any] = {name: getattr(row, name) for name in ("state", "reason", "state_at", "successor")}
    held = store.held(row.id) if with_held else None
    if held is not None:
        said["held"] = {name: getattr(held, name) for name in ("description", "digest", "reason", "decided_at")}
        said["held"]["received"] = store.as_written(held.received)
    if len(kept) < MOST:
        row.former = json.dumps(kept + [said])


def bring_back(row: DatasetRow, reason: str) -> None:
    """Give a row its last former state again, and what was held of it; without one it becomes active.

    reason: of the state `active`; every other one has its own again.
    """
    kept = _kept(row)
    said: Dict[str, Any] = kept.pop() if kept else {"state": "active"}
    row.former = json.dumps(kept) if kept else None
    row.state, row.successor = said["state"], said.get("successor")
    row.reason, row.state_at = (reason, now_utc()) if row.state == "active" else (said["reason"], said["state_at"])
    if "held" in said:
        store.hold(row.id, **dict(said["held"], received=from_utc(said["held"]["received"])))


def _kept(row) -> List[Dict[str, Any]]:
    found: List[Dict[str, Any]] = json.loads(row.former or "[]")
    return found
