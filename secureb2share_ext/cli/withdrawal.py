"""The commands that list withdrawals and supersessions, and take one back."""

import datetime
from typing import Optional, Set

import click
from flask.cli import with_appcontext

from ..client import from_utc
from ..compat import utcnow
from ..datasets import store
from ..datasets import withdrawal as withdrawals
from ..maintenance.wording import counted
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
@click.argument("identifier", required=False)
@click.option(
    "--since", help="In place of an identifier: all that ended since this time, such as 2026-01-31T12:00:00Z."
)
@click.option("--reason", required=True, help="Public where it is active again; without personal data.")
@with_appcontext
@mode.only_when_on
def undo(source: str, identifier: Optional[str], since: Optional[str], reason: str) -> None:
    """Give a withdrawn or superseded dataset its former state again; its targets are told.

    What waited for a curator waits again. A suspended dataset is suspended again, for the reason that it had. With
    --since each dataset is taken back by itself, and those that cannot be are named.
    """
    if (identifier is None) == (since is None):
        raise click.UsageError("Name either the identifier of a dataset, or a time by --since.")
    if identifier is not None:
        _undo(source, identifier, reason)
        return
    try:
        moment = from_utc(since or "")
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--since")
    _undo_all(source, moment, reason)


def _undo_all(source, moment, reason):
    refused: Set[str] = set()
    while True:
        # one that was superseded and then withdrawn comes twice
        left = [row.identifier for row in store.ended(moment, source) if row.identifier not in refused]
        if not left:
            break
        for identifier in left:
            try:
                _undo(source, identifier, reason)
            except click.ClickException as error:
                refused.add(identifier)
                click.echo("%s: %s" % (identifier, error.message), err=True)
    if refused:
        raise click.ClickException("Not taken back: %s." % counted(len(refused), "dataset"))


def _undo(source, identifier, reason):
    extension = current()
    row = problem.told(
        withdrawals.undo, extension.host, source, identifier, reason, extension.withdrawal_days, utcnow()
    )
    click.echo("%s is %s again." % (row.pid or row.identifier, row.state if row.pid else "held for review"))


COMMANDS = (withdrawal,)
