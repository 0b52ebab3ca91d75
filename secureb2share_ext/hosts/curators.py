"""The holders of the action `secureb2share-curate`, which is for every source, or for the one that its argument names.

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

from .actions import curate

# B2SHARE 2 has no system roles
_TABLES = [
    getattr(models, name) for name in ("ActionUsers", "ActionRoles", "ActionSystemRoles") if hasattr(models, name)
]


def curated(names: Iterable[str]) -> List[str]:
    """Those of the sources' names for which the user of the current request may curate.

    As invenio-access has it, superusers may, and whoever is denied may not, whatever else is allowed.
    """
    actions = [curate.value, superuser_access.value]
    rows = [row for table in _TABLES for row in _query(table).filter(table.action.in_(actions))]
    own = [row for row in rows if row.need in g.identity.provides]

    def may(name):
        asked = {(curate.value, None), (curate.value, name), (superuser_access.value, None)}
        said = [row.exclude for row in own if (row.action, row.argument) in asked]
        return bool(said) and not any(said)

    return [name for name in names if may(name)]


def _query(table):
    query = db.session.query(table)
    # the need of a role's row has the role's name in it
    return query.options(joinedload(table.role)) if table is models.ActionRoles else query
