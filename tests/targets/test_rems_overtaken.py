"""An event for REMS that was parked and is sent again after later ones of its dataset."""

import pytest
from invenio_db import db
from sqlalchemy import text
from test_rems_sweeps import NAME, link, made, register, resid, sweep

from secureb2share_ext.outbox import store
from secureb2share_ext.testing import rems as fake

ROWS = text("SELECT state FROM secureb2share_event ORDER BY sequence")


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


def states():
    found = [row[0] for row in db.session.execute(ROWS).fetchall()]
    db.session.rollback()
    return found
