"""The commands that move out the files from before uploads were closed."""

import collections
import json
from typing import Any, Optional, Sequence

import click
from flask.cli import with_appcontext
from invenio_db import db

from ..errors import NotWritten, Problem, SecureB2ShareError
from ..legacy import export as exporting
from ..legacy import freeze as freezing
from ..legacy import listing, purge, receipt, store
from ..maintenance import check as checking
from ..names import Names
from ..proxies import current
from . import mode
from .ingest import lines_of

LONGEST = 100000  # bytes of a receipt's line
AS_JSON = click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
PIDS = click.argument("pids", nargs=-1)
ALL = click.option("--all", "is_all", is_flag=True, help="Every record that is ready for this step.")


@click.group()
def legacy() -> None:
    """Records from before uploads were closed: list, freeze, export, confirm, purge.

    Exit codes: 0 all done, 1 some refused, 2 stopped; run the same command again to go on.
    """


@legacy.command("list")
@click.option("--source", help="Only records of this source.")
@AS_JSON
@with_appcontext
def list_records(source: Optional[str], as_json: bool) -> None:
    """List PID, source, community, kind, state, number of files and bytes of each record."""
    holder = _holder()
    rows = store.every() if checking.tables() else []
    lines = [line for line in listing.listed(holder.formers(), rows, _communities()) if source in (None, line.source)]
    counts, unowned = listing.counts(lines), holder.unowned()
    if as_json:
        said = {"records": [line._asdict() for line in lines], "counts": counts}
        click.echo(json.dumps(dict(said, unowned={"files": unowned[0], "bytes": unowned[1]}), sort_keys=True))
        return
    for line in lines:
        click.echo(
            "%s %s %s %-7s %-9s files=%d bytes=%d"
            % (line.pid, line.source, line.community, line.kind, line.state, line.files, line.bytes)
        )
    if unowned[0]:
        click.echo("Files that belong to no record any more: %d (%d bytes). They stay in the catalogue." % unowned)
    click.echo(_summary(counts))


@legacy.command("freeze")
@PIDS
@ALL
@AS_JSON
@with_appcontext
@mode.only_when_on
def freeze_records(pids: Sequence[str], is_all: bool, as_json: bool) -> None:
    """Hide the files and let nobody read them; --all: those of every legacy record that has files."""
    holder = _holder()
    if is_all:
        pids = [former.pid for former in holder.formers() if former.files]
    _each(_named(pids), is_all, as_json, lambda pid: freezing.freeze(holder, pid))


@legacy.command("thaw")
@PIDS
@ALL
@AS_JSON
@with_appcontext
def thaw_records(pids: Sequence[str], is_all: bool, as_json: bool) -> None:
    """Give the files back to whoever could read them; files that were exported have to be exported again."""
    holder = _holder()
    if is_all:
        pids = store.pids(*freezing.THAWABLE)
    _each(_named(pids), is_all, as_json, lambda pid: freezing.thaw(holder, pid))


@legacy.command("export")
@click.argument("folder", type=click.Path(file_okay=False, exists=True, writable=True))
@PIDS
@click.option(
    "--damaged", is_flag=True, help="Also export files whose bytes are missing, or differ from those that came in."
)
@AS_JSON
@with_appcontext
def export_records(folder: str, pids: Sequence[str], damaged: bool, as_json: bool) -> None:
    """Write the files of the PIDs into FOLDER/PID; by default those of all frozen records that are not purged."""
    holder, communities = _holder(), _communities()

    def step(pid):
        exporting.export(holder, communities, pid, folder, damaged)
        return store.find(pid).state

    _each(_named(pids or store.pids(*freezing.THAWABLE)), True, as_json, step)


@legacy.command("confirm")
@click.argument("file", type=click.File("rb"))
@AS_JSON
@with_appcontext
def confirm_records(file: Any, as_json: bool) -> None:
    """Take the secure side's receipts from FILE, one signed envelope per line; - is standard input."""
    extension = current()
    names = Names(extension)

    lines = [("line %d" % number, line) for number, line in enumerate(lines_of(file, LONGEST), 1)]
    _each(lines, True, as_json, lambda line: receipt.confirm(receipt.read(extension.sources, line, names)))


@legacy.command("purge")
@PIDS
@ALL
@AS_JSON
@with_appcontext
@mode.only_when_on
def purge_records(pids: Sequence[str], is_all: bool, as_json: bool) -> None:
    """Delete the files for good; --all: those of every record that is confirmed."""
    holder, communities = _holder(), _communities()
    if is_all:
        pids = store.pids("confirmed", "purging")
    _each(_named(pids), is_all, as_json, lambda pid: purge.purge(holder, communities, pid))


def _holder():
    try:
        return current().host.legacy()
    except SecureB2ShareError as error:
        raise click.ClickException(str(error))


def _communities():
    return {name: source.community for name, source in current().sources.items()}


def _named(pids):
    return [(pid, pid) for pid in pids]


def _each(things, is_all, as_json, step):
    """Take a step with the second of each pair, print its outcome by the first, and end with the exit code."""
    if not things and not is_all:
        raise click.UsageError("Name the PIDs, or give --all.")
    done, refused, stopped = [], [], None
    for name, thing in things:
        try:
            done.append((name, step(thing)))
        except NotWritten as error:
            stopped = str(error)
        except Problem as problem:
            refused.append(dict({"code": problem.code, "detail": _detail(problem)}, what=name))
        finally:
            # a transaction that a step left open
            db.session.rollback()
        if stopped is not None:
            break
    counts = collections.OrderedDict(sorted(collections.Counter(state for _, state in done).items()))
    if as_json:
        said = {"done": dict(done), "refused": refused, "stopped": stopped, "counts": counts}
        click.echo(json.dumps(said, sort_keys=True))
    else:
        for what, state in done:
            click.echo("%s %s" % (what, state))
        for one in refused:
            click.echo("%(what)s %(code)s: %(detail)s" % one, err=True)
        if stopped is not None:
            click.echo(stopped, err=True)
        click.echo(_summary(counts, len(refused)))
    raise SystemExit(2 if stopped is not None else 1 if refused else 0)


def _detail(problem):
    faults = "".join(" %(field)s %(message)s." % fault for fault in problem.extra.get("errors", []))
    return problem.detail + faults


def _summary(counts, refused=0):
    said = ["%d %s" % (count, state) for state, count in counts.items()]
    return (
        ", ".join(said + ["%d refused" % refused] * bool(refused)) + "."
        if said or refused
        else "There is nothing to do."
    )


COMMANDS = (legacy,)
