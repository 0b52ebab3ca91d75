"""What can an operator do at the command line? `<host cli> secureb2share ...`

Commands only parse, call and print; they never refuse to run because of the mode.
"""

import json

import click
from flask import current_app
from flask.cli import with_appcontext
from invenio_db import db

from . import config, setup
from .compat import utcnow
from .errors import SecureB2ShareError
from .outbox import store
from .uploads import lock, triggers


@click.group()
def secureb2share():
    """Secure B2SHARE: metadata in public, data in the secure environment."""


@secureb2share.command()
@with_appcontext
def init():
    """Make the tables, and with MODE on the triggers; again is no change."""
    try:
        lines = setup.init(config.current().is_on)
    except SecureB2ShareError as error:
        raise click.ClickException(str(error))
    click.echo("\n".join(lines))


@secureb2share.command()
@with_appcontext
def unlock():
    """Remove the triggers; set SECUREB2SHARE_MODE to off afterwards."""
    with db.engine.begin() as connection:
        removed = triggers.remove(connection)
    click.echo("Removed %d triggers." % len(removed))


@secureb2share.command()
@with_appcontext
def check():
    """Say what is missing; exit code 1 if anything is."""
    findings = setup.check(current_app._get_current_object(), config.current())
    for finding in findings:
        click.echo("- " + finding)
    click.echo(
        "%d findings." % len(findings)
        if findings
        else "All is in place (MODE %s)." % current_app.config["SECUREB2SHARE_MODE"]
    )
    raise SystemExit(1 if findings else 0)


@secureb2share.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@with_appcontext
def audit(as_json):
    """List every route that accepts a write, and why it is harmless; exit code 1 if one is unknown."""
    rows = lock.audit_instance(current_app._get_current_object())
    unknown = [row for row in rows if row.kind == "unknown"]
    if as_json:
        click.echo(json.dumps({"ok": not unknown, "routes": [row._asdict() for row in rows]}, indent=1))
    else:
        for row in rows:
            click.echo("%-8s %-3s %-24s %-45s %s" % (row.kind, row.app, row.methods, row.rule, row.reason))
        click.echo("%d writing routes, %d unknown." % (len(rows), len(unknown)))
    raise SystemExit(1 if unknown else 0)


@secureb2share.group()
def keys():
    """The keys that sign events and access references."""


@keys.command("new")
@with_appcontext
def new_key():
    """Make a key; it signs from now on, the older ones stay published."""
    kid = config.current().keyring.new()
    db.session.commit()
    click.echo(kid)


@keys.command("list")
@with_appcontext
def list_keys():
    """kid, state, time made and public part of every key."""
    for row in config.current().keyring.list():
        click.echo("%s %-8s %s %s" % (row.kid, row.state, row.created.strftime("%Y-%m-%dT%H:%M:%SZ"), row.public))


@secureb2share.group()
def deliveries():
    """The events for the secure side."""


@deliveries.command("list")
@click.option("--state", type=click.Choice(["pending", "delivered", "acknowledged", "parked", "discarded"]))
@with_appcontext
def list_deliveries(state):
    """Events that are not delivered (or those of a state), and paused targets."""
    for row in store.pauses():
        click.echo("target %s is paused since %sZ: %s" % (row.target, row.since.isoformat(), row.reason))
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
        store.resume(target)
    elif not store.retry(event, utcnow()):
        raise click.ClickException("There is no unfinished event %d." % event)
    db.session.commit()
    click.echo("The next sweep sends it.")


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
