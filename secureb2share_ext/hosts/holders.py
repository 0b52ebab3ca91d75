"""The accounts that hold an action of this package, or are superusers, by the rows of invenio-access."""

from typing import Collection, Dict, List, NamedTuple, Optional, Set

from invenio_access import models
from invenio_access.permissions import superuser_access
from invenio_accounts.models import User
from invenio_db import db

from ..sign_in.roles import right
from .actions import curate, erase, operate, register_for_all, review

ACTIONS = [
    curate.value,
    review.value,
    operate.value,
    erase.value,
    register_for_all.value,
    superuser_access.value,
    "admin-access",
    "administration-access",
]


class Holding(NamedTuple):
    """A row of invenio-access for an account: by itself, by a role, or by a system role."""

    account: Optional[int]  # None for a system role
    right: str  # as sign_in.roles.right writes it
    by: str  # "hand", "role NAME" or "system role NAME"
    row_id: Optional[int] = None  # of the account's own row


def holds_rights(account: int) -> bool:
    """Whether an account (id) holds one of these actions, itself or by a role, for whatever source."""
    own = db.session.query(models.ActionUsers.id).filter(
        models.ActionUsers.action.in_(ACTIONS), models.ActionUsers.user_id == account
    )
    if own.first() is not None:
        return True
    by_role = (
        db.session.query(models.ActionRoles.id)
        .filter(models.ActionRoles.action.in_(ACTIONS))
        .join(models.ActionRoles.role)
        .filter(models.Role.users.any(User.id == account))
    )
    return by_role.first() is not None


def holdings() -> List[Holding]:
    """[Holding] of everybody, by one statement a table; a role without members holds nothing."""
    found = _of_accounts(None)
    table = getattr(models, "ActionSystemRoles", None)
    # B2SHARE 2 has no system roles
    if table is not None:
        rows = db.session.query(table.role_name, table.action, table.argument, table.exclude)
        for name, *what in rows.filter(table.action.in_(ACTIONS)):
            found.append(Holding(None, right(*what), "system role " + name))
    return found


def rights(accounts: Optional[Collection[int]] = None) -> Dict[int, Set[str]]:
    """{account: {right}} of these accounts (ids) themselves and by their roles, or of all that have any."""
    found: Dict[int, Set[str]] = {}
    for one in _of_accounts(accounts):
        found.setdefault(one.account or 0, set()).add(one.right)
    return found


def _of_accounts(accounts):
    users, roles = models.ActionUsers, models.ActionRoles
    own = db.session.query(users.user_id, users.id, users.action, users.argument, users.exclude)
    own = own.filter(users.action.in_(ACTIONS))
    by_role = db.session.query(User.id, models.Role.name, roles.action, roles.argument, roles.exclude)
    by_role = by_role.select_from(roles).join(roles.role).join(models.Role.users).filter(roles.action.in_(ACTIONS))
    if accounts is not None:
        own, by_role = own.filter(users.user_id.in_(accounts)), by_role.filter(User.id.in_(accounts))
    found = [Holding(account, right(*what), "hand", row_id) for account, row_id, *what in own]
    return found + [Holding(account, right(*what), "role " + name) for account, name, *what in by_role]
