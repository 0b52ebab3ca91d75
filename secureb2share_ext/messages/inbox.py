"""The one effect of a source's message.

It is idempotent on the message id. Everything is one transaction with the answer; of two messages at once, one waits
at the row or meets its unique key and starts again.
"""

import json
from typing import Any, Dict, Optional, Tuple

from invenio_db import db
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError

from ..datasets import publication, registration, states, store, transfer
from ..errors import MessageReused, NotBuilt, UnknownDataset
from ..proxies import Host, current
from . import answers, reports
from . import store as messages
from .message import Message
from .quota import Tally
from .run import Patience
from .sources import Sender
from .withdrawal_limit import Withdrawals

ACTIONS = {
    "register": registration.register,
    "state": states.change,
    "transfer": transfer.move,
    "decision": reports.note_decision,
    "receipt": reports.note_receipt,
}


# another took the identifier or message id first, changed the record, or each waited for the other
CONFLICTS = (IntegrityError, OperationalError, StaleDataError)


def carry_out(
    host: Host,
    sender: Sender,
    message: Message,
    patience: Optional[Patience] = None,
    withdrawals: Optional[Withdrawals] = None,
) -> Tuple[int, Dict[str, Any]]:
    """Carry out a message and commit; its HTTP status and answer. Raises a Problem, with nothing stored.

    patience, withdrawals: of the run to which the message belongs; None: it is a single one.
    """
    patience, withdrawals, failures = patience or Patience(), withdrawals or Withdrawals(confirmed=False), 0
    while True:
        try:
            tally = Tally()
            status, said = take(host, sender, message, withdrawals, tally)
            tally.settle()
            publication.commit(message.source, said["pid"])
            return status, said
        except Exception as error:
            db.session.rollback()
            failures += 1
            if not isinstance(error, CONFLICTS) or not patience.again(failures):
                raise


def take(
    host: Host, sender: Sender, message: Message, withdrawals: Withdrawals, tally: Tally
) -> Tuple[int, Dict[str, Any]]:
    """Carry out a message in the open transaction, which the caller commits or rolls back; as in `carry_out`.

    tally: counts it; the caller settles it before the commit.
    """
    if message.action not in ACTIONS:
        raise NotBuilt("This version of the catalogue does not carry out the action %s." % message.action)
    if message.action == "register" and message.tenant is not None:
        sender.must_speak_for(message.tenant)
    withdrawals.lock(message)
    row = store.lock(message.source, message.identifier)
    known = messages.answered(message.source, message.id)
    if known is not None and known.digest != message.digest:
        raise MessageReused()
    if row is not None and not sender.may_touch(row.tenant):
        if message.action == "register":
            # whatever would be refused under a free identifier is refused alike, so that nothing shows that it is taken
            registration.check_new(sender, message)
        raise UnknownDataset()
    if known is not None:
        return known.status, json.loads(known.answer)
    current().quotas.check(sender.source, message)
    withdrawals.check(message, sender, row)
    outcome = ACTIONS[message.action](host, sender, row, message)
    said = answers.of_outcome(host, outcome)
    messages.keep_answer(message, outcome.status, said, sender.key)
    tally.add(sender.source, message, outcome.result)
    return outcome.status, said
