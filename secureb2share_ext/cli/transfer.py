"""The command that gives a dataset to another tenant."""

from typing import Optional

import click
from flask.cli import with_appcontext

from ..datasets import store
from ..datasets import transfer as transfers
from ..proxies import current
from . import mode, problem


@click.command()
@click.argument("source")
@click.argument("identifier")
@click.option("--tenant", required=True, help="The new tenant of the dataset.")
@click.option("--contact-name", help="Name of a new role contact.")
@click.option("--contact-email", help="Role address of the new contact.")
@click.option("--contact-url", help="Page of the new contact.")
@with_appcontext
@mode.only_when_on
def transfer(
    source: str,
    identifier: str,
    tenant: str,
    contact_name: Optional[str],
    contact_email: Optional[str],
    contact_url: Optional[str],
) -> None:
    """Give a dataset to another tenant; PID and links stay."""
    given = {"name": contact_name, "email": contact_email, "url": contact_url}
    contact = {name: value for name, value in given.items() if value} or None
    row = store.lock(source, identifier)
    if row is None:
        raise click.ClickException("There is no dataset %s of the source %s." % (identifier, source))
    result = problem.told(transfers.give, current().host, row, tenant, contact, "curator")
    click.echo("Tenant %s: %s." % (tenant, result))


COMMANDS = (transfer,)
