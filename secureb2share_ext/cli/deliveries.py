"""The commands on the events for the secure side."""

from typing import Optional

import click
from flask.cli import with_appcontext
from invenio_db import db

from .. import instance
from ..compat import utcnow
from ..datasets import telling
from ..maintenance.wording import counted
from ..outbox import claims, orders, pauses, steps, store
from ..outbox.models import STATES
from ..proxies import current
from .problem import told as told_problem


@click.group()
def deliveries() -> None:
    """The events for the secure side."""


@deliveries.command("list")
@click.option("--state", type=click.Choice(STATES))
@with_appcontext
def list_deliveries(state: Optional[str]) -> None:
    """List the events that are not delivered, or those in a state, the paused targets, and why nothing is sent."""
    extension = current()
    fault = extension.mark.fault() if extension.mark.is_kept else None
    for reason in instance.doubts(extension) + ["%s." % fault] * bool(fault):
        click.echo("Nothing is sent: " + reason)
    now = utcnow()
    for row in pauses.every():
        how = orders.kind(row)
        if how == orders.RESTING:
            how = "left alone until %sZ" % row.until.isoformat(timespec="seconds")
        click.echo("target %s is %s since %sZ: %s" % (row.target, how, row.since.isoformat(), row.reason))
    events = store.listed(state)
    unfinished = {event.target for event in events if event.state in store.UNFINISHED}
    for name in sorted(unfinished - set(extension.targets)):
        click.echo("target %s is not configured: name it in SECUREB2SHARE_TARGETS again, or discard its events." % name)
    for event in events:
        click.echo(
            "%d %-12s %s %s attempts=%d %s %s"
            % (
                event.id,
                event.state,
                event.target,
                event.message_id,
                event.attempts,
                _when(event, now),
                event.outcome or "",
            )
        )


def _when(event, now):
    if orders.is_claimed(event, now):
        return "claimed until %sZ" % event.lease_until.isoformat(timespec="seconds")
    return "next=now" if event.next_at <= now else "next=%sZ" % event.next_at.isoformat(timespec="seconds")


@deliveries.command("retry")
@click.argument("event", type=int, required=False)
@click.option("--target", help="All events of this target, which is also resumed.")
@click.option("--all", "is_all", is_flag=True, help="All events of all targets, which are also resumed.")
@with_appcontext
def retry_delivery(event: Optional[int], target: Optional[str], is_all: bool) -> None:
    """Make one event due now, or all that are pending or parked, with a full plan of attempts."""
    if [event is not None, target is not None, is_all].count(True) != 1:
        raise click.UsageError("Name an event's number, --target or --all.")
    if event is not None:
        if not store.retry(event, utcnow()):
            raise click.ClickException("There is no unfinished event %s." % event)
        said = ["The next sweep sends the event."]
    else:
        said = _retried_all() if is_all else _retried(_known(target))
    db.session.commit()
    click.echo("\n".join(said))


def _retried(target):
    return _told([orders.retry(target)])


def _retried_all():
    retried, held = orders.retry_every(current().targets)
    return _told(retried) + ["%s is held: run `deliveries resume`." % name for name in held]


def _told(retried):
    said = "%s for %s will be sent by the next sweeps; what a worker has claimed, within %d minutes."
    minutes = claims.LEASE.total_seconds() // 60
    return [_resumed(one.target, True) for one in retried if one.is_resumed] + [
        said % (counted(one.due, "event"), one.target, minutes) for one in retried
    ]


def _known(target):
    known = sorted({row.target for row in pauses.every()}.union(current().targets))
    if target not in known:
        raise click.ClickException("There is no target %s; known are %s." % (target, ", ".join(known)))
    return target


def _resumed(target, was_paused):
    return "Events are sent to %s again." % target if was_paused else "%s was not paused." % target


@deliveries.command("hold")
@click.option("--target", help="Only this target; by default all of them.")
@click.option("--reason", required=True, help="Shown by list and health; without personal data.")
@with_appcontext
def hold_deliveries(target: Optional[str], reason: str) -> None:
    """Send nothing until `resume`, not even a retry or a probe."""
    for name in orders.hold([_known(target)] if target else current().targets, reason, utcnow()):
        click.echo("%s is held." % name)
    db.session.commit()


@deliveries.command("resume")
@click.option("--target", help="Only this target; by default all of them.")
@with_appcontext
def resume_deliveries(target: Optional[str]) -> None:
    """Send again to targets that are paused or held."""
    for name in [target] if target else [row.target for row in pauses.every()]:
        click.echo(_resumed(name, orders.resume(name, utcnow())))
    db.session.commit()


@deliveries.command("restored")
@with_appcontext
def note_restored() -> None:
    """Note that the database came back from a backup: hold every target, and number new events after all others."""
    extension = current()
    steps.restored(extension.targets, extension.mark, utcnow())
    for row in pauses.every():
        click.echo("%s is held." % row.target)


@deliveries.command("announce")
@click.option("--target", required=True, help="The target, which a source names.")
@click.option("--again", is_flag=True, help="Also what the target was told of before.")
@with_appcontext
def announce_datasets(target: str, again: bool) -> None:
    """Tell a target of every published dataset that it was never told of.

    A target that is added to a source later hears of new datasets and of changes alone. A run that was interrupted is
    begun anew: it goes on with what is left.
    """
    extension = current()
    if not extension.is_on:
        raise click.ClickException("SECUREB2SHARE_MODE is %s, and events are written while it is on." % extension.mode)
    if target not in extension.targets or not telling.sources_of(extension.host, target):
        raise click.ClickException("No source names a target %s." % target)
    count, after = 0, 0
    while after is not None:
        told, after = told_problem(telling.tell_some, extension.host, target, again, after)
        count += told
    click.echo("%s will be told to %s by the next sweeps." % (counted(count, "dataset"), target))


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
