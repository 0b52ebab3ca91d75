"""Is the instance as it must be, and how does it get there?"""

from flask import current_app
from invenio_db import db
from sqlalchemy import inspect

from .errors import SecureB2ShareError
from .signature import NoSigningKey
from .uploads import lock, triggers

BRANCH = "secureb2share"


def init(is_on):
    """Make what is missing: tables by our alembic branch, triggers when the mode is on; [what was done]."""
    done = [_tables()]
    if is_on:
        with db.engine.begin() as connection:
            made = triggers.install(connection)
        done.append("Triggers: %d made, %d in all." % (len(made), len(triggers.TABLES) + 1))
    else:
        done.append("Triggers: none, MODE is off.")
    return done


def _tables():
    there = _existing()
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
    return "Tables: %d in all." % len(_existing())


def _existing():
    return [name for name in inspect(db.engine).get_table_names() if name.startswith("secureb2share_")]


def check(app, extension):
    """[finding] on what is missing for the mode that is set."""
    if not _existing():
        return ["The tables are missing: run `secureb2share init`."]
    if not extension.is_on:
        with db.engine.connect() as connection:
            there = triggers.installed(connection)
        said = "MODE is off, but %d triggers still refuse uploads: run `secureb2share unlock`."
        return [said % len(there)] if there else []
    locks = lock.of_instance(app)
    found = sorted({finding for one in locks for finding in one.look()})
    if not any(extension.host.extension in one.app.extensions for one in locks):
        found.append("The host %s is installed but not on this application." % extension.host.name)
    try:
        extension.keyring.current()
    except NoSigningKey as error:
        found.append(str(error))
    if db.engine.dialect.name == "sqlite" and not app.config["SECUREB2SHARE_DEMO"]:
        found.append("SQLite is not supported for production: use PostgreSQL.")
    return found
