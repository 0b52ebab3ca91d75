"""The look at a user's change while the mode is observe; nothing of it reaches the user.

A change that would be accepted gets the dataset's row and an event that is never sent; a change that would be refused
is counted. Whatever goes wrong here is logged, and the user's request goes on.
"""

from typing import Any, Callable, Dict

from flask import current_app, has_request_context
from invenio_db import db

from ..datasets import curation, store
from ..errors import Problem
from ..proxies import Host, Source
from ..uploads import observe


def look(act: Callable[[Any, Any, Any], None], source_of: Callable[[Dict[str, Any]], Any], record: Any) -> None:
    """Call act(host, source, record) while the mode is observe, in a savepoint; never raises.

    source_of(sources): the Source in whose community the change is, or None. record: an object with an id, or None.
    """
    extension = current_app.extensions.get("secureb2share")
    if extension is None or extension.mode != "observe":
        return
    source = None
    try:
        with db.session.begin_nested():
            source = source_of(extension.sources)
            act(extension.host, source, record)
    except Problem as problem:
        if source is not None and has_request_context():
            observe.note(problem.code, source.community)
    except Exception:
        current_app.logger.exception("secureb2share.not-observed record=%s", getattr(record, "id", None))


def deleted(host: Host, source: Source, record: Any) -> None:
    """Note the deletion of a record as the withdrawal that it would be."""
    row = store.lock_by_record(record.id)
    if row is not None:
        curation.accept_deletion(host, row, record, observe=True)
