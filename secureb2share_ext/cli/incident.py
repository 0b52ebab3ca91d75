"""The commands for the night in which somebody attacks: freeze the catalogue, see what was done, go on."""

import collections
import datetime
from typing import Dict, List, Optional, Tuple

import click
from flask.cli import with_appcontext
from invenio_db import db

from .. import stops
from ..client import fingerprint
from ..compat import utcnow
from ..datasets import store
from ..maintenance.wording import counted
from ..messages import store as messages
from ..proxies import current
from . import problem

AFTERWARDS = """To come back:
  1. secureb2share source suspend NAME    for each source whose key may be stolen
  2. take the stolen key out of SECUREB2SHARE_SOURCES, and restart the web server and the workers
  3. secureb2share incident end
  4. secureb2share withdrawal list        then `withdrawal undo` for what was not meant
  5. secureb2share source resume NAME     once the source signs with a new key"""


@click.group()
def incident() -> None:
    """An incident: nothing is written, signed or sent, while readers and access links go on."""


@incident.command()
@click.option("--reason", help="Shown by show; without personal data.")
@click.option("--hours", type=click.IntRange(1, 24 * 366), default=24, help="How far back to look.")
@with_appcontext
def start(reason: Optional[str], hours: int) -> None:
    """Freeze writing, signing and sending at once, in every process, and tell what was done before."""
    begun = stops.begin(stops.INCIDENT, reason)
    db.session.commit()
    click.echo("The catalogue is frozen%s." % ("" if begun else " already"))
    _tell(hours)


@incident.command()
@with_appcontext
def end() -> None:
    """Let the catalogue write, sign and send again; suspended sources stay suspended."""
    with problem.as_owner():
        ended = stops.end(stops.INCIDENT)
        db.session.commit()
    if not ended:
        raise click.ClickException("The catalogue is not frozen.")
    click.echo("The catalogue writes, signs and sends again.")


@incident.command()
@click.option("--hours", type=click.IntRange(1, 24 * 366), default=24, help="How far back to look.")
@with_appcontext
def show(hours: int) -> None:
    """Tell whether the catalogue is frozen, what was done by each source and key, and how to come back."""
    stop = stops.incident()
    if stop is None:
        click.echo("The catalogue is not frozen.")
    else:
        why = ": %s" % stop.reason if stop.reason else ""
        click.echo("The catalogue is frozen since %s%s." % (_moment(stop.since), why))
    _tell(hours)


def _tell(hours):
    since = utcnow() - datetime.timedelta(hours=hours)
    for name, stop in stops.suspended().items():
        click.echo("The source %s is suspended since %s." % (name, _moment(stop.since)))
    click.echo("Messages that were accepted in %s, by source and key:" % counted(hours, "hour"))
    known = {fingerprint(key.text) for source in current().sources.values() for key in source.keys}
    done = messages.done_since(since)
    for (source, key), found in sorted(done.items(), key=lambda one: (one[0][0], one[0][1] or "")):
        named = "a token" if key is None else key if key in known else key + " (not configured any more)"
        what = ", ".join("%d %s" % (count, word) for word, count in sorted(found.counts.items()))
        click.echo("  %s %s: %s (%s to %s)" % (source, named, what, _moment(found.first), _moment(found.last)))
    if not done:
        click.echo("  none")
    _tell_decisions(store.decided_since(since))
    still = utcnow() - datetime.timedelta(days=current().withdrawal_days)
    click.echo("Withdrawn or superseded, which can be taken back: %d." % len(store.ended(max(since, still))))
    click.echo(AFTERWARDS)


def _tell_decisions(decisions):
    click.echo("Decisions of curators, by account and hour:")
    counts = collections.Counter((account, when.strftime("%Y-%m-%dT%HZ"), what) for account, when, what in decisions)
    found: Dict[Tuple[Optional[str], str], List[str]] = {}
    for (account, hour, what), count in sorted(counts.items(), key=lambda one: (one[0][0] or "", one[0][1:])):
        found.setdefault((account, hour), []).append("%d %s" % (count, what))
    for (account, hour), said in found.items():
        who = "an operator's command" if account is None else "account " + account
        click.echo("  %s in %s: %s" % (who, hour, ", ".join(said)))
    if not found:
        click.echo("  none")


def _moment(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


COMMANDS = (incident,)
