import json
import re
from datetime import timedelta

import pytest

pytest.importorskip("invenio_db")

from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from invenio_db import db  # noqa: E402
from memory import CONTACT, described, kinds  # noqa: E402
from sqlalchemy.orm.exc import StaleDataError  # noqa: E402

from secureb2share_ext.compat import utcnow  # noqa: E402
from secureb2share_ext.datasets import publication, store  # noqa: E402
from secureb2share_ext.errors import NotReady, Problem  # noqa: E402
from secureb2share_ext.messages import bulk, bulk_insert, inbox, quota, run  # noqa: E402
from secureb2share_ext.testing.host import MemoryHost  # noqa: E402

NOW = re.compile(r"(?!2026-01-01)20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?")


def results(answers):
    return [one["answer"]["result"] if "answer" in one else one["problem"]["code"] for one in answers]


def registrations(catalogue, identifiers, title="A", **given):
    return [catalogue.line("register", one, dataset=described(title), **given) for one in identifiers]


def withdrawals(catalogue, identifiers):
    return [catalogue.line("state", one, state="withdrawn", reason="Study closed.") for one in identifiers]


def counts(catalogue):
    return {name: len(rows) for name, rows in catalogue.rows().items()}


IDENTIFIERS = ("a", "b", "c", "d")
SAID = st.one_of(
    st.fixed_dictionaries({"action": st.just("register"), "title": st.sampled_from("AB"), "replaces": st.none()}),
    st.fixed_dictionaries(
        {"action": st.just("register"), "title": st.sampled_from("AB"), "replaces": st.sampled_from(IDENTIFIERS)}
    ),
    st.fixed_dictionaries({"action": st.just("state"), "state": st.sampled_from(["suspended", "active", "withdrawn"])}),
    st.fixed_dictionaries({"action": st.just("transfer"), "tenant": st.sampled_from(["p11", "p12"])}),
    st.fixed_dictionaries({"action": st.just("decision"), "state": st.sampled_from(["submitted", "approved"])}),
)
MESSAGES = st.lists(
    st.tuples(st.sampled_from(["tsd", "csc"]), st.sampled_from(IDENTIFIERS), SAID, st.integers(0, 9)), max_size=12
)


def members(said):
    action = said["action"]
    if action == "register":
        version = {"replaces": said["replaces"]} if said["replaces"] else {}
        return {"dataset": described(said["title"], **version)}
    more = {"state": {"reason": "Why."}, "transfer": {"contact": CONTACT}, "decision": {"application": "a"}}[action]
    return dict(more, **{name: value for name, value in said.items() if name != "action"})


def singly(catalogue, said):
    answers = []
    for action, identifier, members_of_it in said:
        try:
            status, answer = catalogue.send(action, identifier, **members_of_it)
            answers.append({"status": status, "answer": answer})
        except Problem as problem:
            answers.append({"status": problem.status, "problem": problem.body()})
    return answers


def plain(catalogue, found):
    """Rows or answers as text, without what differs by chance: PIDs, the present time, and digests of these."""
    pids = {row["pid"]: "PID of %(source)s %(identifier)s" % row for row in catalogue.rows()["secureb2share_dataset"]}
    text = json.dumps(found, sort_keys=True, default=lambda raw: raw.hex() if len(raw) == 16 else raw.decode("utf-8"))
    for pid, name in pids.items():
        text = text.replace(pid, name) if pid else text
    return re.sub(r'"event_digest": "[0-9a-f]+"|"updated": \d+', "", NOW.sub("T", text))


@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(messages=MESSAGES, chunk=st.sampled_from([1, 2, 50]))
def test_bulk_and_single_leave_the_same_rows(made, messages, chunk):
    found = []
    for way in ("single", "bulk"):
        made.clear()
        # the same id more than once: what was answered is answered again, or was another message
        said = [
            (
                one["action"],
                identifier,
                dict(
                    members(one), source=source, message_id="%s%d" % (identifier, number), issued="2026-01-01T00:00:00Z"
                ),
            )
            for source, identifier, one, number in messages
        ]
        before, bulk.CHUNK = bulk.CHUNK, chunk
        try:
            answers = singly(made, said) if way == "single" else made.bulk([made.line(a, i, **g) for a, i, g in said])
        finally:
            bulk.CHUNK = before
        for one in answers:
            one.pop("id", None), one.pop("identifier", None)
        rows = {
            table: sorted(plain(made, dict(row, id=None, dataset_id=None)) for row in rows)
            for table, rows in made.rows().items()
            if table != "secureb2share_key"
        }
        found.append((json.loads(plain(made, answers)), rows))
    assert found[0] == found[1]


