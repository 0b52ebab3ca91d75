"""The limit of the withdrawals that one run makes without being confirmed."""

from typing import Dict, Optional, Set, Tuple

from ..datasets import store
from ..errors import NotAccepted
from .message import Message
from .sources import Sender

FREE, SHARE = 10, 0.05  # that one run may make without being confirmed
STOPPED = "This run stopped before it withdrew more than %d datasets and %d %% of the source." % (FREE, SHARE * 100)


class Withdrawals:
    """The withdrawals of a run, which stops before it makes more than are likely to be meant."""

    def __init__(self, confirmed: bool) -> None:
        self.confirmed = confirmed
        self.made: Dict[str, Set[str]] = {}  # source -> identifiers
        self.allowed: Dict[str, int] = {}  # source -> how many
        self.stopped = False

    def copy(self) -> Tuple[Dict[str, Set[str]], bool]:
        """The pair (made, stopped) as it is now."""
        return {source: set(made) for source, made in self.made.items()}, self.stopped

    def check(self, read_message: Message, sender: Optional[Sender] = None) -> None:
        """Raise NotAccepted before the first withdrawal too many of a source, and for whatever follows in the run.

        sender: a dataset that it may not touch is as unknown here as everywhere.
        """
        if self.confirmed:
            return
        source, identifier = read_message.source, read_message.identifier
        if not self.stopped and read_message.members.get("state") == "withdrawn" and read_message.action == "state":
            row = store.find(source, identifier)
            if row is not None and row.state != "withdrawn" and (sender is None or sender.may_touch(row.tenant)):
                if source not in self.allowed:
                    self.allowed[source] = max(FREE, int(SHARE * store.count(source)))
                made = self.made.setdefault(source, set())
                made.add(identifier)
                self.stopped = len(made) > self.allowed[source]
        if self.stopped:
            raise NotAccepted(STOPPED + " Confirm that these withdrawals are intended.", code="mass-withdrawal")
