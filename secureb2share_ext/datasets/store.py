"""Datasets, held descriptions and decisions, found and kept: the only SQL that touches their tables."""

import datetime
import functools
import zlib
from typing import Any, Collection, Dict, Iterable, Iterator, List, Optional, Set, Tuple

from invenio_db import db
from sqlalchemy import and_, or_, text
from sqlalchemy.orm import aliased

from ..compat import flush_before_reading_anew, utcnow
from ..dataset import FINAL, identifier_fault
from .models import DatasetRow, Decision, Draft, HeldDescription

ENDINGS = 0x5EC0B25A  # of PostgreSQL's advisory locks with two numbers, those of store.lock_endings


def find(source: str, identifier: str) -> Optional[DatasetRow]:
    """The row of a dataset, or None; also for texts that no database holds."""
    if "\x00" in source or identifier_fault(identifier):
        return None
    return db.session.query(DatasetRow).filter_by(source=source, identifier=identifier).one_or_none()


def lock(source: str, identifier: str) -> Optional[DatasetRow]:
    """The row of a dataset, locked until the transaction ends, or None."""
    return _locked(db.session.query(DatasetRow).filter_by(source=source, identifier=identifier))


def lock_by_record(record_uuid: Any) -> Optional[DatasetRow]:
    """The row whose record this is, locked until the transaction ends, or None."""
    return _locked(db.session.query(DatasetRow).filter_by(record_uuid=record_uuid))


def _locked(query):
    return _anew(query.with_for_update()).one_or_none()


def _anew(query):
    flush_before_reading_anew(db.session())
    return query.populate_existing()


def by_number(number: int) -> Optional[DatasetRow]:
    """The row with this number, or None."""
    return db.session.query(DatasetRow).filter_by(id=number).one_or_none() if number < 2**31 else None


def by_numbers(numbers: Collection[int]) -> Dict[int, DatasetRow]:
    """The rows {number: row} with these numbers."""
    rows = db.session.query(DatasetRow).filter(DatasetRow.id.in_(list(numbers))).all() if numbers else []
    return {row.id: row for row in rows}


def newest(start: int, size: int, named: str = "", pid: Optional[str] = None) -> List[DatasetRow]:
    """At most `size` rows, the newest first, behind the first `start`.

    named: the beginning of an identifier, or a PID; pid: the PID that `named` leads to, where it is a DOI for example.
    """
    query = db.session.query(DatasetRow)
    if named:
        beginning = named.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        is_named = DatasetRow.identifier.like(beginning, escape="\\")
        query = query.filter(or_(is_named, DatasetRow.pid.in_([named] + [pid] * bool(pid))))
    return query.order_by(DatasetRow.id.desc()).offset(start).limit(size).all()


def by_record(record_uuid: Any) -> Optional[DatasetRow]:
    """The row whose record this is, or None."""
    return db.session.query(DatasetRow).filter_by(record_uuid=record_uuid).one_or_none()


def by_pid(pid: str) -> Optional[DatasetRow]:
    """The row of a published record's PID, or None."""
    return db.session.query(DatasetRow).filter_by(pid=pid).one_or_none()


def known_records(uuids: Collection[Any]) -> Set[Any]:
    """Those of these records that have a row."""
    query = db.session.query(DatasetRow.record_uuid).filter(DatasetRow.record_uuid.in_(list(uuids)))
    return {found for (found,) in query} if uuids else set()


def by_records(uuids: Any) -> List[DatasetRow]:
    """The rows whose records these are; uuids: a list of them, or a query of a host's own tables."""
    return db.session.query(DatasetRow).filter(DatasetRow.record_uuid.in_(uuids)).all() if uuids else []


def record_uuids(sources: Optional[Iterable[str]] = None) -> Any:
    """A query of the records of all datasets, or of those of these sources (names), for use inside another query."""
    query = db.session.query(DatasetRow.record_uuid).filter(DatasetRow.record_uuid.isnot(None))
    return query if sources is None else query.filter(DatasetRow.source.in_(sources))


def by_pids(pids: Collection[str]) -> Dict[str, DatasetRow]:
    """The rows {pid: row} of those PIDs that are ours."""
    rows = db.session.query(DatasetRow).filter(DatasetRow.pid.in_(list(pids))).all() if pids else []
    return {row.pid: row for row in rows}


@functools.lru_cache(maxsize=None)
def _relatives():
    """[(aliased row, how the other row is named)]; made once, since an alias costs more than the statement."""
    older, newer, successor = (aliased(DatasetRow) for _ in range(3))
    return [
        (older, older.replaced_by == DatasetRow.identifier),
        (newer, newer.identifier == DatasetRow.replaced_by),
        (successor, successor.identifier == DatasetRow.successor),
    ]


