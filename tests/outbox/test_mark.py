import errno
import os

import pytest
from tables import for_each

from secureb2share_ext.errors import MarkNotWritten
from secureb2share_ext.outbox.mark import DAMAGED, MISSING, OLDER, Former, Mark, Seen, doubt, read


@for_each(
    [
        (b"7\n", Seen(7, 7)),  # as it was written before
        (b'{"steps": 8, "sure": 7, "highest": 3}', Seen(8, 7, 3)),
        (b'{"steps": 7, "sure": 7, "highest": 0, "more": 1}', Seen(7, 7, 0)),
        (b"", None),
        (b"\xff", None),
        (b"null", None),
        (b"true", None),
        (b"-1", None),
        (b"1.5", None),
        (b"1e400", None),
        (b"9" * 999, None),
        (b"[" * 999, None),
        (b"{}", None),
        (b'{"steps": "8", "sure": 7, "highest": 3}', None),
        (b'{"steps": 6, "sure": 7, "highest": 3}', None),
        (b'{"steps": 8, "sure": 7, "highest": 9999999999}', None),
    ]
)
def test_what_a_file_says(content, seen):
    assert read(content) == seen


@for_each(
    [
        # no file: nothing was ever sent, or nobody knows
        (None, 0, None),
        (None, 1, MISSING),
        (DAMAGED, 0, DAMAGED),
        (DAMAGED, 5, DAMAGED),
        # killed between the file and the commit, or behind the commit
        (Seen(8, 7), 7, None),
        (Seen(8, 7), 8, None),
        (Seen(8, 8), 8, None),
        # another worker went on, and a copy of the folder that is too old
        (Seen(8, 8), 9, None),
        # an older database
        (Seen(8, 8), 7, OLDER),
        (Seen(8, 7), 6, OLDER),
        (Seen(2**40, 2**40), 7, OLDER),
        # the file in the folder where it was before
        (Former(8, 8), 8, None),
        (Former(8, 7), 7, None),
        (Former(8, 8), 9, MISSING),
        (Former(8, 8), 7, OLDER),
    ]
)
def test_what_a_mark_shows(seen, counter, reason):
    assert doubt(seen, counter) == reason


def test_file(tmp_path):
    mark = Mark(str(tmp_path))
    assert mark.is_kept and mark.read() is None and mark.fault() is None
    mark.write(Seen(8, 7, 3))
    assert mark.read() == Seen(8, 7, 3) and os.listdir(str(tmp_path)) == ["outbox.mark"]
    assert Mark(str(tmp_path / "gone"), former=str(tmp_path)).read() == Seen(8, 7, 3)
    mark.write(None)
    assert mark.read() is None and os.listdir(str(tmp_path)) == []
    (tmp_path / "outbox.mark").mkdir()
    assert mark.read() == DAMAGED
    for folder in (None, str(tmp_path / "gone")):
        assert not Mark(folder).is_kept


def test_file_that_cannot_be_written(tmp_path):
    # a folder in its place, as root may write anywhere
    (tmp_path / "outbox.mark.new").mkdir()
    (tmp_path / "outbox.mark.trial").mkdir()
    mark = Mark(str(tmp_path))
    with pytest.raises(MarkNotWritten, match=r"outbox\.mark cannot be written \(Is a directory\)"):
        mark.write(Seen(1, 0))
    assert mark.fault() == "outbox.mark cannot be written (Is a directory)"


def test_file_that_cannot_be_read_for_a_moment(tmp_path, monkeypatch):
    mark = Mark(str(tmp_path))
    mark.write(Seen(1, 0))

    def broken(*args):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("builtins.open", broken)
    with pytest.raises(MarkNotWritten, match=r"outbox\.mark cannot be read \(Input/output error\)"):
        mark.read()
