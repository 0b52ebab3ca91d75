"""A folder into which another side puts files, and the folder of ours in which they are carried out.

The other side may write what it likes into its folder, at any time: links, pipes, files that grow. Nothing is opened by
a path of more than one name, no link is followed, and a file is read from a copy that only we can write.
"""

import contextlib
import errno
import fcntl
import heapq
import itertools
import os
import re
import stat
import time
from typing import Any, Iterator, List, NamedTuple, Tuple

from ..errors import Later, NotTaken, SecureB2ShareError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}\.jsonl\Z")
LOOKED_AT = 10000  # names of a folder that one run has in hand
LISTED = 1000000  # entries of a folder that one run reads, about a second's
SETTLED = 5  # seconds since the last change of a file: younger ones may be incomplete
COPIED = 1 << 20  # bytes at a time
SPARE = 1000000000  # bytes that stay free on the disk of the state
LOG_LONGEST = 10000000  # bytes; then the log begins anew, and the former one is kept beside it
PART = ".part"  # of a file that is being copied
FOLDERS = ("incoming", "done", "refused", "waiting")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Found(NamedTuple):
    """What a look at the folder gave."""

    names: List[str]  # of files that may be taken, at most LOOKED_AT, in the order in which they have their turn
    others: List[str]  # at most LOOKED_AT names of no such form; another program may have put them there
    is_whole: bool  # whether the folder has no more than LISTED entries


@contextlib.contextmanager
def opened(path: str, is_ours: bool = False) -> Iterator[Tuple[int, List[os.stat_result]]]:
    """(file descriptor of a folder, [os.stat_result] of the folders from / to it), no link followed.

    is_ours: nobody but us and root may write into it, nor exchange a folder above it. Raises SecureB2ShareError.
    """
    fd, way = os.open("/", _FOLDER), []
    try:
        so_far = ""
        for name in [""] + [part for part in os.path.abspath(path).split("/") if part]:
            if name:
                so_far += "/" + name
                below = _entered(fd, name, so_far)
                os.close(fd)
                fd = below
            way.append(os.fstat(fd))
            if is_ours:
                _check_ours(way[-1], so_far or "/")
        if is_ours and stat.S_IMODE(way[-1].st_mode) & 0o022:
            raise SecureB2ShareError("Others can write into %s; `chmod go-w` it." % path)
        yield fd, way
    finally:
        os.close(fd)


def _entered(fd, name, path):
    try:
        return os.open(name, _FOLDER, dir_fd=fd)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise SecureB2ShareError("%s is no folder, or a symbolic link; name the folder itself." % path)
        raise SecureB2ShareError("%s cannot be opened: %s." % (path, error.strerror))


def _check_ours(status, path):
    writable = stat.S_IMODE(status.st_mode) & 0o022 and not status.st_mode & stat.S_ISVTX
    if writable or status.st_uid not in (0, os.geteuid()):
        raise SecureB2ShareError("Others can exchange what is in %s: the folder of the state must not be there." % path)


def check_writable(fd: int, path: str) -> None:
    """Raise SecureB2ShareError where nothing can be taken away from a folder, so that it would be read for ever."""
    if not os.access(".", os.W_OK | os.X_OK, dir_fd=fd):
        raise SecureB2ShareError("%s must be writable for the service, which takes the files away." % path)


def check_apart(folder: List[os.stat_result], state: List[os.stat_result]) -> None:
    """Raise SecureB2ShareError where one of two folders, given as their ways from /, is inside the other."""
    if any(os.path.samestat(state[-1], one) for one in folder) or any(
        os.path.samestat(folder[-1], one) for one in state
    ):
        raise SecureB2ShareError("The folder and that of the state must not be inside each other.")


def look(fd: int, after: str = "") -> Found:
    """The names in a folder: those behind `after` come first, and then the others, so that each has its turn."""
    others: List[str] = []
    # only from Python 3.7 on a folder can be read piece by piece from its descriptor
    place: Any = fd if os.scandir in os.supports_fd else "/proc/self/fd/%d" % fd

    def fit(entries):
        for entry in entries:
            if NAME.match(entry.name):
                yield entry.name
            elif len(others) < LOOKED_AT:
                others.append(entry.name)

    with os.scandir(place) as entries:
        listed = fit(itertools.islice(entries, LISTED))
        names = heapq.nsmallest(LOOKED_AT, listed, key=lambda name: (name <= after, name))
        is_whole = next(entries, None) is None
    return Found(names, sorted(others), is_whole)


