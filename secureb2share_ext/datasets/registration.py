"""How does a signed message take effect, once?

Idempotent on the message id, and on (source, identifier): new, changed, unchanged, or adopting a curator's record.
Everything is one transaction with the answer; of two at once, one waits at the row or meets its unique key and
starts again.
"""

import json

from flask import current_app
from invenio_db import db
from sqlalchemy.exc import IntegrityError

from ..access import decisions
from ..client import canonical, digest
from ..dataset import CATALOGUE_PREFIX, Dataset, state_fault
from ..errors import Invalid, MessageReused, NotAccepted, UnknownDataset
from . import answer, publication, store


def carry_out(host, message):
    """(HTTP status, answer as dict) of a Message; commits. Raises a Problem, with nothing stored."""
    for last_try in (False, True):
        try:
            return _carry_out_once(host, message)
        except IntegrityError:
            # another request took the identifier or the message id first; now it can be seen
            db.session.rollback()
            if last_try:
                raise
        except Exception:
            db.session.rollback()
            raise


def _carry_out_once(host, message):
    known = store.answered(message.source, message.id)
    if known is not None:
        if known.digest != message.digest:
            raise MessageReused()
        status, said = known.status, json.loads(known.answer)
        db.session.rollback()
        return status, said
    row = store.lock(message.source, message.identifier)
    status, row, result = ACTIONS[message.action](host, row, message)
    said = dict(answer.of_row(host, row), result=result)
    store.keep_answer(message, status, said)
    pid = row.pid
    try:
        db.session.commit()
    except Exception:
        current_app.logger.error("secureb2share.commit-failed pid=%s source=%s", pid, message.source)
        raise
    return status, said


def _register(host, row, message):
    description = message.members["dataset"]
    if row is None:
        if message.identifier.startswith(CATALOGUE_PREFIX):
            raise Invalid([("identifier", publication.CATALOGUES_OWN)])
        row = store.add(message.source, message.identifier, "source")
        row.tenant, row.issued = message.tenant, message.issued
        with publication.caused_by_source():
            host.publish(row, Dataset(message.source, message.identifier, description))
        return 201, row, "created"
    _check_order(row, message)
    _check_record(host, row)
    if row.state == "withdrawn":
        raise NotAccepted(
            "This dataset was withdrawn, which is final; register the data under a new identifier.", code="withdrawn"
        )
    if message.tenant and row.tenant and message.tenant != row.tenant:
        raise Invalid([("tenant", "is not that of the registered dataset")])
    result = "adopted" if row.origin == "curator" else "changed"
    row.origin = "source"
    row.issued = message.issued
    row.tenant = row.tenant or message.tenant
    # the record itself is compared, for something may have changed it past this package
    if digest(canonical(host.from_record(host.record(row)))) != digest(canonical(description)):
        _update(host, row, description)
    elif result == "changed":
        result = "unchanged"
    return 200, row, result


def _change_state(host, row, message):
    if row is None:
        raise UnknownDataset()
    _check_order(row, message)
    _check_record(host, row)
    state, reason, successor = (message.members.get(name) for name in ("state", "reason", "successor"))
    row.issued = message.issued
    if (row.state, row.reason, row.successor) == (state, reason, successor):
        return 200, row, "unchanged"
    fault = state_fault(row.state, state, successor, row.identifier)
    if fault:
        raise NotAccepted("The state %s %s." % (state, fault), code="state")
    if successor and store.find(row.source, successor) is None:
        raise Invalid([("successor", "is not a dataset of this source")])
    record = host.record(row)
    publication.set_state(row, state, reason, successor)
    _update(host, row, host.from_record(record))
    return 200, row, "changed"


def _note_decision(host, row, message):
    if row is None:
        raise UnknownDataset()
    news = decisions.note(row, message.members["application"], message.members["state"], message.issued)
    return 200, row, "changed" if news else "unchanged"


def _update(host, row, description):
    with publication.caused_by_source():
        host.update(row, Dataset(row.source, row.identifier, description, pid=row.pid))


def _check_record(host, row):
    if host.record(row) is None:
        raise NotAccepted("The catalogue's administrator deleted the record of this dataset.", code="withdrawn")


def _check_order(row, message):
    if row.issued and message.issued < row.issued:
        raise NotAccepted("A message about this dataset that was issued later was accepted already.", code="stale")


ACTIONS = {"register": _register, "state": _change_state, "decision": _note_decision}
