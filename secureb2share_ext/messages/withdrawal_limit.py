"""The limit of the withdrawals of a source in a day that are not confirmed, over requests and files."""

import datetime
from typing import Dict, Optional

from ..compat import utcnow
from ..datasets import store
from ..errors import NotAccepted
from .message import Message
from .sources import Sender

FREE, SHARE = 10, 0.05  # of the source's datasets, in WINDOW, without being confirmed
WINDOW = datetime.timedelta(hours=24)
STOPPED = "This stopped before more than %d datasets and %d %% of the source were withdrawn in 24 hours." % (
    FREE,
    SHARE * 100,
)


class Withdrawals:
    """The withdrawals of a run, which stops before it makes more than are likely to be meant."""

    def __init__(self, confirmed: bool) -> None:
        self.confirmed = confirmed
        self.allowed: Dict[str, int] = {}  # source -> how many in WINDOW
        self.stopped = False

    def check(self, read_message: Message, sender: Optional[Sender] = None) -> None:
        """Raise NotAccepted before the first withdrawal too many of a source, and for whatever follows in the run.

        What took effect counts, whoever sent it and however: several runs share one limit. sender: a dataset that it
        may not touch is as unknown here as everywhere.
        """
        if self.confirmed:
            return
        source, members = read_message.source, read_message.members
        if not self.stopped and read_message.action == "state" and _is_unconfirmed(members):
            row = store.find(source, read_message.identifier)
            if row is not None and row.state != "withdrawn" and (sender is None or sender.may_touch(row.tenant)):
                if source not in self.allowed:
                    self.allowed[source] = max(FREE, int(SHARE * store.count(source)))
                self.stopped = store.withdrawn_since(source, utcnow() - WINDOW) >= self.allowed[source]
        if self.stopped:
            raise NotAccepted(STOPPED + " Confirm that these withdrawals are intended.", code="mass-withdrawal")


def _is_unconfirmed(members):
    return members.get("state") == "withdrawn" and "confirm" not in members
