import copy

import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st
from served import example

from secureb2share_ext.client import canonical
from secureb2share_ext.comparing import comparison
from secureb2share_ext.comparing.difference import Budget
from secureb2share_ext.descriptions import labels
from secureb2share_ext.descriptions.schema import SCHEMA


def spell(path, value):
    return str(labels.label(path, value))


def leaves(value):
    """Every text and number in a description."""
    if isinstance(value, dict):
        return [leaf for member in value.values() for leaf in leaves(member)]
    return [leaf for entry in value for leaf in leaves(entry)] if isinstance(value, list) else [str(value)]


def full():
    found = example()
    found["core"]["contacts"] = [{"name": "Office", "email": "office@example.org", "url": "https://office.example.org"}]
    found["core"]["creators"] = [{"name": "A", "orcid": "0000-0002-1825-0097", "affiliation": "Institute"}]
    found["files"] = [{"label": "Table", "name": "a.csv", "size": 12345, "checksum": "sha256:" + "ab" * 32}]
    return found


def test_all_that_becomes_public_is_shown():
    description = full()
    found = comparison.fields(description, spell)
    shown = " ".join(" ".join(entry) for field in found for entry in field.entries) + str([f.lang for f in found])
    assert [leaf for leaf in leaves(description) if leaf not in shown] == []


def test_fields_come_in_the_order_of_the_schema():
    order = ["%s.%s" % (part, name) for part in comparison.PARTS for name in SCHEMA["properties"][part]["properties"]]
    found = [field.path for field in comparison.fields(full(), spell)]
    assert found[-1] == "files" and found[:-1] == sorted(found[:-1], key=order.index)


@pytest.mark.parametrize(
    "part, name, value",
    [
        ("core", "contacts", [{"name": "Office", "email": "other@example.org"}]),
        ("core", "creators", [{"name": "A", "orcid": "0000-0002-1694-233X"}]),
        ("core", "titles", [{"lang": "da", "text": "T"}]),
        ("core", "keywords", ["a", "b"]),
        ("core", "publication_year", 1999),
        ("sensitive", "access_right", "metadata-only"),
        ("sensitive", "has_structured_data", False),
        ("sensitive", "health_categories", None),
        ("version", "label", "2"),
    ],
)
def test_every_difference_is_shown_and_nothing_else(part, name, value):
    before, after = full(), full()
    before["core"]["titles"] = after["core"]["titles"] = [{"lang": "nb", "text": "T"}]
    after[part][name] = value
    if value is None:
        del after[part][name]
    for one, other in ((before, after), (after, before)):
        found = comparison.compare(one, other, spell, Budget())
        assert {change.path for change in found.changes} == {"%s.%s" % (part, name)}
        for change in found.changes:
            marks = [piece.mark for side in change.before + change.after for piece in side]
            assert any(marks), "nothing in it is marked"
        assert not {change.path for change in found.changes} & {field.path for field in found.same if not field.lang}


def test_what_comes_and_goes_is_shown():
    before, after = full(), copy.deepcopy(full())
    del after["files"]
    (change,) = comparison.compare(before, after, spell, Budget()).changes
    assert (change.path, change.after, len(change.before)) == ("files", [], 1)
    (change,) = comparison.compare(after, before, spell, Budget()).changes
    assert (change.path, change.before, change.is_list) == ("files", [], True)


@strategies.MANY
@given(strategies.DESCRIPTIONS, strategies.DESCRIPTIONS, st.data())
def test_two_descriptions_differ_exactly_where_changes_are_shown(one, other, data):
    # of two that have little in common everything differs: mix them member by member
    mixed = copy.deepcopy(one)
    for part in ("core", "sensitive"):
        for name in data.draw(st.lists(st.sampled_from(sorted(other[part])), max_size=2)):
            mixed[part][name] = other[part][name]
    for before, after in ((one, one), (one, other), (one, mixed), (mixed, one)):
        found = comparison.compare(before, after, spell, Budget()).changes
        assert bool(found) == (canonical(before) != canonical(after))
        for change in found:
            marks = [piece.mark for side in change.before + change.after for piece in side]
            assert change.is_order != any(marks), change


@pytest.mark.parametrize(
    "before, after, path, marked",
    [
        ({}, {"sensitive": {"special_categories": []}}, "sensitive.special_categories", True),
        (
            {"sensitive": {"special_categories": ["Health"]}},
            {"sensitive": {"special_categories": []}},
            "sensitive.special_categories",
            True,
        ),
        ({}, {"files": []}, "files", True),
        ({}, {"version": {}}, "version", True),
        ({"version": {}}, {"version": {"label": "2"}}, "version.label", True),
        (
            {"core": {"creators": [{"name": "A, B"}]}},
            {"core": {"creators": [{"name": "A", "affiliation": "B"}]}},
            "core.creators",
            True,
        ),
        (
            {"core": {"titles": [{"lang": "nb", "text": "A"}, {"lang": "en", "text": "B"}]}},
            {"core": {"titles": [{"lang": "en", "text": "B"}, {"lang": "nb", "text": "A"}]}},
            "core.titles",
            False,
        ),
        (
            {"core": {"titles": [{"lang": "en", "text": "A"}, {"lang": "en", "text": "A"}]}},
            {"core": {"titles": [{"lang": "en", "text": "A"}]}},
            "core.titles",
            True,
        ),
    ],
)
def test_what_is_easily_overlooked_is_a_change(before, after, path, marked):
    for one, other in ((before, after), (after, before)):
        found = comparison.compare(one, other, spell, Budget()).changes
        assert path in [change.path for change in found]
        for change in found:
            pieces = [piece for side in change.before + change.after for piece in side]
            assert any(piece.mark for piece in pieces) == marked and change.is_order != marked
            # "Not stated" stands only where nothing is stated
            assert pieces


def test_another_order_alone_is_said():
    before, after = full(), full()
    before["core"]["keywords"], after["core"]["keywords"] = ["a", "b"], ["b", "a"]
    (change,) = comparison.compare(before, after, spell, Budget()).changes
    assert change.is_order
    assert not any(piece.mark for side in change.before + change.after for piece in side)
