"""The mark of the last sending, which tells this database from an older one that came back from a backup.

Every batch that is claimed raises a counter in the database, and in the same transaction the file ``outbox.mark`` in
the state folder, which is in no backup of the database. The file says more than the database only when an older
database came back: then something may have gone out that this one does not remember. A worker that is killed between
the file and the commit leaves the file one step ahead, which is no sign of a restore.
"""

import contextlib
import json
import os
from typing import Any, NamedTuple, Optional, Union

from ..errors import MarkNotWritten

NAME = "outbox.mark"
MOST = 2**53  # steps; a larger number was not written by us
HIGHEST = 2**31 - 2**20  # a sequence is a 32-bit number
# a file that says more is taken for this: what is counted on from here has room below the limits of what is read
PLAUSIBLE_STEPS, PLAUSIBLE_HIGHEST = MOST // 2, HIGHEST - 2**20

MISSING = "the file outbox.mark is missing, so nobody knows what was sent last"
DAMAGED = "the file outbox.mark is damaged, so nobody knows what was sent last"
OLDER = "the database was restored"


class Seen(NamedTuple):
    """The content of the file."""

    steps: int  # batches claimed, the last of which may not have been committed
    sure: int  # batches of which the commit is known
    highest: int = 0  # the highest sequence in any of them


class Former(Seen):
    """The content of the file in the folder where it was before, which nobody writes any more."""


def read(content: bytes) -> Optional[Seen]:
    """The Seen in the bytes of a file, or None where they are damaged."""
    try:
        value = json.loads(content.decode("utf-8"))
        # before it held an object, the file held one number
        seen = Seen(value, value) if isinstance(value, int) else Seen(value["steps"], value["sure"], value["highest"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    numbers = all(isinstance(number, int) and not isinstance(number, bool) for number in seen)
    is_sound = numbers and 0 <= seen.sure <= seen.steps <= MOST and 0 <= seen.highest <= HIGHEST
    return seen if is_sound else None


def doubt(seen: Union[Seen, str, None], counter: int) -> Optional[str]:
    """The reason why the database, whose counter stands at `counter`, may not send, or None.

    seen: Seen or Former; None: there is no file; DAMAGED.
    """
    if isinstance(seen, str):
        return seen
    if seen is None or isinstance(seen, Former) and seen.steps < counter:
        # without a file of its steps nobody knows what was sent, unless nothing ever was
        return MISSING if counter > 0 else None
    return OLDER if seen.sure > counter or seen.steps > counter + 1 else None


class Mark:
    """The file in `folder` (a path). With None, or a folder that cannot be written, no restored database is noticed.

    former: the folder where the file was before; it is read where `folder` has none, and believed until the next step.
    """

    def __init__(self, folder: Optional[str] = None, former: Optional[str] = None) -> None:
        self.folder: Any = folder  # str or None
        self.former = former

    @property
    def is_kept(self) -> bool:
        """Whether a restored database would be noticed."""
        return bool(self.folder) and os.access(self.folder, os.W_OK)

    def read(self) -> Union[Seen, str, None]:
        """The Seen or Former in the file, DAMAGED, or None where there is no file. Raises MarkNotWritten."""
        found = self._read(self.folder)
        if found is None and self.former != self.folder:
            found = self._read(self.former)
            return Former(*found) if isinstance(found, Seen) else found
        return found

    def _read(self, folder):
        if not folder:
            return None
        try:
            with open(os.path.join(folder, NAME), "rb") as file:
                return read(file.read(1000)) or DAMAGED
        except FileNotFoundError:
            return None
        except (IsADirectoryError, PermissionError):
            return DAMAGED
        except OSError as error:
            # of the disk, and perhaps for a moment: no reason to take the database for a restored one
            raise MarkNotWritten("outbox.mark cannot be read (%s)" % (error.strerror or type(error).__name__))

    def write(self, seen: Optional[Seen]) -> None:
        """Replace the file by one with this content, in one step; None removes it. Raises MarkNotWritten."""
        path = os.path.join(self.folder, NAME)
        try:
            if seen is None:
                with contextlib.suppress(FileNotFoundError):
                    os.remove(path)
                return
            # one name for all: whoever writes holds the lock on the database's counter
            self._put(path + ".new", json.dumps(seen._asdict()) + "\n")
            os.replace(path + ".new", path)
        except OSError as error:
            raise MarkNotWritten("outbox.mark cannot be written (%s)" % (error.strerror or type(error).__name__))

    def fault(self) -> Optional[str]:
        """The reason why the file cannot be written now, or None; a file is written for that, and removed."""
        trial = os.path.join(self.folder, NAME + ".trial")
        try:
            self._put(trial, " " * 4096)
            # another sweep may have removed it
            with contextlib.suppress(FileNotFoundError):
                os.remove(trial)
        except OSError as error:
            return "outbox.mark cannot be written (%s)" % (error.strerror or type(error).__name__)
        return None

    def _put(self, path, content):
        try:
            with open(path, "w") as file:
                file.write(content)
                # or a power loss leaves an empty file, which holds every target
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                os.remove(path)
            raise
