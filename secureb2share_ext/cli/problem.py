"""The way in which the command line reports a refusal."""

from typing import Any, Callable

import click
from invenio_db import db

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
