"""How does an instance get what this package needs in its database?"""

from flask import current_app
from invenio_db import db

from . import check
from .errors import SecureB2ShareError
from .uploads import triggers

BRANCH = "secureb2share"


def init(is_on, host=None, is_extending=False):
    """Make what is missing: tables by our alembic branch, what the host needs, triggers when the mode is on.

    [what was done]. host: hosts.host.Host; is_extending: see Host.provision. Raises SecureB2ShareError.
    """
    done = [_tables()]
    if host is not None:
        done += host.provision(is_extending)
    if is_on:
        with db.engine.begin() as connection:
            made = triggers.install(connection)
        done.append("Triggers: %d made, %d in all." % (len(made), len(triggers.TABLES) + 1))
    else:
        done.append("Triggers: none, MODE is not on.")
    return done


def _tables():
    there = check.tables()
    # alembic keeps its connection until its application context ends, and SQLite lets one write at a time
    with current_app.app_context():
        alembic = current_app.extensions["invenio-db"].alembic
        heads = set(alembic.migration_context.get_current_heads())
        ours = {r.revision for r in alembic.script_directory.walk_revisions() if BRANCH in r.branch_labels}
        if there and not ours:
            # alembic splits its list of folders at spaces: installed in such a path, it sees no branch of anybody
            pass
        elif there and not ours & heads:
            # made by `db create`, which makes every table without our branch's revisions
            alembic.stamp(BRANCH + "@head")
        elif not there and not heads:
            raise SecureB2ShareError(
                "The database has no alembic revision: make or stamp it with the host's own commands first."
            )
        else:
            alembic.upgrade(BRANCH + "@head")
    return "Tables: %d in all." % len(check.tables())
