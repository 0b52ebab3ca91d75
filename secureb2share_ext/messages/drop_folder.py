"""A folder into which another side puts files.

It may write there what it likes, at any time: links, pipes, files that grow. Nothing is opened by a path of more than
one name, and no link is followed.
"""

import contextlib
import errno
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
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


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
                below = entered(fd, name, so_far)
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


def entered(fd: int, name: str, path: str) -> int:
    """The file descriptor of a folder in an open one, no link followed; path: in what a SecureB2ShareError says."""
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


@contextlib.contextmanager
def regular(folder: int, name: str, largest: int, left: int) -> Iterator[Tuple[int, os.stat_result]]:
    """(file descriptor, os.stat_result) of a file that may be read; arguments and errors as of State.take."""
    try:
        # a pipe would be waited for, and a device may act when it is opened: what it is, is seen before and after
        _check_kind(os.stat(name, dir_fd=folder, follow_symlinks=False))
        fd = os.open(name, FILE, dir_fd=folder)
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


def remove(folder: int, name: str, status: os.stat_result) -> None:
    """Take away the file that was read; another one that came under its name meanwhile stays. Raises NotTaken."""
    try:
        if os.path.samestat(status, os.stat(name, dir_fd=folder, follow_symlinks=False)):
            os.remove(name, dir_fd=folder)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise NotTaken("cannot be taken away: %s" % error.strerror)


def shown(name: str) -> str:
    """A name that the other side chose, fit for a terminal and a log."""
    return ascii(name[:100])
