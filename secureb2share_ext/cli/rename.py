"""The command that takes another address, or makes a copy an instance of its own."""

import datetime

import click
from flask.cli import with_appcontext

from ..errors import SecureB2ShareError
from ..maintenance import identity
from ..proxies import current


@click.command()
@click.option(
    "--as-copy",
    is_flag=True,
    help="Make this copy of a catalogue an instance of its own: a new id and a new key in an empty key folder; the"
    " original's events are discarded, and every target is held.",
)
@click.option(
    "--keep-days",
    type=click.IntRange(0, 3650),
    default=30,
    show_default=True,
    help="How many days signed messages may still give the former name; not with --as-copy.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def rename(as_copy: bool, keep_days: int, yes: bool) -> None:
    """Take the configured base URL as the one under which the catalogue is known.

    Events are sent again after it, under the ids of the same instance. Signed messages name the catalogue; the former
    name stays good for some days, until every source has the new one. Restart the web server and the workers
    afterwards.
    """
    extension = current()
    try:
        change = identity.parting(extension) if as_copy else identity.move(extension)
        if change is None:
            click.echo("The catalogue is known by its configured address already; nothing was changed.")
            return
        click.echo("From: %s\nTo:   %s" % change)
        if not yes:
            click.confirm(
                "Make this copy an instance of its own?" if as_copy else "Is this the same catalogue?", abort=True
            )
        kept = datetime.timedelta(days=keep_days)
        lines = identity.part(extension, change) if as_copy else identity.rename(extension, change, kept)
    except SecureB2ShareError as error:
        raise click.ClickException(str(error))
    click.echo("\n".join(lines))


COMMANDS = (rename,)
