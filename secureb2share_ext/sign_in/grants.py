"""What a provider's claims give to an account at a sign-in, and take again; in the transaction of the login.

GrantRow remembers which rows of invenio-access are ours: those that an operator gave by hand are never touched, and
where the same was given by hand, nothing is noted. A right that two providers give is the one's that gave it first.
"""

import json
from types import SimpleNamespace
from typing import Any, Mapping

from invenio_access import models
from invenio_accounts.models import User
from invenio_db import db
from sqlalchemy import event
from sqlalchemy.orm import Session

from ..compat import utcnow
from ..proxies import current
from . import endings, roles, rules
from .models import GrantRow, SignInRow
from .rules import Strength

CHANGED = "secureb2share_changed_actions"  # in the info of a database session


def watch() -> None:
    """Have the cache of invenio-access forget what was changed once it is committed, too; once a process.

    It forgets at the flush, and a request that reads before the commit would put the former rows into it again.
    """
    if not event.contains(Session, "after_commit", _evict):
        event.listen(Session, "after_commit", _evict)


def follow(account: int, proved: Strength, claims: Mapping[str, Any]) -> None:
    """Give and take what the claims of a provider say of an account (id) that signs in, and note the sign-in."""
    settings, now = current().sign_in, utcnow()
    # two sign-ins of one account at once are followed one after the other
    db.session.query(User.id).filter(User.id == account).with_for_update().one()
    wanted = roles.wanted(settings.roles.get(proved.provider, {}), claims)
    noted = {(row.action, row.argument): row for row in _grants(account)}
    for grant, row in noted.items():
        if row.provider == proved.provider and grant not in wanted:
            _take(row)
    for grant in sorted(wanted):
        _give(account, grant, proved.provider, noted.get(grant), now)
    db.session.flush()
    _note(account, proved, now)


def withdraw(account: int, provider: str) -> None:
    """Take what a provider (name) has given to an account (id), which can sign in there no more."""
    for row in _grants(account):
        if row.provider == provider:
            _take(row)
    db.session.flush()


def _grants(account):
    return db.session.query(GrantRow).filter_by(account=account).populate_existing().all()


def _own_row(row):
    """The host's row (ActionUsers) that a GrantRow has made, or None where an operator has removed it."""
    found = db.session.query(models.ActionUsers).filter_by(id=row.row_id, user_id=row.account, action=row.action)
    return found.filter_by(argument=row.argument or None, exclude=False).one_or_none()


def _give(account, grant, provider, row, now):
    action, argument = grant
    if row is not None and _own_row(row) is not None:
        return
    given = db.session.query(models.ActionUsers.id).filter_by(
        user_id=account, action=action, argument=argument or None, exclude=False
    )
    if given.first() is not None:
        if row is not None:
            db.session.delete(row)
        return
    made = models.ActionUsers(user_id=account, action=action, argument=argument or None)
    db.session.add(made)
    db.session.flush()
    if row is None:
        row = GrantRow(account=account, action=action, argument=argument)
        db.session.add(row)
    row.row_id, row.provider, row.since = made.id, provider, now
    _remember(grant)


def _take(row):
    made = _own_row(row)
    if made is not None:
        db.session.delete(made)
        _remember((row.action, row.argument))
    db.session.delete(row)


def _note(account, proved, now):
    row = db.session.query(SignInRow).filter_by(account=account).populate_existing().one_or_none()
    rights = sorted(current().host.rights([account]).get(account, ()))
    if row is None:
        row = SignInRow(account=account)
        db.session.add(row)
    elif roles.has_less(json.loads(row.rights), rights):
        # the sweep would not see it any more
        endings.end(account)
    row.strength, row.at = json.dumps(rules.to_session(proved), sort_keys=True), now
    row.rights = json.dumps(rights)


def _remember(grant):
    db.session().info.setdefault(CHANGED, set()).add(grant)


def _evict(session):
    # the end of a SAVEPOINT calls this too, so that they are remembered until the session is thrown away
    for action, argument in session.info.get(CHANGED, ()):
        models.removed_or_inserted_action(None, None, SimpleNamespace(action=action, argument=argument or None))
