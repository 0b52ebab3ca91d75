"""Whether a personal token counts: it was made in a session that was strong enough, and not too long ago."""

import time
from typing import Optional

from flask import request

from . import rules
from .settings import SignIn


def now() -> float:
    """Seconds since 1970."""
    return time.time()


def is_token() -> bool:
    """Whether the current request came with a token of the host's OAuth2 server."""
    return getattr(request, "oauth", None) is not None


def lack(settings: SignIn) -> Optional[str]:
    """None where the token of the current request counts, else what is missing."""
    return rules.LEVEL
