"""The command that takes registrations from a file instead of from the network."""

import codecs
import collections
import itertools
import json
import os
import re
import signal
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

import click
from flask.cli import with_appcontext

from ..client import may_pass
from ..compat import utcnow
from ..maintenance.wording import counted
from ..messages import bulk, envelope, partition, withdrawal_limit
from ..messages.envelope import Line
from ..names import Names
from ..proxies import current
from . import mode, progress

LONGEST = 1000000  # bytes of a line
SHOWN = 1000  # characters that are kept of a line that cannot be read
UNSIGNED = 1000  # lines without a valid signature, after which a file is read no further: anybody can write such
ENDED = "More than %d lines have no valid signature: the rest of the file was not read." % UNSIGNED


def _part(context, option, value):
    if value is None:
        return None
    found = re.match(r"([1-9][0-9]{0,2})/([1-9][0-9]{0,2})\Z", value)
    if found is None or int(found.group(1)) > int(found.group(2)):
        raise click.BadParameter("must be of the form 2/4, which is the second of four parts.")
    return int(found.group(1)), int(found.group(2))


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--confirm", is_flag=True, help="Carry out many withdrawals too.")
@click.option("--errors", type=click.Path(dir_okay=False), help="Where refused lines go [FILE.refused.jsonl].")
@click.option(
    "--part", callback=_part, help="K/N: only the K-th of N parts of FILE; run the other parts at the same time."
)
@with_appcontext
@mode.only_when_on
def ingest(file: Any, confirm: bool, errors: Optional[str], part: Optional[Tuple[int, int]]) -> None:
    """Carry out the signed envelopes of FILE, one per line; - is standard input.

    A message that was accepted before has no second effect: after Ctrl-C, run the command again. Refused lines are
    written to a file, each with its message and the reason; the source corrects them and signs them again with new ids.

    A line that failed (status 500 or 503) needs no correction: run the command again. Later lines of its dataset fail
    with it, so that they stay in order.

    A file with more than 1000 lines that have no valid signature is read no further.

    Exit codes: 0 all accepted, 1 some refused, 2 stopped before many withdrawals (use --confirm to continue), 130
    interrupted.
    """
    _check_place(file)
    errors = errors or _errors_of(file, part)
    done = carry_out(file, _chosen(file, part), confirm, RefusedLines(errors))
    click.echo(done.summary())
    if done.counts["refused"]:
        click.echo("The refused lines are in %s." % errors)
    if done.failed:
        click.echo("Of these, %d failed here, by no fault of theirs: run the same command again." % done.failed)
    if done.is_ended:
        click.echo(ENDED, err=True)
    if done.is_stopped:
        click.echo(withdrawal_limit.STOPPED + " Give --confirm to go on.", err=True)
    raise SystemExit(done.exit_code)


class Done(NamedTuple):
    """What came of a file."""

    counts: Dict[str, int]  # {result of a line, or "refused": number}
    failed: int  # number of the refused lines that failed here, and need no correction
    is_stopped: bool  # whether it ended before many withdrawals
    is_ended: bool  # whether it ended because too many lines had no valid signature

    @property
    def exit_code(self) -> int:
        return 2 if self.is_stopped else 1 if self.counts["refused"] else 0

    def summary(self) -> str:
        """The counts as one sentence without its full stop."""
        return ", ".join("%d %s" % (n, name) for name, n in sorted(self.counts.items()) if n) or "no lines"


