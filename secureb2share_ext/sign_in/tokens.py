"""Whether a personal token counts: it was made in a session that was strong enough, and not too long ago.

The host's table of tokens has no time and no session, so that each making is noted in a row of our own, in the same
transaction. A token without a row never counts: one that was made by a command, before this package listened, or by a
request that had a token itself.

Only personal tokens have a row. That of an application (RFC 6749) is made when its server exchanges a code or renews
what it has, so that no session of the account is there; in the implicit grant one is, and yet its person agreed to
scopes, not to decide with a second factor by way of somebody else's program. Such a token therefore never counts.
"""

import calendar
import json
import time
from typing import Any, NamedTuple, Optional

from flask import has_request_context, request
from flask_login import current_user
from invenio_db import db
from invenio_oauth2server.models import Token
from sqlalchemy import event, inspect

from ..compat import utcnow
from ..proxies import active
from . import identities, rules, strength
from .models import TokenRow
from .settings import SignIn

MEMORY = "secureb2share.token"  # in the request's environment: what a permission is asked several times


class Making(NamedTuple):
    """What is known of a token's making."""

    account: str  # the host's id of the account
    strength: rules.Strength
    at: int  # seconds since 1970


def now() -> float:
    """Seconds since 1970."""
    return time.time()


def is_token() -> bool:
    """Whether the current request came with a token of the host's OAuth2 server."""
    if getattr(request, "oauth", None) is not None:
        return True
    # the application of the pages reads no tokens; a proxy may add one of its own to what a logged-in browser asks
    kind = request.headers.get("Authorization", "").partition(" ")[0]
    return kind.lower() == "bearer" and not current_user.is_authenticated


def lack(settings: SignIn, action: str) -> Optional[str]:
    """None where the token of the current request counts for an action, else what is missing (rules.LEVEL or AGE).

    One of the action's rules had to hold when the token was made, at most settings.token_age seconds ago, and the
    account has to be linked still to the identity that has proved it then.
    """
    making = _making(settings)
    if making is None or making.account != strength.account():
        return rules.LEVEL
    missing = rules.missing(making.strength, making.account, settings.rules[action], making.at)
    if missing is None and not -rules.AHEAD <= now() - making.at <= settings.token_age:
        return rules.AGE
    return missing


def forget(account: int) -> None:
    """Let no token count that an account (id) has made until now, in the open transaction."""
    db.session.query(TokenRow).filter_by(account=account).delete(synchronize_session=False)


def _making(settings):
    """The Making of the current request's token, by three statements a request, or None."""
    if MEMORY not in request.environ:
        token: Any = getattr(getattr(request, "oauth", None), "access_token", None)
        is_read = token is not None and active() is not None
        request.environ[MEMORY] = _read(token.id, settings) if is_read else None
    return request.environ[MEMORY]


def _read(token_id, settings):
    columns = TokenRow.account, TokenRow.strength, TokenRow.made_at
    row = db.session.query(*columns).filter(TokenRow.token_id == token_id).first()
    if row is None:
        return None
    account, held, made_at = row
    proved = rules.from_session(json.loads(held))
    provider = settings.proved_by(proved)
    if proved is None or provider is None or identities.owner(provider.method, proved.subject) != account:
        return None
    if not identities.counts(account, provider, proved.subject):
        return None
    return Making(str(account), proved, calendar.timegm(made_at.timetuple()))


def watch() -> None:
    """Note the making and the end of tokens from now on, once a process."""
    for name, listener in (("after_insert", _made), ("after_update", _changed), ("after_delete", _deleted)):
        if not event.contains(Token, name, listener):
            event.listen(Token, name, listener)


def _made(_: Any, connection: Any, token: Any) -> None:
    if not _is_watched():
        return
    # a database may give the id of a deleted token again, and not every way to delete one tells of it
    _forget(connection, token)
    held = _held_by(connection, token)
    if held is not None:
        row = {
            "token_id": token.id,
            "account": token.user_id,
            "strength": json.dumps(rules.to_session(held)),
            "made_at": utcnow(),
        }
        connection.execute(TokenRow.__table__.insert().values(**row))


def _changed(mapper: Any, connection: Any, token: Any) -> None:
    # what opens more than it did counts from now on as if it were made now, by whoever changed it
    if _is_another(inspect(token).attrs):
        _made(mapper, connection, token)


def _deleted(_: Any, connection: Any, token: Any) -> None:
    if _is_watched():
        _forget(connection, token)


def _is_watched():
    # an application of this process may be without sign-in, or without our tables
    extension = active()
    return extension is not None and extension.sign_in is not None


def _forget(connection, token):
    table = TokenRow.__table__
    connection.execute(table.delete().where(table.c.token_id == token.id))


def _held_by(connection, token):
    """The Strength of the session in which a personal token is made, if it is that of its account; else None."""
    if not token.is_personal or not has_request_context() or is_token():
        return None
    held, account = strength.standing(connection), strength.account()
    is_own = held is not None and held.account == account == str(token.user_id)
    return held if is_own else None


def _is_another(attributes):
    if any(attributes[name].history.has_changes() for name in ("access_token", "user_id", "is_personal")):
        return True
    scopes = attributes["_scopes"].history
    # what was never read is unknown, and counts as nothing; the order of scopes is by chance
    return bool(_words(scopes.added) - _words(scopes.deleted))


def _words(values):
    return {word for value in values or () for word in (value or "").split()}
