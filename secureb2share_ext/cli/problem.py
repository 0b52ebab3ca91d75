"""The way in which the command line reports a refusal."""

import contextlib
from typing import Any, Callable, Iterator

import click
from invenio_db import db
from sqlalchemy.exc import ProgrammingError

from ..errors import Problem


def told(do: Callable[..., Any], *args: Any) -> Any:
    """Call do(*args), commit and return its result.

    A Problem becomes one sentence and its faults, and nothing is stored.
    """
    try:
        done = do(*args)
        db.session.commit()
    except Problem as problem:
        db.session.rollback()
        named: Any = problem.extra.get("errors", [])
        faults = "".join("\n  %(field)s %(message)s" % fault for fault in named)
        raise click.ClickException("%s%s" % (problem.detail, faults))
    return done


@contextlib.contextmanager
def as_owner() -> Iterator[None]:
    """Tell what the database refuses to whoever is not the owner of the tables."""
    try:
        yield
    except ProgrammingError as error:
        db.session.rollback()
        said = str(error.orig).splitlines()[0]
        raise click.ClickException("%s: run this with the role of the database that owns the tables." % said)