def test_one_dataset_twice(catalogue):
    lines = [line for title in "AB" for line in registrations(catalogue, "x", title)]
    answers = catalogue.bulk(lines)
    assert results(answers) == ["created", "changed"]
    assert [one["answer"]["revision"] for one in answers] == [0, 1]
    assert kinds(catalogue, "x") == [(1, "published"), (2, "changed")]


def test_bad_line_leaves_the_others(catalogue):
    good = registrations(catalogue, "abc", message_id=None)
    bad = [
        (b"not JSON\n", "invalid"),
        (catalogue.line("register", "faults", dataset={"core": {}}), "invalid"),
        (catalogue.line("state", "nobody", state="withdrawn", reason="Why."), "unknown-dataset"),
        (good[0].replace(b'"signature":"v1a,', b'"signature":"v1a,AAAA'), "signature"),
    ]
    answers = catalogue.bulk(good[:1] + [line for line, _ in bad] + good[1:])
    assert results(answers) == ["created"] + [code for _, code in bad] + ["created"] * 2
    assert counts(catalogue)["testing_record"] == 3


def test_line_that_is_refused_late_is_rolled_back_alone(catalogue, monkeypatch):
    write = MemoryHost.update

    def update(self, row, dataset):
        record = write(self, row, dataset)
        if row.identifier == "b":
            raise Problem("after the record was written", code="late")
        return record

    catalogue.bulk(registrations(catalogue, "abc"))
    before = catalogue.row("b").digest
    monkeypatch.setattr(MemoryHost, "update", update)
    assert results(catalogue.bulk(registrations(catalogue, "abc", "B"))) == ["changed", "late", "changed"]
    assert catalogue.row("b").digest == before
    assert [len(kinds(catalogue, one)) for one in "abc"] == [2, 1, 2]
    assert sorted(row["revision"] for row in catalogue.rows()["testing_record"]) == [0, 1, 1]


@pytest.mark.parametrize("title", ["A", "B"])
def test_line_that_fails_leaves_the_others(catalogue, monkeypatch, title):
    """A new record and a change, by which the two ways of a bulk fail."""
    name = "publish" if title == "A" else "update"
    write = getattr(MemoryHost, name)

    def fails(self, row, dataset):
        if row.identifier == "b":
            raise RuntimeError("the host")
        return write(self, row, dataset)

    if title == "B":
        catalogue.bulk(registrations(catalogue, "abc"))
    monkeypatch.setattr(MemoryHost, name, fails)
    expected = "created" if title == "A" else "changed"
    assert results(catalogue.bulk(registrations(catalogue, "abc", title))) == [expected, "failed", expected]
    monkeypatch.undo()
    assert results(catalogue.bulk(registrations(catalogue, "abc", title))) == ["unchanged", expected, "unchanged"]


def test_whatever_ends_the_process_leaves_whole_chunks(catalogue, monkeypatch):
    monkeypatch.setattr(bulk, "CHUNK", 2)
    lines, write = registrations(catalogue, "abcdef"), MemoryHost.publish

    def dies(self, row, dataset):
        if row.identifier == "d":
            raise KeyboardInterrupt
        return write(self, row, dataset)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(MemoryHost, "publish", dies)
        catalogue.bulk(lines)
    assert counts(catalogue)["testing_record"] == counts(catalogue)["secureb2share_message"] == 2
    assert results(catalogue.bulk(lines)) == ["created"] * 6
    assert counts(catalogue)["testing_record"] == 6


def test_replay_changes_nothing(catalogue):
    lines = registrations(catalogue, "abc") + withdrawals(catalogue, "b") + registrations(catalogue, "ca", "B")
    first = catalogue.bulk(lines)
    assert results(first) == ["created"] * 3 + ["changed"] * 3
    before = catalogue.rows()
    assert catalogue.bulk(lines) == first and catalogue.rows() == before