def with_relatives(
    pids: Collection[str] = (), uuids: Collection[Any] = ()
) -> List[Tuple[DatasetRow, Dict[str, DatasetRow]]]:
    """[(row, {identifier: row})] of the datasets with these PIDs or records, by one statement.

    Beside each row stand those of its source that it names as successor or newer version, or that name it.
    """
    columns = ((DatasetRow.pid, pids), (DatasetRow.record_uuid, uuids))
    named = [column.in_(list(values)) for column, values in columns if values]
    if not named:
        return []
    query = db.session.query(DatasetRow, *(other for other, _ in _relatives()))
    for other, is_named in _relatives():
        query = query.outerjoin(other, and_(other.source == DatasetRow.source, is_named))
    found: Dict[DatasetRow, Dict[str, DatasetRow]] = {}
    for row, *others in query.filter(or_(*named)):
        found.setdefault(row, {}).update((other.identifier, other) for other in others if other is not None)
    return list(found.items())


def page(source: str, after: str, size: int, tenants: Optional[Collection[str]] = None) -> List[DatasetRow]:
    """At most `size` rows of a source (of these tenants) whose identifier sorts behind `after`, in that order."""
    query = db.session.query(DatasetRow).filter(DatasetRow.source == source, DatasetRow.identifier > after)
    if tenants is not None:
        query = query.filter(DatasetRow.tenant.in_(tenants))
    return query.order_by(DatasetRow.identifier).limit(size).all()


def count(source: str, **values: Any) -> int:
    """The number of datasets of a source, or of those whose columns have these values."""
    return db.session.query(DatasetRow).filter_by(source=source, **values).count()


def published_before(source: str, moment: datetime.datetime) -> int:
    """The number of published datasets of a source that were registered before a moment (naive UTC)."""
    query = db.session.query(DatasetRow.id).filter_by(source=source)
    return query.filter(DatasetRow.pid.isnot(None), DatasetRow.created < moment).count()


def ended(since: datetime.datetime, source: Optional[str] = None) -> List[DatasetRow]:
    """The rows of datasets (of one source) that came into a final state since a moment (naive UTC), newest first."""
    query = _ended(since, source).order_by(DatasetRow.state_at.desc(), DatasetRow.id.desc())
    return query.all()


def ended_since(source: str, moment: datetime.datetime) -> int:
    """The number of datasets of a source that came into a final state since a moment (naive UTC), and are in it."""
    return _ended(moment, source).count()


def _ended(since, source):
    query = db.session.query(DatasetRow).filter(DatasetRow.state.in_(FINAL), DatasetRow.state_at >= as_written(since))
    return query if source is None else query.filter(DatasetRow.source == source)


def lock_endings(source: str) -> None:
    """Wait until no other transaction ends datasets of a source, and keep others waiting until this one is over.

    SQLite, which has one writer at a time, is for the demo alone.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        numbers = {"kind": ENDINGS, "source": zlib.crc32(source.encode("utf-8")) - 2**31}
        db.session.execute(text("SELECT pg_advisory_xact_lock(:kind, :source)"), numbers)


def forget_former(before: datetime.datetime) -> None:
    """Forget the former states of datasets that came into their final one before a moment (naive UTC)."""
    query = db.session.query(DatasetRow).filter(DatasetRow.former.isnot(None))
    query = query.filter(DatasetRow.state_at < as_written(before))
    query.update({"former": None}, synchronize_session=False)


def as_written(moment: datetime.datetime) -> str:
    """A moment (naive UTC) as `state_at` is written, so that texts sort as times do."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def replaced_by(source: str, identifier: str) -> List[DatasetRow]:
    """The rows, locked, of the datasets that this one replaces."""
    query = db.session.query(DatasetRow).filter_by(source=source, replaced_by=identifier)
    return _anew(query.order_by(DatasetRow.id).with_for_update()).all()


def replaced_identifiers(source: str, identifier: str) -> List[str]:
    """The identifiers of the datasets that this one replaces; nothing is locked."""
    query = db.session.query(DatasetRow.identifier).filter_by(source=source, replaced_by=identifier)
    return [found for (found,) in query]


def held(dataset_id: int) -> Optional[HeldDescription]:
    """The description of a dataset that waits for a curator or was refused, or None."""
    # read anew: behind the row's lock it may be another than the session saw before
    return _anew(db.session.query(HeldDescription).filter_by(dataset_id=dataset_id)).one_or_none()


def held_reasons(dataset_ids: Collection[int]) -> Dict[int, Optional[str]]:
    """The reasons {dataset id: reason} of those datasets of which something is held; None while it waits."""
    query = db.session.query(HeldDescription.dataset_id, HeldDescription.reason)
    return dict(query.filter(HeldDescription.dataset_id.in_(list(dataset_ids))).all()) if dataset_ids else {}


def held_page(
    start: int, size: int, sources: Optional[Collection[str]] = None
) -> List[Tuple[DatasetRow, HeldDescription]]:
    """At most `size` pairs (row, held) that wait for a curator, the oldest first, behind the first `start` ones.

    sources: the names of those sources alone.
    """
    held = HeldDescription
    query = db.session.query(DatasetRow, held).join(held, held.dataset_id == DatasetRow.id)
    query = _of_sources(query.filter(held.reason.is_(None)), sources).order_by(held.received, held.dataset_id)
    return query.offset(start).limit(size).all()


