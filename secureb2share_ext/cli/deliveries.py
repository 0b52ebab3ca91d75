"""The commands on the events for the secure side."""

from typing import Optional

import click
from flask.cli import with_appcontext
from invenio_db import db

from ..compat import utcnow
from ..outbox import pauses, steps, store
from ..outbox.models import STATES
from ..proxies import current


@click.group()
def deliveries() -> None:
    """The events for the secure side."""


@deliveries.command("list")
@click.option("--state", type=click.Choice(STATES))
@with_appcontext
def list_deliveries(state: Optional[str]) -> None:
    """List the events that are not delivered, or those in a state, and the paused targets."""
    for row in pauses.every():
        how = "paused" if row.until else "held"
        click.echo("target %s is %s since %sZ: %s" % (row.target, how, row.since.isoformat(), row.reason))
    for event in store.listed(state):
        click.echo(
            "%d %-12s %s %s attempts=%d next=%sZ %s"
            % (
                event.id,
                event.state,
                event.target,
                event.message_id,
                event.attempts,
                event.next_at.isoformat(),
                event.outcome or "",
            )
        )


@deliveries.command("retry")
@click.argument("event", type=int, required=False)
@click.option("--target", help="Resume this paused target.")
@with_appcontext
def retry_delivery(event: Optional[int], target: Optional[str]) -> None:
    """Make one event due now, or resume a paused target."""
    if (event is None) == (target is None):
        raise click.UsageError("Name either an event's number or --target.")
    if target is not None:
        said = _resumed(target)
    elif event is not None and store.retry(event, utcnow()):
        said = "The next sweep sends the event."
    else:
        raise click.ClickException("There is no unfinished event %s." % event)
    db.session.commit()
    click.echo(said)


def _resumed(target):
    return "Events are sent to %s again." % target if pauses.resume(target) else "%s was not paused." % target


@deliveries.command("hold")
@click.option("--target", help="Only this target; by default all of them.")
@click.option("--reason", required=True, help="Shown by list and health; without personal data.")
@with_appcontext
def hold_deliveries(target: Optional[str], reason: str) -> None:
    """Send nothing until `resume`, not even a retry or a probe."""
    known = sorted({row.target for row in pauses.every()}.union(current().targets))
    if target is not None and target not in known:
        raise click.ClickException("There is no target %s; known are %s." % (target, ", ".join(known)))
    for name in [target] if target else sorted(current().targets):
        pauses.hold(name, reason[:200], utcnow())
        click.echo("%s is held." % name)
    db.session.commit()


@deliveries.command("resume")
@click.option("--target", help="Only this target; by default all of them.")
@with_appcontext
def resume_deliveries(target: Optional[str]) -> None:
    """Send again to targets that are paused or held."""
    for name in [target] if target else [row.target for row in pauses.every()]:
        click.echo(_resumed(name))
    db.session.commit()


@deliveries.command("restored")
@with_appcontext
def note_restored() -> None:
    """Note that the database came back from a backup: hold every target, and number new events after all others."""
    extension = current()
    steps.restored(extension.targets, extension.mark, utcnow())
    for row in pauses.every():
        click.echo("%s is held." % row.target)


@deliveries.command("discard")
@click.argument("event", type=int)
@click.option("--reason", required=True, help="Kept with the event; without personal data.")
@with_appcontext
def discard_delivery(event: int, reason: str) -> None:
    """Discard an unfinished event for good."""
    if not store.discard(event, utcnow(), reason):
        raise click.ClickException("There is no unfinished event %d." % event)
    db.session.commit()
    click.echo("Discarded.")


COMMANDS = (deliveries,)
