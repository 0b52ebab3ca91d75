"""The count of requests that the mode `on` would refuse, by route and community, while the mode is observe.

The mode observe of SECUREB2SHARE_SIGN_IN has its counts here too, of requests that would need a stronger sign-in. A
request is counted only if the host lets it through, after its answer was sent and on a connection of its own, so that
counting neither waits for the request's transaction nor makes it fail.
"""

import datetime
from typing import Any, List, Optional, Tuple

from flask import after_this_request, g, request
from invenio_db import db
from sqlalchemy.exc import IntegrityError

from .. import compat
from ..compat import utcnow

SIGN_IN = "sign-in-"  # begins what is counted for the sign-in


class RefusalCount(db.Model):
    """The number of requests of one route and community that would have been refused."""

    __tablename__ = "secureb2share_observed"

    what = db.Column(db.String(30), primary_key=True)  # the code of the refusal, or SIGN_IN with action and lack
    endpoint = db.Column(db.String(200), primary_key=True)
    community = db.Column(db.String(100), primary_key=True)  # empty where the route belongs to none
    count = db.Column(db.Integer, nullable=False)
    first = db.Column(db.DateTime, nullable=False)
    last = db.Column(db.DateTime, nullable=False)


def note(what: str, community: str) -> None:
    """Count the current request under a refusal's code, once it was answered without an error.

    community: its name, or "" for none.
    """
    if "secureb2share_observed" not in g:
        g.secureb2share_observed = set()
        after_this_request(_count_at_the_end)
    g.secureb2share_observed.add((what, request.endpoint or "", community))


def _count_at_the_end(response):
    if response.status_code < 400:
        # Flask's types have the proxy for a Flask
        app = compat.application()  # type: ignore[attr-defined]
        noted = g.secureb2share_observed
        response.call_on_close(lambda: _count(app, noted))
    return response


def _count(app, noted):
    with app.app_context():
        try:
            with db.engine.begin() as connection:
                for what, endpoint, community in sorted(noted):
                    count(connection, what, endpoint[:200], community[:100], utcnow())
        except Exception:
            app.logger.exception("secureb2share.observed-not-counted")


def count(connection: Any, what: str, endpoint: str, community: str, now: datetime.datetime) -> None:
    """Raise a count by one, on an open connection."""
    table = RefusalCount.__table__
    row = (table.c.what == what) & (table.c.endpoint == endpoint) & (table.c.community == community)
    raised = table.update().where(row).values(count=table.c.count + 1, last=now)
    if connection.execute(raised).rowcount:
        return
    values = {"what": what, "endpoint": endpoint, "community": community, "count": 1, "first": now, "last": now}
    try:
        with connection.begin_nested():
            connection.execute(table.insert().values(**values))
    except IntegrityError:
        # another process was the first
        connection.execute(raised)


def counted() -> List[RefusalCount]:
    """Every RefusalCount row but those of the sign-in, the most frequent first."""
    order = RefusalCount.count.desc(), RefusalCount.what, RefusalCount.endpoint
    return db.session.query(RefusalCount).filter(~RefusalCount.what.startswith(SIGN_IN)).order_by(*order).all()


def counted_of_sign_in(what: str) -> Tuple[int, Optional[datetime.datetime]]:
    """(requests, naive UTC of the first or None) that were counted under this for the sign-in, on all routes."""
    sums = db.func.coalesce(db.func.sum(RefusalCount.count), 0), db.func.min(RefusalCount.first)
    number, first = db.session.query(*sums).filter(RefusalCount.what == what).one()
    return int(number), first
