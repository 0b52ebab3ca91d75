"""The contract between the flows and a host: the questions that a host answers.

The flows know a host through these alone. A *record* is whatever object the host's own interface hands out; a *row* is
a datasets.models.DatasetRow; a Dataset is the value of dataset.py. All of them run inside an application context.
"""

import abc
import datetime
from typing import Any, Collection, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple
from urllib.parse import quote

from flask import Flask

from ..dataset import Dataset
from ..datasets.models import DatasetRow
from ..errors import Problem, SecureB2ShareError
from ..legacy.holder import Holder
from ..messages.sources import Source
from . import ghosts, holders, index_queue, pids
from .ghosts import Entries


class FormerContent(NamedTuple):
    """The uploads and files of an instance from the time before it was switched on; None: cannot be known."""

    uploads: int  # number of file versions uploaded since a day
    buckets: int  # number of buckets that hold these uploads
    users: Optional[int]  # number of users who uploaded since that day
    communities: Optional[Dict[str, int]]  # {community: number of its uploads since that day}
    records: int
    records_with_files: int


class SourceFault(NamedTuple):
    """What is wrong with a source's community or owner in the host."""

    source: str  # its name
    sentence: str
    stops: bool  # whether its registrations are refused, or nobody is there to answer for their records


class Stamped(NamedTuple):
    """A record that says of itself that it is a dataset's."""

    record_uuid: Any
    pid: str
    # source, identifier, state, and where it has them reason, state_at, successor, replaced_by
    stamp: Mapping[str, Any]
    metadata: Any  # for from_record
    is_proven: bool  # whether this catalogue wrote the stamp, as far as can be known


