"""How far is a long run, how fast, and how long does it still take?"""

import os
import time

import click


class Bar:
    """A bar with rate and rest on a terminal, a line a minute elsewhere."""

    def __init__(self, file):
        self.start = self.said = time.monotonic()
        self.count = 0
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
        self.count = count
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
