"""The holders of the actions `secureb2share-curate` and `secureb2share-review`.

An action is for every source, or for the one that its argument names. Whoever curates also reviews.

The rows of invenio-access are read here, by one statement a table however many sources there are: its permissions ask
once a source, on B2SHARE 2 an action that was given to nobody is everybody's, and what its cache keeps of a source
outlives the end of a right for all sources.
"""

from typing import Iterable, List

from flask import g
from invenio_access import models
from invenio_access.permissions import superuser_access
from invenio_db import db
from sqlalchemy.orm import joinedload

from .actions import curate, review

# B2SHARE 2 has no system roles
_TABLES = [
    getattr(models, name) for name in ("ActionUsers", "ActionRoles", "ActionSystemRoles") if hasattr(models, name)
]


def curated(names: Iterable[str]) -> List[str]:
    """Those of the sources' names for which the user of the current request may curate.

    As invenio-access has it, superusers may, and whoever is denied may not, whatever else is allowed.
    """
    own = _rows(curate)
    return [name for name in names if _may(own, curate, name)]


def reviewed(names: Iterable[str]) -> List[str]:
    """Those of the sources' names for which the user of the current request may review: who holds either action.

    Whoever is denied to review may not; who is denied to curate alone may still hold the right to review.
    """
    own = _rows(curate, review)

    def may(name):
        is_denied = any(row.exclude for row in _said(own, review, name))
        return not is_denied and (_may(own, curate, name) or _may(own, review, name))

    return [name for name in names if may(name)]


def _rows(*needs):
    actions = [need.value for need in needs] + [superuser_access.value]
    rows = [row for table in _TABLES for row in _query(table).filter(table.action.in_(actions))]
    return [row for row in rows if row.need in g.identity.provides]


def _said(own, need, name):
    asked = {(need.value, None), (need.value, name)}
    return [row for row in own if (row.action, row.argument) in asked]


def _may(own, need, name):
    said = [row.exclude for row in _said(own, need, name) + _said(own, superuser_access, None)]
    return bool(said) and not any(said)


def _query(table):
    query = db.session.query(table)
    # the need of a role's row has the role's name in it
    return query.options(joinedload(table.role)) if table is models.ActionRoles else query
