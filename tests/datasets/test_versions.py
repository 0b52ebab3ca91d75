import pytest

pytest.importorskip("invenio_db")

from invenio_db import db  # noqa: E402
from memory import described, kinds, refused  # noqa: E402

from secureb2share_ext.datasets import review  # noqa: E402

FIELD = "dataset.version.replaces"


def register(catalogue, identifier, replaces=None, source="tsd", tenants=None, tenant=None, **version):
    version.update({"replaces": replaces} if replaces else {})
    given = {"tenant": tenant} if tenant else {}
    return catalogue.send("register", identifier, source, tenants, dataset=described(**version), **given)[1]


def release(catalogue, identifier):
    row = review.release(catalogue.host, "csc", identifier)
    db.session.commit()
    return row


def withdraw(catalogue, identifier):
    catalogue.send("state", identifier, state="withdrawn", reason="A mistake.")


def replaced_by(catalogue, identifier, source="tsd"):
    """What row, record and last event of a dataset say of the one that replaces it; they have to say the same."""
    row = catalogue.row(identifier, source)
    stamp = catalogue.host.record(row)["secureb2share"]
    said = {row.replaced_by, stamp.get("replaced_by"), catalogue.events(identifier, source)[-1]["data"]["replaced_by"]}
    assert len(said) == 1, said
    return said.pop()


@pytest.mark.parametrize("replaces", ["nobody", "held", "theirs", "pid:999999", "other tenant's"])
def test_only_a_published_dataset_of_the_sender_is_replaced(catalogue, replaces):
    register(catalogue, "held", source="csc")
    register(catalogue, "theirs", source="few")
    register(catalogue, "other tenant's", tenant="p12")
    for source in ("tsd", "csc"):
        with refused(catalogue, "invalid", FIELD):
            register(catalogue, "x", replaces, source, ("p11",), "p11")


def test_curator_and_source_name_fields_their_own_way(catalogue):
    with refused(catalogue, "invalid", "version.replaces"):
        catalogue.host.curate("tsd", described(replaces="nobody"))


# chain: a <- b <- c, each replacing the one before
@pytest.mark.parametrize("first", "abc")
@pytest.mark.parametrize("last", "abc")
def test_rings_are_refused(catalogue, first, last):
    register(catalogue, "a")
    register(catalogue, "b", "a")
    register(catalogue, "c", "b")
    if first + last in ("ba", "cb"):
        assert register(catalogue, first, last)["result"] == "unchanged"
        return
    with refused(catalogue, "invalid", FIELD):
        register(catalogue, first, last)


def test_new_dataset_cannot_replace_itself(catalogue):
    with refused(catalogue, "invalid", FIELD):
        register(catalogue, "x", "x")


def test_one_dataset_takes_the_place_of_another(catalogue):
    register(catalogue, "old")
    register(catalogue, "first", "old")
    with refused(catalogue, "invalid", FIELD):
        register(catalogue, "second", "old")
    # the same again is no fault of the one that does
    assert register(catalogue, "first", "old", label="2")["result"] == "changed"
    withdraw(catalogue, "first")
    register(catalogue, "second", "old")
    assert replaced_by(catalogue, "old") == "second"


def test_new_data_take_the_place_of_what_was_withdrawn(catalogue):
    register(catalogue, "old")
    withdraw(catalogue, "old")
    assert register(catalogue, "new", "old")["result"] == "created"
    assert replaced_by(catalogue, "old") == "new"
    assert kinds(catalogue, "old") == [(1, "published"), (2, "withdrawn"), (3, "withdrawn")]


def test_replaces_is_moved_and_removed(catalogue):
    for identifier in ("one", "other"):
        register(catalogue, identifier)
    said = [("one", ("new", None)), ("other", (None, "new")), (None, (None, None))]
    for replaces, expected in said:
        register(catalogue, "new", replaces)
        assert (replaced_by(catalogue, "one"), replaced_by(catalogue, "other")) == expected
    for identifier in ("one", "other"):
        assert kinds(catalogue, identifier) == [(1, "published"), (2, "changed"), (3, "changed")]
    assert len(kinds(catalogue, "new")) == 3


def test_middle_of_a_chain_names_both(catalogue):
    register(catalogue, "first")
    register(catalogue, "middle", "first")
    register(catalogue, "last", "middle")
    assert [replaced_by(catalogue, one) for one in ("first", "middle", "last")] == ["middle", "last", None]
    described_middle = catalogue.events("middle")[-1]["data"]["dataset"]
    assert described_middle["version"] == {"replaces": "first"}
    assert [len(kinds(catalogue, one)) for one in ("first", "middle", "last")] == [2, 2, 1]
    # the source's own description of the first did not change
    assert register(catalogue, "first")["result"] == "unchanged"


def test_version_is_said_when_it_is_released(catalogue):
    register(catalogue, "old", source="csc")
    release(catalogue, "old")
    for identifier in ("new", "other"):
        register(catalogue, identifier, "old", "csc")
    assert replaced_by(catalogue, "old", "csc") is None
    release(catalogue, "new")
    assert replaced_by(catalogue, "old", "csc") == "new"
    # of two that wait for the same place one gets it
    with refused(catalogue, "invalid", "version.replaces"):
        release(catalogue, "other")


def test_curators_version(catalogue):
    register(catalogue, "old")
    row = catalogue.host.curate("tsd", described(replaces="old"), "new")
    db.session.commit()
    assert replaced_by(catalogue, "old") == "new"
    catalogue.host.edit(row.pid, described())
    db.session.commit()
    assert replaced_by(catalogue, "old") is None


def test_faster_one_is_noticed_where_the_link_is_written(catalogue, monkeypatch):
    from secureb2share_ext.datasets import versions

    register(catalogue, "old")
    register(catalogue, "first", "old")
    # as if the first one came between the check and the link
    monkeypatch.setattr(versions, "check", lambda *args: None)
    with refused(catalogue, "replaced"):
        register(catalogue, "second", "old")
