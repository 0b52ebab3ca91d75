"""The command on the search index."""

import click
from flask.cli import with_appcontext

from ..proxies import current


@click.command()
@with_appcontext
def reindex() -> None:
    """Have the next sweeps write every record of the sources to the search index again.

    Entries of the index without a record, which a killed process or a restored database leaves, are taken out at once.
    """
    host = current().host
    click.echo("Records that wait for the search index: %d." % host.reindex())
    try:
        count = host.remove_ghosts()
    except Exception as error:
        # the clusters of the hosts have clients of several kinds
        raise click.ClickException(
            "The search index could not be asked for entries without a record (%s); run the command again later."
            % type(error).__name__
        )
    if count:
        click.echo("Entries without a record that were taken out of the search index: %d." % count)


COMMANDS = (reindex,)
