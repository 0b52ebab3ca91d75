"""The headers that say how long an answer of this package's routes may be kept, and by whom. Pure.

An answer to somebody who says who they are stays with them: what it tells of tenants, receipts and held datasets would
otherwise come out of a cache to the next reader.
"""

from typing import List, NamedTuple, Optional

VARY = ("webhook-signature", "Authorization")  # the headers by which a sender is known
VALIDATORS = ("ETag", "Last-Modified", "Expires")
NO_STORE = "no-store"


class Keeping(NamedTuple):
    """What the headers of an answer say about keeping it."""

    cache_control: str
    without: List[str]  # headers that the answer must not have
    is_public: bool  # whether it is the same for everybody, and may have a validator


def decide(method: str, status: int, age: Optional[int], is_known: bool, sets_cookie: bool) -> Keeping:
    """The Keeping of an answer.

    age: seconds for which the route's public answer holds, None: it has none; is_known: whether the request has a
    signature, a token or a cookie; sets_cookie: whether the answer does.
    """
    is_public = method in ("GET", "HEAD") and status == 200 and not is_known and not sets_cookie
    if is_public and age is not None:
        return Keeping("public, max-age=%d" % age, ["Expires"], True)
    return Keeping(NO_STORE, list(VALIDATORS), False)
