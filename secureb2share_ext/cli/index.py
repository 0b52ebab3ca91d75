"""What about the search index?"""

import click
from flask.cli import with_appcontext

from ..proxies import current


@click.command()
@with_appcontext
def reindex():
    """Have every record of the sources written to the search index again, by the sweeps to come."""
    click.echo("%d records wait for the search index." % current().host.reindex())


COMMANDS = (reindex,)
