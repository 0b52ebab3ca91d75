"""The registration of many new datasets at once.

It takes only what is plainly new: nothing is compared, held or linked. All of a chunk succeed, or each is registered
in the ordinary way.
"""

from typing import Dict, List, Sequence, Set, Tuple

from invenio_db import db

from ..dataset import CATALOGUE_PREFIX, Dataset, replaces_of
from ..datasets import publication, store, ways
from ..datasets.outcome import Outcome
from ..proxies import Host, current
from . import answers
from . import store as messages
from .envelope import Line
from .message import Message
from .quota import Tally


def register(host: Host, lines: Sequence[Line], tally: Tally) -> List[Line]:
    """Register, in the open transaction, the lines that are plainly new, and return the others; tally: counts them."""
    plain = [(line, line.message) for line in lines if line.message is not None and _is_plain(line, line.message)]
    known = store.known([(read.source, read.identifier) for _, read in plain])
    answered = messages.known([(read.source, read.id) for _, read in plain])
    by_source: Dict[str, List[Tuple[Line, Message]]] = {}
    for line, read in plain:
        if (read.source, read.identifier) not in known and (read.source, read.id) not in answered:
            by_source.setdefault(read.source, []).append((line, read))
    done: Set[int] = set()
    for name, new in by_source.items():
        if host.can_publish_many(host.sources[name]) and not current().quotas.may_be_full(host.sources[name]):
            _register(host, host.sources[name], new, tally)
            done.update(id(line) for line, _ in new)
    return [line for line in lines if id(line) not in done]


def _is_plain(line: Line, read: Message) -> bool:
    if line.sender is None or read.action != "register" or read.identifier.startswith(CATALOGUE_PREFIX):
        return False
    source = line.sender.source
    replaces = replaces_of(read.members["dataset"])
    is_free = source.release == "publish" and source.quota is None and replaces is None
    is_free = is_free and not ways.faults(source, read.members["dataset"])
    return is_free and line.sender.may_touch(read.tenant)


def _register(host, source, new, tally):
    pairs = []
    for _, read in new:
        row = store.add_new(read.source, read.identifier, "source", tenant=read.tenant, issued=read.issued)
        pairs.append((row, Dataset(read.source, read.identifier, read.members["dataset"])))
    publication.publish_many(host, source, pairs, "source")
    for (line, read), (row, _) in zip(new, pairs):
        answer = answers.of_outcome(host, Outcome(201, row, "created", revision=0))
        messages.add_answer(read, 201, answer, line.sender.key)
        tally.add(source, read, "created")
        line.accepted(201, answer)
    db.session.flush()
