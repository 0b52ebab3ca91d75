import datetime
import json
import os
import sqlite3
import stat

import pytest
from invenio_db import db
from served import command, example
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text
from sqlalchemy.engine import Engine
from tables import for_each

from secureb2share_ext import instance, names
from secureb2share_ext.compat import utcnow
from secureb2share_ext.errors import OtherCatalogue
from secureb2share_ext.instance import NAME, Named, differences
from secureb2share_ext.maintenance import check as checking
from secureb2share_ext.maintenance import identity
from secureb2share_ext.outbox.models import Event, Pause, SweepRow
from secureb2share_ext.testing.catalogue import ADDRESS, Catalogue

ELSEWHERE = "https://staging.example.org"
OURS, COPY, OTHER = Named("a", ADDRESS), Named("a", ELSEWHERE), Named("b", ADDRESS)
OF_THE_DATABASE = "The database belongs to %s, and the configuration says %s." % (ELSEWHERE, ADDRESS)
OF_THE_FOLDER = OF_THE_DATABASE.replace("database", "key folder")
NO_ROW = "The database does not say to which instance it belongs: run `secureb2share init`."
NO_FILE = "The key folder has no instance.json: run `secureb2share init`."
NOT_TOGETHER = "The key folder belongs to another instance than the database: every database needs its own folder."
DAMAGED = "instance.json in the key folder cannot be read (damaged): bring it back from a backup."
TWO_ROWS = "The table secureb2share_instance has 2 rows: delete those of other databases."
NO_ADDRESS = "The canonical base URL of the catalogue is not configured."


@for_each(
    [
        ([OURS], OURS, []),
        ([], OURS, [NO_ROW]),
        ([], None, [NO_ROW, NO_FILE]),
        ([OURS], None, [NO_FILE]),
        ([OURS], "damaged", [DAMAGED]),
        ([OURS], OTHER, [NOT_TOGETHER]),
        ([OURS], COPY, [OF_THE_FOLDER]),
        ([COPY], OURS, [OF_THE_DATABASE]),
        ([COPY], COPY, [OF_THE_DATABASE, OF_THE_FOLDER]),
        ([COPY], OTHER, [OF_THE_DATABASE, NOT_TOGETHER]),
        ([COPY], None, [OF_THE_DATABASE, "The key folder has no instance.json."]),
        ([OURS, OTHER], OURS, [TWO_ROWS]),
    ]
)
def test_why_this_may_be_a_copy(rows, noted, expected):
    assert differences(rows, noted, ADDRESS) == expected


def test_why_this_may_be_a_copy_without_address_or_key_folder():
    assert differences([OURS], OURS, None)[0] == NO_ADDRESS
    # there is nothing that could differ, and what a target with a secret gets needs no key
    assert differences([OURS], None, ADDRESS, has_folder=False) == []
    assert differences([COPY], None, ADDRESS, has_folder=False) == [OF_THE_DATABASE]


@pytest.fixture
def catalogue():
    with Catalogue() as found:
        yield found


def run(catalogue, *words, **more):
    result = command(catalogue.app, *words, **more)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result.exit_code, result.output


def doubts(catalogue):
    return instance.doubts(catalogue.extension)


def at(catalogue, address):
    """Have the configuration say another address."""
    catalogue.app.config.update(SITE_UI_URL=address, SITE_API_URL=address + "/api")


def keys_in(catalogue, folder):
    """Have the configuration name another key folder."""
    catalogue.extension.keyring.folder = catalogue.app.config["SECUREB2SHARE_SIGNING_KEY"] = folder


def file_of(catalogue):
    return os.path.join(catalogue.extension.keyring.folder, NAME)


