"""What waits for a curator, and what do they decide?"""

import json

import click
from flask.cli import with_appcontext

from ..datasets import review, store
from ..proxies import current
from . import mode, problem

PAGE = 100


@click.group("review")
def group():
    """Registrations that wait for a curator."""


@group.command("list")
@click.option("--start", type=click.IntRange(0), default=0, help="How many to leave out.")
@with_appcontext
def list_held(start):
    """Number, time, source, identifier and title of what waits, the oldest first."""
    rows = store.held_page(start, PAGE)
    for row, held in rows:
        title = json.loads(held.description)["core"]["titles"][0]["text"]
        kind = "change" if row.pid else "new"
        click.echo(
            "%d %sZ %-6s %s %s: %s" % (row.id, held.received.isoformat(), kind, row.source, row.identifier, title)
        )
    if len(rows) == PAGE:
        click.echo("More: --start %d" % (start + PAGE))


@group.command()
@click.argument("source")
@click.argument("identifier")
@with_appcontext
def show(source, identifier):
    """The description that is held, as JSON."""
    row, held = problem.told(review.find, source, identifier)
    if held.reason is not None:
        click.echo("Refused at %s: %s" % (held.decided_at, held.reason), err=True)
    click.echo(json.dumps(json.loads(held.description), indent=1, ensure_ascii=False))


@group.command()
@click.argument("source")
@click.argument("identifier")
@with_appcontext
@mode.only_when_on
def release(source, identifier):
    """Publish what is held."""
    row = problem.told(review.release, current().host, source, identifier)
    click.echo("Published as %s." % row.pid)


@group.command()
@click.argument("source")
@click.argument("identifier")
@click.option("--reason", required=True, help="What its source has to mend; no personal data.")
@with_appcontext
@mode.only_when_on
def refuse(source, identifier, reason):
    """Refuse what is held; its source reads the reason."""
    problem.told(review.refuse, current().host, source, identifier, reason)
    click.echo("Refused.")


COMMANDS = (group,)
