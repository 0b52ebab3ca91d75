"""The commands of an operator: `<host cli> secureb2share ...`

Commands only parse, call and print. They run in every mode, except those that publish: with the mode off nothing may
change, and no target would be told. There is one file per kind of work.
"""

import click

from . import (
    decisions,
    deliveries,
    health,
    incident,
    index,
    ingest,
    ingest_folder,
    keys,
    legacy,
    lock,
    rename,
    review,
    sign_in,
    source,
    target,
    transfer,
    uninstall,
    who,
    withdrawal,
)


@click.group()
def secureb2share() -> None:
    """Secure B2SHARE: metadata in public, data in the secure environment."""


for module in (
    lock,
    health,
    keys,
    source,
    target,
    incident,
    ingest,
    ingest_folder,
    review,
    transfer,
    withdrawal,
    decisions,
    deliveries,
    index,
    legacy,
    rename,
    sign_in,
    who,
    uninstall,
):
    for command in module.COMMANDS:
        secureb2share.add_command(command)
