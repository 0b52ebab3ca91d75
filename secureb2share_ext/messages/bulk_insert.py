"""How do many new datasets get their records at once?

Only what is plainly new: nothing to compare, to hold or to link. All of a chunk succeed, or each goes the ordinary
way.
"""

from invenio_db import db

from ..dataset import CATALOGUE_PREFIX, Dataset
from ..datasets import publication, store
from ..datasets.models import DatasetRow
from ..datasets.outcome import Outcome
from . import answers
from . import store as messages


def register(host, lines):
    """Register what is plainly new of [envelope.Line], in the open transaction; the lines that are left."""
    plain = [line for line in lines if _is_plain(line)]
    known = store.known([(line.message.source, line.message.identifier) for line in plain])
    answered = messages.known([(line.message.source, line.message.id) for line in plain])
    by_source = {}
    for line in plain:
        read = line.message
        if (read.source, read.identifier) not in known and (read.source, read.id) not in answered:
            by_source.setdefault(read.source, []).append(line)
    done = set()
    for name, new in by_source.items():
        if host.can_publish_many(host.sources[name]):
            _register(host, host.sources[name], new)
            done.update(map(id, new))
    return [line for line in lines if id(line) not in done]


def _is_plain(line):
    read = line.message
    if read is None or read.action != "register" or read.identifier.startswith(CATALOGUE_PREFIX):
        return False
    source = line.sender.source
    replaces = read.members["dataset"].get("version", {}).get("replaces")
    is_free = source.release == "publish" and source.quota is None and replaces is None
    return is_free and line.sender.may_touch(read.tenant)


def _register(host, source, lines):
    pairs = []
    for line in lines:
        read = line.message
        row = DatasetRow(
            source=read.source,
            identifier=read.identifier,
            origin="source",
            state="active",
            sequence=0,
            tenant=read.tenant,
            issued=read.issued,
        )
        db.session.add(row)
        pairs.append((row, Dataset(read.source, read.identifier, read.members["dataset"])))
    publication.publish_many(host, source, pairs, "source")
    for line, (row, _) in zip(lines, pairs):
        said = answers.of_outcome(host, Outcome(201, row, "created", revision=0))
        messages.add_answer(line.message, 201, said)
        line.accepted(201, said)
    db.session.flush()
