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
    """One file as it arrives."""

    stream: object  # binary file object
    name: str
    media_type: str
    label: str


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
        stored, checksum, size = uuid.uuid4().hex, hashlib.sha256(), 0
        with open(self.path(identifier, stored), "xb") as file:
            for block in iter(lambda: upload.stream.read(1 << 16), b""):
                checksum.update(block)
                size += len(block)
                file.write(block)
        media_type = upload.media_type if MEDIA_TYPE.fullmatch(upload.media_type or "") else "application/octet-stream"
        return {
            "number": number,
            "stored": stored,
            "name": _plain_name(upload.name),
            # never the file's name: it may hold an identity number
            "label": upload.label.strip()[:300] or "File %d" % number,
            "media_type": media_type,
            "size": size,
            "sha256": checksum.hexdigest(),
        }

    def forget(self, identifier, files):
        """Remove what `keep` stored, when the registration that it was for did not come about."""
        for file in files:
            os.remove(self.path(identifier, file["stored"]))


def public(files):
    """The `files` member of the description: label, media type, and how large about."""
    return [{"label": f["label"], "media_type": f["media_type"], "size_band": _band(f["size"])} for f in files]


def _band(size):
    return next((name for limit, name in BANDS if size < limit), ">1TB")


def _plain_name(name):
    last = re.split(r"[/\\]", name or "")[-1]
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "", last)[:255] or "file"
