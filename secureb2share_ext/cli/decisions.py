"""The command that asks REMS for decisions which it could not bring."""

import collections
import os
from typing import Any, Counter, Tuple

import click
from flask.cli import with_appcontext

from ..datasets import store
from ..errors import SecureB2ShareError
from ..messages import rems_applications, rems_datasets
from ..messages.rems_reading import Reader, reconcile
from ..proxies import current
from . import mode

KEY = "REMS_API_KEY"
ANEW = "SECRET_KEY was changed since, so that all is counted anew: leave --dataset out."
DATASETS = "datasets"  # beside what became of the events
PAGE = 500  # rows


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
    pages = _pages(rems_datasets.of_entry(extension.sources, entry), identifiers)
    said: Counter = collections.Counter()
    try:
        if identifiers and rems_applications.of_former_keys(entry):
            raise click.ClickException(ANEW)
        reader = Reader(provider.url, user, os.environ[KEY])
        said.update(reconcile(extension, entry, reader, _counted(pages, said)))
    except SecureB2ShareError as error:
        raise click.ClickException(str(error))
    datasets = said.pop(DATASETS, 0)
    click.echo("Datasets: %d. Events read: %d, of which %d counted." % (datasets, sum(said.values()), said["changed"]))


def _counted(pages, said):
    for page in pages:
        said[DATASETS] += len(page)
        yield page


def _pages(sources, identifiers):
    """Lists of the rows of published datasets, of which the memory holds one at a time."""
    if identifiers:
        found = [store.find(source, one) for source in sources for one in identifiers]
        yield [row for row in found if row is not None and row.pid is not None]
        return
    for source in sources:
        last = ""
        while True:
            page = store.page(source, last, PAGE)
            if not page:
                break
            last = page[-1].identifier
            yield [row for row in page if row.pid is not None]


COMMANDS = (decisions,)
