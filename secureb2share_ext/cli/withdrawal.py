"""The commands that list withdrawals and take one back."""

import datetime
from typing import Optional

import click
from flask.cli import with_appcontext

from ..compat import utcnow
from ..datasets import store
from ..datasets import withdrawal as withdrawals
from ..proxies import current
from . import mode, problem


@click.group()
def withdrawal() -> None:
    """Withdrawals, which an operator can take back for SECUREB2SHARE_WITHDRAWAL_DAYS days."""


@withdrawal.command("list")
@click.option("--source", help="Only this source; by default all of them.")
@with_appcontext
def list_withdrawals(source: Optional[str]) -> None:
    """List what can be taken back: time, source, identifier, PID, and until when; the newest first."""
    days = current().withdrawal_days
    for row in store.withdrawn(utcnow() - datetime.timedelta(days=days), source):
        until = withdrawals.last_moment(row, days).strftime("%Y-%m-%dT%H:%M:%SZ")
        click.echo("%s %s %s %s (until %s)" % (row.state_at, row.source, row.identifier, row.pid, until))


@withdrawal.command()
@click.argument("source")
@click.argument("identifier")
@click.option("--reason", required=True, help="Public, with the state; without personal data.")
@with_appcontext
@mode.only_when_on
def undo(source: str, identifier: str, reason: str) -> None:
    """Make a withdrawn dataset active again; its targets are told. What waited for a curator stays deleted."""
    extension = current()
    row = problem.told(
        withdrawals.undo, extension.host, source, identifier, reason, extension.withdrawal_days, utcnow()
    )
    click.echo("%s is active again." % row.pid)


COMMANDS = (withdrawal,)
