import contextlib
import os
import socket
import stat
import threading
import time
from types import SimpleNamespace

import pytest

from secureb2share_ext.errors import Later, NotTaken, SecureB2ShareError
from secureb2share_ext.messages import drop_folder, drop_state

SECRET = b"KEY OF THE SERVICE\n"
LARGEST = 100000


@pytest.fixture
def place(tmp_path):
    """A folder of the other side, one of the state, and a secret of the service beside them."""
    for name in ("drop", "state", "service"):
        (tmp_path / name).mkdir()
        os.chmod(str(tmp_path / name), 0o755)
    put(tmp_path / "service" / "secret.jsonl", SECRET)
    return tmp_path


@contextlib.contextmanager
def taking(place):
    """(State, file descriptor of the other side's folder)"""
    with drop_folder.opened(str(place / "drop")) as (fd, _):
        with drop_folder.opened(str(place / "state"), is_ours=True) as (own, _):
            kept = drop_state.State(own)
            try:
                yield kept, fd
            finally:
                kept.close()


def put(path, content=b"line\n", age=60):
    path.write_bytes(content)
    os.utime(str(path), (time.time() - age, time.time() - age))


def everything(folder):
    """{relative path: bytes} of the regular files below a folder."""
    found = {}
    for base, _, names in os.walk(str(folder)):
        for name in names:
            path = os.path.join(base, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                with open(path, "rb") as file:
                    found[os.path.relpath(path, str(folder))] = file.read()
    return found


def device(path):
    try:
        os.mknod(str(path), stat.S_IFCHR | 0o600, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root makes devices")


def listening(path):
    with socket.socket(socket.AF_UNIX) as made, contextlib.suppress(OSError):
        made.bind(str(path))


KINDS = {
    "link": (lambda path, secret: os.symlink(str(secret), str(path)), "symbolic link"),
    "dangling": (lambda path, secret: os.symlink("nowhere", str(path)), "symbolic link"),
    "hard link": (lambda path, secret: os.link(str(secret), str(path)), "hard link"),
    "pipe": (lambda path, secret: os.mkfifo(str(path)), "no regular file"),
    "folder": (lambda path, secret: path.mkdir(), "no regular file"),
    "socket": (lambda path, secret: listening(path), "no regular file"),
    "device": (lambda path, secret: device(path), "no regular file"),
    "long": (lambda path, secret: put(path, b"x" * (LARGEST + 1)), "longer than"),
    "sparse": (lambda path, secret: (put(path), os.truncate(str(path), 10**13)), "longer than"),
}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_is_no_plain_file_is_not_taken(place, kind):
    make, why = KINDS[kind]
    make(place / "drop" / "a.jsonl", place / "service" / "secret.jsonl")
    with taking(place) as (kept, fd):
        assert drop_folder.look(fd).names == ["a.jsonl"]
        began = time.monotonic()
        with pytest.raises(NotTaken, match=why) as refused:
            kept.take(fd, "a.jsonl", LARGEST, LARGEST)
        assert not isinstance(refused.value, Later) and time.monotonic() - began < 5
        assert kept.incoming() == [] and not os.listdir(kept.folders["incoming"])
    assert everything(place / "service") == {"secret.jsonl": SECRET} and os.path.lexists(str(place / "drop/a.jsonl"))


def test_what_may_be_incomplete_is_left_for_later(place):
    put(place / "drop" / "new.jsonl", age=0)
    put(place / "drop" / "full.jsonl", b"x" * 50)
    with taking(place) as (kept, fd):
        for name, left in (("new.jsonl", LARGEST), ("full.jsonl", 49), ("gone.jsonl", LARGEST)):
            with pytest.raises(Later):
                kept.take(fd, name, LARGEST, left)
        assert kept.incoming() == [] and sorted(drop_folder.look(fd).names) == ["full.jsonl", "new.jsonl"]


def test_a_file_that_grows_while_it_is_read_is_left_for_later(place, monkeypatch):
    put(place / "drop" / "a.jsonl", b"x" * 1000)
    read = os.read

    def grown(fd, size):
        with open(str(place / "drop" / "a.jsonl"), "ab") as file:
            file.write(b"more")
        return read(fd, size)

    with taking(place) as (kept, fd):
        monkeypatch.setattr(drop_folder.os, "read", grown)
        with pytest.raises(Later, match="changed while it was read"):
            kept.take(fd, "a.jsonl", LARGEST, LARGEST)
        assert kept.incoming() == []
    assert (place / "drop" / "a.jsonl").exists()


def test_a_file_is_taken_once_and_names_never_meet(place):
    with taking(place) as (kept, fd):
        taken = []
        for number in range(5):
            put(place / "drop" / "a.jsonl", b"%d\n" % number)
            name, size = kept.take(fd, "a.jsonl", LARGEST, LARGEST)
            assert size == 2
            taken.append(name)
        assert len(set(taken)) == 5 and kept.incoming() == sorted(taken) == taken
        assert [kept.open(name).read() for name in taken] == [b"%d\n" % number for number in range(5)]
        for where in ("done", "waiting", "refused"):
            kept.put(taken.pop(), where)
        assert not os.listdir(str(place / "drop"))


@pytest.mark.parametrize("swapped", ["folder", "above"])
def test_a_folder_that_becomes_a_link_after_it_was_listed_is_not_followed(place, swapped):
    put(place / "drop" / "secret.jsonl", b"a line\n")
    with taking(place) as (kept, fd):
        (name,) = drop_folder.look(fd).names
        os.rename(str(place / "drop"), str(place / "moved"))
        os.symlink(str(place / "service"), str(place / "drop"))
        taken, _ = kept.take(fd, name, LARGEST, LARGEST)
        assert kept.open(taken).read() == b"a line\n"
    assert everything(place / "service") == {"secret.jsonl": SECRET}
    path = place / "drop" if swapped == "folder" else place / "drop" / "below"
    (place / "service" / "below").mkdir()
    with pytest.raises(SecureB2ShareError, match="symbolic link"), drop_folder.opened(str(path)):
        pass


def test_a_file_that_becomes_something_else_after_it_was_looked_at_is_not_taken(place, monkeypatch):
    path, look = place / "drop" / "a.jsonl", os.stat
    for kind in ("link", "hard link", "pipe"):
        put(path)

        def swap(name, kind=kind, **named):
            found = look(name, **named)
            monkeypatch.setattr(drop_folder.os, "stat", look)
            os.remove(str(path))
            KINDS[kind][0](path, place / "service" / "secret.jsonl")
            return found

        with taking(place) as (kept, fd):
            monkeypatch.setattr(drop_folder.os, "stat", swap)
            with pytest.raises(NotTaken):
                kept.take(fd, "a.jsonl", LARGEST, LARGEST)
        os.remove(str(path))
    assert everything(place / "state") == {} and everything(place / "service") == {"secret.jsonl": SECRET}


@pytest.mark.parametrize("free, is_taken", [(drop_state.SPARE + 1000, True), (drop_state.SPARE + 999, False)])
def test_the_disk_of_the_state_is_not_filled(place, monkeypatch, free, is_taken):
    put(place / "drop" / "a.jsonl", b"x" * 1000)
    monkeypatch.setattr(drop_folder.os, "fstatvfs", lambda fd: SimpleNamespace(f_bavail=free, f_frsize=1))
    with taking(place) as (kept, fd):
        if is_taken:
            assert kept.take(fd, "a.jsonl", LARGEST, LARGEST)[1] == 1000
        else:
            with pytest.raises(NotTaken, match="less than 1000000000 bytes free"):
                kept.take(fd, "a.jsonl", LARGEST, LARGEST)
            assert (place / "drop" / "a.jsonl").exists() and not kept.incoming()


def test_an_attacker_who_changes_a_file_all_the_time_gets_nothing_read(place):
    path, ends = place / "drop" / "a.jsonl", threading.Event()
    makers = [KINDS[kind][0] for kind in ("link", "hard link", "pipe")]

    def attack():
        other, number = place / "drop" / "next", 0
        while not ends.wait(0.0005):
            if number % 2:
                put(other, b"a line\n")
            else:
                makers[number // 2 % 3](other, place / "service" / "secret.jsonl")
            os.rename(str(other), str(path))
            number += 1

    attacker = threading.Thread(target=attack)
    attacker.start()
    taken = 0
    try:
        with taking(place) as (kept, fd):
            end = time.monotonic() + 20
            while taken < 30 and time.monotonic() < end:
                with contextlib.suppress(NotTaken):
                    kept.take(fd, "a.jsonl", LARGEST, LARGEST)
                    taken += 1
    finally:
        ends.set()
        attacker.join()
    assert taken and set(everything(place / "state").values()) == {b"a line\n"}
    assert everything(place / "service") == {"secret.jsonl": SECRET}


HOSTILE = [
    "a\nb.jsonl", "\x1b[2J.jsonl", "-rf.jsonl", ".jsonl", "..jsonl", "a b.jsonl", "æ.jsonl", "$(id).jsonl", "a.jsonl\n",
    "a.JSONL", "x" * 200 + ".jsonl", "a.json", "a.jsonl.part",
]  # fmt: skip


def test_hostile_names_are_not_taken_and_can_be_shown(place):
    for name in HOSTILE:
        put(place / "drop" / name)
    with open(os.path.join(os.fsencode(str(place / "drop")), b"\xff.jsonl"), "wb"):
        pass
    put(place / "drop" / "good-1.2_a.jsonl")
    with taking(place) as (_, fd):
        found = drop_folder.look(fd)
    assert found.names == ["good-1.2_a.jsonl"] and len(found.others) == len(HOSTILE) + 1
    for name in found.others:
        assert drop_folder.shown(name).isprintable() and drop_folder.shown(name).encode("ascii")


def test_a_folder_of_many_entries_is_looked_at_in_turns(place, monkeypatch):
    monkeypatch.setattr(drop_folder, "LOOKED_AT", 5)
    names = ["%d.jsonl" % number for number in range(8)]
    for name in names:
        put(place / "drop" / name)
    with taking(place) as (_, fd):
        assert drop_folder.look(fd).names == names[:5]
        assert drop_folder.look(fd, "4.jsonl").names == names[5:] + names[:2]
        assert drop_folder.look(fd, "7.jsonl").names == names[:5] and drop_folder.look(fd).is_whole
        monkeypatch.setattr(drop_folder, "LISTED", 7)
        assert not drop_folder.look(fd).is_whole


def test_names_of_another_form_hide_nothing(place, monkeypatch):
    monkeypatch.setattr(drop_folder, "LOOKED_AT", 5)
    for number in range(50):
        put(place / "drop" / ("junk %d" % number))
    put(place / "drop" / "good.jsonl")
    with taking(place) as (_, fd):
        found = drop_folder.look(fd)
    assert found.names == ["good.jsonl"] and len(found.others) == 5


@pytest.mark.parametrize("made", ["open", "above", "link"])
def test_the_state_is_where_nobody_else_writes(place, made):
    state = place / "state" / "of" / "it"
    state.mkdir(parents=True)
    if made == "open":
        os.chmod(str(state), 0o777)
    elif made == "above":
        os.chmod(str(place / "state"), 0o777)
    else:
        os.rename(str(state), str(place / "elsewhere"))
        os.symlink(str(place / "elsewhere"), str(state))
    with pytest.raises(SecureB2ShareError), drop_folder.opened(str(state), is_ours=True):
        pass


def test_the_folders_are_not_inside_each_other(place):
    (place / "drop" / "inner").mkdir()
    ways = {}
    for name in ("drop", "drop/inner", "state"):
        with drop_folder.opened(str(place / name)) as (_, way):
            ways[name] = way
    drop_folder.check_apart(ways["drop"], ways["state"])
    for pair in (("drop", "drop/inner"), ("drop/inner", "drop"), ("drop", "drop")):
        with pytest.raises(SecureB2ShareError):
            drop_folder.check_apart(*(ways[name] for name in pair))


def test_one_run_at_a_time(place):
    with taking(place) as (kept, _), taking(place) as (other, _):
        with kept.locked() as first, other.locked() as second:
            assert (first, second) == (True, False)
        with other.locked() as after:
            assert after


def test_a_link_in_the_state_has_nothing_written(place):
    secret = place / "service" / "secret.jsonl"
    for name in ("log", "lock", "refused/a.jsonl.refused.jsonl"):
        with taking(place):
            os.symlink(str(secret), str(place / "state" / name))
    with taking(place) as (kept, _):
        with pytest.raises(OSError):
            kept.log("sentence")
        with pytest.raises(OSError), kept.locked():
            pass
        with pytest.raises(OSError):
            kept.open_refused("a.jsonl.refused.jsonl", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    assert everything(place / "service") == {"secret.jsonl": SECRET}


def test_the_log_begins_anew(place, monkeypatch):
    monkeypatch.setattr(drop_state, "LOG_LONGEST", 100)
    with taking(place) as (kept, _):
        for number in range(10):
            kept.log("sentence %d" % number)
    found = everything(place / "state")
    assert set(found) <= {"log", "log.1"} and all(len(content) < 200 for content in found.values())
