"""The accounts that hold an action of this package, or are superusers, by the rows of invenio-access."""

from invenio_access import models
from invenio_access.permissions import superuser_access
from invenio_accounts.models import User
from invenio_db import db

from .actions import curate, operate, register_for_all

ACTIONS = [curate.value, operate.value, register_for_all.value, superuser_access.value, "admin-access"]


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
