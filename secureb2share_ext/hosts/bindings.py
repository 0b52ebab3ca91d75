"""The communities to which the sources are bound: `init` notes the id of each, which stays when a name changes.

Before `init`, and on hosts whose communities have no id, a source has the community that its settings name.
"""

import time
from typing import Optional

from invenio_db import db

from ..proxies import current, has_tables
from .models import Binding

AGAIN = 60  # seconds after which a process asks again for what it did not find: a page of others pays nothing


def bound(source: str) -> Optional[str]:
    """The id of the community to which a source (name) is bound, or None; one without is asked for now and then."""
    host = current().host
    if source not in host.bound and time.monotonic() >= host.bound_again and has_tables():
        with db.session.no_autoflush:
            host.bound.update(db.session.query(Binding.source, Binding.community).all())
        host.bound_again = time.monotonic() + AGAIN
    return host.bound.get(source)


def bind(source: str, community: str) -> bool:
    """Bind a source (name) to a community (id), and commit; returns whether it was bound to another one before."""
    rows = db.session.query(Binding).filter_by(source=source)
    former = rows.with_entities(Binding.community).scalar()
    if former is None:
        db.session.add(Binding(source=source, community=community))
    elif former != community:
        rows.update({"community": community}, synchronize_session=False)
    db.session.commit()
    current().host.bound[source] = community
    return former not in (None, community)


def sentence(source: str, community: str) -> str:
    """What `init` says of a source that it has bound to another community."""
    return (
        "The source %s has another community now, %r: restart the web server and the worker. Its earlier records stay"
        " in the former community." % (source, community)
    )


def renamed(source: str, community: str, name: str) -> str:
    """What `check` and `health` say of a source whose settings name its community as it was called before."""
    return (
        "The community of the source %s is called %r now and not %r: its registrations go on. Write the new name into"
        " SECUREB2SHARE_SOURCES, or the name of the community that is meant, and run `secureb2share init`."
        % (source, name, community)
    )
