"""How does an operator move out what was there before uploads were closed?"""

import collections
import json

import click
from flask.cli import with_appcontext
from invenio_db import db

from ..errors import NotWritten, Problem, SecureB2ShareError
from ..legacy import export as exporting
from ..legacy import freeze as freezing
from ..legacy import listing, purge, receipt, store
from ..maintenance import check as checking
from ..proxies import current
from . import mode

LONGEST = 100000  # bytes of a receipt's line
AS_JSON = click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
PIDS = click.argument("pids", nargs=-1)
ALL = click.option("--all", "is_all", is_flag=True, help="All that are so far.")


@click.group()
def legacy():
    """Records from before uploads were closed: list, freeze, export, confirm, purge.

    Exit codes: 0 all done, 1 some refused, 2 stopped; the same command again goes on.
    """


@legacy.command("list")
@click.option("--source", help="Of this source only.")
@AS_JSON
@with_appcontext
def list_records(source, as_json):
    """PID, source, community, kind, state, number of files and bytes of each."""
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
        click.echo("%d files (%d bytes) belong to no record any more; B2SHARE keeps them." % unowned)
    click.echo(_summary(counts))


@legacy.command("freeze")
@PIDS
@ALL
@AS_JSON
@with_appcontext
@mode.only_when_on
def freeze_records(pids, is_all, as_json):
    """Let nobody read the files, and hide them; --all: of every legacy record that has some."""
    holder = _holder()
    if is_all:
        pids = [former.pid for former in holder.formers() if former.files]
    _each(_named(pids), is_all, as_json, lambda pid: freezing.freeze(holder, pid))


@legacy.command("thaw")
@PIDS
@ALL
@AS_JSON
@with_appcontext
def thaw_records(pids, is_all, as_json):
    """Give the files back to whoever could read them; what was exported has to be exported again."""
    holder = _holder()
    if is_all:
        pids = store.pids(*freezing.THAWABLE)
    _each(_named(pids), is_all, as_json, lambda pid: freezing.thaw(holder, pid))


@legacy.command("export")
@click.argument("folder", type=click.Path(file_okay=False, exists=True, writable=True))
@PIDS
@click.option("--damaged", is_flag=True, help="Also files whose bytes are missing or not those that came in.")
@AS_JSON
@with_appcontext
def export_records(folder, pids, damaged, as_json):
    """Write the files of the PIDs, by default of all that are frozen and not purged, into FOLDER/PID."""
    holder, communities = _holder(), _communities()

    def step(pid):
        exporting.export(holder, communities, pid, folder, damaged)
        return store.find(pid).state

    _each(_named(pids or store.pids(*freezing.THAWABLE)), True, as_json, step)


@legacy.command("confirm")
@click.argument("file", type=click.File("rb"))
@AS_JSON
@with_appcontext
def confirm_records(file, as_json):
    """Take the secure side's receipts from FILE, one signed envelope a line; - is standard input."""
    sources = current().sources

    # a line without an end must not fill the memory
    given = [line for line in iter(lambda: file.readline(LONGEST + 1), b"") if line.strip()]
    lines = [("line %d" % number, line) for number, line in enumerate(given, 1)]
    _each(lines, True, as_json, lambda line: receipt.confirm(receipt.read(sources, line)))


@legacy.command("purge")
@PIDS
@ALL
@AS_JSON
@with_appcontext
@mode.only_when_on
def purge_records(pids, is_all, as_json):
    """Delete the files; --all: of every record that is confirmed. There is no way back."""
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
    """Take a step with the second of each pair, tell by the first what became of it, and end with the exit code."""
    if not things and not is_all:
        raise click.UsageError("Name PIDs, or --all.")
    done, refused, stopped = [], [], None
    for name, thing in things:
        try:
            done.append((name, step(thing)))
        except NotWritten as error:
            stopped = str(error)
        except Problem as problem:
            refused.append(dict({"code": problem.code, "detail": _detail(problem)}, what=name))
        finally:
            # what a step left open
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
    return ", ".join(said + ["%d refused" % refused] * bool(refused)) + "." if said or refused else "Nothing to do."


COMMANDS = (legacy,)
