"""The records that carry our stamp, read once from all that there are, for tables that were made anew."""

from typing import Any, Iterator, List

from invenio_db import db
from invenio_pidstore.models import PersistentIdentifier, PIDStatus
from invenio_records.api import Record

from ..host import Stamped
from . import mapping, proof, records

SIZE = 200  # records read at a time


def batches(host: Any) -> Iterator[List[Stamped]]:
    """Yield [Stamped] of the records of every class, the oldest first, a few at a time."""
    classes = {records.record_class(host.endpoint(source)) for source in host.sources.values()} or {Record}
    for model in {one.model_cls for one in classes}:
        last = None
        while True:
            rows = _page(model, last)
            if not rows:
                break
            last = rows[-1].created, rows[-1].id
            found = {row.id: row for row in rows if isinstance((row.json or {}).get(mapping.STAMP), dict)}
            if found:
                pids = _pids(list(found), host.own_types)
                yield [
                    Stamped(uuid, pid, stamp, found[uuid].json, proof.is_proven(stamp, uuid))
                    for uuid, stamp in ((uuid, row.json[mapping.STAMP]) for uuid, row in found.items())
                    for pid in [pids.get((uuid, _type_of(host, stamp)))]
                    if pid is not None
                ]


def _page(model, last):
    query = db.session.query(model.id, model.created, model.json)
    if last is not None:
        created, uuid = last
        query = query.filter(db.or_(model.created > created, db.and_(model.created == created, model.id > uuid)))
    return query.order_by(model.created, model.id).limit(SIZE).all()


def _type_of(host, stamp):
    # of the PIDs of the source's endpoint; one of a source that is configured no more is of any
    source = host.sources.get(stamp["source"]) if isinstance(stamp.get("source"), str) else None
    return host.endpoint(source)["pid_type"] if source is not None else None


def _pids(uuids, types):
    # {(record_uuid, type or None): PID}
    model = PersistentIdentifier
    query = db.session.query(model.object_uuid, model.pid_type, model.pid_value).filter(
        model.object_type == "rec",
        model.status == PIDStatus.REGISTERED,
        model.object_uuid.in_(uuids),
        model.pid_type.in_(types),
    )
    found = {}
    for uuid, kind, pid in query:
        found[uuid, kind] = found[uuid, None] = pid
    return found