class Host(abc.ABC):
    """The system that holds the records, as the flows know it."""

    name: str = ""
    extension: str = ""  # the name of the host's own extension on the app, by which `check` confirms the choice
    # key of the host's configuration -> what it is, for a sentence that asks for it; base_url and api_url read these
    needed: Dict[str, str] = {
        "SITE_UI_URL": "the catalogue's canonical address, such as https://catalogue.example.org",
        "SITE_API_URL": "the canonical address of its API, such as https://catalogue.example.org/api",
    }
    has_stamps = False  # whether `stamped` finds what this package published
    pid_types: Tuple[str, ...] = ()  # types of invenio-pidstore, under which a record can be asked for

    def __init__(self, config: Dict[str, Any], sources: Dict[str, Source]) -> None:
        """config: of the application; sources: {name: messages.sources.Source}."""
        self.config = config
        self.sources = sources
        self.bound: Dict[str, str] = {}  # source -> id of its community, see bindings
        self.bound_again = 0.0  # time.monotonic() from which on another is asked for
        self._ghost_watch = ghosts.Watch()

    def faults(self) -> List[str]:
        """[sentence] for each fault in the configuration of this host, seen beside that of the sources."""
        missing = [key for key in self.needed if not self.config.get(key)]
        found = ["%s is not set: it is %s." % (key, self.needed[key]) for key in missing]
        names = [source.community for source in self.sources.values()]
        for name in sorted({name for name in names if names.count(name) > 1}):
            found.append("SECUREB2SHARE_SOURCES: two sources have the community %r; each needs its own." % name)
        return found

    def define(self, app: Flask) -> None:
        """Let the host know, in every mode, what it needs to read records that were written while the mode was on."""
        return None

    @abc.abstractmethod
    def lock(self, app: Flask) -> None:
        """Assign the host's own configuration so that it denies content, and delegates reading and deleting."""

    @abc.abstractmethod
    def lock_faults(self, app: Flask) -> List[str]:
        """[sentence] for each part of `lock` that is not in force any more."""

    @abc.abstractmethod
    def content_endpoints(self, app: Flask) -> Dict[str, str]:
        """{endpoint: what it would take} of the routes that carry content; their writes but DELETE are refused."""

    @abc.abstractmethod
    def known_writes(self, app: Flask) -> Dict[str, str]:
        """{endpoint, or its beginning with a *: reason} of the host's write routes that take no content."""

    @abc.abstractmethod
    def watch(self, app: Flask) -> None:
        """Connect the hooks that tell datasets.curation what the host's users publish, change and delete.

        They run in the host's transaction, are connected once a process, and do not tell what this package writes.
        """

    @abc.abstractmethod
    def observe(self, app: Flask) -> None:
        """Connect the hooks of mode observe, once a process: they count what users do, and change nothing for them."""

    def brings_content(self) -> bool:
        """Whether the body of the current request, to a route that takes descriptions, names or holds content.

        Raises Invalid where the body is not strict JSON in UTF-8: nothing passes unread.
        """
        return False

    def community_of_request(self) -> str:
        """The community (as a source's settings name it) in which the current request writes, "" if in none."""
        return ""

    def former_content(self, since: datetime.datetime) -> Optional[FormerContent]:
        """The uploads and files of the instance since a day (naive UTC), or None where the host cannot tell."""
        return None

    def legacy(self) -> Holder:
        """The Holder of the legacy records of the sources' communities; raises SecureB2ShareError for none."""
        raise SecureB2ShareError("This host (%s) cannot move legacy records out." % self.name)

    def explained(self, problem: Problem) -> Problem:
        """The Problem as this host words it for its own users."""
        return problem

    def provision(self, is_extending: bool) -> List[str]:
        """Make what the sources' communities need in the host, and return [sentence] of what was done. Idempotent.

        is_extending: add to what a community has of its own, where that is needed. Raises SecureB2ShareError.
        """
        return []

    def provision_faults(self) -> List[str]:
        """[sentence] for each thing that `provision`, or an operator before it, has still to make."""
        return []

    def source_faults(self) -> List[SourceFault]:
        """[SourceFault] of the sources' communities and owners, as they are now."""
        return []

    def forget(self) -> List[str]:
        """Take back, in the open transaction, what this package wrote outside its tables and outside the records.

        Returns [sentence] of what was done. Idempotent.
        """
        return []

    def remains(self) -> List[str]:
        """[sentence] for each thing of this package that stays in the host's own data for good."""
        return []

    @abc.abstractmethod
    def serve(self, app: Flask) -> None:
        """Get the access member and link into what the host serves of the sources' records."""

    def export_faults(self, app: Flask) -> List[str]:
        """[sentence] for each serialisation of the records that is not ours, and may contradict ours on access."""
        return []

    def finalize(self, app: Flask) -> None:
        """Do what has to wait until every extension is on the app."""
        return None

    def index(self) -> Dict[str, int]:
        """Bring the search index up to date with what was committed, and return {what: count}. Never raises.

        A host that indexes in its own transactions has nothing to do here.
        """
        return {}

    def indexed_sources(self) -> List[str]:
        """Names of the sources whose records `index` deals with."""
        return []

    def reindex(self) -> int:
        """Have `index` deal with every record of the sources again; returns how many records wait now."""
        names = self.indexed_sources()
        return index_queue.want_all(names) if names else 0

    def index_entries(self) -> Optional[Entries]:
        """The sources' entries in the search index, or None on a host that has no index for them."""
        return None

    def look_for_ghosts(self) -> Dict[str, int]:
        """Remove the index entries without a record in a part of the index, now and then; {what: count}. Never raises.

        For `index` to call.
        """
        entries = self.index_entries()
        return self._ghost_watch.look(entries) if entries is not None else {}

    def remove_ghosts(self) -> int:
        """Remove every index entry of the sources without a record; the count. Raises what the client does."""
        entries = self.index_entries()
        return ghosts.remove_all(entries) if entries is not None else 0

    def ghost_count(self) -> Optional[int]:
        """The number of index entries without a record among the newest; None: the cluster cannot tell."""
        entries = self.index_entries()
        return ghosts.count(entries) if entries is not None else 0

    def oai_models(self) -> List[Any]:
        """[model] (SQLAlchemy, with id and updated) of the tables that hold the sources' records, for OAI-PMH."""
        return []

    def oai_source(self, record: Any) -> Any:
        """A record in the form that the host's formats of OAI-PMH take for a search hit's source."""
        return dict(record.dumps(), updated=record.updated)

    def oai_sets(self) -> Dict[str, str]:
        """{setSpec: source} of the sets of OAI-PMH that are a source's."""
        return {}

    def oldest_waiting(self) -> Optional[datetime.datetime]:
        """Naive UTC time of the oldest change that the host's search does not know yet, or None."""
        return index_queue.waiting()[1]

    def sources_of_token(self) -> Optional[Set[str]]:
        """Names of the sources for which the current request's OAuth2 token may register; None without such a token.

        A host whose tokens have no scopes returns None.
        """
        return None

    def reviewed_sources(self) -> List[str]:
        """Names of the sources whose held registrations the user of the current request may release and refuse."""
        return []

    def described_sources(self) -> List[str]:
        """Names of the sources whose datasets the user of the current request may describe and publish."""
        return self.reviewed_sources()

    def may_operate(self) -> bool:
        """Whether the user of the current request may see deliveries and health, and retry, hold and discard."""
        return False

    def holds_rights(self, account: int) -> bool:
        """Whether an account (id) decides about datasets, or operates: a wrong sign-in to it would do harm."""
        return holders.holds_rights(account)

    def holdings(self) -> List[holders.Holding]:
        """[Holding]: who may do what, by the rows of invenio-access; what members of a community may is not there."""
        return holders.holdings()

    def rights(self, accounts: Optional[Collection[int]] = None) -> Dict[int, Set[str]]:
        """{account: its rights, as sign_in.roles.right writes them} of these accounts, or of all that have any."""
        return holders.rights(accounts)

    @abc.abstractmethod
    def field(self, name: str) -> str:
        """The name that an editor of the host's records knows for a field of a description (``core.titles``)."""

    @abc.abstractmethod
    def from_record(self, record: Any) -> Dict[str, Any]:
        """The description (the `dataset` member) that a record holds: the inverse of `to_record`."""

    @abc.abstractmethod
    def to_record(self, description: Dict[str, Any]) -> Dict[str, Any]:
        """The metadata with which the host holds a description."""

    @abc.abstractmethod
    def publish(self, row: DatasetRow, dataset: Dataset) -> Any:
        """Make the public record of a registration in the open transaction, and return it.

        Sets the row's pid and record_uuid.
        """

    def can_publish_many(self, source: Source) -> bool:
        """Whether `publish_many` works for this Source."""
        return False

    def publish_many(self, source: Source, pairs: Sequence[Tuple[DatasetRow, Dataset]]) -> List[Any]:
        """Make the records of new rows of one Source with few statements, flush them, and return them.

        pairs: [(row, Dataset)]; the records come in their order.
        """
        return [self.publish(row, dataset) for row, dataset in pairs]

    @abc.abstractmethod
    def update(self, row: DatasetRow, dataset: Dataset) -> Any:
        """Write the record anew with the description and the row's state, in the open transaction, and return it."""

    @abc.abstractmethod
    def record(self, row: DatasetRow) -> Any:
        """The record of a row, or None where it was deleted."""

    def records(self, rows: Sequence[DatasetRow]) -> Dict[Any, Any]:
        """{record_uuid: record} of the records of these rows that were not deleted, with few statements."""
        found = {row.record_uuid: self.record(row) for row in rows if row.record_uuid}
        return {record_uuid: record for record_uuid, record in found.items() if record is not None}

    def stamped(self) -> Iterator[List[Stamped]]:
        """Yield [Stamped] of every record that names its dataset itself, the oldest first, a few at a time."""
        return iter(())

    @abc.abstractmethod
    def revision(self, record: Any) -> Tuple[int, int]:
        """(revision number from 0, time of that revision in seconds since 1970)."""

    def revisions(self, rows: List[DatasetRow]) -> Dict[Any, int]:
        """{record_uuid: revision number from 0} of the records of these rows (of one source) that are there."""
        records = {row.record_uuid: self.record(row) for row in rows if row.pid}
        return {uuid: self.revision(record)[0] for uuid, record in records.items() if record is not None}

    def doi_of(self, record: Any) -> Optional[str]:
        """The DOI that a record names beside its PID, or None."""
        return None

    def pid_of(self, text: str) -> Optional[str]:
        """The PID under which a row is kept, for any identifier of its record (own PID, DOI, Handle), or None."""
        return pids.pid_of(text, self.pid_types)

    def names(self, row: DatasetRow) -> List[str]:
        """The identifiers by which `pid_of` finds a published record: its PID, then others such as DOI and Handle."""
        return pids.names(row, self.pid_types)

    def record_url(self, row: DatasetRow) -> str:
        """The record's public page in the canonical base URL."""
        return "%s/records/%s" % (self.base_url(), quote(row.pid, safe="/"))

    def base_url(self) -> str:
        """The canonical base URL of the catalogue, without a slash at the end."""
        return self.config["SITE_UI_URL"].rstrip("/")

    def api_url(self) -> str:
        """The canonical address of the catalogue's API, without a slash at the end."""
        return self.config["SITE_API_URL"].rstrip("/")

    def access_url(self, pid: str) -> str:
        """The stable access address that the record with this PID carries, in the canonical base URL."""
        return "%s/access/%s" % (self.api_url(), quote(pid, safe="/"))

    def pages_url(self) -> str:
        """The address of the application that has the package's pages, without a slash at the end."""
        return self.base_url()

    def access_page_url(self, pid: str) -> str:
        """The page about access to the record with this PID."""
        return "%s/secureb2share/access/%s" % (self.pages_url(), quote(pid, safe="/"))

    def cite_url(self, pid: str, form: str) -> str:
        """The address of one form of citation of the record with this PID."""
        return "%s/secureb2share/cite/%s?format=%s" % (self.pages_url(), quote(pid, safe="/"), form)

    def catalogue_url(self, ending: str) -> str:
        """The address of the catalogue as DCAT; ending: of its form."""
        return "%s/secureb2share/catalogue.%s" % (self.pages_url(), ending)