def test_init_adds_what_is_missing_and_overwrites_nothing(catalogue):
    (row,) = instance.known()
    assert row.catalogue == ADDRESS and len(row.instance) == 36 and doubts(catalogue) == []
    with open(file_of(catalogue)) as file:
        assert json.load(file) == {"instance": row.instance, "catalogue": ADDRESS}
    # the service may be another user than the one who ran init
    assert stat.S_IMODE(os.stat(file_of(catalogue)).st_mode) & 0o444 == 0o444
    assert instance.establish(catalogue.extension) == ["Instance: known as %s." % ADDRESS]
    os.remove(file_of(catalogue))
    assert doubts(catalogue) == [NO_FILE]
    assert instance.establish(catalogue.extension) == ["Instance: noted in the key folder."]
    assert doubts(catalogue) == [] and instance.known() == [row]

    at(catalogue, ELSEWHERE)
    said = instance.establish(catalogue.extension)
    assert said == ["Instance: " + sentence for sentence in doubts(catalogue)] and len(said) == 2
    at(catalogue, ADDRESS)
    with open(file_of(catalogue), "w") as file:
        json.dump({"instance": "another", "catalogue": ADDRESS}, file)
    assert instance.establish(catalogue.extension) == ["Instance: " + NOT_TOGETHER]
    assert instance.read(catalogue.folder).instance == "another" and instance.known() == [row]


def test_init_where_nothing_can_be_written_or_nothing_is_configured(catalogue, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    os.remove(file_of(catalogue))
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", refuse)
        first, second = instance.establish(catalogue.extension)
    said = json.loads(first[first.index("{") :])
    assert "cannot be written to (Permission denied)" in first and said == instance.known()[0]._asdict()
    assert second == "Instance: " + NO_FILE
    assert [name for name in os.listdir(catalogue.folder) if not name.endswith(".key")] == []
    with open(file_of(catalogue), "w") as file:
        json.dump(said, file)
    assert doubts(catalogue) == []
    keys_in(catalogue, None)
    (said,) = instance.establish(catalogue.extension)
    assert "SECUREB2SHARE_SIGNING_KEY is not set" in said and doubts(catalogue) == []
    del catalogue.app.config["SITE_UI_URL"]
    assert "Instance: " + NO_ADDRESS in instance.establish(catalogue.extension)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{}",
        b"[" * 5000,
        b'{"instance": 1, "catalogue": "x"}',
        b'{"instance": "", "catalogue": "x"}',
        b'{"instance": "a", "catalogue": "' + b"x" * 10000 + b'"}',
    ],
)
def test_a_damaged_file_is_a_doubt_and_no_traceback(catalogue, content):
    with open(file_of(catalogue), "wb") as file:
        file.write(content)
    assert doubts(catalogue) == [DAMAGED]
    assert instance.establish(catalogue.extension) == ["Instance: " + DAMAGED]
    with open(file_of(catalogue), "rb") as file:
        assert file.read() == content
    assert run(catalogue, "rename")[0] == 1


def test_a_folder_in_the_place_of_the_file_and_a_table_that_is_not_there(catalogue):
    os.remove(file_of(catalogue))
    os.mkdir(file_of(catalogue))
    (said,) = doubts(catalogue)
    assert "Is a directory" in said
    db.session.execute(text("DROP TABLE secureb2share_instance"))
    db.session.commit()
    (said,) = doubts(catalogue)
    assert "cannot be read (OperationalError)" in said
    for words in ([], ["--as-copy"]):
        code, told = run(catalogue, "rename", *words)
        assert code == 1 and said + " Run `secureb2share init`." in " ".join(told.split())
    db.session.execute(text("SELECT count(*) FROM secureb2share_event"))


def statements(action):
    """[statement] of an action, without those that begin a transaction."""
    seen = []

    def see(connection, cursor, statement, *more):
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    sqlalchemy_event.listen(Engine, "before_cursor_execute", see)
    try:
        action()
    finally:
        sqlalchemy_event.remove(Engine, "before_cursor_execute", see)
    return seen


def test_what_it_costs(catalogue):
    assert len(statements(lambda: doubts(catalogue))) == 1
    instance.id_of(catalogue.extension)
    assert statements(lambda: instance.id_of(catalogue.extension)) == []
    catalogue.send("register", "cost/1", dataset=example())
    seen = statements(lambda: catalogue.send("register", "cost/2", dataset=example()))
    assert seen and not [one for one in seen if "secureb2share_instance" in one]


def test_a_process_learns_of_a_new_id_when_it_asks_for_doubts(catalogue):
    (row,) = instance.known()
    catalogue.extension.instance_id = "of the original"
    assert instance.id_of(catalogue.extension) == "of the original"
    doubts(catalogue)
    assert instance.id_of(catalogue.extension) == row.instance
    db.session.query(instance.Instance).delete()
    db.session.commit()
    assert doubts(catalogue) == [NO_ROW] and instance.id_of(catalogue.extension) == ""
    # nothing is refused for want of it
    assert catalogue.send("register", "without/1", dataset=example())[0] == 201


