"""A published dataset, with what an export needs beside the Dataset itself.

There is one value for every serialisation, so that none can look elsewhere and say something else.
"""

import datetime
from typing import Any, Mapping, NamedTuple, Optional, Tuple

from ..dataset import Dataset
from .rights import Right, label_of, right_of

STATES = {
    "suspended": "Requests are suspended",
    "superseded": "Superseded by another dataset",
    "withdrawn": "Withdrawn",
}

NOT_YET_OPEN = "Access cannot be requested yet: the secure environment has not confirmed this dataset"


class RelatedDataset(NamedTuple):
    """Another dataset of the same source."""

    identifier: str
    pid: str
    url: str  # of its record's page


class Published(NamedTuple):
    """A published Dataset as it is shown on one day."""

    dataset: Dataset
    record_url: str
    access_url: str
    today: datetime.date  # UTC: an embargo ends with a day, not with a new revision
    describe_files: str = "labels"  # the source's setting now: names, sizes and checksums need "full"
    replaces: Optional[RelatedDataset] = None
    replaced_by: Optional[RelatedDataset] = None
    successor: Optional[RelatedDataset] = None  # where superseded
    is_open: bool = True  # False while its source waits for the secure side's acknowledgement
    doi: Optional[str] = None  # of the record, where its PID is another one
    demanded: Mapping[str, Any] = {}  # of a withdrawn dataset: the members of core that DataCite's schema demands

    @property
    def is_withdrawn(self) -> bool:
        """Whether nothing but a tombstone is shown; the Dataset is reduced to it (tombstone.of)."""
        return self.dataset.state == "withdrawn"

    @property
    def right(self) -> Right:
        """The Right that holds on this day."""
        return right_of(self.dataset.sensitive, self.today)

    @property
    def label(self) -> str:
        """The state of access in plain words."""
        if self.dataset.state == "active" and self.right.value == "controlled" and not self.is_open:
            return NOT_YET_OPEN
        return STATES.get(self.dataset.state) or label_of(self.right, self.dataset.sensitive)

    @property
    def is_requestable(self) -> bool:
        """Whether the access address leads to a form now."""
        return self.dataset.state == "active" and self.right.value == "controlled" and self.is_open

    @property
    def requests_from(self) -> Optional[str]:
        """The first day on which access can be requested (YYYY-MM-DD) while that is to come, or None."""
        return self.dataset.sensitive["embargo_until"] if self.right.value == "embargoed" else None

    @property
    def state_text(self) -> Optional[str]:
        """The state of a dataset that is not active, since when and why; None for an active one."""
        dataset = self.dataset
        if dataset.state == "active":
            return None
        since = " since %s" % dataset.state_at[:10] if dataset.state_at else ""
        by = " by %s" % dataset.successor if dataset.successor else ""
        return "%s%s%s: %s" % (dataset.state.capitalize(), by, since, dataset.reason or "no reason is given")

    @property
    def version_label(self) -> Optional[str]:
        """The name that the source gives this version, or None."""
        return self.dataset.description.get("version", {}).get("label")

    @property
    def newer(self) -> Tuple[RelatedDataset, ...]:
        """The RelatedDataset ones that take this dataset's place, each once."""
        return tuple(dict.fromkeys(filter(None, (self.replaced_by, self.successor))))
