from collections import namedtuple

from secureb2share_ext.legacy import listing
from secureb2share_ext.legacy.holder import LegacyRecord

Row = namedtuple("Row", "pid source kind state files size")


def former(pid, files=1, size=10, kind="record"):
    return LegacyRecord(pid, "tsd", kind, (), (), files, size)


def test_states_and_numbers():
    formers = [former("b"), former("a"), former("c", 0, 0), former("d", 3, 30)]
    rows = [
        Row("a", "tsd", "record", "exported", 1, 10),
        Row("c", "tsd", "record", "purged", 2, 20),
        Row("d", "tsd", "record", "frozen", 2, 20),
        Row("z", "csc", "draft", "purged", 5, 50),
    ]
    lines = listing.listed(formers, rows, {"tsd": "hospital"})
    assert lines == [
        ("a", "tsd", "hospital", "record", "exported", 1, 10),
        ("b", "tsd", "hospital", "record", "legacy", 1, 10),
        # what it had
        ("c", "tsd", "hospital", "record", "purged", 2, 20),
        # what it has
        ("d", "tsd", "hospital", "record", "frozen", 3, 30),
        ("z", "csc", "", "draft", "purged", 5, 50),
    ]
    assert list(listing.counts(lines).items()) == [("legacy", 1), ("frozen", 1), ("exported", 1), ("purged", 2)]
