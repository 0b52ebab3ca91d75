"""What the events of one application in REMS add up to, in whatever order and how often they arrive.

REMS tries an event again for a day while it sends newer ones, so that an older one may come last, or twice. The ids of
its events tell their order: of the states the one with the highest id holds, and of the lists of resources too.
"""

import datetime
from typing import NamedTuple, Optional, Tuple

from .rems_event import Event


class History(NamedTuple):
    """An application as far as its events were heard."""

    state: Optional[str] = None  # a value of rems_event.STATES; None: none was heard
    state_event: int = -1  # id of the event that said so; -1: none
    issued: Optional[datetime.datetime] = None  # time of that event, naive UTC
    resources: Optional[Tuple[str, ...]] = None  # those that may be datasets here; None: none was heard, or deleted
    resources_event: int = -1

    def after(self, event: Event) -> "History":
        """The history with one more event, old or new."""
        found = self
        if event.state is not None and event.id > found.state_event:
            found = found._replace(state=event.state, state_event=event.id, issued=event.time)
        if event.resources is not None and event.id > found.resources_event:
            found = found._replace(resources=event.resources, resources_event=event.id)
        # nothing is counted of what was deleted, which is what an expired draft looks like too
        return found._replace(resources=None) if found.state == "deleted" else found

    @property
    def counted(self) -> Optional[str]:
        """The state in which it is counted for each of its datasets, or None: as a draft, or deleted."""
        return None if self.state == "deleted" else self.state
