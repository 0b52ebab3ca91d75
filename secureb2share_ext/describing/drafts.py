"""Drafts, found and kept: the only SQL that touches their table, but for what a withdrawal drops."""

import json
from typing import Any, Collection, Dict, List, Optional

from invenio_db import db

from ..compat import flush_before_reading_anew, utcnow
from ..datasets.models import DatasetRow
from ..errors import NotAccepted
from ..pages.words import N_
from . import limits
from .models import Draft

LARGEST = 2**31 - 1
TOO_MANY = N_("This source has too many drafts. Publish or discard some before you begin another one.")


def find(number: int, sources: Collection[str], is_locked: bool = False) -> Optional[Draft]:
    """The draft with this number, if it is of one of these sources (names), or None.

    is_locked: nobody else can have it before the transaction ends.
    """
    if number > LARGEST or not sources:
        return None
    query = db.session.query(Draft).filter(Draft.id == number, Draft.source.in_(list(sources)))
    if is_locked:
        flush_before_reading_anew(db.session())
        query = query.with_for_update().populate_existing()
    return query.one_or_none()


def of_dataset(dataset_id: int) -> Optional[Draft]:
    """The draft that changes a published dataset, or None."""
    return db.session.query(Draft).filter_by(dataset_id=dataset_id).one_or_none()


def page(sources: Collection[str], start: int, size: int) -> List[Draft]:
    """At most `size` drafts of these sources (names), the last changed first, behind the first `start` ones."""
    query = db.session.query(Draft).filter(Draft.source.in_(list(sources)))
    return query.order_by(Draft.updated.desc(), Draft.id.desc()).offset(start).limit(size).all()


def count(sources: Collection[str]) -> int:
    """The number of drafts of these sources (names)."""
    return db.session.query(Draft).filter(Draft.source.in_(list(sources))).count()


def published(sources: Collection[str], start: int, size: int) -> List[DatasetRow]:
    """At most `size` rows of published datasets of curators, the newest first, behind the first `start` ones."""
    query = db.session.query(DatasetRow).filter(
        DatasetRow.source.in_(list(sources)),
        DatasetRow.origin == "curator",
        DatasetRow.pid.isnot(None),
        DatasetRow.state != "withdrawn",
    )
    return query.order_by(DatasetRow.id.desc()).offset(start).limit(size).all()


def begin(
    source: str, description: Dict[str, Any], dataset_id: Optional[int] = None, base: Optional[str] = None
) -> Draft:
    """Add a draft and flush it; of two that change one dataset the second meets an IntegrityError.

    Raises NotAccepted with code "too-many-drafts" where a source has as many as it may have.
    """
    if count([source]) >= limits.MOST:
        raise NotAccepted(TOO_MANY, code="too-many-drafts")
    draft = Draft(source=source, dataset_id=dataset_id, base=base, description=json.dumps(description))
    db.session.add(draft)
    db.session.flush()
    return draft


def keep(draft: Draft, description: Dict[str, Any]) -> None:
    """Write a description into a draft."""
    draft.description, draft.updated = json.dumps(description), utcnow()


def drop(draft: Optional[Draft]) -> None:
    """Forget a draft; None is none."""
    if draft is not None:
        db.session.delete(draft)
        db.session.flush()
