"""Is this the database that sent last, or an older one that came back from a backup?

Every step of sending, a claim or an outcome, raises a counter in the database, and in the same transaction the file
``outbox.mark`` beside the signing keys, which is in no backup of the database. The file says more than the database
only when an older database came back: then something may have gone out that this one does not remember.
"""

import contextlib
import os

NAME = "outbox.mark"


class Mark:
    """The file in `folder`, a path; None, or one that cannot be written: nothing is noticed."""

    def __init__(self, folder=None):
        self.folder = folder

    @property
    def is_kept(self):
        """Whether a restored database would be noticed."""
        return bool(self.folder) and os.access(self.folder, os.W_OK)

    def read(self):
        """The number in the file, or None where there is none."""
        try:
            with open(self._path()) as file:
                return int(file.read())
        except (OSError, ValueError):
            return None

    def write(self, number):
        """Put a number, or None for no file, in its place at once."""
        if number is None:
            with contextlib.suppress(FileNotFoundError):
                os.remove(self._path())
            return
        beside = "%s.%d" % (self._path(), os.getpid())
        with open(beside, "w") as file:
            file.write("%d\n" % number)
        os.replace(beside, self._path())

    def shows_restored(self, number):
        """Whether the database, whose counter stands at `number`, is older than the last sending."""
        if not self.is_kept:
            return False
        last = self.read()
        # without a file nobody knows what was sent, unless nothing ever was
        return number > 0 if last is None else last > number

    def _path(self):
        return os.path.join(self.folder, NAME)


NO_MARK = Mark()
