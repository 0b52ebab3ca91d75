from tables import for_each

from secureb2share_ext.uploads import triggers
from secureb2share_ext.uploads.comparison import Marks, Noted, broken, differences

EVERY = [
    (dialect, name, key)
    for dialect in ("postgresql", "sqlite")
    for name, key in ((name, key) for name, should in triggers.expected(dialect).items() for key in should)
]
NOTED = Noted("closed", "2026-11-26 15:00", Marks({"a": "1", "b": "2"}, {"files_files": 7}))


@for_each(EVERY)
def test_every_property_of_every_trigger_counts(dialect, name, key):
    should = triggers.expected(dialect)
    assert differences(should, should, {}) == []
    found = dict(should, **{name: dict(should[name], **{key: "another"})})
    assert differences(found, should, {}) == [
        "The trigger %s is not as `secureb2share init` makes it (%s): run it." % (name, key)
    ]
    del found[name]
    assert differences(found, should, {}) == ["The database has no trigger %s: run `secureb2share init`." % name]


def test_another_trigger_is_named():
    (said,) = differences({"zz": {"table": "files_files"}}, {}, {})
    assert said.startswith("The trigger zz of files_files is not ours")


def test_a_child_is_named():
    (said,) = differences({}, {}, {"files_files": "child, other"})
    assert said.startswith("Rows of child, other are rows of files_files as well")


@for_each(
    [
        (NOTED, {"a": "1", "b": "2"}, {"files_files": 7}, None),
        (NOTED._replace(event="acknowledged"), {"a": "1", "b": "2"}, {"files_files": 7}, None),
        (NOTED, {"a": "1", "b": "2"}, {"files_files": 3}, None),
        (NOTED, {"a": "1", "b": "2"}, {"files_files": 9}, "counts 2 more inserted into files_files"),
        (NOTED, {"a": "1", "b": "2"}, {"files_files": 7, "other": 1}, "counts 1 more inserted into other"),
        (NOTED, {"a": "1", "b": "3"}, {"files_files": 7}, "The triggers b or their function were altered"),
        (NOTED, {"a": "1", "b": "2", "c": "1"}, {"files_files": 7}, "The triggers c or their function were altered"),
        (NOTED, {"a": "9", "b": "9"}, {"files_files": 8}, "15:00Z: The triggers a, b or their function were altered"),
        (NOTED._replace(event="opened"), {"a": "1", "b": "2"}, {"files_files": 7}, "not noted that uploads are closed"),
        (None, {}, {}, "not noted that uploads are closed"),
    ]
)
def test_what_says_that_rows_may_have_passed(noted, stamps, inserted, words):
    said = broken(noted, Marks(stamps, inserted))
    assert len(said) == (words is not None) and (words is None or words in said[0]), said
