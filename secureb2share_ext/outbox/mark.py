"""The mark of the last sending, which tells this database from an older one that came back from a backup.

Every step of sending, a claim or an outcome, raises a counter in the database, and in the same transaction the file
``outbox.mark`` beside the signing keys, which is in no backup of the database. The file says more than the database
only when an older database came back: then something may have gone out that this one does not remember.
"""

import contextlib
import os
from typing import Any, Optional

NAME = "outbox.mark"


class Mark:
    """The file in `folder` (a path). With None, or a folder that cannot be written, no restored database is noticed."""

    def __init__(self, folder: Optional[str] = None) -> None:
        self.folder: Any = folder  # str or None

    @property
    def is_kept(self) -> bool:
        """Whether a restored database would be noticed."""
        return bool(self.folder) and os.access(self.folder, os.W_OK)

    def read(self) -> Optional[int]:
        """The number in the file, or None where there is none."""
        try:
            with open(self._path()) as file:
                return int(file.read())
        except (OSError, ValueError):
            return None

    def write(self, number: Optional[int]) -> None:
        """Replace the file by one with this number, in one step; None removes the file."""
        if number is None:
            with contextlib.suppress(FileNotFoundError):
                os.remove(self._path())
            return
        beside = "%s.%d" % (self._path(), os.getpid())
        with open(beside, "w") as file:
            file.write("%d\n" % number)
        os.replace(beside, self._path())

    def shows_restored(self, number: int) -> bool:
        """Whether the database, whose counter stands at `number`, is older than the last sending."""
        if not self.is_kept:
            return False
        last = self.read()
        # without a file nobody knows what was sent, unless nothing ever was
        return number > 0 if last is None else last > number

    def _path(self) -> str:
        return os.path.join(self.folder, NAME)


NO_MARK = Mark()
