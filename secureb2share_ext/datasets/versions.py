"""The versions of a dataset, and which of them a new one may replace.

New data get a new identifier and PID, and name in `version.replaces` what they replace. The record of the old one is
rewritten to name the new one (publication.py), so that harvesters of its changes see it.
"""

from typing import Optional

from ..errors import Invalid
from ..proxies import Sender
from . import store
from .models import DatasetRow

CHAIN = 1000  # versions that are looked at
NOT_PUBLISHED = "is not a published dataset of this source"
TAKEN = "is already replaced by %s; only one dataset can replace another"


def check(
    source: str, identifier: Optional[str], replaces: Optional[str], field: str, sender: Optional[Sender] = None
) -> None:
    """Raise Invalid at `field` when a dataset cannot replace the one named.

    identifier: of the new one, or None when it is not known yet; replaces: identifier or None; sender: sources.Sender,
    whose datasets alone may be named; None is a curator.
    """
    if replaces is None:
        return
    old = store.find(source, replaces)
    if old is None or old.pid is None or not (sender is None or sender.may_touch(old.tenant)):
        raise Invalid([(field, NOT_PUBLISHED)])
    if is_taken(old, identifier):
        raise Invalid([(field, TAKEN % old.replaced_by)])
    newer = identifier
    for _ in range(CHAIN):
        if newer == replaces:
            raise Invalid([(field, "is this dataset itself, or one that replaced it")])
        row = store.find(source, newer) if newer else None
        newer = row.replaced_by if row is not None else None
        if newer is None:
            return


def is_taken(old: DatasetRow, identifier: Optional[str]) -> bool:
    """Whether another dataset, which is not withdrawn, replaces the one of the row `old`."""
    if old.replaced_by in (None, identifier):
        return False
    other = store.find(old.source, old.replaced_by)
    return other is not None and other.state != "withdrawn"
