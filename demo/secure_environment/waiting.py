"""What waits for the owner: requests to decide, and descriptions that the catalogue or its curator refused."""

from typing import Any, List, NamedTuple

from . import datasets
from .store import Store


class Waiting(NamedTuple):
    """What the owner's first pages say."""

    requests: int
    refused: List[Any]  # views of datasets, see datasets.view


def of_owner(store: Store) -> Waiting:
    """The Waiting of now."""
    open_ones = store.one("SELECT count(*) AS number FROM applications WHERE state = 'submitted'")["number"]
    refused = [datasets.view(row, True) for row in datasets.own(store) if row["problem"]]
    return Waiting(open_ones, refused)
