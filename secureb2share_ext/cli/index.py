"""The command on the search index."""

import click
from flask.cli import with_appcontext

from ..proxies import current


@click.command()
@with_appcontext
def reindex() -> None:
    """Have the next sweeps write every record of the sources to the search index again."""
    click.echo("Records that wait for the search index: %d." % current().host.reindex())


COMMANDS = (reindex,)
