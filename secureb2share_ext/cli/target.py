"""The commands on the targets and their secrets."""

import click
from flask.cli import with_appcontext

from ..errors import SecureB2ShareError
from ..proxies import current


@click.group()
def target() -> None:
    """The targets and their secrets."""


@target.command()
@click.argument("name")
@with_appcontext
def renew(name: str) -> None:
    """Get a new client secret for a target of kind tsd, and put it in the place of the old one.

    The old one may be void at once. Workers use the new one from their next token on, without a restart.
    """
    found = current().targets
    if name not in found:
        known = ", ".join(sorted(found)) or "none"
        raise click.ClickException("There is no target %s; SECUREB2SHARE_TARGETS has: %s." % (name, known))
    if not hasattr(found[name], "renew"):
        raise click.ClickException("%s has no secret that can be renewed here: its kind is another than tsd." % name)
    try:
        ends = found[name].renew()
    except FileExistsError as error:
        raise click.ClickException(
            "%s is there: another renewal runs, or one broke off. If it holds a client secret, put it in the place of"
            " the old one; else delete it." % error.filename
        )
    except (SecureB2ShareError, OSError) as error:
        raise click.ClickException("The secret of %s was not renewed: %s" % (name, error))
    click.echo("The secret of %s was renewed; the new one ends on %s." % (name, ends))


COMMANDS = (target,)
