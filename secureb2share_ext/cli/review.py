"""The commands on registrations that wait for a curator."""

import json
from typing import Optional

import click
from flask.cli import with_appcontext

from ..datasets import review, store
from ..proxies import current
from . import mode, problem

PAGE = 100


@click.group("review")
def group() -> None:
    """Registrations that wait for a curator."""


@group.command("list")
@click.option("--start", type=click.IntRange(0), default=0, help="How many registrations to leave out.")
@click.option("--source", help="Those of one source alone.")
@with_appcontext
def list_held(start: int, source: Optional[str]) -> None:
    """List number, time, source, identifier and title of the registrations that wait, the oldest first."""
    if source is not None and source not in current().sources:
        raise click.BadParameter("There is no source of this name.", param_hint="--source")
    rows = store.held_page(start, PAGE, None if source is None else [source])
    for row, held in rows:
        title = json.loads(held.description)["core"]["titles"][0]["text"]
        kind = "change" if row.pid else "new"
        click.echo(
            "%d %sZ %-6s %s %s: %s" % (row.id, held.received.isoformat(), kind, row.source, row.identifier, title)
        )
    if len(rows) == PAGE:
        click.echo("There may be more: give --start %d." % (start + PAGE))


@group.command()
@click.argument("source")
@click.argument("identifier")
@with_appcontext
def show(source: str, identifier: str) -> None:
    """Show the description that waits, as JSON."""
    row, held = problem.told(review.find, source, identifier)
    if held.reason is not None:
        click.echo("Refused at %s: %s" % (held.decided_at, held.reason), err=True)
    click.echo(json.dumps(json.loads(held.description), indent=1, ensure_ascii=False))


@group.command()
@click.argument("source")
@click.argument("identifier")
@with_appcontext
@mode.only_when_on
def release(source: str, identifier: str) -> None:
    """Publish the description that waits."""
    row = problem.told(review.release, current().host, source, identifier)
    click.echo("Published as %s." % row.pid)


@group.command()
@click.argument("source")
@click.argument("identifier")
@click.option("--reason", required=True, help="What the source has to correct; without personal data.")
@with_appcontext
@mode.only_when_on
def refuse(source: str, identifier: str, reason: str) -> None:
    """Refuse the description that waits; the source can read the reason."""
    problem.told(review.refuse, current().host, source, identifier, reason)
    click.echo("Refused.")


COMMANDS = (group,)
