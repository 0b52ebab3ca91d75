"""The manifest of one record's files, and whether a file is what its manifest says. Pure.

The same files give the same bytes, so that its digest is enough to tell later that nothing has changed.
"""

import hashlib
from typing import Any, BinaryIO, Callable, Dict, Iterable, NamedTuple, Optional, Tuple

from ..client import canonical, digest
from ..dataset import CATALOGUE_PREFIX
from .holder import Content

VERSION = 1
NAME = "manifest.json"
CHUNK = 1 << 20  # bytes


class Measurement(NamedTuple):
    """The size and checksums of a file's bytes; all None where there are no bytes."""

    size: Optional[int]
    sha256: Optional[str]
    md5: Optional[str]


NOTHING = Measurement(None, None, None)


def measure(stream: BinaryIO, write: Optional[Callable[[bytes], Any]] = None) -> Measurement:
    """The Measurement of a binary stream, each chunk given to write(bytes), if any. Raises what reading raises."""
    size, sha256, md5 = 0, hashlib.sha256(), hashlib.md5()
    for chunk in iter(lambda: stream.read(CHUNK), b""):
        sha256.update(chunk)
        # what hosts note of a file
        md5.update(chunk)
        size += len(chunk)
        if write is not None:
            write(chunk)
    return Measurement(size, sha256.hexdigest(), md5.hexdigest())


def is_intact(content: Content, measured: Measurement) -> bool:
    """Whether the bytes (Measurement) are those that the host noted of a holder.Content when they came in."""
    if measured.size is None or (content.size is not None and content.size != measured.size):
        return False
    if content.checksum is None or not content.checksum.startswith("md5:"):
        return True
    return content.checksum == "md5:%s" % measured.md5


def path(content: Content) -> str:
    """The place of a holder.Content under its record's folder: never a name that somebody gave it."""
    return "files/" + content.id


def build(former: Any, community: str, pairs: Iterable[Tuple[Content, Measurement]]) -> bytes:
    """The canonical bytes of the manifest.

    former: a LegacyRecord or its row (pid, source, kind); community: name; pairs: [(holder.Content, Measurement)].
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


def _entry(content: Content, measured: Measurement) -> Dict[str, Any]:
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


def digest_of(body: bytes) -> str:
    """The SHA-256 hex of a manifest's bytes, which the secure side's receipt names."""
    return digest(body)
