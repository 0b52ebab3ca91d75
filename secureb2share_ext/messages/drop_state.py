"""The folder of ours in which the files of a drop folder are carried out.

A file is read from a copy that only we can write. No link is followed here either.
"""

import contextlib
import fcntl
import os
import time
from typing import Any, Iterator, List, Tuple

from ..errors import Later, NotTaken
from .drop_folder import FILE, entered, regular, remove

COPIED = 1 << 20  # bytes at a time
SPARE = 1000000000  # bytes that stay free on this disk
LOG_LONGEST = 10000000  # bytes; then the log begins anew, and the former one is kept beside it
PART = ".part"  # of a file that is being copied
FOLDERS = ("incoming", "done", "refused", "waiting")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class State:
    """The folder of ours: what was taken, carried out and refused, what waits for an operator, a log and a lock."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        for name in FOLDERS:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o750, dir_fd=fd)
        self.folders = {name: entered(fd, name, name) for name in FOLDERS}

    def close(self) -> None:
        """Close what was opened."""
        for fd in self.folders.values():
            os.close(fd)

    @contextlib.contextmanager
    def locked(self) -> Iterator[bool]:
        """Whether this run is the only one, until the end."""
        fd = os.open("lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=self.fd)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
        finally:
            os.close(fd)

    def take(self, folder: int, name: str, largest: int, left: int) -> Tuple[str, int]:
        """Move a file of the other side here; (its name here, its bytes). Raises NotTaken and Later.

        folder: file descriptor; largest: bytes of any file; left: bytes that this run may still take. Names here begin
        with the time, so that none meets another.
        """
        now = time.time()
        taken = "%s-%06d-%s" % (time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now)), now % 1 * 1e6, name)
        with regular(folder, name, largest, left) as (source, status):
            incoming = self.folders["incoming"]
            _check_room(incoming, status.st_size)
            try:
                size = _copy(source, status, os.open(PART, _NEW, 0o640, dir_fd=incoming))
                os.rename(PART, taken, src_dir_fd=incoming, dst_dir_fd=incoming)
                os.fsync(incoming)
                # last: a run that ends here has the file read twice, and the second time without effect
                remove(folder, name, status)
            except (OSError, NotTaken) as error:
                for made in (PART, taken):
                    with contextlib.suppress(OSError):
                        os.remove(made, dir_fd=incoming)
                if isinstance(error, OSError):
                    raise NotTaken("cannot be copied: %s" % error.strerror)
                raise
        return taken, size

    def incoming(self) -> List[str]:
        """The names of files that were taken and are not carried out, the oldest first; for the one run at work."""
        with contextlib.suppress(FileNotFoundError):
            # of a run that was killed while it copied
            os.remove(PART, dir_fd=self.folders["incoming"])
        # with the time before it, a name may be longer than NAME lets it be
        return sorted(name for name in os.listdir(self.folders["incoming"]) if name.endswith(".jsonl"))

    def open(self, name: str) -> Any:
        """A file that was taken, open as reader of bytes."""
        return os.fdopen(os.open(name, FILE, dir_fd=self.folders["incoming"]), "rb")

    def open_refused(self, name: str, flags: int) -> int:
        """A file descriptor of a file for refused lines; for the argument `opener` of open()."""
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640, dir_fd=self.folders["refused"])

    def put(self, name: str, where: str) -> None:
        """Move a file that was carried out to one of FOLDERS."""
        os.rename(name, name, src_dir_fd=self.folders["incoming"], dst_dir_fd=self.folders[where])

    def turn(self) -> str:
        """The name behind which a look begins: the last one that a run had in hand and left, or ""."""
        with contextlib.suppress(FileNotFoundError):
            with os.fdopen(os.open("turn", FILE, dir_fd=self.fd), "rb") as file:
                return file.read(200).decode("ascii", "replace")
        return ""

    def note_turn(self, name: str) -> None:
        """Write the name behind which the next look begins."""
        self._write("turn", os.O_TRUNC, name)

    def log(self, sentence: str) -> None:
        """Write a line with the time to the log."""
        said = "%s %s\n" % (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), sentence)
        if self._write("log", os.O_APPEND, said) > LOG_LONGEST:
            os.rename("log", "log.1", src_dir_fd=self.fd, dst_dir_fd=self.fd)

    def _write(self, name, how, text):
        """Write a text into a file of ours and return the file's bytes; how: os.O_TRUNC or os.O_APPEND."""
        flags = os.O_WRONLY | os.O_CREAT | how | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(name, flags, 0o640, dir_fd=self.fd), "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            return os.fstat(file.fileno()).st_size


def _check_room(folder, size):
    there = os.fstatvfs(folder)
    # what was carried out is kept, and the catalogue's own files may lie on the same disk
    if there.f_bavail * there.f_frsize - size < SPARE:
        raise NotTaken("would leave less than %d bytes free: make room in the state" % SPARE)


def _copy(source, status, target):
    """Copy a file to an open one, which is closed, and return the bytes; raises Later where it changes meanwhile."""
    size = 0
    try:
        # one that grows is not followed
        while size <= status.st_size:
            piece = os.read(source, COPIED)
            if not piece:
                break
            size += len(piece)
            while piece:
                piece = piece[os.write(target, piece) :]
        os.fsync(target)
    finally:
        os.close(target)
    after = os.fstat(source)
    if (size, after.st_mtime, after.st_nlink) != (status.st_size, status.st_mtime, 1):
        raise Later("was changed while it was read")
    return size
