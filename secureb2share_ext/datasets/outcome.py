"""The outcome of a message: what it brought about for a dataset."""

from typing import NamedTuple, Optional

from .models import DatasetRow


class Outcome(NamedTuple):
    """The effect of a message, before it is put into words."""

    status: int  # HTTP
    row: DatasetRow
    result: str  # "created", "changed", "unchanged", "adopted" or "held"
    revision: Optional[int] = None  # of the record, where it was written or read for this message
