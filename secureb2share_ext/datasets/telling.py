"""The telling of datasets that are published already to a target that does not know them."""

from typing import List, Optional, Tuple

from .. import stops
from ..dataset import FINAL
from ..outbox import announce
from ..outbox import store as outbox
from ..proxies import Host
from . import store, view

CHUNK = 100  # datasets of one transaction


def sources_of(host: Host, target: str) -> List[str]:
    """The names of the sources that name a target."""
    return sorted(name for name, source in host.sources.items() if target in source.targets)


def tell_some(host: Host, target: str, again: bool, after: int) -> Tuple[int, Optional[int]]:
    """Write events for one target, in the open transaction, for the next CHUNK datasets behind the number `after`.

    Returns (how many events, the number of the last dataset looked at, or None at the end). Told is what the target was
    never told of, unless it has ended; with again every dataset that no event of waits for it.
    """
    stops.must_be_writable()
    rows = store.published_of(sources_of(host, target), after, CHUNK)
    if not rows:
        return 0, None
    last = rows[-1].id
    known = outbox.told(target, [row.id for row in rows], is_waiting=again)
    wanted = [(row.source, row.identifier) for row in rows if row.id not in known and (again or row.state not in FINAL)]
    return sum(_tell(host, target, again, *one) for one in wanted), last


def _tell(host, target, again, source, identifier):
    row = store.lock(source, identifier)
    record = host.record(row) if row is not None else None
    if row is None or row.pid is None or record is None:
        return 0
    dataset = view.dataset_of(host, row, record)
    urls = host.record_url(row), host.access_url(row.pid), host.base_url()
    announce.tell(row, view.told(host, dataset), *urls, target=target, again=again)
    return 1
