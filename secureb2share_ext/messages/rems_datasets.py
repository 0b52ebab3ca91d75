"""The datasets that the resources of an application in REMS are."""

from typing import Any, Iterable, List, Mapping, Tuple
from urllib.parse import unquote

from ..datasets import store
from ..datasets.models import DatasetRow
from ..proxies import Host
from .sources import Source


def of_entry(sources: Mapping[str, Source], entry: str) -> List[str]:
    """Names of the sources whose access links lead to an entry of SECUREB2SHARE_ACCESS, sorted."""
    return sorted(name for name, source in sources.items() if source.access == entry)


def possible(provider: Any, sources: Iterable[str], resources: Iterable[str]) -> Tuple[str, ...]:
    """Those of the resources (ids) that can be datasets of these sources by the form of their id.

    provider: an access.rems.Rems that tells of events.
    """
    names = list(sources)
    return tuple(one for one in resources if any(provider.backwards.value(one, name) for name in names))


def find(host: Host, provider: Any, sources: Iterable[str], resources: Iterable[str]) -> List[DatasetRow]:
    """The rows of the published datasets of these sources that the resources are, each once, by their numbers.

    provider: as in `possible`. A resource that is nobody's is left out.
    """
    found = {}
    pairs = [(name, provider.backwards.value(one, name)) for one in resources for name in sources]
    place = provider.backwards.place
    for name, value in pairs:
        row = _row(host, place, name, value) if value is not None else None
        if row is not None and row.pid is not None and row.source == name:
            found[row.id] = row
    return [found[number] for number in sorted(found)]


def _row(host, place, source, value):
    if place == "identifier":
        return store.find(source, value)
    return store.by_pid(value) if place == "pid" else _of_address(host, value)


def _of_address(host, address):
    pid = host.pid_of(unquote(address))
    if pid is not None:
        return store.by_pid(pid)
    base = host.base_url() + "/"
    parts = unquote(address[len(base) :]).split("/") if address.startswith(base) else []
    # a PID may have slashes, and what stands before it is the host's
    for start in range(len(parts)):
        row = store.by_pid("/".join(parts[start:]))
        if row is not None and host.record_url(row) == address:
            return row
    return None
