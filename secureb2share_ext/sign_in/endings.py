"""The end of the sessions of accounts that have lost a right since their last sign-in, within a sweep."""

import json
import logging

from invenio_accounts.models import User
from invenio_accounts.sessions import delete_user_sessions
from invenio_db import db

from ..proxies import current
from . import roles
from .models import SignInRow

logger = logging.getLogger(__name__)
NONE = "[]"


def sweep() -> int:
    """End the sessions of the accounts whose rights have become fewer, note all rights; the number of accounts.

    Each account has a transaction of its own. Sessions that the host does not list (its SessionActivity) stay.
    """
    rights = current().host.rights()
    rows = db.session.query(SignInRow.account, SignInRow.rights).filter(
        db.or_(SignInRow.rights != NONE, SignInRow.account.in_(sorted(rights)))
    )
    ended = 0
    for account, noted in rows.all():
        now = json.dumps(sorted(rights.get(account, ())))
        if now != noted:
            # a sign-in may have ended between the two looks above
            now = json.dumps(sorted(current().host.rights([account]).get(account, ())))
        if now == noted:
            continue
        # a sign-in of this moment has noted them itself
        mine = db.session.query(SignInRow).filter_by(account=account, rights=noted)
        is_noted = mine.update({"rights": now}, synchronize_session=False)
        if is_noted and roles.has_less(json.loads(noted), json.loads(now)):
            end(account)
            ended += 1
        db.session.commit()
    return ended


def end(account: int) -> None:
    """End every session of an account (id): in the store at once, in the host's table in the open transaction."""
    user = db.session.query(User).filter_by(id=account).one_or_none()
    if user is not None:
        delete_user_sessions(user)
        # the login that goes on would add those that are deleted to the database session again
        db.session.expire(user, ["active_sessions"])
        logger.info("secureb2share.sessions-ended account=%d", account)
