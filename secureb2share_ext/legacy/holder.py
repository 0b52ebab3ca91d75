"""The questions that a host answers so that its legacy records can be moved out."""

import abc
from typing import Any, BinaryIO, List, NamedTuple, Optional, Sequence, Tuple


class LegacyRecord(NamedTuple):
    """One PID of a source's community that has records or files from before."""

    pid: str
    source: str
    kind: str  # record, draft, deleted (its bytes stayed), or dataset (of this package, with files left over)
    uuids: Tuple[str, ...]  # of the host's records and drafts under the PID
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
    """The host's part; all in the caller's transaction except `reindex` and `erase`."""

    @abc.abstractmethod
    def formers(self, pid: Optional[str] = None) -> List[LegacyRecord]:
        """[LegacyRecord] of all sources' communities, sorted by PID: records without a dataset, and whatever has files.

        pid: of this one only.
        """

    @abc.abstractmethod
    def unowned(self) -> Tuple[int, int]:
        """(number of files, bytes) that belong to no record any more, so that their community is unknown."""

    @abc.abstractmethod
    def check(self) -> None:
        """Raise a Problem when `reindex` could not work now."""

    @abc.abstractmethod
    def close(self, former: LegacyRecord) -> List[str]:
        """Let nobody read or change the files by the host's own means; returns the ids of the buckets then open."""

    @abc.abstractmethod
    def reopen(self, buckets: Sequence[str]) -> None:
        """Undo `close`; buckets: the ids that `close` returned."""

    @abc.abstractmethod
    def reindex(self, former: LegacyRecord) -> None:
        """Write the PID's records to the search index as they are served now."""

    @abc.abstractmethod
    def content(self, buckets: Sequence[str]) -> List[Content]:
        """[Content] of these buckets (ids), sorted by id."""

    @abc.abstractmethod
    def open(self, content: Content) -> BinaryIO:
        """A binary stream of a Content; raises OSError where its bytes are not there."""

    @abc.abstractmethod
    def drop(self, pid: str, buckets: Sequence[str]) -> List[Any]:
        """Delete the rows of all content of these buckets, and what the PID's metadata says of files.

        Returns [JSON value]: what `erase` needs, for each file that nothing else holds.
        """

    @abc.abstractmethod
    def erase(self, place: Any) -> None:
        """Delete the bytes of one file; place: a value of `drop`. Idempotent."""