def test_two_databases_with_one_key_folder():
    with Catalogue() as first:
        with Catalogue(SECUREB2SHARE_SIGNING_KEY=first.folder) as second:
            assert doubts(second) == [NOT_TOGETHER]
            for words in (["rename", "--yes"], ["rename", "--as-copy", "--yes"]):
                for address in (ADDRESS, ELSEWHERE):
                    at(second, address)
                    code, said = run(second, *words)
                    assert code == 1 and ("another instance" in said or "Nothing was changed" in " ".join(said.split()))
        assert doubts(first) == []


def test_rename_takes_the_configured_address(catalogue):
    (row,) = instance.known()
    before = catalogue.send("register", "rename/1", dataset=example())[0], catalogue.events("rename/1")[0]["id"]
    assert before[0] == 201 and run(catalogue, "rename") == (
        0,
        "The catalogue is known by its configured address already; nothing was changed.\n",
    )
    at(catalogue, ELSEWHERE)
    assert len(doubts(catalogue)) == 2
    code, said = run(catalogue, "rename", input="n\n")
    assert code == 1 and "From: %s\nTo:   %s\n" % (ADDRESS, ELSEWHERE) in said
    assert instance.known() == [row] and len(doubts(catalogue)) == 2
    code, said = run(catalogue, "rename", input="y\n")
    assert code == 0 and "Instance: known as %s." % ELSEWHERE in said
    assert doubts(catalogue) == [] and instance.known() == [Named(row.instance, ELSEWHERE)]
    # what was written under the former address stays as it is
    assert catalogue.events("rename/1")[0]["id"] == before[1]
    catalogue.send("state", "rename/1", state="suspended", reason="Test.")
    assert catalogue.events("rename/1")[1]["source"] == ELSEWHERE


NEW = "https://new.example.org"


def accepted(catalogue, name, identifier="former/1"):
    """Whether a message that names the catalogue so is accepted; it may be the same one again."""
    try:
        catalogue.send("register", identifier, catalogue=name, dataset=example())
    except OtherCatalogue:
        return False
    return True


def later(monkeypatch, **delta):
    """Have this process believe that it is later."""
    moment = utcnow() + datetime.timedelta(**delta)
    for module in (names, identity):
        monkeypatch.setattr(module, "utcnow", lambda: moment)
    return moment


def check(catalogue, now=None):
    return checking.notes(catalogue.extension, now or utcnow())


def test_a_former_name_stays_good_until_its_day(catalogue, monkeypatch):
    assert accepted(catalogue, ADDRESS) and not accepted(catalogue, NEW) and check(catalogue) == []
    at(catalogue, NEW)
    assert accepted(catalogue, NEW) and not accepted(catalogue, ADDRESS)
    code, said = run(catalogue, "rename", "--yes", "--keep-days", "7")
    (kept,) = check(catalogue)
    assert code == 0 and kept in said and kept.startswith("Messages that name the catalogue %s are accepted" % ADDRESS)
    assert accepted(catalogue, ADDRESS) and accepted(catalogue, NEW) and not accepted(catalogue, ELSEWHERE)
    line = catalogue.line("register", "former/2", catalogue=ADDRESS, dataset=example())
    assert [one["status"] for one in catalogue.bulk([line])] == [201]
    for days, is_good in ((6.99, True), (7.01, False)):
        with monkeypatch.context() as patched:
            moment = later(patched, days=days)
            assert (accepted(catalogue, ADDRESS), accepted(catalogue, NEW)) == (is_good, True)
            assert bool(check(catalogue, moment)) == is_good


