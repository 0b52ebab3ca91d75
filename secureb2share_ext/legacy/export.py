"""The export of a frozen record's files into a folder, whole or not at all.

Each file is written under another name, flushed to disk and then renamed, and the manifest comes last. A run that ended
in the middle is repeated: files that are whole are verified and kept, the others are written anew.
"""

import contextlib
import errno
import json
import os
import stat
from typing import Any, Dict, List

from flask import current_app
from invenio_db import db

from ..compat import utcnow
from ..errors import NotAccepted, NotWritten
from . import manifest, store
from .holder import Content, Holder

PART = ".part"  # behind the name of a file that is not whole


def export(holder: Holder, communities: Dict[str, str], pid: str, folder: str, takes_damaged: bool = False) -> str:
    """Write the files of a frozen PID into `folder`/PID and commit; returns the digest of their manifest.

    communities: {source: name}; takes_damaged: also files whose bytes are missing or not those that the host noted.
    Raises NotAccepted, NotWritten.
    """
    row = store.lock(pid)
    if row is None or row.state in ("purging", "purged"):
        raise NotAccepted(
            "%s is %s; only a frozen record is exported." % (pid, row.state if row else "not frozen"), code="not-frozen"
        )
    place = os.path.join(folder, pid)
    with _writing(place):
        os.makedirs(os.path.join(place, "files"), mode=0o700, exist_ok=True)
    pairs = []
    for content in holder.content(buckets(holder, row)):
        path = os.path.join(place, manifest.path(content))
        measured = _brought(holder, content, path)
        if not takes_damaged and content.elsewhere is None and not manifest.is_intact(content, measured):
            with contextlib.suppress(OSError):
                os.remove(path)
            raise NotAccepted(
                "The file %s of %s is missing, or its bytes are not those that came in: restore it from a backup, or"
                " export it as it is with --damaged." % (content.id, pid),
                code="damaged",
            )
        pairs.append((content, measured))
    body = manifest.build(row, communities[row.source], pairs)
    found = manifest.digest_of(body)
    with _whole(os.path.join(place, manifest.NAME)) as write:
        write(body)
    if row.state == "frozen" or found != row.digest:
        # a confirmation of other files is no longer valid
        row.state, row.digest, row.exported_at = "exported", found, utcnow()
        row.receipt_id = row.confirmed_at = None
        current_app.logger.info("secureb2share.legacy-exported pid=%s manifest=%s", pid, found)
    db.session.commit()
    return found


def buckets(holder: Holder, row: Any) -> List[str]:
    """The buckets (ids, sorted) of a row: those that it had when it was frozen, and those that it got since."""
    found = set(json.loads(row.buckets))
    for former in holder.formers(row.pid):
        found.update(former.buckets)
    return sorted(found)


def look(holder: Holder, content: Content) -> manifest.Measurement:
    """The manifest.Measurement of a holder.Content where the host keeps it."""
    if content.elsewhere is not None:
        return manifest.NOTHING
    try:
        with contextlib.closing(holder.open(content)) as stream:
            return manifest.measure(stream)
    except OSError:
        return manifest.NOTHING


def _brought(holder, content, path):
    """Bring a Content to `path`, where it has bytes, and return its Measurement."""
    if content.elsewhere is not None:
        return manifest.NOTHING
    kept = _kept(content, path)
    if kept is not None:
        return kept
    try:
        stream = holder.open(content)
    except OSError:
        return manifest.NOTHING
    try:
        with contextlib.closing(stream), _whole(path) as write:
            return manifest.measure(stream, write)
    except OSError:
        # what cannot be read; what cannot be written is NotWritten
        return manifest.NOTHING


def _kept(content, path):
    """The Measurement of what an earlier run left whole, or None; only the host's checksum can tell."""
    if content.checksum is None:
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            measured = manifest.measure(file)
    except OSError:
        return None
    return measured if manifest.is_intact(content, measured) else None


@contextlib.contextmanager
def _whole(path):
    """write(bytes) of a new file that has its name only when it is complete and on disk."""
    with _writing(path):
        with contextlib.suppress(FileNotFoundError):
            os.remove(path + PART)
        descriptor = os.open(path + PART, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        try:
            yield lambda chunk: _write(descriptor, path, chunk)
            with _writing(path):
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        with _writing(path):
            os.rename(path + PART, path)
            _sync(os.path.dirname(path))
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(path + PART)
        raise


def _write(descriptor, path, chunk):
    # without a buffer, which would try again while it is closed
    left = memoryview(chunk)
    with _writing(path):
        while left:
            left = left[os.write(descriptor, left) :]


def _sync(folder):
    # the new name itself
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _writing(path):
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        what = "The disk is full" if full else "It cannot be written (%s)" % os.strerror(error.errno or 0)
        raise NotWritten(
            "%s: %s. Files that are whole stay; run the same command again." % (os.path.dirname(path), what)
        )
