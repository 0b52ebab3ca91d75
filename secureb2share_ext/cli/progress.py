"""The progress of a long run: how far it is, how fast, and how long it will still take."""

import os
import sys
import time
from typing import Any

import click


class Bar:
    """A bar with rate and remaining time on a terminal, or one line per minute elsewhere."""

    def __init__(self, file: Any) -> None:
        self.start = self.said = time.monotonic()
        self.count = 0
        size = os.fstat(file.fileno()).st_size if hasattr(file, "fileno") and file.seekable() else None
        self.bar: Any = click.progressbar(
            length=size or 1, label="Ingesting", show_eta=bool(size), item_show_func=self._rate
        )
        self.is_sized, self.is_shown = bool(size), os.isatty(2)
        if self.is_shown:
            self.bar.file = sys.stderr
            self.bar.__enter__()

    def show(self, size: int, count: int) -> None:
        """Show one more line; size: its bytes; count: number of lines so far."""
        self.count = count
        if self.is_shown:
            self.bar.update(size if self.is_sized else 0, count)
        elif time.monotonic() - self.said > 60:
            self.said = time.monotonic()
            click.echo(self._rate(count), err=True)

    def end(self) -> None:
        """Leave the last line as it is."""
        if self.is_shown:
            self.bar.__exit__(None, None, None)

    def _rate(self, count):
        if count is None:
            return ""
        return "%d lines, %.0f/s" % (self.count, self.count / max(time.monotonic() - self.start, 0.001))
