"""The commands that put the lock on, take it off and look at it."""

import json
from typing import Optional

import click
from flask.cli import with_appcontext
from invenio_db import db

from .. import compat
from ..errors import SecureB2ShareError
from ..maintenance import install
from ..maintenance.wording import counted
from ..proxies import current, tables
from ..uploads import lock as locking
from ..uploads import seal
from . import problem


@click.command()
@click.option("--extend", is_flag=True, help="Add our properties to a schema that a source's community has already.")
@click.option(
    "--unproven",
    type=click.Choice(["take", "leave"]),
    help="What becomes of records that name a dataset without a proof; without it, init asks.",
)
@with_appcontext
def init(extend: bool, unproven: Optional[str]) -> None:
    """Make the tables, the communities' schema where the host has one, and the triggers if MODE is on.

    It can be run again: whatever is there already stays as it is. On new tables, records of a former installation that
    name their dataset (invenio-records-rest) get their rows again. Of those that carry no proof that this catalogue
    wrote the name, it asks.
    """
    extension = current()

    def ask(sentence):
        click.echo(sentence)
        return click.confirm("Take them back?") if unproven is None else unproven == "take"

    try:
        lines = install.init(extension.is_on, extension.host, extend, ask)
    except SecureB2ShareError as error:
        raise click.ClickException(str(error))
    click.echo("\n".join(lines))


@click.command()
@with_appcontext
def unlock() -> None:
    """Remove the triggers; set SECUREB2SHARE_MODE to off afterwards."""
    with problem.as_owner(), db.engine.begin() as connection:
        removed = seal.reopen(connection)
    click.echo("Removed %s." % counted(len(removed), "trigger"))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
@with_appcontext
def audit(as_json: bool) -> None:
    """List every route that accepts a write, and why it is harmless; exit code 1 if one is unknown."""
    app = compat.application()
    rows = locking.audit_instance(app)
    unknown = [row for row in rows if row.kind == "unknown"]
    if as_json:
        click.echo(json.dumps({"ok": not unknown, "routes": [row._asdict() for row in rows]}, indent=1))
    else:
        for row in rows:
            click.echo("%-8s %-3s %-24s %-45s %s" % (row.kind, row.app, row.methods, row.rule, row.reason))
        click.echo("%s, %d unknown." % (counted(len(rows), "writing route"), len(unknown)))
    raise SystemExit(1 if unknown else 0)


@click.group("lock", invoke_without_command=True)
@click.pass_context
@with_appcontext
def lock(context: click.Context) -> None:
    """Show what the database says of the lock, and when uploads were closed, opened and acknowledged.

    Exit code 1 if anything is wrong.
    """
    if not tables():
        raise click.ClickException("The tables are missing: run `secureb2share init`.")
    if context.invoked_subcommand:
        return
    with db.engine.connect() as connection:
        found = seal.faults(connection) if current().is_on else []
        owns = seal.owns_tables(connection)
    for row in seal.history():
        click.echo(_line(row))
    for finding in found:
        click.echo("- " + finding)
    if owns:
        click.echo("This role of the database can alter the triggers: see the page Keep the lock from the application.")
    click.echo(counted(len(found), "finding") + ".")
    raise SystemExit(1 if found else 0)


@lock.command()
@click.option("--reason", required=True, help="What it was; no names of persons.")
@with_appcontext
def acknowledge(reason: str) -> None:
    """Say what came past the triggers, so that writing goes on; it stays in the history with time and counters."""
    try:
        with problem.as_owner(), db.engine.begin() as connection:
            told = seal.acknowledge(connection, reason)
    except SecureB2ShareError as error:
        raise click.ClickException(str(error))
    click.echo(told)


def _line(row):
    counted_rows = ", ".join("%s %d" % pair for pair in sorted(json.loads(row.marks)["inserted"].items()))
    line = "%sZ %-12s %s" % (row.at.isoformat(timespec="seconds"), row.event, counted_rows)
    return line + (": " + row.reason if row.reason else "")


COMMANDS = (init, unlock, lock, audit)
