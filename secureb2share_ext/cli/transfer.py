"""How does an operator give a dataset to another tenant?"""

import click
from flask.cli import with_appcontext

from ..datasets import store
from ..datasets import transfer as transfers
from ..proxies import current
from . import mode, problem


@click.command()
@click.argument("source")
@click.argument("identifier")
@click.option("--tenant", required=True, help="The tenant that has it from now on.")
@click.option("--contact-name", help="A new role contact: its name,")
@click.option("--contact-email", help="its role address,")
@click.option("--contact-url", help="or its page.")
@with_appcontext
@mode.only_when_on
def transfer(source, identifier, tenant, contact_name, contact_email, contact_url):
    """Give a dataset to another tenant; PID and links stay."""
    given = {"name": contact_name, "email": contact_email, "url": contact_url}
    contact = {name: value for name, value in given.items() if value} or None
    row = store.lock(source, identifier)
    if row is None:
        raise click.ClickException("There is no dataset %s of the source %s." % (identifier, source))
    result = problem.told(transfers.give, current().host, row, tenant, contact, "curator")
    click.echo("Tenant %s: %s." % (tenant, result))


COMMANDS = (transfer,)
