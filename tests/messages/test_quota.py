import datetime

import pytest

pytest.importorskip("invenio_db")

from invenio_db import db  # noqa: E402
from memory import described, refused  # noqa: E402
from sqlalchemy import event  # noqa: E402

from secureb2share_ext.errors import QuotaOfDay  # noqa: E402
from secureb2share_ext.messages import inbox, quota, sources  # noqa: E402
from secureb2share_ext.messages.models import SentInDay  # noqa: E402
from secureb2share_ext.messages.quota import Sent  # noqa: E402

NOON = datetime.datetime(2026, 11, 30, 12)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    moment = [NOON]
    monkeypatch.setattr(quota, "utcnow", lambda: moment[0])
    return moment


def limit(catalogue, monkeypatch, **settings):
    monkeypatch.setitem(catalogue.extension.sources, "tsd", catalogue.extension.sources["tsd"]._replace(**settings))


def sent(catalogue):
    """[(source, day of the month, bytes, revisions)] as the database has it."""
    db.session.rollback()
    return sorted((row.source, row.day.day, row.size, row.revisions) for row in db.session.query(SentInDay))


def statements(action):
    seen = []

    def see(connection, cursor, statement, *more):
        if "secureb2share_sent" in statement:
            seen.append(statement.split()[0])

    event.listen(db.engine, "before_cursor_execute", see)
    try:
        action()
    finally:
        event.remove(db.engine, "before_cursor_execute", see)
    return seen


@pytest.mark.parametrize(
    "size, revisions, expected",
    [(10, 2, None), (11, 2, "bytes_a_day"), (10, 3, "revisions_a_day"), (11, 3, "bytes_a_day"), (0, 0, None)],
)
def test_over(size, revisions, expected):
    source = sources.Source("tsd", (), "", "", bytes_a_day=10, revisions_a_day=2)
    assert quota.over(source, Sent(size, revisions)) == expected
    assert quota.over(source._replace(bytes_a_day=None, revisions_a_day=None), Sent(size, revisions)) is None


def test_what_counts(catalogue):
    size = revisions = 0
    for action, members, changes in (
        ("register", {"dataset": described()}, 1),
        ("register", {"dataset": described()}, 0),
        ("register", {"dataset": described("B")}, 1),
        ("state", {"state": "suspended", "reason": "Why."}, 1),
        ("state", {"state": "active", "reason": "Why."}, 1),
        ("decision", {"application": "a", "state": "approved"}, 0),
        ("transfer", {"tenant": "p11"}, 1),
    ):
        read = catalogue.message(action, "a", **members)
        said = inbox.carry_out(catalogue.host, catalogue.sender(), read)
        size, revisions = size + read.size, revisions + changes
        assert sent(catalogue) == [("tsd", 30, size, revisions)], (action, said)
        # the same message again is answered, and counts no more
        assert inbox.carry_out(catalogue.host, catalogue.sender(), read) == said
        assert sent(catalogue) == [("tsd", 30, size, revisions)]
    with refused(catalogue, "unknown-dataset"):
        catalogue.send("state", "b", state="withdrawn", reason="Why.")
    assert sent(catalogue) == [("tsd", 30, size, revisions)]


def test_beyond_the_quota_only_less_becomes_public(catalogue, monkeypatch, clock):
    limit(catalogue, monkeypatch, revisions_a_day=3)
    for identifier in "abc":
        catalogue.send("register", identifier, dataset=described())
    for _ in range(2):
        with refused(catalogue, "daily-quota"):
            catalogue.send("register", "d", dataset=described())
    with pytest.raises(QuotaOfDay) as told:
        catalogue.send("register", "a", dataset=described("B"))
    assert (told.value.status, told.value.extra) == (429, {"retry_after": 12 * 3600 + 1})
    assert "The source tsd may make 3 revisions a day." in told.value.detail
    assert catalogue.send("state", "a", state="suspended", reason="Why.")[1]["state"] == "suspended"
    assert catalogue.send("state", "b", state="withdrawn", reason="Why.")[1]["state"] == "withdrawn"
    for action, members in (
        ("state", {"state": "active", "reason": "Why."}),
        ("decision", {"application": "a", "state": "approved"}),
        ("transfer", {"tenant": "p11"}),
    ):
        with refused(catalogue, "daily-quota"):
            catalogue.send(action, "a", **members)
    assert sent(catalogue)[0][3] == 5
    # other sources go on, and so does this one on the next day, which forgets the one before
    assert catalogue.send("register", "x", "csc", dataset=described())[1]["result"] == "held"
    clock[0] += datetime.timedelta(hours=12)
    assert catalogue.send("register", "d", dataset=described())[1]["result"] == "created"
    assert [row[:2] + row[3:] for row in sent(catalogue)] == [("csc", 30, 1), ("tsd", 1, 1)]


