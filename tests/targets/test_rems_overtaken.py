"""An event for REMS that was parked and is sent again after later ones of its dataset."""

import pytest
from invenio_db import db
from memory import described
from sqlalchemy import text
from test_rems_sweeps import NAME, link, made, register, resid, sweep

from secureb2share_ext.compat import utcnow
from secureb2share_ext.outbox import store
from secureb2share_ext.testing import rems as fake

ROWS = text("SELECT state FROM secureb2share_event ORDER BY sequence")


def closed():
    found = described("A")
    found["sensitive"].update(access_right="metadata-only")
    return found


@pytest.mark.parametrize("state", ["active", "suspended"])
def test_an_event_that_is_sent_again_late_brings_nothing_back(tmp_path, state):
    with fake.FakeRems() as server:
        for catalogue in made("sqlite:///" + str(tmp_path / "catalogue.db"), server):
            register(catalogue, "A")
            sweep(catalogue)
            register(catalogue, "B")
            server.fault = lambda number: fake.UNSUCCESSFUL if server.requests[-1].method == "PUT" else None
            sweep(catalogue)
            assert states() == ["acknowledged", "parked"]
            server.fault = None
            register(catalogue, "C")
            if state == "suspended":
                catalogue.send("state", "d", state=state, reason="For a reason.")
            sweep(catalogue)
            asked = len(server.requests)
            store.retry_all([NAME])
            db.session.commit()
            sweep(catalogue)
            assert set(states()) == {"acknowledged"} and len(server.requests) == asked
            titles = [one["localizations"]["en"]["title"] for one in server.items_of(resid(catalogue))]
            assert titles == (["C"] if state == "active" else [])
            assert link(catalogue, server) == (302 if state == "active" else "suspended")


LATER = {
    "suspended": [("state", {"state": "suspended", "reason": "For a reason."})],
    "withdrawn": [("state", {"state": "withdrawn", "reason": "For a reason."})],
    "closed": [("register", {"dataset": closed})],
    "title": [("register", {"dataset": lambda: described("B")})],
    "back": [("state", {"state": "suspended", "reason": "R."}), ("state", {"state": "active", "reason": "R."})],
}


@pytest.mark.parametrize("fate", ["parked", "discarded"])
@pytest.mark.parametrize("name", sorted(LATER))
def test_an_event_that_was_parked_opens_no_more_than_the_last_one_allows(tmp_path, name, fate):
    with fake.FakeRems() as server:
        for catalogue in made("sqlite:///" + str(tmp_path / "catalogue.db"), server):
            register(catalogue, "A")
            server.fault = lambda number: fake.UNSUCCESSFUL if server.requests[-1].method != "GET" else None
            sweep(catalogue)
            for action, members in LATER[name]:
                said = {key: value() if callable(value) else value for key, value in members.items()}
                catalogue.send(action, "d", **said)
            db.session.execute(text("UPDATE secureb2share_event SET state = '%s' WHERE state <> 'parked'" % fate))
            db.session.commit()
            server.fault = None
            (first,) = db.session.execute(text("SELECT min(id) FROM secureb2share_event")).fetchone()
            assert store.retry(first, utcnow())
            db.session.commit()
            assert sweep(catalogue) == {"delivered": 1}
            assert len(server.items_of(resid(catalogue))) == int(name in ("title", "back"))
            store.retry_all([NAME])
            db.session.commit()
            sweep(catalogue)
            assert len(server.items_of(resid(catalogue))) == int(name in ("title", "back"))


def states():
    found = [row[0] for row in db.session.execute(ROWS).fetchall()]
    db.session.rollback()
    return found
