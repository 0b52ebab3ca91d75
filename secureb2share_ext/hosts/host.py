"""The questions that a host answers.

The flows know a host through these alone. A *record* is whatever object the host's own interface hands out; a *row* is
a datasets.models.DatasetRow; a Dataset is the value of dataset.py. All of them run inside an application context.
"""

import abc
from typing import Dict, NamedTuple, Optional
from urllib.parse import quote

from ..errors import SecureB2ShareError
from . import index_queue, pids


class FormerContent(NamedTuple):
    """What an instance has of uploads and files from the time before it was switched on; None: cannot be known."""

    uploads: int  # versions of files since a day
    buckets: int  # that these are in
    users: Optional[int]  # who uploaded since that day
    communities: Optional[Dict[str, int]]  # {community: uploads since that day}
    records: int
    records_with_files: int


class Host(abc.ABC):
    """What the flows ask of the system that holds the records."""

    name = ""
    extension = ""  # the name of the host's own extension on the app, by which `check` confirms the choice
    needed = {}  # key of the host's configuration -> what it is, for a sentence that asks for it
    pid_types = ()  # of invenio-pidstore, under which a record can be asked for

    def __init__(self, config, sources):
        """config: the app's; sources: {name: messages.sources.Source}."""
        self.config = config
        self.sources = sources

    def faults(self):
        """[sentence]: what in the configuration of this host does not fit the sources."""
        missing = [key for key in self.needed if not self.config.get(key)]
        found = ["%s is not set: it is %s." % (key, self.needed[key]) for key in missing]
        names = [source.community for source in self.sources.values()]
        for name in sorted({name for name in names if names.count(name) > 1}):
            found.append("SECUREB2SHARE_SOURCES: two sources have the community %r; each needs its own." % name)
        return found

    def define(self, app):
        """Let the host know, in every mode, what it needs to read records that were written while the mode was on."""
        return None

    @abc.abstractmethod
    def lock(self, app):
        """Assign the host's own configuration so that it denies content, and delegates reading and deleting."""

    @abc.abstractmethod
    def lock_faults(self, app):
        """[sentence]: which part of `lock` is not in force any more."""

    @abc.abstractmethod
    def content_endpoints(self, app):
        """{endpoint: what it would take} of the routes that carry content; their writes but DELETE are refused."""

    @abc.abstractmethod
    def known_writes(self, app):
        """{endpoint, or its beginning with a *: reason} of the host's write routes that take no content."""

    @abc.abstractmethod
    def watch(self, app):
        """Tell datasets.curation what the host's users publish, change and delete, in the host's transaction.

        What this package writes itself is not told. Connected once a process.
        """

    @abc.abstractmethod
    def observe(self, app):
        """Connect publish, change and delete to what counts and changes nothing, once a process."""

    def brings_content(self):
        """Whether the body of the current request, to a route that takes descriptions, names or holds content."""
        return False

    def community_of_request(self):
        """The community (as a source's settings name it) in which the current request writes, "" if in none."""
        return ""

    def former_content(self, since):
        """What the instance has of uploads and files, as a FormerContent; since: naive UTC. None: unknown."""
        return None

    def legacy(self):
        """The legacy.holder.Holder of what the sources' communities have from before; raises SecureB2ShareError."""
        raise SecureB2ShareError("This host (%s) cannot move legacy records out; B2SHARE can." % self.name)

    def explained(self, problem):
        """A Problem as this host answers with it."""
        return problem

    def provision(self, is_extending):
        """Make what the sources' communities need in the host; [sentence] of what was done. Idempotent.

        is_extending: add to what a community has of its own, where that is needed. Raises SecureB2ShareError.
        """
        return []

    def provision_faults(self):
        """[sentence]: what `provision` has still to make, or an operator before it."""
        return []

    def forget(self):
        """Take back, in the open transaction, what this package wrote outside its tables and outside the records.

        [sentence] of what was done. Idempotent.
        """
        return []

    def remains(self):
        """[sentence]: what of this package stays in the host's own data for good."""
        return []

    @abc.abstractmethod
    def serve(self, app):
        """Get the access member and link into what the host serves of the sources' records."""

    def export_faults(self, app):
        """[sentence]: which serialisations of the sources' records are not ours, and may contradict ours on access."""
        return []

    def finalize(self, app):
        """Do what has to wait until every extension is on the app."""
        return None

    def index(self):
        """Bring the search index up to date with what was committed; {what: count}. Never raises.

        A host that indexes in its own transactions has nothing to do here.
        """
        return {}

    def indexed_sources(self):
        """[name] of the sources whose records `index` deals with."""
        return []

    def reindex(self):
        """Have `index` deal with every record of the sources again, whose copies may be lost; how many wait now."""
        names = self.indexed_sources()
        return index_queue.want_all(names) if names else 0

    def oldest_waiting(self):
        """Naive UTC time of the oldest change that the host's search does not know yet, or None."""
        return index_queue.waiting()[1]

    def sources_of_token(self):
        """{name} of the sources that the current request's OAuth2 token may register for; None without such a token.

        A host whose tokens have no scopes has none.
        """
        return None

    def may_review(self):
        """Whether the user of the current request may release and refuse held registrations."""
        return False

    @abc.abstractmethod
    def field(self, name):
        """A field of a description (``core.titles``), as an editor of the host's records knows it."""

    @abc.abstractmethod
    def from_record(self, record):
        """The description (the `dataset` member) that a record holds: the inverse of what publish stored."""

    @abc.abstractmethod
    def to_record(self, description):
        """The metadata with which the host holds a description."""

    @abc.abstractmethod
    def publish(self, row, dataset):
        """The public record made of a registration, in the open transaction; sets the row's pid and record_uuid."""

    def can_publish_many(self, source):
        """Whether `publish_many` works for this Source."""
        return False

    def publish_many(self, source, pairs):
        """[record] made of [(row, Dataset)] of new rows of one Source with few statements, flushed."""
        return [self.publish(row, dataset) for row, dataset in pairs]

    @abc.abstractmethod
    def update(self, row, dataset):
        """The record, written anew with this description and the row's state, in the open transaction."""

    @abc.abstractmethod
    def record(self, row):
        """The record of a row, or None where it was deleted."""

    @abc.abstractmethod
    def revision(self, record):
        """(revision number from 0, its time in seconds since 1970)."""

    def revisions(self, rows):
        """{record_uuid: revision number from 0} of the records of these rows (of one source) that are there."""
        records = {row.record_uuid: self.record(row) for row in rows if row.pid}
        return {uuid: self.revision(record)[0] for uuid, record in records.items() if record is not None}

    def pid_of(self, text):
        """The PID under which a row is kept, for any identifier of its record (own PID, DOI, Handle), or None."""
        return pids.pid_of(text, self.pid_types)

    def names(self, row):
        """What `pid_of` finds the row of a published record by: its PID, then others such as DOI and Handle."""
        return pids.names(row, self.pid_types)

    def record_url(self, row):
        """The record's public page in the canonical base URL."""
        return "%s/records/%s" % (self.base_url(), quote(row.pid, safe="/"))

    def base_url(self):
        """The canonical base URL of the catalogue, without a slash at the end."""
        return self.config["SITE_UI_URL"].rstrip("/")

    def api_url(self):
        """The canonical address of the catalogue's API, without a slash at the end."""
        return self.config["SITE_API_URL"].rstrip("/")

    def access_url(self, pid):
        """The stable address that records carry, in the canonical base URL."""
        return "%s/access/%s" % (self.api_url(), quote(pid, safe="/"))
