"""How do registrations come in by a file instead of over the network?"""

import collections
import concurrent.futures
import json
import multiprocessing
import os
import signal
import time

import click
from flask.cli import with_appcontext

from .. import config
from ..datasets import bulk, line

BATCH = 50  # lines that another process reads at a time
LONGEST = 1000000  # bytes of a line


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--confirm", is_flag=True, help="Many withdrawals are meant.")
@click.option("--errors", type=click.Path(dir_okay=False), help="Where refused lines go [FILE.refused.jsonl].")
@click.option("--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 1, help="Processes that read lines.")
@with_appcontext
def ingest(file, confirm, errors, jobs):
    """Carry out the signed envelopes of FILE, one a line; - is standard input.

    What was accepted before has no second effect: after Ctrl-C, run it again. Refused lines are written to a file, each
    with its message and why; the source mends them and signs them again with new ids. Exit codes: 0 all accepted, 1
    some refused, 2 stopped before many withdrawals (--confirm goes on), 130 interrupted.
    """
    extension = config.current()
    errors = errors or (file.name if file.name not in ("-", "<stdin>") else "ingest") + ".refused.jsonl"
    counts, progress = collections.Counter(), Progress(file)
    try:
        with Refused(errors) as refused:
            for done in bulk.carry_out(extension.host, _lines(extension.sources, file, jobs), confirm):
                said = done.answer
                if said.get("problem", {}).get("code") == "mass-withdrawal":
                    counts["stopped"] = 1
                    break
                counts["refused" if "problem" in said else said["answer"]["result"]] += 1
                if "problem" in said:
                    refused.write(done)
                progress.show(len(done.given), sum(counts.values()))
    except KeyboardInterrupt:
        click.echo("\nInterrupted after %d answers; run the same command again." % sum(counts.values()), err=True)
        raise SystemExit(130)
    finally:
        progress.end()
    stopped = counts.pop("stopped", 0)
    click.echo(", ".join("%d %s" % (n, name) for name, n in sorted(counts.items())) or "no lines")
    if counts["refused"]:
        click.echo("The refused lines are in %s." % errors)
    if stopped:
        click.echo(
            "Stopped before withdrawing more than %d datasets and %d %% of a source; --confirm goes on."
            % (bulk.FREE_WITHDRAWALS, bulk.FREE_SHARE * 100),
            err=True,
        )
    raise SystemExit(2 if stopped else 1 if counts["refused"] else 0)


def _lines(sources, file, jobs):
    """The line.Line of each line, read ahead by other processes, a bounded number of them."""
    batches = _batches(file)
    if jobs == 1:
        for batch in batches:
            yield from line.read_many(sources, batch, True)
        return
    # a fresh process holds no connection of this one
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(jobs, mp_context=context, initializer=_ignore_interrupts) as pool:
        waiting = collections.deque()
        try:
            for batch in batches:
                waiting.append(pool.submit(line.read_many, sources, batch, True))
                if len(waiting) > 2 * jobs:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _batches(file):
    batch = []
    # a line without an end must not fill the memory
    for given in iter(lambda: file.readline(LONGEST + 1), b""):
        if given.strip():
            batch.append(given)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _ignore_interrupts():
    # Ctrl-C reaches every process of the terminal; the first one ends the others in order
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class Refused:
    """The file of refused lines, made when there is one."""

    def __init__(self, path):
        self.path = path
        self._file = None

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        if self._file is not None:
            self._file.close()

    def write(self, done):
        """done: line.Line."""
        if self._file is None:
            self._file = open(self.path, "w", encoding="utf-8")
        said = {"id": done.answer["id"], "problem": done.answer["problem"], "message": _message(done.given)}
        self._file.write(json.dumps(said, ensure_ascii=False) + "\n")
        self._file.flush()


def _message(given):
    try:
        return json.loads(json.loads(given.decode("utf-8"))["body"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return given.decode("utf-8", "replace")[:LONGEST]


class Progress:
    """A bar with rate and rest on a terminal, a line a minute elsewhere."""

    def __init__(self, file):
        self.start = self.said = time.monotonic()
        self.count = self.bytes = 0
        size = os.fstat(file.fileno()).st_size if hasattr(file, "fileno") and file.seekable() else None
        self.bar = click.progressbar(
            length=size or 1, label="Ingesting", show_eta=bool(size), item_show_func=self._rate
        )
        self.is_sized, self.is_shown = bool(size), os.isatty(2)
        if self.is_shown:
            self.bar.file = click.get_text_stream("stderr")
            self.bar.__enter__()

    def show(self, size, count):
        """size: bytes of one more line; count: lines so far."""
        self.count, self.bytes = count, self.bytes + size
        if self.is_shown:
            self.bar.update(size if self.is_sized else 0, count)
        elif time.monotonic() - self.said > 60:
            self.said = time.monotonic()
            click.echo(self._rate(count), err=True)

    def end(self):
        """Leave the last line as it is."""
        if self.is_shown:
            self.bar.__exit__(None, None, None)

    def _rate(self, count):
        if count is None:
            return ""
        return "%d lines, %.0f/s" % (self.count, self.count / max(time.monotonic() - self.start, 0.001))


COMMANDS = (ingest,)
