import pytest
from judge_rems import Held, Item, Wanted, of_registrations

CODES = ("DUO:0000004",)
LIVE = Item(1, True, False, "t2", CODES)
OLD = Item(2, False, True, "t1", ("DUO:0000011",))
WANTED = {"d": Wanted("active", "t2", CODES, "1"), "w": Wanted("withdrawn", "t1", CODES, "2")}
HELD = {"d": Held((7,), (OLD, LIVE)), "w": Held((), (OLD,))}
LINKS = {"d": (True, 302), "w": (False, 0)}


def kinds(wanted=WANTED, held=HELD, links=LINKS):
    return sorted({violation.kind for violation in of_registrations(wanted, held, links)})


def test_a_run_that_left_one_item_for_each_published_dataset():
    assert kinds() == []
    shut = {"d": Wanted("suspended", "t2", CODES, "1")}
    assert kinds(shut, {"d": Held((7,), (LIVE._replace(enabled=False),))}, {"d": (False, 0)}) == []


@pytest.mark.parametrize(
    "kind, given",
    [
        ("enabled items", {"held": dict(HELD, d=Held((7,), (OLD,)))}),
        ("enabled items", {"held": {"w": HELD["w"]}}),
        ("enabled items", {"held": dict(HELD, d=Held((7,), (LIVE, LIVE._replace(id=3))))}),
        ("enabled items", {"held": dict(HELD, w=Held((), (LIVE,)))}),
        ("enabled items", {"wanted": dict(WANTED, d=Wanted("suspended", "t2", CODES, "1"))}),
        ("not as told", {"held": dict(HELD, d=Held((7,), (LIVE._replace(title="t1"),)))}),
        ("not as told", {"held": dict(HELD, d=Held((7,), (LIVE._replace(duo=OLD.duo),)))}),
        ("left over", {"held": dict(HELD, d=Held((7,), (LIVE, OLD._replace(archived=False))))}),
        ("left over", {"held": dict(HELD, d=Held((7, 8), (LIVE,)))}),
        ("left over", {"held": dict(HELD, w=Held((9,), (OLD,)))}),
        ("unknown resource", {"held": dict(HELD, x=Held((9,), ()))}),
        ("link", {"links": dict(LINKS, d=(False, 0))}),
        ("link", {"links": dict(LINKS, w=(True, 302))}),
        ("dead link", {"links": dict(LINKS, d=(True, 400))}),
    ],
    ids=map(str, range(14)),
)
def test_each_broken_promise_is_seen(kind, given):
    assert kind in kinds(**given)
