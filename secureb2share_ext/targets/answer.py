"""The answer of a target to one attempt."""

from typing import NamedTuple, Optional

# what a target's kind can make of an answer whose status alone would mislead
DELIVERED, LATER, BUSY, PAUSE, PARK = "delivered", "later", "busy", "pause", "park"
SUSPECT = "suspect"


class Answer(NamedTuple):
    """A status, or an `error` (the name of an error's class) when there was no answer.

    meaning: DELIVERED, LATER (this message again later), BUSY (the target takes nothing at this moment), PAUSE (the
    target itself is at fault), PARK (this message will never be taken), SUSPECT (as LATER, and either of them may be at
    fault: see outbox.suspects), or "": the status decides.
    reason: why, in words for the operator, with nothing of the answer's body.
    """

    status: Optional[int] = None
    body: bytes = b""
    retry_after: str = ""
    error: str = ""
    meaning: str = ""
    reason: str = ""
