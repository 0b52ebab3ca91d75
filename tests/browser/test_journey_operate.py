"""An operator finds out why a delivery hangs, and sends it again."""

import contextlib
import sqlite3

from visitor import until

from demo.launch import SOURCES


@contextlib.contextmanager
def broken(site, source):
    """The secure environment of a source answers every event with an error meanwhile."""
    path = site.data / SOURCES[source] / "environment.sqlite"

    def rename(old, new):
        with contextlib.closing(sqlite3.connect(path, timeout=10)) as db:
            db.execute("ALTER TABLE %s RENAME TO %s" % (old, new))

    rename("events", "events_away")
    try:
        yield
    finally:
        rename("events_away", "events")


def test_a_delivery_that_hangs_is_found_and_sent_again(site, meet, scene, setting):
    operator = meet(**setting)
    operator.log_in("curator")
    deliveries = site.catalogue + "/secureb2share/operate/"
    operator.open(deliveries, "Deliveries")
    with broken(site, "tsd"):
        # what a source registers itself is not told to it again
        identifier = scene.described_by_curator("A delivery that hangs")
        entry = operator.page.locator("tr", has=operator.page.get_by_text(identifier, exact=True))
        until(lambda: operator.page.goto(deliveries) and "500" in "".join(entry.all_inner_texts()))
        operator.arrive("Deliveries")
        # where it goes, what is wrong and what to do stand on the same page
        operator.sees(site.secure + "/ingest")
        operator.sees("The fault is on the other side: ask the target's operator what the log of the target says.")
        operator.open(deliveries + "health", "Health")
        operator.sees("Targets with failed attempts")
        operator.open(deliveries, "Deliveries")
        entry.get_by_role("link").first.click()
        operator.arrive()
        assert "500" in operator.page.locator("main").inner_text()
    operator.open(deliveries, "Deliveries")
    entry.locator("input[type=checkbox]").check()
    operator.press("Try the chosen ones now", "Deliveries")
    # it is ordered, and no more is known
    assert operator.page.get_by_role("status").count() == 1 and operator.page.locator(".notice-ok").count() == 0
    until(lambda: operator.page.goto(deliveries) and entry.count() == 0)
    operator.open(deliveries + "?state=acknowledged", "Deliveries")
    assert entry.count() == 1
    assert operator.refused == []
