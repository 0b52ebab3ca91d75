"""The limit of the datasets that a source withdraws or supersedes in a day unconfirmed, over requests and files."""

import datetime
from typing import Dict, Optional

from ..compat import utcnow
from ..dataset import FINAL
from ..datasets import states, store
from ..datasets.models import DatasetRow
from ..errors import NotAccepted
from .message import Message
from .sources import Sender

FREE, SHARE = 10, 0.05  # of the source's published datasets that are older than WINDOW, in WINDOW, unconfirmed
WINDOW = datetime.timedelta(hours=24)
STOPPED = "This stopped before more than %d datasets and %d %% of the source were withdrawn or superseded in 24 hours."
STOPPED %= (FREE, SHARE * 100)
CONFIRM = " If that is meant, a key that is not limited to tenants has to confirm it."


class Withdrawals:
    """The withdrawals and supersessions of a run, which stops before it makes more than are likely to be meant."""

    def __init__(self, confirmed: bool) -> None:
        self.confirmed = confirmed
        self.allowed: Dict[str, int] = {}  # source -> how many in WINDOW
        self.stopped = False

    def must_go_on(self) -> None:
        """Raise NotAccepted where the run has stopped."""
        if self.stopped:
            raise NotAccepted(STOPPED + CONFIRM, code="mass-withdrawal")

    def lock(self, message: Message) -> None:
        """Have other transactions of the source wait that the limit may stop, so that each counts what others did."""
        if not self.confirmed and _ends(message):
            store.lock_endings(message.source)

    def check(self, message: Message, sender: Sender, row: Optional[DatasetRow]) -> None:
        """Raise NotAccepted before the first withdrawal or supersession too many of a source.

        What took effect counts, whoever sent it and however: several runs share one limit. row: of the dataset, locked.
        """
        if self.confirmed or not _ends(message) or row is None:
            return
        is_confirmed = "confirm" in message.members and sender.may_confirm
        if is_confirmed or row.state == "withdrawn" or states.is_unchanged(row, message):
            return
        since = utcnow() - WINDOW
        if message.source not in self.allowed:
            self.allowed[message.source] = max(FREE, int(SHARE * store.published_before(message.source, since)))
        self.stopped = store.ended_since(message.source, since) >= self.allowed[message.source]
        self.must_go_on()


def _ends(message):
    return message.action == "state" and message.members["state"] in FINAL
