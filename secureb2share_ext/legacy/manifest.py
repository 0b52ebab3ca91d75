"""What does the manifest of one record's files say, and is a file what it says? Pure.

The same files give the same bytes, so that its digest is enough to tell later that nothing has changed.
"""

import hashlib
from typing import NamedTuple, Optional

from ..client import canonical, digest
from ..dataset import CATALOGUE_PREFIX

VERSION = 1
NAME = "manifest.json"
CHUNK = 1 << 20  # bytes


class Measured(NamedTuple):
    """What a file's bytes are; all None where there are none."""

    size: Optional[int]
    sha256: Optional[str]
    md5: Optional[str]


NOTHING = Measured(None, None, None)


def measure(stream, write=None):
    """The Measured of a binary stream, each chunk given to write(bytes), if any. Raises what reading raises."""
    size, sha256, md5 = 0, hashlib.sha256(), hashlib.md5()
    for chunk in iter(lambda: stream.read(CHUNK), b""):
        sha256.update(chunk)
        # what hosts note of a file
        md5.update(chunk)
        size += len(chunk)
        if write is not None:
            write(chunk)
    return Measured(size, sha256.hexdigest(), md5.hexdigest())


def is_intact(content, measured):
    """Whether the bytes (Measured) are those that the host noted of a holder.Content when they came in."""
    if measured.size is None or (content.size is not None and content.size != measured.size):
        return False
    if content.checksum is None or not content.checksum.startswith("md5:"):
        return True
    return content.checksum == "md5:" + measured.md5


def path(content):
    """Where a holder.Content lies under its record's folder: never a name that somebody gave it."""
    return "files/" + content.id


def build(former, community, pairs):
    """The canonical bytes of the manifest.

    former: a holder.Former or its row (pid, source, kind); community: name; pairs: [(holder.Content, Measured)].
    """
    files = [_entry(content, measured) for content, measured in sorted(pairs, key=lambda pair: pair[0].id)]
    return canonical(
        {
            "manifest": VERSION,
            "source": former.source,
            "community": community,
            "identifier": CATALOGUE_PREFIX + former.pid,
            "kind": former.kind,
            "files": files,
        }
    )


def _entry(content, measured):
    entry = {
        "names": sorted({name for _, name, _ in content.objects}),
        "objects": [{"bucket": b, "name": n, "version": v} for b, n, v in sorted(content.objects)],
        "checksum": content.checksum,
    }
    if content.pids:
        entry["pids"] = list(content.pids)
    if content.elsewhere is not None:
        return dict(entry, elsewhere=content.elsewhere)
    found = {"path": path(content), "size": measured.size, "sha256": measured.sha256}
    return dict(entry, intact=is_intact(content, measured), **found)


def digest_of(body):
    """The SHA-256 hex of a manifest's bytes, which the secure side's receipt names."""
    return digest(body)
