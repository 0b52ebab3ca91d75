"""The commands that stop a source at once, for example after a theft of its key, and let it go on."""

import datetime
import json
from typing import Optional

import click
from flask.cli import with_appcontext
from invenio_db import db

from .. import stops
from ..client import fingerprint
from ..compat import utcnow
from ..messages import store as messages
from ..proxies import current
from . import problem


@click.group()
def source() -> None:
    """The sources and their keys."""


@source.command("list")
@with_appcontext
def list_sources() -> None:
    """List every source with its state, and each of its keys by its fingerprint, tenants and last day."""
    stopped = stops.suspended()
    today = utcnow().date()
    sources = current().sources
    for name in sorted(set(sources) | set(stopped)):
        click.echo("%s: %s" % (name, _state(stopped.get(name), name in sources)))
        for key in sources[name].keys if name in sources else ():
            kind = "Ed25519" if key.text.startswith("whpk_") else "HMAC"
            tenants = "tenants " + ", ".join(key.tenants) if key.tenants else "every tenant"
            last = "no last day" if key.expires is None else "until %s" % key.expires
            past = "" if key.is_good(today) else " (past: it signs nothing)"
            click.echo("  %s %s, %s, %s%s" % (fingerprint(key.text), kind, tenants, last, past))


@source.command("messages")
@click.argument("name")
@click.option("--key", help="Only what this key signed: its fingerprint, as `list` shows it.")
@click.option("--hours", type=click.IntRange(1, 24 * 366), default=24, help="How far back to look.")
@with_appcontext
def list_messages(name: str, key: Optional[str], hours: int) -> None:
    """List the messages of a source that were accepted: time, key, what was done, revision, identifier."""
    for row in messages.accepted_since(name, utcnow() - datetime.timedelta(hours=hours), key):
        said = json.loads(row.answer)
        told = row.accepted.strftime("%Y-%m-%dT%H:%M:%SZ"), row.key or "token", messages.done_by(row)
        click.echo("%s %-16s %s %s %s" % (*told, said["revision"], said["identifier"]))


def _state(stop, is_configured):
    text = "active" if is_configured else "not configured any more"
    if stop is None:
        return text
    why = ": %s" % stop.reason if stop.reason else ""
    return "suspended since %s%s" % (stop.since.strftime("%Y-%m-%dT%H:%M:%SZ"), why)


@source.command()
@click.argument("name")
@click.option("--reason", help="Shown by list and incident; without personal data.")
@with_appcontext
def suspend(name: str, reason: Optional[str]) -> None:
    """Refuse everything that a source signs or sends by a token, at once and in every process, until `resume`.

    Its records stay public, and its targets go on to get events.
    """
    if name not in current().sources:
        known = ", ".join(sorted(current().sources)) or "none"
        raise click.ClickException("There is no source %s; SECUREB2SHARE_SOURCES has: %s." % (name, known))
    begun = stops.begin(stops.SOURCE + name, reason)
    db.session.commit()
    click.echo("%s is %s." % (name, "suspended" if begun else "suspended already"))


@source.command()
@click.argument("name")
@with_appcontext
def resume(name: str) -> None:
    """Take the messages of a suspended source again."""
    with problem.as_owner():
        ended = stops.end(stops.SOURCE + name)
        db.session.commit()
    if not ended:
        raise click.ClickException("%s is not suspended." % name)
    click.echo("%s may send again." % name)


COMMANDS = (source,)