def waiting(sources: Optional[Collection[str]] = None) -> int:
    """The number of descriptions (of these sources) that wait for a curator."""
    query = db.session.query(HeldDescription.dataset_id).filter(HeldDescription.reason.is_(None))
    if sources is not None:
        query = _of_sources(query.join(DatasetRow, DatasetRow.id == HeldDescription.dataset_id), sources)
    return query.count()


def _of_sources(query, names):
    return query if names is None else query.filter(DatasetRow.source.in_(list(names)))


def decide(
    dataset_id: int,
    outcome: str,
    kind: str,
    digest: str,
    reason: Optional[str] = None,
    account: Optional[str] = None,
) -> Decision:
    """Note what a curator decided; see models.Decision."""
    values = {"outcome": outcome, "kind": kind, "digest": digest, "reason": reason, "account": account}
    made = Decision(dataset_id=dataset_id, decided=utcnow(), **values)
    db.session.add(made)
    return made


def decisions_of(dataset_id: int, size: int) -> List[Decision]:
    """At most `size` decisions on a dataset, the newest first."""
    query = db.session.query(Decision).filter_by(dataset_id=dataset_id)
    return query.order_by(Decision.id.desc()).limit(size).all()


def decided_since(moment: datetime.datetime) -> List[Tuple[Optional[str], datetime.datetime, str]]:
    """[(account, time, outcome)] of the decisions since a moment (naive UTC), in the order of their times."""
    query = db.session.query(Decision.account, Decision.decided, Decision.outcome).filter(Decision.decided >= moment)
    return query.order_by(Decision.decided, Decision.id).all()


def decided_page(start: int, size: int, sources: Optional[Collection[str]] = None) -> List[Tuple[Decision, DatasetRow]]:
    """At most `size` pairs (decision, row) (of these sources), the newest first, behind the first `start` ones."""
    query = db.session.query(Decision, DatasetRow).join(DatasetRow, DatasetRow.id == Decision.dataset_id)
    return _of_sources(query, sources).order_by(Decision.id.desc()).offset(start).limit(size).all()


def published() -> Iterator[DatasetRow]:
    """The rows that have a PID, in the order of their making, a few at a time."""
    last = 0
    while True:
        query = db.session.query(DatasetRow).filter(DatasetRow.id > last, DatasetRow.pid.isnot(None))
        rows = query.order_by(DatasetRow.id).limit(200).all()
        if not rows:
            return
        last = rows[-1].id
        yield from rows
        # what was read is not needed again
        db.session.expire_all()


def published_of(sources: Collection[str], after: int, size: int) -> List[DatasetRow]:
    """At most `size` rows of these sources that have a PID and a number above `after`, in the order of their making."""
    query = db.session.query(DatasetRow).filter(DatasetRow.id > after, DatasetRow.pid.isnot(None))
    return query.filter(DatasetRow.source.in_(list(sources))).order_by(DatasetRow.id).limit(size).all()


def hold(dataset_id: int, description: str, digest: str, **values: Any) -> None:
    """Keep a description (canonical JSON text) for a curator; values: of other columns."""
    values.setdefault("received", utcnow())
    db.session.add(HeldDescription(dataset_id=dataset_id, description=description, digest=digest, **values))
    db.session.flush()


def drop_held(dataset_id: int) -> None:
    """Forget what is held of a dataset."""
    db.session.query(HeldDescription).filter_by(dataset_id=dataset_id).delete()


def drop_draft(dataset_id: int) -> None:
    """Forget the draft of a change of a dataset."""
    db.session.query(Draft).filter_by(dataset_id=dataset_id).delete()


def add(source: str, identifier: str, origin: str) -> DatasetRow:
    """Add a row, and flush it: of two at once, one waits here and then meets an IntegrityError."""
    row = add_new(source, identifier, origin)
    db.session.flush()
    return row


def add_new(source: str, identifier: str, origin: str, **values: Any) -> DatasetRow:
    """Add the row of a dataset that is new for sure to the open transaction; the caller flushes it.

    values: of other columns.
    """
    row = DatasetRow(source=source, identifier=identifier, origin=origin, state="active", sequence=0, **values)
    db.session.add(row)
    return row


def known(pairs: Collection[Tuple[str, str]]) -> Set[Tuple[str, str]]:
    """Those of the pairs (source, identifier) that have a row, as set."""
    found: Set[Tuple[str, str]] = set()
    for source in {source for source, _ in pairs}:
        wanted = [identifier for other, identifier in pairs if other == source]
        query = db.session.query(DatasetRow.identifier).filter_by(source=source)
        found.update((source, one) for (one,) in query.filter(DatasetRow.identifier.in_(wanted)))
    return found
