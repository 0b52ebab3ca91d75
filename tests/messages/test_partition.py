import json

from hypothesis import given, settings
from hypothesis import strategies as st

from secureb2share_ext.messages import partition

NAMES = st.sampled_from("abcdefghijklmnop")
MESSAGES = st.lists(
    st.tuples(st.sampled_from(["register"] * 5 + ["state"]), st.sampled_from(["tsd", "csc"]), NAMES, st.none() | NAMES)
    | st.just(b"no envelope"),
    max_size=40,
)


def line_of(said):
    if isinstance(said, bytes):
        return said
    action, source, identifier, other = said
    body = {"action": action, "source": source, "identifier": identifier}
    if other is not None:
        body.update({"dataset": {"version": {"replaces": other}}} if action == "register" else {"successor": other})
    return json.dumps({"id": "a", "timestamp": 1, "signature": "v1,x", "body": json.dumps(body)}).encode("ascii")


@settings(max_examples=300)
@given(MESSAGES, st.integers(1, 7))
def test_every_line_is_in_one_part_with_its_family(messages, count):
    found = partition.of_lines([line_of(said) for said in messages], count)
    assert len(found) == len(messages) and all(0 <= part < count for part in found)
    where = {}
    for said, part in zip(messages, found):
        if isinstance(said, bytes):
            assert part == 0
            continue
        action, source, identifier, other = said
        for one in (identifier, other):
            if one is not None:
                assert where.setdefault((source, one), part) == part
        if action != "register":
            assert part == 0


def test_lines_are_spread():
    found = partition.of_lines([line_of(("register", "tsd", "d%d" % n, None)) for n in range(400)], 4)
    assert all(found.count(part) > 60 for part in range(4))


def test_long_chain_of_versions_is_read_at_once():
    lines = [line_of(("register", "tsd", "d%d" % (n + 1), "d%d" % n)) for n in range(20000)]
    assert len(set(partition.of_lines(lines, 4))) == 1