def test_names_after_a_second_change_and_back(catalogue, monkeypatch):
    at(catalogue, NEW)
    assert run(catalogue, "rename", "--yes")[0] == 0
    at(catalogue, ELSEWHERE)
    assert run(catalogue, "rename", "--yes", "--keep-days", "0")[0] == 0
    # kept for no day
    assert [accepted(catalogue, name) for name in (ADDRESS, NEW, ELSEWHERE)] == [True, False, True]
    at(catalogue, ADDRESS)
    assert run(catalogue, "rename", "--yes")[0] == 0
    assert [one.name for one in names.good(catalogue.extension, utcnow())] == [ELSEWHERE]
    assert [accepted(catalogue, name) for name in (ADDRESS, NEW, ELSEWHERE)] == [True, False, True]
    with monkeypatch.context() as patched:
        later(patched, days=31)
        assert [accepted(catalogue, name) for name in (ADDRESS, ELSEWHERE)] == [True, False]
    # a second run, which only writes the file, keeps nothing more
    os.remove(file_of(catalogue))
    assert run(catalogue, "rename", "--yes")[0] == 0 and len(check(catalogue)) == 1
    for days in ("-1", "x", "4000"):
        assert run(catalogue, "rename", "--yes", "--keep-days", days)[0] == 2


def test_what_names_cost(catalogue):
    """A message that gives the present name costs no statement more; of others, one asks the database in a minute."""
    at(catalogue, NEW)
    assert run(catalogue, "rename", "--yes")[0] == 0

    def asked(name, count=1):
        found = [catalogue.message("state", "x", state="active", reason="y", catalogue=name) for _ in range(count)]
        return len(found)

    assert statements(lambda: asked(NEW, 50)) == []
    assert len(statements(lambda: asked(ADDRESS, 50))) == 1
    assert statements(lambda: asked(ADDRESS, 50)) == []


def test_a_copy_accepts_nothing_that_was_signed_for_the_original(original, tmp_path):
    at(original, NEW)
    assert run(original, "rename", "--yes")[0] == 0
    with copied(original, tmp_path) as copy:
        at(copy, ELSEWHERE)
        keys_in(copy, str(tmp_path / "empty"))
        # before it is renamed, its database has the former name of the original still
        assert check(copy) == [] and [accepted(copy, name) for name in (ADDRESS, NEW, ELSEWHERE)] == [
            False,
            False,
            True,
        ]
        assert run(copy, "rename", "--as-copy", "--yes")[0] == 0
        assert check(copy) == [] and [accepted(copy, name) for name in (ADDRESS, NEW, ELSEWHERE)] == [
            False,
            False,
            True,
        ]
    assert [accepted(original, name) for name in (ADDRESS, NEW, ELSEWHERE)] == [True, True, False]


def test_rename_that_stopped_half_way_can_be_run_again(catalogue):
    (row,) = instance.known()
    at(catalogue, ELSEWHERE)
    instance.write(catalogue.folder, Named(row.instance, ELSEWHERE))
    assert doubts(catalogue) == ["The database belongs to %s, and the configuration says %s." % (ADDRESS, ELSEWHERE)]
    assert run(catalogue, "rename", "--yes")[0] == 0 and doubts(catalogue) == []
    os.remove(file_of(catalogue))
    assert run(catalogue, "rename", "--yes")[0] == 0 and doubts(catalogue) == []


@pytest.mark.parametrize("missing", ["row", "address"])
def test_rename_of_what_init_did_not_prepare(catalogue, missing):
    if missing == "row":
        db.session.query(instance.Instance).delete()
        db.session.commit()
    else:
        del catalogue.app.config["SITE_UI_URL"]
    for words in ([], ["--as-copy"]):
        code, said = run(catalogue, "rename", "--yes", *words)
        assert code == 1 and (NO_ROW if missing == "row" else NO_ADDRESS) in said


def copied(catalogue, tmp_path):
    """A Catalogue on a copy of the database of another one, which has a key folder of its own."""
    db.session.commit()
    path = catalogue.app.config["SQLALCHEMY_DATABASE_URI"][len("sqlite:///") :]
    # Python 3.6 has no backup()
    with sqlite3.connect(path) as live, sqlite3.connect(str(tmp_path / "copy.db")) as kept:
        kept.executescript("\n".join(live.iterdump()))
    return Catalogue(SQLALCHEMY_DATABASE_URI="sqlite:///%s" % (tmp_path / "copy.db"))


@pytest.fixture
def original(tmp_path):
    with Catalogue(SQLALCHEMY_DATABASE_URI="sqlite:///%s" % (tmp_path / "original.db")) as found:
        for number, state in enumerate(("pending", "parked", "delivered", "acknowledged", "observed")):
            found.send("register", "copy/%d" % number, dataset=example())
            row = found.row("copy/%d" % number)
            db.session.query(Event).filter_by(dataset_id=row.id).update({"state": state})
        db.session.add(SweepRow(name="outbox", mark=70, floor=0))
        db.session.commit()
        yield found


