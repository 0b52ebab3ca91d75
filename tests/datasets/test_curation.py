import pytest

pytest.importorskip("invenio_db")

from invenio_db import db  # noqa: E402
from memory import described, kinds, refused, title_of  # noqa: E402

from secureb2share_ext.datasets import curation, publication  # noqa: E402
from secureb2share_ext.outbox.models import Event  # noqa: E402


def curate(catalogue, title="A", identifier=None, source="tsd", **given):
    row = catalogue.host.curate(source, described(title), identifier, **given)
    db.session.commit()
    return row


def edit(catalogue, pid, title="B", **given):
    row = catalogue.host.edit(pid, described(title), **given)
    db.session.commit()
    return row


def delete(catalogue, pid, **given):
    row = catalogue.host.delete(pid, **given)
    db.session.commit()
    return row


def test_record_becomes_a_dataset(catalogue):
    for identifier in (None, "claimed"):
        row = curate(catalogue, identifier=identifier, source="csc")
        found = catalogue.row(identifier or "pid:" + row.pid, "csc")
        # whoever publishes in the host has decided: a source on review makes no difference
        assert (found.origin, found.state, found.pid) == ("curator", "active", row.pid)
        assert kinds(catalogue, found.identifier, "csc") == [(1, "published")]
        stamp = catalogue.host.record(found)["secureb2share"]
        assert stamp == {"source": "csc", "identifier": found.identifier, "state": "active"}
        assert catalogue.events(found.identifier, "csc")[0]["data"]["dataset"] == described()


@pytest.mark.parametrize("claimed", ["", "..", "/", "base64url:YQ", "x" * 256, "a\nb", "pid:1", ["a"], 5, {"a": 1}])
def test_unfit_claim(catalogue, claimed):
    with refused(catalogue, "invalid", "secureb2share.identifier"):
        curate(catalogue, identifier=claimed)


@pytest.mark.parametrize("by", ["source", "curator", "held"])
def test_claim_of_a_taken_identifier(catalogue, by):
    source = "csc" if by == "held" else "tsd"
    if by == "curator":
        curate(catalogue, identifier="x")
    else:
        catalogue.send("register", "x", source, dataset=described())
    with refused(catalogue, "identifier-taken"):
        curate(catalogue, identifier="x", source=source)
    assert curate(catalogue, identifier="x", source="few").identifier == "x"


def test_claim_that_somebody_else_made_just_now(catalogue, monkeypatch):
    curate(catalogue, identifier="x")
    # as if the other one came between the check and the row
    monkeypatch.setattr(curation, "check_new", lambda *args: None)
    with refused(catalogue, "identifier-taken"):
        curate(catalogue, identifier="x")


def test_faults_have_the_names_of_the_hosts_editor(catalogue):
    faulty = described()
    del faulty["core"]["publisher"]
    faulty["sensitive"]["more"] = 1
    pid = curate(catalogue).pid
    for act in (lambda: catalogue.host.curate("tsd", faulty), lambda: catalogue.host.edit(pid, faulty)):
        with refused(catalogue, "invalid", "publisher", "sensitive.more"):
            act()


def test_edit_is_told_once(catalogue):
    row = curate(catalogue, identifier="x")
    for title in "BBC":
        edit(catalogue, row.pid, title)
    assert kinds(catalogue, "x") == [(1, "published"), (2, "changed"), (3, "changed")]
    assert title_of(catalogue, "x") == catalogue.events("x")[-1]["data"]["dataset"]["core"]["titles"][0]["text"] == "C"


@pytest.mark.parametrize(
    "kind, code",
    [
        ("registered", "registered-elsewhere"),
        ("adopted", "registered-elsewhere"),
        ("withdrawn", "withdrawn"),
        ("no source", "no-source"),
        ("legacy", "legacy"),
    ],
)
def test_record_that_nobody_may_edit(catalogue, monkeypatch, kind, code):
    row = catalogue.row("x") if kind == "registered" else curate(catalogue, identifier="x")
    if kind in ("registered", "adopted"):
        catalogue.send("register", "x", dataset=described())
        row = catalogue.row("x")
    elif kind == "withdrawn":
        catalogue.send("state", "x", state="withdrawn", reason="Why.")
    elif kind == "no source":
        monkeypatch.delitem(catalogue.host.sources, "tsd")
    pid = row.pid
    if kind == "legacy":
        db.session.query(Event).delete()
        db.session.delete(row)
        db.session.commit()
    with refused(catalogue, code):
        edit(catalogue, pid)


@pytest.mark.parametrize("by", ["curator", "source"])
def test_deletion_is_a_withdrawal(catalogue, by):
    if by == "source":
        catalogue.send("register", "x", dataset=described())
    else:
        curate(catalogue, identifier="x")
    pid = catalogue.row("x").pid
    row = delete(catalogue, pid)
    assert (row.state, row.reason, row.pid) == ("withdrawn", curation.DELETED, pid)
    assert kinds(catalogue, "x") == [(1, "published"), (2, "withdrawn")]
    assert catalogue.host.record(row) is None
    with refused(catalogue, "state"):
        catalogue.send("state", "x", state="active", reason="Why.")


def test_deletion_of_what_was_withdrawn_says_nothing(catalogue):
    row = curate(catalogue, identifier="x")
    catalogue.send("state", "x", state="withdrawn", reason="By its source.")
    delete(catalogue, row.pid)
    assert kinds(catalogue, "x") == [(1, "published"), (2, "withdrawn")]
    assert catalogue.row("x").reason == "By its source."


def test_observed_acts_send_nothing_and_the_first_one_after_is_the_first(catalogue):
    pid = curate(catalogue, identifier="x", observe=True).pid
    edit(catalogue, pid, observe=True)
    assert {event.state for event in db.session.query(Event)} == {"observed"}
    # the mode is on now: what was said to nobody is said again, as the first event
    edit(catalogue, pid)
    assert [kind for _, kind in kinds(catalogue, "x")] == ["published", "published", "published"]
    assert [event.state for event in db.session.query(Event).order_by(Event.sequence)] == ["observed"] * 2 + ["pending"]
    delete(catalogue, pid, observe=True)
    assert [event.state for event in db.session.query(Event).order_by(Event.sequence)][2:] == ["pending", "observed"]


def test_observed_version_changes_no_other_record(catalogue):
    catalogue.send("register", "old", dataset=described())
    catalogue.host.curate("tsd", described(replaces="old"), "new", observe=True)
    db.session.commit()
    assert (catalogue.row("old").replaced_by, kinds(catalogue, "old")) == (None, [(1, "published")])


def test_receivers_hear_users_alone(catalogue):
    heard = []

    @curation.of_users
    def receive(extension, record):
        heard.append((extension, record))

    receive("a record")
    receive("a sender", record="another")
    with publication._writing():
        receive("ours")
    assert heard == [(catalogue.extension, "a record"), (catalogue.extension, "another")]
    catalogue.extension.mode, before = "off", catalogue.extension.mode
    receive("off")
    catalogue.extension.mode = before
    assert len(heard) == 2
