"""The command that prepares an instance to go on without this package."""

import json
import os
from collections import Counter
from typing import Dict, Optional

import click
from flask import current_app
from flask.cli import with_appcontext

from .. import stops
from ..access import nginx_map
from ..access.destination import destination
from ..datasets import store
from ..errors import Problem
from ..legacy import store as legacy
from ..maintenance import install
from ..outbox import store as outbox
from ..proxies import current, tables

MADE_HERE = "# Access links of "
NEXT = """\
Next:
1. Put the map in the http block of the web server, and the locations above in the server block of the catalogue.
2. Take the SECUREB2SHARE_* keys out of the configuration.
3. `pip uninstall secureb2share-ext` in every environment: application, workers, command line.
4. Restart the application and the workers."""


@click.command()
@click.option("--map", "path", type=click.Path(dir_okay=False), help="Write the web server's map to this file.")
@click.option("--drop-tables", is_flag=True, help="Also drop the package's tables, and whatever else it keeps.")
@click.option("--yes", is_flag=True, help="Do not ask before dropping.")
@with_appcontext
def uninstall(path: Optional[str], drop_tables: bool, yes: bool) -> None:
    """Make ready for `pip uninstall`: a map that keeps access links alive, and the triggers removed.

    The map is for nginx, printed or written to a file. Records and their PIDs stay as they are. The
    command can be run again.
    """
    extension = current()
    if extension.mode != "off":
        raise click.ClickException(
            "SECUREB2SHARE_MODE is %r: set it to 'off' and restart the application and the workers first."
            " Nothing was changed." % extension.mode
        )
    is_there = bool(tables())
    if is_there:
        if stops.incident() is not None:
            raise click.ClickException(
                "The catalogue is frozen by an incident, and the links of the map would have no reference: run"
                " `secureb2share incident end` first. Nothing was changed."
            )
        if drop_tables:
            _check_frozen()
        _keep_links(extension, path, drop_tables)
        if drop_tables and not yes:
            _ask(extension.host)
    else:
        click.echo("The tables are gone: no map can be made from them any more.")
    for line in install.take_back(extension.host, drop_tables):
        click.echo(line)
    click.echo("What stays: the records, their PIDs, DOIs and Handles, and uploaded files.")
    for line in extension.host.remains():
        click.echo(line)
    if is_there and not drop_tables:
        click.echo("The tables stay too, for a later installation; `uninstall --drop-tables` removes them.")
    folder = current_app.config["SECUREB2SHARE_SIGNING_KEY"]
    if folder:
        click.echo("The folder of the signing keys stays too: delete %s when nobody needs it." % folder)
    click.echo(NEXT)


def _check_frozen():
    frozen = legacy.pids("frozen", "exported", "confirmed", "purging")
    if frozen:
        raise click.ClickException(
            "Legacy records that are frozen: %d. Without the tables nobody could open them again: run `legacy thaw` or"
            " `legacy purge` for each of them first. Nothing was changed." % len(frozen)
        )


def _keep_links(extension, path, is_dropping):
    unmade: Dict[str, int] = Counter()
    found = list(_addresses(extension.host, unmade))
    if found and is_dropping and not path:
        raise click.UsageError("--drop-tables needs --map FILE: without the tables no map can be made any more.")
    text = nginx_map.server_map(found, json.dumps(extension.keyring.jwks()), extension.host.base_url())
    if path:
        _write(path, text)
    else:
        click.echo(text)
    click.echo(nginx_map.LOCATIONS)
    count = {status: sum(one.status == status for one in found) for status in (302, 403, 410)}
    click.echo(
        "Access links in the map: %d, of which %d lead to a form, %d say that there is no form now, %d are withdrawn."
        % (len(found), count[302], count[403], count[410])
    )
    for why, number in sorted(unmade.items()):
        click.echo("- Links that cannot be made before this is corrected: %d. %s" % (number, why))


def _addresses(host, unmade):
    """The Address of every published dataset; counts in `unmade` ({why: count}) the links that cannot be made."""
    for row in store.published():
        try:
            status, to = 302, destination(current(), row.pid)
        except Problem as problem:
            status, to = (410 if problem.status == 410 else 403), None
            if problem.status == 503:
                unmade[problem.detail] += 1
        yield nginx_map.Address(tuple(host.names(row)), status, to)


def _write(path, text):
    if os.path.exists(path):
        with open(path, encoding="utf-8", errors="replace") as file:
            if not file.read().startswith(MADE_HERE):
                raise click.ClickException("%s holds something else; name another file for the map." % path)
    # whole or not at all
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)
    click.echo("The map is in %s. The locations that use it:" % path)


def _ask(host):
    figures = outbox.figures()
    click.echo("Dropping the tables loses what stands in them: the datasets' tenants, events, decisions and drafts.")
    if host.has_stamps:
        click.echo(
            "Which dataset of a source each record is, stands in the records too: `init` of a later installation takes"
            " the records back. Those that were deleted, or whose member `secureb2share` was changed, it does not find."
            " Keep the SECRET_KEY: it proves that this catalogue wrote the member, and without a proof `init` asks."
        )
    else:
        click.echo(
            "It also loses which dataset of a source each record is: after a later installation, a dataset that is"
            " registered again gets a second record and PID. Leave the tables if there may be one."
        )
    lost = (
        (figures["undelivered"][0], "events that no target was told yet"),
        (figures["parked"][0], "events that wait for an operator"),
        (store.waiting(), "registrations that wait for a curator, and are nowhere else"),
    )
    for number, what in lost:
        if number:
            click.echo("- %d %s" % (number, what))
    click.confirm("Drop them?", abort=True)


COMMANDS = (uninstall,)