def test_a_copy_becomes_an_instance_of_its_own(original, tmp_path):
    (row,) = instance.known()
    kids = {key.kid for key in original.extension.keyring.list()}
    with copied(original, tmp_path) as copy:
        at(copy, ELSEWHERE)
        keys_in(copy, str(tmp_path / "empty"))
        assert [one.split(",")[0] for one in doubts(copy)] == [
            "The database belongs to %s" % ADDRESS,
            "The key folder has no instance.json.",
        ]
        # init leaves the folder empty
        instance.establish(copy.extension)
        assert not os.path.exists(file_of(copy))
        code, said = run(copy, "rename", "--as-copy", input="y\n")
        assert code == 0 and "Events of the original: 3 discarded." in said, said
        (own,) = instance.known()
        assert own.instance != row.instance and own.catalogue == ELSEWHERE and doubts(copy) == []
        assert instance.read(str(tmp_path / "empty")) == own

        states = [state for (state,) in db.session.query(Event.state).order_by(Event.id)]
        assert states == ["discarded"] * 3 + ["acknowledged", "observed"]
        assert {pause.target: pause.until for pause in db.session.query(Pause)} == {"csc": None, "tsd": None}
        assert db.session.query(SweepRow.mark).scalar() == 0
        published = {key.kid for key in copy.extension.keyring.list() if key.state != "revoked"}
        assert len(published) == 1 and not published & kids and copy.extension.keyring.current()

        code, said = run(copy, "rename", "--as-copy", "--yes")
        assert code == 1 and "it is no copy" in said and instance.known() == [own]
        copy.send("state", "copy/0", state="suspended", reason="Test.")
        of_the_copy = copy.events("copy/0")[-1]
        # the address is the original's again by mistake: the ids are still others
        at(copy, ADDRESS)
        copy.send("state", "copy/1", state="suspended", reason="Test.")
        of_the_copy_there = copy.events("copy/1")[-1]
    for number, other in ((0, of_the_copy), (1, of_the_copy_there)):
        original.send("state", "copy/%d" % number, state="suspended", reason="Test.")
        mine = original.events("copy/%d" % number)[-1]
        assert mine["data"]["sequence"] == other["data"]["sequence"] == 2 and mine["id"] != other["id"]
    assert doubts(original) == [] and len(original.extension.keyring.list()) == len(kids)


def test_a_copy_does_not_touch_a_folder_that_may_be_the_originals(original, tmp_path):
    with copied(original, tmp_path) as copy:
        before = copy.rows()
        at(copy, ELSEWHERE)
        for folder in (original.folder, copy.folder, None):
            keys_in(copy, folder)
            code, said = run(copy, "rename", "--as-copy", "--yes")
            assert code == 1 and "Nothing was changed" in " ".join(said.split()), said
        (tmp_path / "state").mkdir()
        (tmp_path / "state" / "outbox.mark").write_text("70\n")
        keys_in(copy, str(tmp_path / "empty"))
        copy.app.config["SECUREB2SHARE_STATE_FOLDER"] = str(tmp_path / "state")
        code, said = run(copy, "rename", "--as-copy", "--yes")
        assert code == 1 and "SECUREB2SHARE_STATE_FOLDER names a folder with outbox.mark" in said
        copy.app.config["SECUREB2SHARE_STATE_FOLDER"] = None
        (tmp_path / "empty").write_text("a file")
        code, said = run(copy, "rename", "--as-copy", "--yes")
        assert code == 1 and "cannot be written to" in said
        assert copy.rows() == before


def test_a_copy_whose_file_cannot_be_written_stays_as_it_was(original, tmp_path, monkeypatch):
    def refuse(*args):
        raise OSError(28, "No space left on device")

    with copied(original, tmp_path) as copy:
        before = copy.rows()
        at(copy, ELSEWHERE)
        keys_in(copy, str(tmp_path / "empty"))
        monkeypatch.setattr(instance, "write", refuse)
        code, said = run(copy, "rename", "--as-copy", "--yes")
        assert code == 1 and "(No space left on device). Nothing was changed." in said
        assert copy.rows() == before and os.listdir(str(tmp_path / "empty")) == []