@pytest.mark.parametrize("source, kind", [("tsd", "many"), ("csc", "single"), ("few", "single")])
def test_only_plain_registrations_are_inserted_together(catalogue, monkeypatch, source, kind):
    made_together, publish_many = [], MemoryHost.publish_many

    def look(self, source, pairs):
        made_together.extend(pairs)
        return publish_many(self, source, pairs)

    monkeypatch.setattr(MemoryHost, "publish_many", look)
    catalogue.bulk(registrations(catalogue, "ab", source=source))
    assert len(made_together) == (2 if kind == "many" else 0)
    catalogue.bulk([catalogue.line("register", "c", source, dataset=described(replaces="a"))])
    catalogue.bulk(registrations(catalogue, "a", "B", source=source))
    assert len(made_together) == (2 if kind == "many" else 0)
    assert bulk_insert.register(catalogue.host, [], quota.Tally()) == []


def test_quota_holds_in_a_bulk(catalogue):
    assert results(catalogue.bulk(registrations(catalogue, "abc", source="few"))) == ["created"] * 2 + ["quota"]


def test_mass_withdrawal_stops_the_run_and_leaves_what_was_done(catalogue):
    identifiers = ["%02d" % number for number in range(15)]
    catalogue.bulk(registrations(catalogue, identifiers))
    lines = withdrawals(catalogue, identifiers)
    stopped = results(catalogue.bulk(lines[:12] + registrations(catalogue, ["later"]) + lines[12:]))
    assert stopped == ["changed"] * 10 + ["mass-withdrawal"] * 6
    assert {catalogue.row(one).state for one in identifiers[:10]} == {"withdrawn"}
    assert {catalogue.row(one).state for one in identifiers[10:]} == {"active"} and catalogue.row("later") is None
    # the next run goes on where this one stopped, and what is confirmed never stops
    assert results(catalogue.bulk(lines[:12])) == ["changed"] * 10 + ["mass-withdrawal"] * 2
    assert results(catalogue.bulk(lines, confirmed=True)) == ["changed"] * 15


def test_new_and_held_datasets_give_no_share(catalogue):
    new = [(source, "%s%d" % (kind, n)) for source in ("tsd", "csc") for kind in "abc" for n in range(100)]
    for source, identifier in new:
        row = store.add_new(source, identifier, "source")
        row.pid = None if identifier[0] == "a" else "%s-%s" % (source, identifier)
        row.created = utcnow() - timedelta(hours=23 if identifier[0] == "b" else 25)
    db.session.commit()
    assert store.published_before("tsd", utcnow() - timedelta(hours=24)) == 100
    # of 240 published ones of which 100 are a day old, 5 % are less than 10
    catalogue.bulk(registrations(catalogue, ["x%02d" % number for number in range(40)]))
    ends = [
        catalogue.line("state", "x%02d" % n, state="superseded", reason="Mine.", successor="x39") for n in range(12)
    ]
    assert results(catalogue.bulk(ends)) == ["changed"] * 10 + ["mass-withdrawal"] * 2


def test_run_that_fails_in_a_chunk_counts_its_withdrawals_once(catalogue, monkeypatch):
    identifiers = ["%02d" % number for number in range(11)]
    catalogue.bulk(registrations(catalogue, identifiers))
    take, failed = inbox.take, []

    def fails_once(host, sender, message, *more):
        if message.identifier == "05" and not failed:
            failed.append(1)
            raise RuntimeError("once")
        return take(host, sender, message, *more)

    monkeypatch.setattr(inbox, "take", fails_once)
    answers = catalogue.bulk(withdrawals(catalogue, identifiers))
    assert results(answers) == ["changed"] * 10 + ["mass-withdrawal"]
    db.session.rollback()


def failing(monkeypatch, fails, error=RuntimeError):
    """Have inbox.take raise for each (identifier, action) of `fails`."""
    take = inbox.take

    def look(host, sender, message, *more):
        if (message.identifier, message.action) in fails:
            raise error("a " + "description")
        return take(host, sender, message, *more)

    monkeypatch.setattr(inbox, "take", look)


