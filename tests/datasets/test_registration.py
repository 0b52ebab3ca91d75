import json

import pytest

pytest.importorskip("invenio_db")

from invenio_db import db  # noqa: E402
from memory import described, kinds, refused, title_of  # noqa: E402

from secureb2share_ext.client import canonical, digest  # noqa: E402
from secureb2share_ext.testing.host import RECORDS  # noqa: E402

PUBLISHED, CHANGED = (1, "published"), (2, "changed")


# "c" before a title: a curator publishes that
@pytest.mark.parametrize(
    "source, said, results, told",
    [
        ("tsd", "A", ["created"], [PUBLISHED]),
        ("tsd", "A A", ["created", "unchanged"], [PUBLISHED]),
        ("tsd", "A B", ["created", "changed"], [PUBLISHED, CHANGED]),
        ("tsd", "A B A", ["created", "changed", "changed"], [PUBLISHED, CHANGED, (3, "changed")]),
        ("tsd", "cA A", ["adopted"], [PUBLISHED]),
        ("tsd", "cA B", ["adopted"], [PUBLISHED, CHANGED]),
        ("tsd", "cA A A", ["adopted", "unchanged"], [PUBLISHED]),
        ("csc", "A", ["held"], []),
        ("csc", "A A", ["held", "unchanged"], []),
        ("csc", "A B", ["held", "held"], []),
        ("csc", "cA A", ["adopted"], [PUBLISHED]),
        ("csc", "cA B", ["held"], [PUBLISHED]),
        ("csc", "cA B A", ["held", "adopted"], [PUBLISHED]),
    ],
)
def test_result_of_a_registration(catalogue, source, said, results, told):
    statuses = {"created": 201, "held": 202}
    found, pids = [], set()
    for title in said.split():
        if title.startswith("c"):
            catalogue.host.curate(source, described(title[1:]), "x")
            db.session.commit()
        else:
            status, answer = catalogue.send("register", "x", source, dataset=described(title))
            is_held = source == "csc" and answer["pid"] is None
            assert status == (202 if is_held else statuses.get(answer["result"], 200))
            found.append(answer["result"])
        pids.add(catalogue.row("x", source).pid)
    row = catalogue.row("x", source)
    assert (found, kinds(catalogue, "x", source)) == (results, told)
    assert pids == {row.pid} and row.issued is not None
    public = [title[-1] for title, result in zip(said.split()[-len(results) :], results) if result != "held"]
    if row.pid:
        expected = described(public[-1] if public else "A")
        assert row.digest == digest(canonical(expected))
        assert catalogue.host.from_record(catalogue.host.record(row)) == expected
        assert row.origin == ("source" if public else "curator")


def test_revisions_count_the_changes(catalogue):
    revisions = [catalogue.send("register", "x", dataset=described(title))[1]["revision"] for title in "AABBA"]
    assert revisions == [0, 0, 1, 1, 2]


def test_the_record_itself_is_compared(catalogue):
    catalogue.send("register", "x", dataset=described())
    damaged = dict(json.loads(catalogue.rows()["testing_record"][0]["json"]), titles=[])
    db.session.execute(RECORDS.update().values(json=json.dumps(damaged)))
    db.session.commit()
    assert catalogue.send("register", "x", dataset=described())[1]["result"] == "changed"
    assert title_of(catalogue, "x") == "A"


def test_quota_counts_the_datasets_of_a_source(catalogue):
    for identifier in "ab":
        catalogue.send("register", identifier, "few", dataset=described())
    catalogue.send("state", "b", "few", state="withdrawn", reason="Why.")
    with refused(catalogue, "quota"):
        catalogue.send("register", "c", "few", dataset=described())
    assert catalogue.send("register", "a", "few", dataset=described("B"))[1]["result"] == "changed"
    assert catalogue.send("register", "c", dataset=described())[1]["result"] == "created"


# (tenant of the dataset, or "new"), tenants of the key, tenant that the message names; code, field
@pytest.mark.parametrize(
    "there, key, named, expected",
    [
        ("new", None, None, None),
        ("new", None, "p11", None),
        ("new", ("p11",), "p11", None),
        ("new", ("p11", "p12"), "p12", None),
        ("new", ("p11",), "p12", ("invalid", "tenant")),
        ("new", ("p11",), None, ("invalid", "tenant")),
        ("p11", None, "p11", None),
        ("p11", None, None, None),
        ("p11", None, "p12", ("invalid", "tenant")),
        ("p11", ("p11",), None, None),
        ("p11", ("p12",), "p12", ("unknown-dataset",)),
        ("p11", ("p12",), None, ("invalid", "tenant")),
        (None, ("p11",), "p11", ("unknown-dataset",)),
        (None, None, "p11", None),
    ],
)
def test_tenant_of_a_registration(catalogue, there, key, named, expected):
    def given(tenant):
        return {"tenant": tenant} if tenant else {}

    if there != "new":
        catalogue.send("register", "x", dataset=described(), **given(there))
    if expected:
        with refused(catalogue, *expected):
            catalogue.send("register", "x", tenants=key, dataset=described("B"), **given(named))
    else:
        catalogue.send("register", "x", tenants=key, dataset=described("B"), **given(named))
        assert catalogue.row("x").tenant == (named if there in ("new", None) else there)


@pytest.mark.parametrize("second, is_stale", [("01", True), ("02", False), ("03", False)])
def test_older_message_is_stale(catalogue, second, is_stale):
    catalogue.send("register", "x", dataset=described(), issued="2026-01-01T00:00:02Z")
    issued = "2026-01-01T00:00:%sZ" % second
    messages = [("register", {"dataset": described("B")}), ("state", {"state": "suspended", "reason": "Why."})]
    for action, members in messages + [("transfer", {"tenant": "p12"})]:
        if is_stale:
            with refused(catalogue, "stale"):
                catalogue.send(action, "x", issued=issued, **members)
        else:
            assert catalogue.send(action, "x", issued=issued, **members)[1]["result"] == "changed"


@pytest.mark.parametrize("by", ["source", "administrator", "nobody told"])
def test_withdrawal_is_final(catalogue, by):
    _, answer = catalogue.send("register", "x", dataset=described())
    if by == "source":
        catalogue.send("state", "x", state="withdrawn", reason="Why.")
    elif by == "administrator":
        catalogue.host.delete(answer["pid"])
    else:
        db.session.execute(RECORDS.delete())
    db.session.commit()
    for title in "AB":
        with refused(catalogue, "withdrawn"):
            catalogue.send("register", "x", dataset=described(title))


def test_identifiers_of_the_catalogue_are_its_own(catalogue):
    for source in ("tsd", "csc"):
        with refused(catalogue, "invalid", "identifier"):
            catalogue.send("register", "pid:5", source, dataset=described())
    row = catalogue.host.curate("tsd", described())
    db.session.commit()
    assert row.identifier == "pid:" + row.pid
    assert catalogue.send("register", row.identifier, dataset=described())[1]["result"] == "adopted"


def test_sources_know_nothing_of_each_other(catalogue):
    _, ours = catalogue.send("register", "x", dataset=described())
    _, theirs = catalogue.send("register", "x", "few", dataset=described("B"))
    assert ours["pid"] != theirs["pid"] and title_of(catalogue, "x") == "A"


def test_source_hears_no_echo(catalogue):
    catalogue.send("register", "x", "few", dataset=described())
    catalogue.send("state", "x", "few", state="suspended", reason="Why.")
    row = catalogue.row("x", "few")
    assert catalogue.events("x", "few") == [] and row.sequence == 2