def carry_out(file: Any, given: Iterable[bytes], confirm: bool, refused_lines: "RefusedLines") -> Done:
    """Carry out the lines of an open file, and end the program with code 130 on Ctrl-C.

    given: those lines of it that are carried out.
    """
    extension = current()
    counts: Dict[str, int] = collections.Counter()
    failed, unsigned, stopped = 0, 0, False
    bar = progress.Bar(file)
    interrupts: List[Any] = []
    before = _note_interrupts(interrupts)
    try:
        with refused_lines as refused:
            for done in bulk.carry_out(extension.host, _lines(extension, given), confirm):
                if interrupts:
                    raise KeyboardInterrupt
                said = done.answer
                if said.get("problem", {}).get("code") == "mass-withdrawal":
                    stopped = True
                    break
                counts["refused" if "problem" in said else said["answer"]["result"]] += 1
                if "problem" in said:
                    refused.write(done)
                    failed += may_pass(said["status"])
                unsigned += done.sender is None
                bar.show(len(done.given), sum(counts.values()))
                if unsigned > UNSIGNED:
                    break
    except KeyboardInterrupt:
        click.echo(
            "\nInterrupted after %s; run the same command again." % counted(sum(counts.values()), "answer"), err=True
        )
        raise SystemExit(130)
    finally:
        signal.signal(signal.SIGINT, before)
        bar.end()
    return Done(counts, failed, stopped, unsigned > UNSIGNED)


def _check_place(file):
    # whoever may write into a drop folder could have other files read, and given back as refused lines
    if not _is_stdin(file) and not os.path.samestat(os.fstat(file.fileno()), os.lstat(file.name)):
        raise click.BadParameter("%s is a symbolic link; name the file itself." % file.name)


def _note_interrupts(interrupts):
    """Have Ctrl-C noted in a list too; returns the handler that was in force before."""

    def note(*args):
        # Python drops an exception that comes while it frees an object
        interrupts.append(args)
        raise KeyboardInterrupt

    return signal.signal(signal.SIGINT, note)


def _errors_of(file, part):
    name = "ingest" if _is_stdin(file) else file.name
    return name + (".part%dof%d" % part if part else "") + ".refused.jsonl"


def _is_stdin(file):
    return file.name in ("-", "<stdin>")


def _chosen(file, part):
    """The lines (bytes) of a file, or those of one part of it."""
    if part is None:
        return lines_of(file)
    if _is_stdin(file):
        raise click.BadParameter("--part needs a file, for it is read twice; - is standard input.")
    number, count = part
    chosen = partition.of_lines(lines_of(file), count)
    file.seek(0)
    return (given for given, of in zip(lines_of(file), chosen) if of == number - 1)


def lines_of(file: Any, longest: int = LONGEST) -> Iterator[bytes]:
    """The lines of an open file that are not empty; one without an end, which must not fill the memory, in pieces.

    A byte order mark at the start, which some editors write, is read past. longest: bytes.
    """
    start = file.readline(longest + 1)
    first = start[len(codecs.BOM_UTF8) :] if start.startswith(codecs.BOM_UTF8) else start
    following = iter(lambda: file.readline(longest + 1), b"") if start else ()
    return (given for given in itertools.chain([first], following) if given.strip())


def _lines(extension, given):
    names = Names(extension)
    return (envelope.read_line(extension.sources, one, utcnow(), names) for one in given)


class RefusedLines:
    """The file of refused lines, made with the first of them.

    opener: as of open(); by default one that follows no link.
    """

    def __init__(self, path: str, opener: Optional[Callable[[str, int], int]] = None) -> None:
        self.path = path
        self._opener = opener or _without_links
        self._file: Any = None

    def __enter__(self) -> "RefusedLines":
        return self

    def __exit__(self, *exc_info: Any) -> None:
        if self._file is not None:
            self._file.close()

    def _open(self):
        try:
            return open(self.path, "w", encoding="utf-8", opener=self._opener)
        except OSError as error:
            raise click.FileError(self.path, error.strerror)

    def write(self, done: Line) -> None:
        """Write a refused line (envelope.Line) with its message and the reason."""
        if self._file is None:
            self._file = self._open()
        said = {"id": done.answer["id"], "problem": done.answer["problem"], "message": _message(done.given)}
        self._file.write(json.dumps(said, ensure_ascii=False) + "\n")
        self._file.flush()


def _without_links(path, flags):
    # a link that somebody else put there must have no other file overwritten
    return os.open(path, flags | os.O_NOFOLLOW, 0o666)


def _message(given):
    try:
        return json.loads(json.loads(given.decode("utf-8"))["body"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return given[:SHOWN].decode("utf-8", "replace")


COMMANDS = (ingest,)
