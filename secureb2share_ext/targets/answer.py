"""The answer of a target to one attempt."""

from typing import NamedTuple, Optional


class Answer(NamedTuple):
    """A status, or an `error` (the name of an error's class) when there was no answer."""

    status: Optional[int] = None
    body: bytes = b""
    retry_after: str = ""
    error: str = ""
