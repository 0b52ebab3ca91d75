"""Files on their way into the archive, in parts or whole, each bound to the draft of a registration.

A part counts once it is on the disk and noted in the database. What a process that was killed wrote beyond that is
cut off when the next part comes, so that whoever sends goes on at `received`.
"""

import contextlib
import hashlib
import os
import time
import uuid

from .archive import Upload, copy, plain_name

PART = 4 << 20  # bytes that the script sends at a time
LARGEST = 50 * 10**9  # bytes of one file
UNFINISHED = 24 * 3600  # seconds after which parts of a file are thrown away
MOST = 100  # files of one draft


class Fault(Exception):
    """A part or file that was not taken; the message is for a program."""


class Uploads:
    """The folder of the parts of one store."""

    def __init__(self, data, store):
        self._store = store
        self.root = os.path.abspath(os.path.join(data, "uploads"))
        os.makedirs(self.root, mode=0o700, exist_ok=True)
        self.clean()

    def path(self, upload):
        """Where the bytes of an upload, by its id, are."""
        return os.path.join(self.root, upload)

    def of_draft(self, draft):
        """The rows of a draft's files, in the order in which they were begun."""
        return self._store.all("SELECT * FROM uploads WHERE draft = ? ORDER BY created", (draft,))

    def get(self, draft, upload):
        """The row of an upload of a draft, or None."""
        return self._store.one("SELECT * FROM uploads WHERE id = ? AND draft = ?", (upload, draft))

    def begin(self, draft, name, media_type, size):
        """The id of a new file, of which parts will come; raises Fault."""
        if not 0 <= size <= LARGEST:
            raise Fault("a file has at most %d bytes" % LARGEST)
        upload, now = uuid.uuid4().hex, time.time()
        with self._store.write() as db:
            if db.execute("SELECT count(*) FROM uploads WHERE draft = ?", (draft,)).fetchone()[0] >= MOST:
                raise Fault("a registration has at most %d files" % MOST)
            db.execute(
                "INSERT INTO uploads (id, draft, created, touched, name, media_type, size)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (upload, draft, now, now, plain_name(name), media_type or "", size),
            )
            open(self.path(upload), "xb").close()
        return upload

    def append(self, draft, upload, offset, part, sha256=None):
        """Add a part (bytes) at an offset, and return how many bytes are there; raises Fault.

        sha256: of the part in hex, as its sender computed it. A part that came before is not added again.
        """
        if sha256 and sha256 != hashlib.sha256(part).hexdigest():
            raise Fault("the part arrived changed")
        with self._store.write() as db:
            row = self._unfinished(db, draft, upload)
            if offset != row["received"]:
                return row["received"]
            end = offset + len(part)
            if end > row["size"]:
                raise Fault("the part is longer than the file")
            with open(self.path(upload), "r+b") as file:
                file.truncate(offset)
                file.seek(offset)
                file.write(part)
                file.flush()
                os.fsync(file.fileno())
            db.execute("UPDATE uploads SET received = ?, touched = ? WHERE id = ?", (end, time.time(), upload))
        return end

    def complete(self, draft, upload, sha256=None):
        """The SHA-256 of a file whose last part came; raises Fault, and keeps nothing of a file that came changed."""
        row = self.get(draft, upload)
        if row is None or row["received"] != row["size"]:
            raise Fault("parts of the file are missing")
        with open(self.path(upload), "rb") as file:
            file_size, found = copy(file)
        if (file_size, found) != (row["size"], sha256 or found):
            self.forget(draft, upload)
            raise Fault("the file arrived changed")
        with self._store.write() as db:
            db.execute("UPDATE uploads SET sha256 = ?, touched = ? WHERE id = ?", (found, time.time(), upload))
        return found

    def keep(self, draft, stream, name, media_type, label):
        """Take a whole file at once; returns its id."""
        upload = self.begin(draft, name, media_type, 0)
        with open(self.path(upload), "wb") as file:
            size, sha256 = copy(stream, file)
        with self._store.write() as db:
            db.execute(
                "UPDATE uploads SET size = ?, received = ?, sha256 = ?, label = ? WHERE id = ?",
                (size, size, sha256, label, upload),
            )
        return upload

    def name(self, draft, labels):
        """Give the files of a draft the labels {id: text}."""
        with self._store.write() as db:
            db.executemany(
                "UPDATE uploads SET label = ? WHERE id = ? AND draft = ?",
                [(label.strip()[:300], upload, draft) for upload, label in labels.items()],
            )

    def forget(self, draft, upload):
        """Throw a file of a draft away, finished or not."""
        with self._store.write() as db:
            gone = db.execute("DELETE FROM uploads WHERE id = ? AND draft = ?", (upload, draft)).rowcount
        if gone:
            with contextlib.suppress(FileNotFoundError):
                os.remove(self.path(upload))

    def whole(self, draft):
        """The finished files of a draft as archive.Upload."""
        return [
            Upload(None, row["name"], row["media_type"], row["label"], self.path(row["id"]), row["size"], row["sha256"])
            for row in self.of_draft(draft)
            if row["sha256"]
        ]

    def clean(self, now=None):
        """Throw away what was begun and not finished for long, and files that no row knows."""
        old = (now or time.time()) - UNFINISHED
        for row in self._store.all("SELECT * FROM uploads WHERE sha256 IS NULL AND touched < ?", (old,)):
            self.forget(row["draft"], row["id"])
        known = {row["id"] for row in self._store.all("SELECT id FROM uploads")}
        for name in set(os.listdir(self.root)) - known:
            with contextlib.suppress(FileNotFoundError):
                if os.path.getmtime(self.path(name)) < old:
                    os.remove(self.path(name))

    def _unfinished(self, db, draft, upload):
        row = db.execute("SELECT * FROM uploads WHERE id = ? AND draft = ?", (upload, draft)).fetchone()
        if row is None or row["sha256"]:
            raise Fault("there is no such file to go on with")
        return row
