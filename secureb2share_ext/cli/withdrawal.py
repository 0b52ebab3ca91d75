"""The commands that list withdrawals and supersessions, and take one back."""

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
    """Withdrawn and superseded datasets, which an operator can bring back for SECUREB2SHARE_WITHDRAWAL_DAYS days."""


@withdrawal.command("list")
@click.option("--source", help="Only this source; by default all of them.")
@with_appcontext
def list_withdrawals(source: Optional[str]) -> None:
    """List what can be taken back: time, state, source, identifier, PID (- for none), and until when; newest first."""
    days = current().withdrawal_days
    for row in store.ended(utcnow() - datetime.timedelta(days=days), source):
        until = withdrawals.last_moment(row, days).strftime("%Y-%m-%dT%H:%M:%SZ")
        named = (row.state_at, row.state, row.source, row.identifier, row.pid or "-", until)
        click.echo("%s %s %s %s %s (until %s)" % named)


@withdrawal.command()
@click.argument("source")
@click.argument("identifier")
@click.option("--reason", required=True, help="Public where it is active again; without personal data.")
@with_appcontext
@mode.only_when_on
def undo(source: str, identifier: str, reason: str) -> None:
    """Give a withdrawn or superseded dataset its former state again; its targets are told.

    What waited for a curator waits again. A suspended dataset is suspended again, for the reason that it had.
    """
    extension = current()
    row = problem.told(
        withdrawals.undo, extension.host, source, identifier, reason, extension.withdrawal_days, utcnow()
    )
    click.echo("%s is %s again." % (row.pid or row.identifier, row.state if row.pid else "held for review"))


COMMANDS = (withdrawal,)
