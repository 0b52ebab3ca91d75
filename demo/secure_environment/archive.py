"""The files of the datasets, and what is known of each.

Names on disk are the archive's own, so that an uploaded name is never part of a path.
"""

import hashlib
import os
import re
import uuid
from typing import NamedTuple

BANDS = ((10**6, "<1MB"), (10**9, "1MB-1GB"), (10**11, "1GB-100GB"), (10**12, "100GB-1TB"))
MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")


class Upload(NamedTuple):
    """One file as it arrives: a stream, or a whole file of uploads.Uploads with its size and checksum."""

    stream: object  # binary file object, or None
    name: str
    media_type: str
    label: str
    path: str = ""
    size: int = 0
    sha256: str = ""


class Archive:
    """The folder with one folder per dataset."""

    def __init__(self, data):
        self.root = os.path.abspath(os.path.join(data, "archive"))
        os.makedirs(self.root, mode=0o700, exist_ok=True)

    def folder(self, identifier):
        """The folder of one dataset; an identifier that is not a plain name is replaced by its digest."""
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", identifier):
            identifier = "sha256." + hashlib.sha256(identifier.encode("utf-8")).hexdigest()
        return os.path.join(self.root, identifier)

    def path(self, identifier, stored):
        """The path of one archived file."""
        return os.path.join(self.folder(identifier), stored)

    def keep(self, identifier, uploads):
        """Archive the files of a new dataset: a list of dicts, the columns of table `files`."""
        os.makedirs(self.folder(identifier), mode=0o700, exist_ok=True)
        return [self._keep(identifier, number, upload) for number, upload in enumerate(uploads, 1)]

    def _keep(self, identifier, number, upload):
        stored = uuid.uuid4().hex
        if upload.path:
            os.link(upload.path, self.path(identifier, stored))
            size, sha256 = upload.size, upload.sha256
        else:
            with open(self.path(identifier, stored), "xb") as file:
                size, sha256 = copy(upload.stream, file)
        media_type = upload.media_type if MEDIA_TYPE.fullmatch(upload.media_type or "") else "application/octet-stream"
        return {
            "number": number,
            "stored": stored,
            "name": plain_name(upload.name),
            # never the file's name: it may hold an identity number
            "label": upload.label.strip()[:300] or "File %d" % number,
            "media_type": media_type,
            "size": size,
            "sha256": sha256,
        }

    def is_intact(self, identifier, file):
        """Whether an archived file, a row of `files`, still has its size and checksum."""
        try:
            with open(self.path(identifier, file["stored"]), "rb") as kept:
                return copy(kept) == (file["size"], file["sha256"])
        except OSError:
            return False

    def forget(self, identifier, files):
        """Remove what `keep` stored, when the registration that it was for did not come about."""
        for file in files:
            os.remove(self.path(identifier, file["stored"]))


def copy(source, target=None):
    """(size, SHA-256 in hex) of a binary stream, which is written to another one if there is one."""
    checksum, size = hashlib.sha256(), 0
    for block in iter(lambda: source.read(1 << 16), b""):
        checksum.update(block)
        size += len(block)
        if target is not None:
            target.write(block)
    return size, checksum.hexdigest()


def public(files):
    """The `files` member of the description: label, media type, and how large about."""
    return [{"label": f["label"], "media_type": f["media_type"], "size_band": _band(f["size"])} for f in files]


def _band(size):
    return next((name for limit, name in BANDS if size < limit), ">1TB")


def plain_name(name):
    """The last part of a file's name, without what could act on a terminal or a path."""
    last = re.split(r"[/\\]", name or "")[-1]
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "", last)[:255] or "file"
