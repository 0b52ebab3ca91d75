from hypothesis import given
from hypothesis import strategies as st
from rems_events import encoded, event
from tables import for_each

from secureb2share_ext.messages.rems_event import read
from secureb2share_ext.messages.rems_history import History

# what may follow what in REMS; a draft that expires is deleted
FOLLOWING = {
    "created": ("submitted", "deleted", "resources-changed"),
    "resources-changed": ("submitted", "resources-changed", "returned", "approved", "deleted"),
    "submitted": ("returned", "approved", "rejected", "closed", "resources-changed"),
    "returned": ("submitted", "closed", "resources-changed"),
    "approved": ("closed", "revoked", "resources-changed"),
    "rejected": ("closed",),
    "closed": (),
    "revoked": (),
    "deleted": (),
}


@st.composite
def histories(draw, resources=("a", "b", "c")):
    """[event] of one application, in the order of their ids, which have gaps: other applications have theirs."""
    kinds, number, found = ["created"], draw(st.integers(0, 3)), []
    while FOLLOWING[kinds[-1]] and len(kinds) < draw(st.integers(1, 8)):
        kinds.append(draw(st.sampled_from(FOLLOWING[kinds[-1]])))
    for kind in kinds:
        names = (
            draw(st.lists(st.sampled_from(resources), max_size=3)) if kind in ("created", "resources-changed") else None
        )
        found.append(read(encoded(event(number, kind, 7, names))))
        number += draw(st.integers(1, 3))
    return found


@st.composite
def arrivals(draw, strategy=None):
    """(events in order, the same in any order and any number of times)."""
    ordered = draw(strategy or histories())
    return ordered, draw(st.permutations(ordered + draw(st.lists(st.sampled_from(ordered), max_size=4))))


def after(events):
    found = History()
    for one in events:
        found = found.after(one)
    return found


@given(arrivals())
def test_any_order_and_any_number_of_times_ends_as_in_order(case):
    ordered, arrived = case
    assert after(arrived) == after(ordered)


@for_each(
    [
        (["created"], None), (["created", "submitted"], "submitted"),
        (["created", "submitted", "approved"], "approved"), (["created", "deleted"], None),
        (["created", "submitted", "approved", "revoked"], "closed"),
        (["created", "submitted", "returned"], "submitted"),
        (["created", "submitted", "returned", "submitted", "rejected"], "denied"),
        (["created", "submitted", "rejected", "closed"], "closed"),
    ]
)  # fmt: skip
def test_what_is_counted(kinds, counted):
    found = after([read(encoded(event(number, kind, 7, ["a"]))) for number, kind in enumerate(kinds)])
    assert found.counted == counted and (found.resources is None) == ("deleted" in kinds)
