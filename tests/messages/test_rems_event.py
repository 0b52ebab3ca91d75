import datetime
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rems_events import PERSONS, encoded, event, whole
from tables import for_each

from secureb2share_ext.messages.rems_event import Event, Unreadable, event_of, parsed, read

ALLOWED = ("event/id", "event/type", "event/time", "application/id", "application/resources")


class Guarded(dict):
    """A mapping that raises when another member than the allowed ones is asked for, or all of them."""

    def __init__(self, found, allowed):
        super().__init__(found)
        self.allowed = allowed

    def __getitem__(self, name):
        assert name in self.allowed, name
        return super().__getitem__(name)

    def get(self, name, default=None):
        assert name in self.allowed, name
        return super().get(name, default)

    def __iter__(self):
        raise AssertionError("all members are looked at")

    items = values = keys = copy = __iter__


def guarded(found):
    if isinstance(found.get("application/resources"), list):
        entries = [Guarded(one, ("resource/ext-id",)) for one in found["application/resources"]]
        found = dict(found, **{"application/resources": entries})
    return Guarded(found, ALLOWED)


noise = st.dictionaries(
    st.text().filter(lambda name: name not in ALLOWED),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.just("Respondent 7"),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.sampled_from(ALLOWED), inner),
        max_leaves=8,
    ),
    max_size=5,
)
EVENTS = [event(5, "created", resources=["a", "b"]), event(6, "approved"), event(7, "commented")]


@given(st.sampled_from(EVENTS), noise)
def test_no_other_member_is_ever_read_or_changes_what_is_read(bare, more):
    body = dict(more, **bare)
    assert event_of(guarded(body)) == read(encoded(body)) == read(encoded(bare))
    kept = parsed(encoded(body))
    assert set(kept) <= set(ALLOWED)
    assert all(set(one) <= {"resource/ext-id"} for one in kept.get("application/resources", ()))


@given(st.binary() | noise.map(encoded) | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_whatever_the_bytes_are_nothing_is_raised_and_none_of_them_is_said(body):
    said = read(body)
    assert said is None or isinstance(said, Unreadable)
    assert said is None or set(said.member) <= set("()abcdefghijklmnopqrstuvwxyz/-")


def test_of_a_whole_event_no_person_is_kept():
    for kind in ("created", "resources-changed", "submitted", "approved", "commented", "member-invited"):
        body = encoded(whole(3, kind, 9, ["a"]))
        assert all(person in body.decode("ascii") for person in PERSONS)
        kept = json.dumps(parsed(body)) + repr(read(body))
        assert [person for person in PERSONS if person in kept] == []


@for_each(
    [
        ({}, datetime.datetime(2026, 1, 6, 12, 0, 5)),
        ({"event/time": "2026-01-31T12:00:00Z"}, datetime.datetime(2026, 1, 31, 12)),
        ({"event/time": "2026-01-31T12:00:00.123456789Z"}, datetime.datetime(2026, 1, 31, 12, 0, 0, 123456)),
        ({"event/time": "2026-01-31T12:00:00+02:00"}, datetime.datetime(2026, 1, 31, 10)),
        ({"event/time": "2026-01-31T12:00:00.5-0330"}, datetime.datetime(2026, 1, 31, 15, 30, 0, 500000)),
    ]
)
def test_times(changed, moment):
    found = read(encoded(dict(event(5, "created", 7, ["a", "b", "a"]), **changed)))
    assert found == Event(5, "created", moment, 7, ("a", "b")) and found.state is None


@for_each(
    [
        ("submitted", "submitted"), ("returned", "submitted"), ("approved", "approved"), ("rejected", "denied"),
        ("revoked", "closed"), ("closed", "closed"), ("deleted", "deleted"),
    ]
)  # fmt: skip
def test_states(kind, state):
    # a decision that names resources all the same does not change them
    found = read(encoded(event(8, kind, 7, ["a"])))
    assert (found.state, found.resources) == (state, None)


@for_each(
    [
        ("event/type", None), ("event/type", 5), ("event/id", None), ("event/id", "5"), ("event/id", True),
        ("event/id", -1), ("event/id", 1.5), ("event/id", 2**63), ("event/id", 10**5000), ("application/id", None),
        ("application/id", "Respondent 7"), ("application/id", [7]), ("event/time", None), ("event/time", 5),
        ("event/time", "Respondent 7"), ("event/time", "2026-02-30T12:00:00Z"),
        ("event/time", "0001-01-01T00:00:00+12:00"),
        ("event/time", "2026-01-31"), ("application/resources", None), ("application/resources", {}),
        ("application/resources", ["Respondent 7"]), ("application/resources", [{"resource/ext-id": 5}]),
        ("application/resources", [{}]), ("application/resources", [{"resource/ext-id": "a"}] * 1001),
    ]
)  # fmt: skip
def test_faults_name_the_member_and_nothing_of_it(member, value):
    big = isinstance(value, int) and value > 2**100
    body = encoded(dict(event(5, "created", 7, ["a"]), **{member: "BIG" if big else value}))
    said = read(body.replace(b'"BIG"', b"9" * 5000))
    assert isinstance(said, Unreadable) and said.member == member and "Respondent" not in repr(said)


@for_each(
    [
        b"", b"\xff", b"[]", b"null", b"5", b"{", b'{"event/type": ', b"[" * 100000, b'{"a": ' * 100000,
        '{"event/type": "Respondent"}'.encode("utf-16"), b"\xef\xbb\xbf{}",
    ]
)  # fmt: skip
def test_what_is_no_object(body):
    assert read(body) == Unreadable("(body)", "is not a JSON object in UTF-8")


@pytest.mark.parametrize("kind", ["", "created", "application.event/", "application.event/member-invited", "x/created"])
def test_other_types_say_nothing_whatever_else_is_there(kind):
    assert read(encoded(dict(whole(1, "created"), **{"event/type": kind, "event/id": "x"}))) is None


def test_resources_that_no_dataset_can_have_are_left_out():
    named = ["a\x00b", "\ud800", "a\nb", "", "x" * 2001, "søvn & helse"]
    assert read(encoded(event(5, "created", 7, named))).resources == ("søvn & helse",)