class State:
    """The folder of ours: what was taken, carried out and refused, what waits for an operator, a log and a lock."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        for name in FOLDERS:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o750, dir_fd=fd)
        self.folders = {name: _entered(fd, name, name) for name in FOLDERS}

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
        with _regular(folder, name, largest, left) as (source, status):
            incoming = self.folders["incoming"]
            _check_room(incoming, status.st_size)
            try:
                size = _copy(source, status, os.open(PART, _NEW, 0o640, dir_fd=incoming))
                os.rename(PART, taken, src_dir_fd=incoming, dst_dir_fd=incoming)
                os.fsync(incoming)
                # last: a run that ends here has the file read twice, and the second time without effect
                _remove(folder, name, status)
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
        return os.fdopen(os.open(name, _FILE, dir_fd=self.folders["incoming"]), "rb")

    def open_refused(self, name: str, flags: int) -> int:
        """A file descriptor of a file for refused lines; for the argument `opener` of open()."""
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640, dir_fd=self.folders["refused"])

    def put(self, name: str, where: str) -> None:
        """Move a file that was carried out to one of FOLDERS."""
        os.rename(name, name, src_dir_fd=self.folders["incoming"], dst_dir_fd=self.folders[where])

    def turn(self) -> str:
        """The name behind which a look begins: the last one that a run had in hand and left, or ""."""
        with contextlib.suppress(FileNotFoundError):
            with os.fdopen(os.open("turn", _FILE, dir_fd=self.fd), "rb") as file:
                return file.read(200).decode("ascii", "replace")
        return ""

    def note_turn(self, name: str) -> None:
        """Write the name behind which the next look begins."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        fd = os.open("turn", flags, 0o640, dir_fd=self.fd)
        try:
            os.write(fd, name.encode("ascii"))
        finally:
            os.close(fd)

    def log(self, sentence: str) -> None:
        """Write a line with the time to the log."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        fd = os.open("log", flags, 0o640, dir_fd=self.fd)
        try:
            os.write(fd, ("%s %s\n" % (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), sentence)).encode("utf-8"))
            if os.fstat(fd).st_size > LOG_LONGEST:
                os.rename("log", "log.1", src_dir_fd=self.fd, dst_dir_fd=self.fd)
        finally:
            os.close(fd)


@contextlib.contextmanager
def _regular(folder, name, largest, left):
    """(file descriptor, os.stat_result) of a file that may be read."""
    try:
        # a pipe would be waited for, and a device may act when it is opened: what it is, is seen before and after
        _check_kind(os.stat(name, dir_fd=folder, follow_symlinks=False))
        fd = os.open(name, _FILE, dir_fd=folder)
    except FileNotFoundError:
        raise Later("is gone")
    except OSError as error:
        raise NotTaken("cannot be opened: %s" % error.strerror)
    try:
        status = os.fstat(fd)
        _check_kind(status)
        if status.st_size > largest:
            raise NotTaken("is longer than %d bytes" % largest)
        if status.st_size > left:
            raise Later("is more than this run may still read")
        if 0 <= time.time() - status.st_mtime < SETTLED:
            raise Later("was written just now")
        yield fd, status
    finally:
        os.close(fd)


def _check_kind(status):
    if stat.S_ISLNK(status.st_mode):
        raise NotTaken("is a symbolic link")
    if not stat.S_ISREG(status.st_mode):
        raise NotTaken("is no regular file")
    if status.st_nlink != 1:
        # it may be a file of somebody else, to be given back as refused lines
        raise NotTaken("has another name too (a hard link)")


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


def _remove(folder, name, status):
    try:
        # another file that came under this name meanwhile stays
        if os.path.samestat(status, os.stat(name, dir_fd=folder, follow_symlinks=False)):
            os.remove(name, dir_fd=folder)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise NotTaken("cannot be taken away: %s" % error.strerror)


def shown(name: str) -> str:
    """A name that the other side chose, fit for a terminal and a log."""
    return ascii(name[:100])
