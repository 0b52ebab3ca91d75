"""Which questions must a host answer whose records from before are to be moved out?"""

import abc
from typing import NamedTuple, Optional, Tuple


class Former(NamedTuple):
    """What one PID of a source's community has from before."""

    pid: str
    source: str
    kind: str  # record, draft, deleted (its bytes stayed), or dataset: ours, with leftovers
    uuids: Tuple[str, ...]  # of what the host keeps under the PID
    buckets: Tuple[str, ...]
    files: int
    size: int  # bytes


class Content(NamedTuple):
    """One file, whichever versions, drafts and unfinished uploads of the record hold it."""

    id: str
    size: Optional[int]  # bytes, as the host noted
    checksum: Optional[str]  # as the host noted: "md5:..."
    elsewhere: Optional[str]  # the address of a file that only this link leads to, else None
    objects: Tuple[Tuple[str, str, str], ...]  # (bucket, name, id of the version or unfinished upload), sorted
    pids: Tuple[str, ...] = ()  # of the file itself, sorted: they go on leading to its former address


class Holder(abc.ABC):
    """The host's part; everything in the caller's transaction but for `reindex` and `erase`."""

    @abc.abstractmethod
    def formers(self, pid=None):
        """[Former] of all sources' communities, sorted by PID: each record without a dataset, and whatever has files.

        pid: of this one only.
        """

    @abc.abstractmethod
    def unowned(self):
        """(files, bytes) that belong to no record any more, so that nobody can say of which community they were."""

    @abc.abstractmethod
    def check(self):
        """Raise a Problem when `reindex` could not work now."""

    @abc.abstractmethod
    def close(self, former):
        """Let nobody read or change the files by the host's own means; the buckets (ids) that were open before."""

    @abc.abstractmethod
    def reopen(self, buckets):
        """Undo `close`; buckets: what it gave."""

    @abc.abstractmethod
    def reindex(self, former):
        """Have the search index follow what is served now."""

    @abc.abstractmethod
    def content(self, buckets):
        """[Content] of these buckets (ids), sorted by id."""

    @abc.abstractmethod
    def open(self, content):
        """A binary stream of a Content; raises OSError where its bytes are not there."""

    @abc.abstractmethod
    def drop(self, pid, buckets):
        """Delete the rows of all content of these buckets, and what the PID's metadata says of files.

        [JSON value]: what `erase` needs, for each file that nothing else holds.
        """

    @abc.abstractmethod
    def erase(self, place):
        """Delete the bytes of one file; place: of `drop`. Again is no change."""
