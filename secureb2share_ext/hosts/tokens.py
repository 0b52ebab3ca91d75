"""The OAuth2 token of a request, and the sources for which it registers, on hosts whose tokens have scopes.

A token registers for a source with the scope `secureb2share:register`, if its user holds the action
`secureb2share-register` for that source. What it registers may be public at once: where a second factor is asked of
curators, the token has to have been made with one.
"""

from typing import Any, Iterable, Optional, Set

from flask import request
from invenio_access import Permission

from ..sign_in import gate
from .actions import register, register_scope


def scopes() -> Any:
    """The scopes of the current request's token; None without a token, as with a session login."""
    token = getattr(request, "oauth", None)
    return None if token is None else token.access_token.scopes


def registered_for(names: Iterable[str]) -> Optional[Set[str]]:
    """Those of the sources' names for which the current request's token may register; None without such a token.

    Raises NotStrong for a token that may, and was not made with the second factor that is asked of curators.
    """
    found = scopes()
    if found is None or register_scope.id not in found:
        return None
    allowed = {name for name in names if Permission(register(name)).can()}
    if allowed:
        gate.must_be_strong("curate")
    return allowed