def test_bytes(catalogue, monkeypatch):
    most = catalogue.message("register", "a", dataset=described()).size * 2
    limit(catalogue, monkeypatch, bytes_a_day=most)
    for identifier in "ab":
        catalogue.send("register", identifier, dataset=described())
    with refused(catalogue, "daily-quota"):
        catalogue.send("decision", "a", application="a", state="approved")
    assert sent(catalogue) == [("tsd", 30, most, 2)]
    limit(catalogue, monkeypatch, bytes_a_day=10)
    catalogue.clear()
    with refused(catalogue, "daily-quota"):
        catalogue.send("register", "a", dataset=described())
    assert sent(catalogue) == []


@pytest.mark.parametrize("setting", ["bytes_a_day", "revisions_a_day"])
def test_a_bulk_stops_at_the_same_message(catalogue, monkeypatch, setting):
    size = catalogue.message("register", "10", dataset=described()).size
    limit(catalogue, monkeypatch, **{setting: {"bytes_a_day": size * 7, "revisions_a_day": 7}[setting]})
    lines = [catalogue.line("register", "%d" % (10 + number), dataset=described()) for number in range(12)]
    answers = catalogue.bulk(lines + [catalogue.line("state", "10", state="withdrawn", reason="Why.")])
    assert [one["status"] for one in answers] == [201] * 7 + [429] * 5 + [200]
    assert {one["problem"]["code"] for one in answers if "problem" in one} == {"daily-quota"}
    assert len(catalogue.rows()["secureb2share_dataset"]) == 7 and sent(catalogue)[0][3] == 8
    # sent again, the accepted ones are answered as before, and the others are refused without a statement
    assert statements(lambda: answers.extend(catalogue.bulk(lines))) == []
    assert [one["status"] for one in answers[13:]] == [201] * 7 + [429] * 5


def test_what_it_costs(catalogue, monkeypatch):
    catalogue.send("register", "first", dataset=described())
    assert statements(lambda: catalogue.send("register", "a", dataset=described())) == ["UPDATE"]
    many = [catalogue.line("register", "many/%d" % number, dataset=described()) for number in range(100)]
    # two chunks
    assert statements(lambda: catalogue.bulk(many)) == ["UPDATE"] * 2
    mixed = [catalogue.line("register", "many/%d" % number, dataset=described("B")) for number in range(20)]
    assert statements(lambda: catalogue.bulk(mixed)) == ["UPDATE"]
    limit(catalogue, monkeypatch, bytes_a_day=None, revisions_a_day=None)
    assert statements(lambda: catalogue.send("register", "b", dataset=described())) == []


def test_the_counter_is_written_last(catalogue):
    """Other messages of the source wait for it only while this one is committed."""
    catalogue.send("register", "first", dataset=described())
    seen = []

    def see(connection, cursor, statement, *more):
        seen.append(statement)

    for action in (
        lambda: catalogue.send("register", "a", dataset=described()),
        lambda: catalogue.bulk([catalogue.line("register", "%d" % n, dataset=described()) for n in range(50)]),
    ):
        event.listen(db.engine, "before_cursor_execute", see)
        try:
            action()
        finally:
            event.remove(db.engine, "before_cursor_execute", see)
        written = [one.split()[0:3] for one in seen if not one.startswith(("SELECT", "RELEASE", "SAVEPOINT", "BEGIN"))]
        assert "secureb2share_sent" in written[-1], written
        del seen[:]
