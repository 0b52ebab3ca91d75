import datetime
from types import SimpleNamespace

import pytest

from secureb2share_ext.operating import standing, words
from secureb2share_ext.outbox.models import STATES

NOW = datetime.datetime(2026, 11, 1, 12)
BEFORE, LATER = NOW - datetime.timedelta(hours=1), NOW + datetime.timedelta(hours=1)


def pause(until, failures=0):
    return SimpleNamespace(reason="status 503", since=BEFORE, until=until, failures=failures)


def one(paused=None, counts=None, wait=None, url="https://example.org/ingest"):
    told = {"tsd": paused} if paused else {}
    numbers = {("tsd", state): number for state, number in (counts or {}).items()}
    (found,) = standing.targets({"tsd": url}, told, numbers, {"tsd": wait} if wait else {}, NOW)
    return found


@pytest.mark.parametrize(
    "paused, counts, wait, stands, orders",
    [
        (None, {}, None, "sends", ("hold",)),
        (None, {"delivered": 3}, None, "sends", ("hold",)),
        (None, {"parked": 1}, None, "sends", ("retry-target", "hold")),
        # nothing was sent: it is not known whether the target takes it
        (None, {}, (1, 0, BEFORE, BEFORE), "due", ("retry-target", "hold")),
        (None, {}, (1, 1, BEFORE, NOW), "due", ("retry-target", "hold")),
        (None, {}, (2, 1, BEFORE, LATER), "failing", ("retry-target", "hold")),
        (("resting", pause(LATER, 2)), {}, (1, 1, BEFORE, LATER), "resting", ("retry-target", "hold")),
        (("paused", pause(LATER)), {}, None, "paused", ("resume", "hold")),
        (("held", pause(None)), {}, (1, 0, BEFORE, BEFORE), "held", ("resume",)),
    ],
)
def test_how_a_target_stands_and_what_can_be_ordered(paused, counts, wait, stands, orders):
    found = one(paused, counts, wait)
    assert (found.standing, found.orders) == (stands, orders)
    assert found.standing in words.TARGETS


def test_what_is_known_of_a_target_is_told_in_sentences():
    down = one(("resting", pause(LATER, 2)), {}, (1, 1, BEFORE, LATER))
    failed, following = words.known(down, NOW)
    assert failed.startswith("2 attempts failed, and none succeeded since 1 November 2026")
    assert following == "The next attempt is made in 60 minutes."
    due = one(None, {}, (1, 1, BEFORE, BEFORE))
    assert words.known(due, NOW)[1] == "The next attempt is made by the next run of the worker."
    assert words.known(one(), NOW) == []
    assert words.known(one(("held", pause(None))), NOW)[1] == "Nothing is sent until somebody resumes it."


def test_a_target_that_nobody_configures_can_be_ordered_nothing():
    (found,) = standing.targets({}, {"gone": ("held", pause(None))}, {}, {"gone": (1, 0, BEFORE, BEFORE)}, NOW)
    assert (found.standing, found.orders, found.address, words.known(found, NOW)) == ("unknown", (), "", [])


@pytest.mark.parametrize(
    "url, shown",
    [
        ("https://tsd.example.org/ingest", "https://tsd.example.org/ingest"),
        ("https://tsd.example.org:8443/a/b?token=secret#secret", "https://tsd.example.org:8443/a/b"),
        ("https://user:secret@tsd.example.org/", "https://tsd.example.org/"),
        ("http://[::1]:5001/ingest", "http://[::1]:5001/ingest"),
        ("", ""),
    ],
)
def test_an_address_shows_no_secret(url, shown):
    assert standing.address(url) == one(url=url).address == shown


def test_what_is_not_settled_is_named_unless_a_finding_does():
    rests = one(("resting", pause(LATER, 1)), {}, (1, 1, BEFORE, LATER))
    held, well = one(("held", pause(None))), one()
    assert standing.unsettled([rests, held, well], []) == [rests]
    assert standing.unsettled([rests, held, well], ["tsd"]) == []


@pytest.mark.parametrize(
    "state, next_at, paused, said",
    [
        ("parked", BEFORE, None, "parked"),
        ("sending", BEFORE, pause(LATER), "sending"),
        ("pending", BEFORE, pause(None), "held"),
        ("pending", BEFORE, pause(LATER), "paused"),
        ("pending", BEFORE, pause(BEFORE), "due"),
        ("pending", NOW, None, "due"),
        ("pending", LATER, None, "planned"),
    ],
)
def test_when_an_event_is_tried_next(state, next_at, paused, said):
    assert standing.next_try(state, next_at, paused, NOW) == said
    assert bool(words.next_try(said)) == (said != "planned")


def test_every_state_has_a_filter_and_a_name():
    filters = dict(standing.FILTERS)
    assert set(filters) == set(words.FILTERS) and {state for states in filters.values() for state in states} == set(
        STATES
    )
    assert {name for name, states in filters.items() if set(states) <= {"pending", "parked"}} == set(standing.OPEN)
