"""The command that asks REMS for decisions which it could not bring."""

import os
from typing import Any, List, Tuple

import click
from flask.cli import with_appcontext

from ..datasets import store
from ..errors import SecureB2ShareError
from ..messages import rems_datasets
from ..messages.rems_reading import Reader, reconcile
from ..proxies import current
from . import mode

KEY = "REMS_API_KEY"


@click.group()
def decisions() -> None:
    """Decisions on applications for access."""


@decisions.command(name="reconcile")
@click.argument("entry")
@click.option("--user", required=True, help="A user of REMS with the role reporter.")
@click.option("--dataset", "identifiers", multiple=True, help="An identifier: only this dataset; can be repeated.")
@with_appcontext
@mode.only_when_on
def bring_up_to_date(entry: str, user: str, identifiers: Tuple[str, ...]) -> None:
    """Read the events of REMS for the datasets of an ENTRY of SECUREB2SHARE_ACCESS, and note what is missing.

    For events that REMS could not bring within a day. The key of its interface is taken from the environment variable
    REMS_API_KEY. The answers of REMS name persons: states are read and counted, and nothing else is kept.
    """
    extension = current()
    provider: Any = extension.providers.get(entry)
    if not getattr(provider, "events", ()):
        raise click.ClickException("SECUREB2SHARE_ACCESS[%r] takes no events of REMS: give it `events`." % entry)
    if not os.environ.get(KEY):
        raise click.ClickException("Set %s to the key of REMS's interface." % KEY)
    rows = _rows(rems_datasets.of_entry(extension.sources, entry), identifiers)
    said: List[str] = []
    try:
        said.extend(reconcile(extension, entry, Reader(provider.url, user, os.environ[KEY]), rows))
    except SecureB2ShareError as error:
        raise click.ClickException(str(error))
    click.echo("Datasets: %d. Events read: %d, of which %d counted." % (len(rows), len(said), said.count("changed")))


def _rows(sources, identifiers):
    if identifiers:
        found = [store.find(source, one) for source in sources for one in identifiers]
        return [row for row in found if row is not None and row.pid is not None]
    return [row for source in sources for row in _of(source)]


def _of(source):
    rows = page = store.page(source, "", 500)
    while len(page) == 500:
        page = store.page(source, page[-1].identifier, 500)
        rows = rows + page
    return [row for row in rows if row.pid is not None]


COMMANDS = (decisions,)
