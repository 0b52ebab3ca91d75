"""The command that takes registrations from a folder into which another side puts files."""

from typing import Any, Set

import click
from flask.cli import with_appcontext

from ..errors import Later, NotTaken, SecureB2ShareError
from ..maintenance.wording import counted
from ..messages import drop_folder, drop_state, withdrawal_limit
from ..messages.drop_folder import shown
from . import mode
from .ingest import ENDED, RefusedLines, carry_out, lines_of

REFUSED, STOPPED, NOT_TAKEN, BUSY = 1, 2, 3, 4  # exit codes
TOLD = 20  # entries that are not taken, one by one


@click.command("ingest-folder")
@click.argument("folder", type=click.Path(file_okay=False))
@click.option(
    "--state",
    required=True,
    type=click.Path(file_okay=False),
    help="The folder of the catalogue alone, in which files are kept, copied and refused; not inside FOLDER.",
)
@click.option(
    "--most", type=click.IntRange(1), default=100, show_default=True, help="How many files are read in one run."
)
@click.option(
    "--bytes",
    "size",
    type=click.IntRange(1),
    default=1000000000,
    show_default=True,
    help="How many bytes are read in one run; a longer file is never read.",
)
@with_appcontext
@mode.only_when_on
def ingest_folder(folder: str, state: str, most: int, size: int) -> None:
    """Carry out the files NAME.jsonl of FOLDER, into which another side may write, and which it may change at any time.

    Each file is moved into STATE first, under a name that begins with the time; links, pipes, files with a second name
    and other names stay where they are. Refused lines come into STATE/refused, files that were carried out into
    STATE/done, and those that would withdraw many datasets into STATE/waiting, for `ingest --confirm`. A file of which
    lines failed here is carried out again by the next run. STATE/log says so too.

    Exit codes: 0 all accepted, 1 some lines refused, 2 a file waits for an operator, 3 something in FOLDER is not
    taken, 4 another run is at work, 130 interrupted; of several, 2 comes before 3, and 3 before 1.
    """
    try:
        with drop_folder.opened(folder) as (fd, way), drop_folder.opened(state, is_ours=True) as (own, own_way):
            drop_folder.check_apart(way, own_way)
            drop_folder.check_writable(fd, folder)
            kept = drop_state.State(own)
            try:
                with kept.locked() as is_alone:
                    codes = _run(fd, kept, state, most, size) if is_alone else {BUSY}
            finally:
                kept.close()
    except SecureB2ShareError as error:
        raise click.ClickException(str(error))
    if BUSY in codes:
        click.echo("Another run is at work with %s." % state, err=True)
    raise SystemExit(next((code for code in (BUSY, STOPPED, NOT_TAKEN, REFUSED) if code in codes), 0))


def _run(folder, kept, state, most, size):
    """Carry out what is there, and return {exit code}."""
    codes: Set[int] = set()
    # what an earlier run left comes first
    for name in kept.incoming():
        codes.add(_carry_out(kept, name, state))
    after = kept.turn()
    found = drop_folder.look(folder, after)
    faults = [(name, "is no name of the form NAME.jsonl") for name in found.others]
    if not found.is_whole:
        faults.insert(0, (".", "has more than %d entries, and what is behind them is not seen" % drop_folder.LISTED))
    waits, left, turn = 0, size, ""
    for number, name in enumerate(found.names):
        if not most:
            waits = len(found.names) - number
            break
        turn = name
        try:
            taken, length = kept.take(folder, name, size, left)
        except Later as later:
            click.echo("%s %s; the next run looks again." % (shown(name), later))
        except NotTaken as fault:
            faults.append((name, str(fault)))
        else:
            # what is not taken stays, and must not keep what comes behind it waiting for ever
            most, left = most - 1, left - length
            codes.add(_carry_out(kept, taken, state))
    _tell(kept, faults)
    # neither what stays nor what is new may keep the names behind it waiting for ever
    turn = turn if waits or len(found.names) == drop_folder.LOOKED_AT else ""
    if turn != after:
        kept.note_turn(turn)
    if waits:
        click.echo("%s for the next run." % counted(waits, "file"))
    return codes | {NOT_TAKEN} if faults else codes


def _carry_out(kept, name, state):
    """Carry out a file that was taken, and return the exit code."""
    refused = RefusedLines(name + ".refused.jsonl", kept.open_refused)
    with kept.open(name) as file:
        done = carry_out(file, lines_of(file), False, refused)
    said = "%s: %s" % (name, done.summary())
    if done.is_stopped:
        kept.put(name, "waiting")
        said += ". %s If that is meant: `ingest --confirm %s/waiting/%s`" % (withdrawal_limit.STOPPED, state, name)
    elif done.failed:
        # its lines are valid for some days: after these, they are refused
        said += ". Of these, %d failed here; the next run carries the file out again" % done.failed
    else:
        kept.put(name, "done")
    _say(kept, said + "." + (" " + ENDED if done.is_ended else ""))
    return done.exit_code


def _tell(kept: Any, faults: Any) -> None:
    for name, fault in faults[:TOLD]:
        _say(kept, "Not taken: %s %s." % (shown(name), fault))
    if faults[TOLD:]:
        _say(kept, "Not taken: %d more." % len(faults[TOLD:]))


def _say(kept, sentence):
    kept.log(sentence)
    click.echo(sentence)


COMMANDS = (ingest_folder,)
