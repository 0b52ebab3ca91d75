"""The installation of what this package needs in the database, and its removal."""

import contextlib
from typing import Any, Callable, List, Optional

from flask import current_app
from invenio_db import db
from sqlalchemy import text

from .. import instance
from ..datasets import recovery
from ..errors import SecureB2ShareError
from ..proxies import Host, current, tables
from ..uploads import seal, triggers

BRANCH = "secureb2share"
LOCK = 0x5EC0B25A  # PostgreSQL's advisory locks are numbers
UNPROVEN = (
    "Records: %d name a dataset, and nothing proves that this catalogue wrote that: %s. They were"
    " written under another SECRET_KEY, or somebody else who may write records gave them the name of a dataset. Taken"
    " back, each of them is the record of its dataset from then on."
)


def init(
    is_on: bool,
    host: Optional[Any] = None,
    is_extending: bool = False,
    ask: Callable[[str], bool] = lambda sentence: False,
) -> List[str]:
    """Make what is missing: tables by our alembic branch, instance, what the host needs, triggers when the mode is on.

    Returns [sentence] of what was done; raises SecureB2ShareError.

    host: hosts.host.Host; is_extending: see Host.provision; ask: whether to take back the records that a sentence
    names.
    """
    with _alone():
        done = [_tables()]
        # the lock first: nothing is written, records that are taken back neither, while it is not complete
        closed = _close(is_on)
        if host is not None and not instance.known():
            # new tables: whatever is published already is not in them
            done += _recover(host, ask)
        done += instance.establish(current())
        if host is not None:
            done += host.provision(is_extending)
        done.append(closed)
    return done


def _close(is_on):
    if not is_on:
        return "Triggers: none, because MODE is not on."
    with db.engine.begin() as connection:
        made = seal.close(connection)
    current().lock.forget()
    return "Triggers: %d made, %d in all." % (len(made), len(triggers.TABLES) + 1)


@contextlib.contextmanager
def _alone():
    """Let a second process that prepares the same database wait until this one is done."""
    if db.engine.dialect.name != "postgresql":
        yield
        return
    with db.engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(%d)" % LOCK))
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(%d)" % LOCK))


def _tables():
    there = tables()
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
    return "Tables: %d in all." % len(tables())


def _recover(host, ask):
    taken = recovery.take_back(host)
    datasets, done = taken.datasets, []
    # those with a proof have their identifiers already
    claims = recovery.take_back(host, is_proven=False, is_asking=True)
    if claims.datasets:
        if ask(UNPROVEN % (claims.datasets, _first(claims.named, claims.datasets))):
            claims = recovery.take_back(host, is_proven=False)
            datasets += claims.datasets
        else:
            done.append("Records: %d without a proof stay without a dataset." % claims.datasets)
    if datasets:
        done.append(
            "Records: %d of a former installation were taken back by the stamp that they carry; what they do not say is"
            " their tenant. `reindex` brings them into the search index again." % datasets
        )
    doubles = taken.doubles + claims.doubles
    if doubles:
        done.append(
            "Records: %d more have an identifier that another record has, and stay without a dataset: %s."
            % (doubles, _first((taken.doubled + claims.doubled)[: recovery.SHOWN], doubles))
        )
    return done


def _first(names, count):
    return ", ".join(names + ["..."] * (count > len(names)))


def take_back(host: Host, is_dropping: bool) -> List[str]:
    """Remove the triggers, and where is_dropping, what the host keeps for us and our tables, by our alembic branch.

    Returns [sentence] of what was done. Idempotent. host: hosts.host.Host.
    """
    # what was read keeps SQLite from writing on another connection
    db.session.close()
    with _alone():
        with db.engine.begin() as connection:
            removed = seal.reopen(connection)
        done = ["Triggers: %d removed." % len(removed)]
        if is_dropping and tables():
            instance.forget(current())
            done += host.forget()
            db.session.commit()
            done.append(_drop())
    return done


def _drop():
    count = len(tables())
    # a transaction that has read our tables would keep them
    db.session.remove()
    with current_app.app_context():
        alembic = current_app.extensions["invenio-db"].alembic
        heads = set(alembic.migration_context.get_current_heads())
        ours = {r.revision for r in alembic.script_directory.walk_revisions() if BRANCH in r.branch_labels}
        if ours:
            if not ours & heads:
                alembic.stamp(BRANCH + "@head")
            alembic.downgrade(BRANCH + "@base")
    # what alembic cannot see, see above; drop_all would take every sequence of the host along
    for table in reversed(db.metadata.sorted_tables):
        if table.name.startswith("secureb2share_"):
            table.drop(db.engine, checkfirst=True)
    return "Tables: %d dropped, with everything that stood in them." % count
