"""What became of the events for the secure side?"""

import click
from flask.cli import with_appcontext
from invenio_db import db

from ..compat import utcnow
from ..outbox import pauses, steps, store
from ..outbox.models import STATES
from ..proxies import current


@click.group()
def deliveries():
    """The events for the secure side."""


@deliveries.command("list")
@click.option("--state", type=click.Choice(STATES))
@with_appcontext
def list_deliveries(state):
    """Events that are not delivered (or those of a state), and paused targets."""
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
def retry_delivery(event, target):
    """Make one event due now, or resume a paused target."""
    if (event is None) == (target is None):
        raise click.UsageError("Name either an event's number or --target.")
    if target is not None:
        pauses.resume(target)
    elif not store.retry(event, utcnow()):
        raise click.ClickException("There is no unfinished event %d." % event)
    db.session.commit()
    click.echo("The next sweep sends it.")


@deliveries.command("hold")
@click.option("--target", help="This target only; by default every one.")
@click.option("--reason", required=True, help="Published by list and health; no personal data.")
@with_appcontext
def hold_deliveries(target, reason):
    """Send nothing before `resume`: no retry and no probe."""
    for name in [target] if target else sorted(current().targets):
        pauses.hold(name, reason[:200], utcnow())
        click.echo("%s is held." % name)
    db.session.commit()


@deliveries.command("resume")
@click.option("--target", help="This target only; by default every one.")
@with_appcontext
def resume_deliveries(target):
    """Send again to targets that are paused or held."""
    for name in [target] if target else [row.target for row in pauses.every()]:
        click.echo("%s is sent to again." % name if pauses.resume(name) else "%s was not paused." % name)
    db.session.commit()


@deliveries.command("restored")
@with_appcontext
def note_restored():
    """Say that the database came back from a backup: every target is held, and new events count on."""
    extension = current()
    steps.restored(extension.targets, extension.mark, utcnow())
    for row in pauses.every():
        click.echo("%s is held." % row.target)


@deliveries.command("discard")
@click.argument("event", type=int)
@click.option("--reason", required=True, help="Kept with the event; no personal data.")
@with_appcontext
def discard_delivery(event, reason):
    """Give an unfinished event up for good."""
    if not store.discard(event, utcnow(), reason):
        raise click.ClickException("There is no unfinished event %d." % event)
    db.session.commit()
    click.echo("Discarded.")


COMMANDS = (deliveries,)
