"""The strength of the session of the current request: bound to the account, dropped by any other way to log in."""

from typing import Any, Optional

from flask import after_this_request, current_app, g, request, session
from flask_login import current_user, logout_user, user_logged_in, user_logged_out
from invenio_accounts.models import SessionActivity

from ..proxies import current
from . import answers, grants, identities, rules
from .rules import Strength

NAME = "secureb2share_strength"
NEW = "secureb2share_new_strength"  # in g: what the sign-in of this request has proved
LISTED = "secureb2share.session"  # in the request's environment: {name of a session: whether the host lists it}
ENDS = "secureb2share_ends"  # in g: whether this request ends in no account


def account() -> str:
    """The host's id of the account of the request, "" for nobody."""
    return str(current_user.id) if current_user.is_authenticated else ""


def held() -> Optional[Strength]:
    """What the session has; whether it is this account's, `rules.missing` looks at."""
    return rules.from_session(session.get(NAME))


def standing(connection: Any) -> Optional[Strength]:
    """What `held` gives, None where the host has ended the session; by one statement for a request that has any.

    connection: of SQLAlchemy. A request that goes on while its session is ended saves it again, with all that is in it.
    """
    found, name = held(), getattr(session, "sid_s", None)
    lists = current_app.config.get("ACCOUNTS_SESSION_ACTIVITY_ENABLED", True)
    # a session of this very request has no name yet, and a host that lists none ends none
    if found is None or not name or not lists:
        return found
    seen = request.environ.setdefault(LISTED, {})
    if name not in seen:
        table: Any = SessionActivity.__table__
        listed = table.select().where(table.c.sid_s == name).where(table.c.user_id == int(account() or 0))
        seen[name] = connection.execute(listed).first() is not None
    return found if seen[name] else None


def prove(strength: Strength, method: str) -> None:
    """Let a sign-in that ends in this request have a strength, if the account has the provider's identity.

    method: under which the host keeps identities of this provider. The account is known only when it is logged in.
    """
    setattr(g, NEW, (strength, method))


def watch() -> None:
    """Connect the signals by which strength comes and goes, once a process; those of Flask-Login, on every host."""
    user_logged_in.connect(_bind)
    user_logged_out.connect(_forget)
    grants.watch()


def bind(account: int) -> None:
    """Let the session of an account (id) have what the sign-in of this request has proved, and its roles follow it."""
    # a password, a token in a mail or a remembered session proves nothing
    _drop()
    proved, method = getattr(g, NEW, (None, ""))
    if proved is None:
        return
    owner = identities.owner(method, proved.subject)
    if owner == account:
        bound = proved._replace(account=str(account))
        session[NAME] = rules.to_session(bound)
        grants.follow(account, bound, getattr(g, "secureb2share_claims", {}))
    elif owner is not None or current().host.holds_rights(account):
        # whatever handler has led here, such as one that looks for the access token first
        end("an account of another identity")


def end(reason: str) -> None:
    """Have the current request end in no account, with a page that says so; reason: a few words for the log."""

    def refuse(_: Any) -> Any:
        logout_user()
        return answers.refused(reason)

    if not getattr(g, ENDS, False):
        setattr(g, ENDS, True)
        # the host's own listeners still have a session to renew before it ends
        after_this_request(lambda response: after_this_request(refuse) and response)


def _bind(_: Any, user: Any, **kwargs: Any) -> None:
    bind(user.id)


def _forget(_: Any, **kwargs: Any) -> None:
    _drop()


def _drop():
    # a session that is not touched is not written
    if NAME in session:
        del session[NAME]
