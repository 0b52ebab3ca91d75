"""The commands that look at an instance: health, and what switching on would change."""

from typing import Optional

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from .. import compat
from ..client import now_utc
from ..compat import utcnow
from ..maintenance import check as checking
from ..maintenance import figures, report
from ..maintenance.findings import judge
from ..maintenance.wording import counted
from ..proxies import current

UNKNOWN = 3
UNKNOWN_TEXT = (
    "SECUREB2SHARE UNKNOWN - nothing can be read (%s): is the database there, and was `secureb2share init` run?"
)


@click.command()
@click.option("--json", "form", flag_value="json", help="For programs.")
@click.option("--metrics", "form", flag_value="metrics", help="For Prometheus: OpenMetrics text.")
@with_appcontext
def health(form: Optional[str]) -> None:
    """Report the health of the instance; exit code 0 ok, 1 warning, 2 critical, 3 unknown, as Nagios expects."""
    app = compat.application()
    extension = current()
    try:
        found = judge(figures.measure(app, extension, utcnow()), extension.thresholds)
    except (SQLAlchemyError, OSError) as error:
        click.echo(UNKNOWN_TEXT % type(error).__name__)
        raise SystemExit(UNKNOWN)
    if form == "json":
        click.echo(report.as_json(found, extension.mode, now_utc()))
    elif form == "metrics":
        click.echo(report.metrics(found), nl=False)
    else:
        click.echo(report.nagios(found, extension.mode))
    raise SystemExit(report.exit_code(found))


@click.command()
@with_appcontext
def check() -> None:
    """List what is missing and, unless the mode is on, what switching on would change.

    Exit code 1 if anything is missing.
    """
    app = compat.application()
    extension = current()
    findings = checking.missing(app, extension)
    asked = checking.look(extension), checking.signing_in(app, extension)
    wrong, told = (sum(parts, []) for parts in zip(*asked))
    findings = (findings or checking.unknown_ways(extension)) + wrong
    for finding in findings:
        click.echo("- " + finding)
    said = counted(len(findings), "finding") + "." if findings else "All is in place (MODE %s)." % extension.mode
    click.echo(said)
    for line in told + checking.notes(extension, utcnow()):
        click.echo(line)
    if not extension.is_on:
        click.echo("Switching on would change:")
        for line in checking.preview(app, extension, utcnow()):
            click.echo("- " + line)
    raise SystemExit(1 if findings else 0)


COMMANDS = (health, check)