@pytest.mark.parametrize("chunk", [1, 2, 50])
@pytest.mark.parametrize("error", [RuntimeError, NotReady])
def test_what_follows_a_failed_message_fails_too_and_nothing_is_lost(catalogue, monkeypatch, chunk, error):
    monkeypatch.setattr(bulk, "CHUNK", chunk)
    catalogue.bulk(registrations(catalogue, "abc"))
    lines = [
        catalogue.line("state", "a", state="suspended", reason="Consent under review."),
        catalogue.line("register", "b", dataset=described("B")),
        catalogue.line("register", "a", dataset=described("B")),
        catalogue.line("register", "d", dataset=described("D", replaces="a")),
        catalogue.line("state", "c", state="superseded", reason="Frozen anew.", successor="d"),
        catalogue.line("register", "b", dataset=described("C")),
    ]
    with monkeypatch.context() as patched:
        failing(patched, [("a", "state")], error)
        code = "failed" if error is RuntimeError else "not-ready"
        answers = catalogue.bulk(lines)
    assert results(answers) == [code, "changed", "failed", "failed", "failed", "changed"]
    assert [one["status"] for one in answers] == [503 if code == "not-ready" else 500, 200, 500, 500, 500, 200]
    assert catalogue.row("a").state == "active" and catalogue.row("d") is None
    again = catalogue.bulk([lines[number] for number in (0, 2, 3, 4)])
    assert results(again) == ["changed", "changed", "created", "changed"]
    assert catalogue.row("a").state == "suspended" and catalogue.row("c").state == "superseded"


def test_message_that_meets_another_is_tried_after_a_pause(catalogue, monkeypatch):
    pauses, failures, take = [], [1, 1], inbox.take

    def conflicts(host, sender, message, *more):
        if failures and failures.pop():
            raise StaleDataError("another was faster")
        return take(host, sender, message, *more)

    monkeypatch.setattr(inbox, "take", conflicts)
    monkeypatch.setattr(run.time, "sleep", pauses.append)
    assert results(catalogue.bulk(registrations(catalogue, "a"))) == ["created"]
    assert len(pauses) == 2 and pauses == sorted(pauses) and 0 < sum(pauses) < sum(run.PAUSES)


def test_pauses_of_a_run_are_bounded(monkeypatch):
    pauses = []
    monkeypatch.setattr(run.time, "sleep", pauses.append)
    patience = run.Patience()
    for _ in range(500):
        assert [patience.again(failures) for failures in (1, 2, 3)] == [True, True, False]
    assert sum(pauses) == pytest.approx(run.LONGEST)


@pytest.mark.parametrize("error, level", [(AttributeError, "ERROR"), (StaleDataError, "WARNING")])
def test_chunk_that_goes_on_one_by_one_says_why(catalogue, monkeypatch, caplog, error, level):
    def fails(self, source, pairs):
        raise error(catalogue.row.__name__ + " of a person")

    monkeypatch.setattr(MemoryHost, "publish_many", fails)
    assert results(catalogue.bulk(registrations(catalogue, "abc"))) == ["created"] * 3
    (said,) = [one for one in caplog.records if "bulk-one-by-one" in one.getMessage()]
    assert said.levelname == level and "messages=3 error=" + error.__name__ in said.getMessage()
    assert "row of a person" not in caplog.text
    # a fault of a program has its place
    assert ("in fails" in said.getMessage()) == (level == "ERROR")


def test_failed_message_leaves_no_description_in_the_log(catalogue, monkeypatch, caplog):
    failing(monkeypatch, [("a", "register")])
    assert results(catalogue.bulk(registrations(catalogue, "a"))) == ["failed"]
    assert "message-failed" in caplog.text and "RuntimeError" in caplog.text and "a description" not in caplog.text


def test_host_that_cannot_insert_many_has_chunks_of_one(catalogue, monkeypatch):
    monkeypatch.setattr(MemoryHost, "can_publish_many", lambda self, source: source.name != "csc")
    commits, commit = [], db.session.commit
    lines = registrations(catalogue, "abc", source="csc")
    monkeypatch.setattr(publication, "commit", lambda source, pid: (commits.append(source), commit()))
    assert results(catalogue.bulk(lines)) == ["held"] * 3 and commits == ["csc"] * 3
    # one of them among others has its own transaction too
    mixed = registrations(catalogue, "de") + registrations(catalogue, "d", source="csc")
    assert results(catalogue.bulk(mixed)) == ["created", "created", "held"] and commits == ["csc"] * 4


def test_body_is_1_to_500_lines():
    for count in (1, 500):
        assert len(bulk.split(b"{}\n\n" * count)) == count
    for count in (0, 501):
        with pytest.raises(Problem):
            bulk.split(b"{}\n" * count)
