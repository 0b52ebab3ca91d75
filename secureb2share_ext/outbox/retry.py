"""The decision after an attempt: delivered, retry later, pause the target, or park the message.

The plan of the pauses is that of Standard Webhooks 1.0.0. An error of the target (credentials, address) pauses the
target and uses up no attempt of any message; an error of one message parks that message; every other failure is tried
again until the plan ends. A target that does not answer, or says that it is busy, is left alone for a short time, which
grows with each trial that fails.
"""

import datetime
import email.utils
import re
from typing import Any, NamedTuple, Union

from ..errors import EgressRefused, NoSigningKey

PLAN = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)  # seconds after the 1st, 2nd, ... failure
PROBE = 900  # seconds until a paused target is tried with one message
LONGEST = 86400  # seconds that a Retry-After can ask for
OF_TARGET = (401, 403, 404, 410)
OF_MESSAGE = (400, 409, 413, 422)
BUSY = (429, 502, 503, 504)  # the target takes nothing at this moment
SHORTEST = 5  # seconds for which a target that is down is left alone at first
OF_US = (EgressRefused.__name__, NoSigningKey.__name__)  # errors before anything was sent


class Delivered(NamedTuple):
    """The target has the message."""


class Retry(NamedTuple):
    """The message is sent again after `seconds`.

    is_down: whether the target takes nothing from us at this moment; wakes: whether its first success makes this due.
    """

    seconds: int
    reason: str
    is_down: bool = False
    wakes: bool = False


class Pause(NamedTuple):
    """The target itself is at fault; nothing is sent to it until a probe after `seconds`."""

    seconds: int
    reason: str


class Park(NamedTuple):
    """This message will not be accepted as it is; an operator decides.

    is_down: whether the target takes nothing from us at this moment.
    """

    reason: str
    is_down: bool = False


Outcome = Union[Delivered, Retry, Pause, Park]


def decide(answer: Any, attempts: int, now: datetime.datetime, jitter: float) -> Outcome:
    """The Outcome (Delivered, Retry, Pause or Park) for a targets.answer.Answer.

    attempts: how often this message failed before; now: naive UTC; jitter: 0 to 1, spreads retries by up to a tenth.
    """
    status = answer.status
    meaning = answer.meaning or _meaning(status, answer.error)
    if meaning == "delivered":
        return Delivered()
    reason = answer.reason or ("status %d" % status if status else answer.error)
    if meaning == "pause":
        return Pause(PROBE, reason)
    if meaning == "park":
        return Park(reason)
    is_down = meaning == "busy"
    if attempts >= len(PLAN):
        return Park("given up after %d attempts, last: %s" % (attempts + 1, reason), is_down)
    asked = wish(answer.retry_after, now)
    pause = wait(attempts, jitter)
    # a time that the target has named is kept; what is for this message alone says nothing of the target
    wakes = not asked and (meaning != "later" if status is None else status >= 500)
    return Retry(max(pause, asked), reason, is_down, wakes)


def _meaning(status, error):
    """The word of targets.answer for a status, or for the class of an error, that speaks for itself."""
    if status is None:
        return "pause" if error in OF_US else "busy"
    if 200 <= status < 300:
        return "delivered"
    if status in OF_TARGET or 300 <= status < 400:
        return "pause"
    if status in OF_MESSAGE:
        return "park"
    return "busy" if status in BUSY else "later"


def wait(attempts: int, jitter: float) -> int:
    """Seconds until the next attempt of a message that failed once more, after `attempts` failures."""
    return int(PLAN[attempts] * (1 + 0.1 * jitter))


def rest(failures: int, asked: int) -> int:
    """Seconds for which a target that is down is left alone.

    failures: how many trials failed before; asked: its Retry-After in seconds.
    """
    return max(min(SHORTEST * 2 ** min(failures, 20), PROBE), asked)


def wish(text: str, now: datetime.datetime) -> int:
    """Seconds that a Retry-After header (RFC 9110) asks for, 0 to LONGEST."""
    if re.match(r"[0-9]+\Z", text):
        return min(int(text), LONGEST) if len(text) < 9 else LONGEST
    try:
        parsed: Any = email.utils.parsedate(text)
        moment = datetime.datetime(*parsed[:6])
    except (TypeError, ValueError, OverflowError, IndexError):
        return 0
    return int(min(max((moment - now).total_seconds(), 0), LONGEST))
