import pytest
from judge import Arrival, Row, judge, of_health

ACCEPTED = {"d": ["a", "b"]}
ROWS = [Row("t", "d", 1, "id-1", "x1", "a", "acknowledged"), Row("t", "d", 2, "id-2", "x2", "b", "acknowledged")]
ARRIVALS = [Arrival("t", "d", 1, "id-1", "x1", True), Arrival("t", "d", 2, "id-2", "x2", True)]


def kinds(accepted=ACCEPTED, rows=ROWS, arrivals=ARRIVALS, **more):
    return sorted({violation.kind for violation in judge(accepted, ["t"], rows, arrivals, **more)})


def changed(listed, number, **values):
    return [one._replace(**values) if place == number else one for place, one in enumerate(listed)]


def test_a_run_that_keeps_every_promise():
    assert kinds() == []
    # at least once: the same bytes may come again, also without an effect before
    again = [ARRIVALS[0]._replace(took=False), *ARRIVALS, ARRIVALS[0]]
    assert kinds(arrivals=again) == []


@pytest.mark.parametrize(
    "kind, given",
    [
        ("lost", {"accepted": {"d": ["a", "b", "c"]}}),
        ("lost", {"accepted": {"d": ["a", "b"], "e": ["a"]}}),
        ("invented", {"accepted": {"d": ["a"]}}),
        ("invented", {"accepted": {}}),
        ("doubled", {"rows": changed(ROWS, 1, content="a"), "accepted": {"d": ["a"]}}),
        ("renumbered", {"accepted": {"d": ["b", "a"]}}),
        ("number used twice", {"rows": changed(ROWS, 1, sequence=1)}),
        ("other bytes", {"arrivals": [*ARRIVALS, ARRIVALS[0]._replace(digest="x3")]}),
        ("other bytes", {"rows": changed(ROWS, 0, digest="x3")}),
        ("other bytes", {"arrivals": [*ARRIVALS, ARRIVALS[1]._replace(sequence=3)]}),
        ("unknown id", {"arrivals": [*ARRIVALS, ARRIVALS[1]._replace(id="id-3", sequence=3)]}),
        ("out of order", {"arrivals": ARRIVALS[::-1]}),
        ("two effects", {"arrivals": [*ARRIVALS, ARRIVALS[1]._replace(id="id-3")]}),
        ("no effect", {"arrivals": ARRIVALS[:1]}),
        ("no effect", {"arrivals": changed(ARRIVALS, 1, took=False)}),
        ("unaccounted for", {"rows": changed(ROWS, 1, state="pending")}),
        ("unaccounted for", {"rows": changed(ROWS, 1, state="parked")}),
        ("unaccounted for", {"rows": changed(ROWS, 1, state="observed"), "waiting": {"id-2"}}),
    ],
)
def test_each_kind_of_violation_is_found(kind, given):
    assert kind in kinds(**given)


def test_what_was_parked_may_come_late_and_what_waits_by_plan_may_wait():
    assert kinds(arrivals=ARRIVALS[::-1], late={"id-1"}) == []
    assert kinds(rows=changed(ROWS, 1, state="pending"), arrivals=ARRIVALS[:1], waiting={"id-2"}) == []


def health(**changes):
    found = {name: {"text": "none"} for name in ("undelivered", "parked", "unacknowledged")}
    found.update((name, {"text": "well"}) for name in ("paused", "sweep", "restore", "clock", "lock", "signing-key"))
    found.update({"index": {"text": "well"}}, **changes)
    return {name: [dict({"name": name, "level": "ok", "label": ""}, **one)] for name, one in found.items()}


def test_health_that_tells_the_truth():
    assert of_health(ROWS, health()) == []
    waiting = changed(ROWS, 1, state="parked")
    assert of_health(waiting, health(undelivered={"text": "1 event, the oldest"}, parked={"text": "1 event"})) == []
    assert of_health(ROWS, health(paused={"label": "t", "text": "t: held"}), {"t"}) == []
    many = [ROWS[0]._replace(state="delivered")] * 10001
    assert of_health(many, health(unacknowledged={"text": "more than 10000 events, the oldest 3 s old"})) == []


@pytest.mark.parametrize(
    "rows, said, paused",
    [
        (changed(ROWS, 1, state="pending"), {}, set()),
        (changed(ROWS, 1, state="parked"), {"undelivered": {"text": "1 event"}}, set()),
        (changed(ROWS, 1, state="delivered"), {}, set()),
        (ROWS, {"undelivered": {"text": "2 events, the oldest 3 s old"}}, set()),
        (ROWS, {"undelivered": {"text": "more than 10000 events, the oldest 3 s old"}}, set()),
        (ROWS, {}, {"t"}),
        (ROWS, {"paused": {"label": "t", "text": "t: status 401"}}, set()),
        (ROWS, {"clock": {"level": "critical", "text": "ahead"}}, set()),
        (ROWS, {"sweep": {"level": "warning", "text": "long ago"}}, set()),
    ],
)
def test_health_that_does_not(rows, said, paused):
    assert of_health(rows, health(**said), paused)
