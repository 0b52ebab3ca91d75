"""The applications in REMS that are remembered, and the counts that follow from their events.

A decision of REMS names its application alone, so that the datasets are remembered from `created` and
`resources-changed`. The ids of applications are small numbers, which anybody could guess behind a plain digest: theirs
has a key, made of the application's SECRET_KEY, which is in no database. The digest begins with a fingerprint of that
key, by which rows of a former one are known.
"""

import datetime
import hashlib
import hmac
import json
from typing import Any, Collection, Dict, List, Optional, Tuple

from flask import current_app
from invenio_db import db
from sqlalchemy.exc import IntegrityError, OperationalError

from .. import stops
from ..client import canonical
from ..compat import utcnow
from ..datasets import applications
from ..errors import NotReady
from ..proxies import Extension
from . import rems_datasets
from .models import RemsApplication
from .rems_event import Event
from .rems_history import History
from .run import Patience

CONTEXT = b"secureb2share rems application"
OF_KEY = 16  # hex digits of the key's fingerprint, with which a digest begins
KEPT = datetime.timedelta(days=2)  # REMS tries an event again for one
# another noted the same application first, or each waited for the other
CONFLICTS = (IntegrityError, OperationalError)
WITHOUT_SECRET = "SECRET_KEY is not set, so that no application can be remembered."
TRY_AGAIN = "The event could not be stored now; send it again later."


def carry_out(extension: Extension, entry: str, event: Event) -> str:
    """Note an event of an entry of SECUREB2SHARE_ACCESS and commit; "changed", "unchanged" or "ignored".

    Raises a Problem, or what the database does, with nothing stored.
    """
    patience, failures = Patience(), 0
    while True:
        try:
            said = note(extension, entry, event)
            db.session.commit()
            return said
        except Exception as error:
            db.session.rollback()
            failures += 1
            if not isinstance(error, CONFLICTS):
                raise
            if not patience.again(failures):
                problem = NotReady(TRY_AGAIN)
                current_app.logger.error(
                    "secureb2share.rems-event-failed entry=%s error=%s", entry, type(error).__name__
                )
                break
    raise problem


def note(extension: Extension, entry: str, event: Event) -> str:
    """Note an event in the open transaction, which the caller commits or rolls back; as in `carry_out`."""
    provider = extension.providers[entry]
    sources = rems_datasets.of_entry(extension.sources, entry)
    if event.resources is not None:
        event = event._replace(resources=rems_datasets.possible(provider, sources, event.resources))
    pseudonym = pseudonym_of(entry, event.application)
    row = _locked(entry, pseudonym)
    if row is None and event.type == "created" and not event.resources:
        # nothing comes before it, and none of it is ours
        return "ignored"
    known = _history(row)
    found = known.after(event)
    if found == known:
        return "unchanged"
    if row is None:
        _forget(utcnow() - KEPT)
        row = RemsApplication(entry=entry, digest=pseudonym, counted="[]")
        db.session.add(row)
    _write(row, found)
    # of two that are new at once, one waits here and then meets the other's key
    db.session.flush()
    return "changed" if _settle(extension, provider, sources, row, found) else "unchanged"


def pseudonym_of(entry: str, application: int) -> str:
    """The keyed digest of an application's id, 64 hex digits; raises NotReady without a SECRET_KEY."""
    key, fingerprint = _key()
    keyed = hmac.new(key, canonical([entry, application]), hashlib.sha256).hexdigest()
    return fingerprint + keyed[: len(keyed) - OF_KEY]


def of_former_keys(entry: str) -> Dict[int, List[str]]:
    """{number of a dataset: digests of the applications of an entry that are counted for it under a former key}."""
    found: Dict[int, List[str]] = {}
    query = db.session.query(RemsApplication.digest, RemsApplication.counted).filter(
        RemsApplication.entry == entry, ~RemsApplication.digest.startswith(_key()[1])
    )
    for known, counted in query:
        for number in json.loads(counted):
            found.setdefault(number, []).append(known)
    return found


def drop(entry: str, digests: Collection[str]) -> None:
    """Forget applications of an entry, which are counted no more, and commit."""
    for one in digests:
        row = _locked(entry, one)
        if row is not None:
            applications.settle(one, [], json.loads(row.counted), None, utcnow())
            db.session.delete(row)
    db.session.commit()


def _key() -> Tuple[bytes, str]:
    """The key of the digests, and its fingerprint in hex; raises NotReady without a SECRET_KEY."""
    secret = current_app.config.get("SECRET_KEY")
    if not secret:
        raise NotReady(WITHOUT_SECRET)
    key = hmac.new(secret if isinstance(secret, bytes) else secret.encode("utf-8"), CONTEXT, hashlib.sha256).digest()
    return key, hmac.new(key, b"fingerprint", hashlib.sha256).hexdigest()[:OF_KEY]


def _locked(entry, pseudonym) -> Optional[RemsApplication]:
    query = db.session.query(RemsApplication).filter_by(entry=entry, digest=pseudonym)
    return query.with_for_update().populate_existing().one_or_none()


def _history(row: Any) -> History:
    if row is None:
        return History()
    resources = None if row.resources is None else tuple(json.loads(row.resources))
    return History(row.state, row.state_event, row.issued, resources, row.resources_event)


def _write(row, found):
    row.state, row.state_event, row.issued = found.state, found.state_event, found.issued
    row.resources = None if found.resources is None else json.dumps(found.resources)
    row.resources_event, row.touched = found.resources_event, utcnow()


def _settle(extension, provider, sources, row, found):
    """Have the application counted as it stands now; returns whether any count may differ."""
    former = json.loads(row.counted)
    datasets = rems_datasets.find(extension.host, provider, sources, found.resources or ())
    if found.counted is None:
        datasets = []
    for source in {one.source for one in datasets}:
        stops.must_not_be_suspended(source)
    numbers = [one.id for one in datasets]
    if numbers or former:
        applications.settle(row.digest, numbers, former, found.counted, found.issued)
        row.counted = json.dumps(numbers)
    return bool(numbers or former)


def _forget(before):
    query = db.session.query(RemsApplication).filter(RemsApplication.resources.is_(None))
    query.filter(RemsApplication.touched < before).delete(synchronize_session=False)
