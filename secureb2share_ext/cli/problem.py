"""How is a refusal told at the command line?"""

import click
from invenio_db import db

from ..errors import Problem


def told(do, *args):
    """do(*args), committed; a Problem becomes one sentence and its faults, with nothing stored."""
    try:
        done = do(*args)
        db.session.commit()
    except Problem as problem:
        db.session.rollback()
        faults = "".join("\n  %(field)s %(message)s" % fault for fault in problem.extra.get("errors", []))
        raise click.ClickException(problem.detail + faults)
    return done
