"""What can an operator do at the command line? `<host cli> secureb2share ...`

Commands only parse, call and print. All run in every mode, but for those that publish: with the mode off nothing may
change, and what they caused would be told to nobody. One file per kind of work.
"""

import click

from . import deliveries, health, index, ingest, keys, legacy, lock, review, transfer, uninstall


@click.group()
def secureb2share():
    """Secure B2SHARE: metadata in public, data in the secure environment."""


for module in (lock, health, keys, ingest, review, transfer, deliveries, index, legacy, uninstall):
    for command in module.COMMANDS:
        secureb2share.add_command(command)
