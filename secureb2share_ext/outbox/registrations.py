"""The journal of what targets that register (REMS) hold of each dataset, and who may change it there.

The threads that send never see the database's session: a Journal has short transactions of its own over the engine.
An attempt *holds* a dataset's registration for a time, which each note prolongs. Once another attempt has it, nothing
more can be noted, and the one that lost it ends before its next request.
"""

import contextlib
import uuid
from typing import Any, Collection, Dict, List, Optional, Tuple

from invenio_db import db
from sqlalchemy import and_, or_, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from ..compat import utcnow
from ..errors import AttemptEnded
from .claims import LEASE
from .models import Registration

# longer than the steps between two notes, see targets/rems.TOTAL; shorter than the lease of the event that it belongs
# to, so that whoever claims the event after a kill finds the registration free
HELD = LEASE / 2
_TABLE = Registration.__table__
_EVENT = text("SELECT dataset_id, sequence FROM secureb2share_event WHERE id = :id")
# each event but that of a refusal says the whole state of its dataset
_LATER = text(
    "SELECT body FROM secureb2share_event WHERE dataset_id = :dataset_id AND target = :target AND sequence > :sequence"
    " AND state <> 'observed' AND kind <> 'refused' ORDER BY sequence DESC LIMIT 1"
)


class Journal:
    """The registrations at one target; used by several threads."""

    def __init__(self, engine: Any, target: str) -> None:
        """engine: sqlalchemy Engine; target: name."""
        self.engine, self.target = engine, target

    def take(self, event_id: int) -> "Hold":
        """The Hold of the registration of an event's dataset; raises AttemptEnded where another attempt has it."""
        token, now = str(uuid.uuid4()), utcnow()
        with _told():
            with self.engine.begin() as connection:
                dataset_id, sequence = connection.execute(_EVENT, {"id": event_id}).fetchone()
            self._make(dataset_id)
            with self.engine.begin() as connection:
                # one that ends later was written by a clock that ran ahead
                ends = or_(_TABLE.c.holder.is_(None), _TABLE.c.held_until <= now, _TABLE.c.held_until > now + 2 * HELD)
                values = {"holder": token, "held_until": now + HELD}
                update = _TABLE.update().where(and_(self.of(dataset_id), ends)).values(**values)
                is_ours = connection.execute(update).rowcount == 1
                row = connection.execute(_TABLE.select().where(self.of(dataset_id))).fetchone()
                named = {"dataset_id": dataset_id, "target": self.target, "sequence": sequence}
                later = connection.execute(_LATER, named).scalar()
        if not is_ours:
            raise AttemptEnded("later", "another attempt has the registration of this dataset")
        return Hold(self, dataset_id, token, row, sequence, later)

    def _make(self, dataset_id):
        with self.engine.begin() as connection:
            if connection.execute(_TABLE.select().where(self.of(dataset_id))).fetchone() is not None:
                return
        with contextlib.suppress(IntegrityError), self.engine.begin() as connection:
            connection.execute(_TABLE.insert().values(dataset_id=dataset_id, target=self.target, is_open=False))

    def of(self, dataset_id: int) -> Any:
        """The condition (of SQLAlchemy) that a row is that of a dataset."""
        return and_(_TABLE.c.dataset_id == dataset_id, _TABLE.c.target == self.target)


class Hold:
    """A registration that one attempt holds; resid, resource, item, digest and is_open are as they were noted last.

    of_event: sequence of the event that is to be carried out; is_overtaken: whether a later one of the dataset was;
    later: body (bytes) of the dataset's last event, where that is another one, whatever became of it.
    """

    def __init__(
        self, journal: Journal, dataset_id: int, token: str, row: Any, of_event: int, later: Optional[bytes]
    ) -> None:
        self._journal, self._dataset_id, self._token = journal, dataset_id, token
        self.resid: Optional[str] = row.resid
        self.resource: Optional[int] = row.resource
        self.item: Optional[int] = row.item
        self.digest: Optional[str] = row.digest
        self.is_open = bool(row.is_open)
        self.of_event, self.is_overtaken = of_event, row.sequence is not None and row.sequence > of_event
        self.later = bytes(later) if later is not None else None

    def note(self, **values: Any) -> None:
        """Note values of a row, and hold on; raises AttemptEnded when the hold is lost."""
        if not self._write(dict(values, held_until=utcnow() + HELD)):
            raise AttemptEnded("later", "another attempt has taken the registration of this dataset over")
        for name, value in values.items():
            setattr(self, name, value)

    def give_back(self) -> None:
        """Let the next attempt begin at once; one that lost the registration changes nothing."""
        # where this fails, the hold ends by itself
        with contextlib.suppress(AttemptEnded):
            self._write({"holder": None, "held_until": None})

    def _write(self, values):
        mine = and_(self._journal.of(self._dataset_id), _TABLE.c.holder == self._token)
        with _told(), self._journal.engine.begin() as connection:
            return connection.execute(_TABLE.update().where(mine).values(**values)).rowcount == 1


@contextlib.contextmanager
def _told():
    try:
        yield
    except SQLAlchemyError as error:
        raise AttemptEnded("later", "the journal of registrations cannot be used (%s)" % type(error).__name__)


def open_at(dataset_ids: Collection[int]) -> Dict[int, Dict[str, str]]:
    """{dataset id: {target at which it is open: digest of its external id there}}, by one statement."""
    found: Dict[int, Dict[str, str]] = {dataset_id: {} for dataset_id in dataset_ids}
    if found:
        query = db.session.query(Registration.dataset_id, Registration.target, Registration.resid)
        for dataset_id, target, resid in query.filter(Registration.dataset_id.in_(list(found)), Registration.is_open):
            found[dataset_id][target] = resid
    return found


def forget_all() -> None:
    """Delete every registration; the caller commits."""
    db.session.query(Registration).delete(synchronize_session=False)


def counts() -> List[Tuple[str, int, int]]:
    """[(target, registrations, those that are open)] of every target that has any."""
    query = db.session.query(
        Registration.target, db.func.count(), db.func.sum(db.cast(Registration.is_open, db.Integer))
    )
    return sorted((name, count, int(is_open or 0)) for name, count, is_open in query.group_by(Registration.target))
