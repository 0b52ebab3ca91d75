"""What came back from a target?"""

from typing import NamedTuple, Optional


class Answer(NamedTuple):
    """A status, or an `error` (the class of a network error) when there was none."""

    status: Optional[int] = None
    body: bytes = b""
    retry_after: str = ""
    error: str = ""
