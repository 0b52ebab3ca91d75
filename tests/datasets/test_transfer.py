import pytest

pytest.importorskip("invenio_db")

from invenio_db import db  # noqa: E402
from memory import CONTACT, described, kinds, refused, title_of  # noqa: E402

from secureb2share_ext.datasets import review, store  # noqa: E402


def transfer(catalogue, tenant="p12", source="tsd", contact=None, tenants=None):
    members = {"contact": contact} if contact else {}
    return catalogue.send("transfer", "x", source, tenants, tenant=tenant, **members)[1]["result"]


def contact_of(catalogue, source="tsd"):
    return catalogue.host.record(catalogue.row("x", source))["contacts"]


@pytest.fixture
def published(catalogue):
    """The dataset x of both sources, with the tenant p11."""
    for source in ("tsd", "csc"):
        catalogue.send("register", "x", source, dataset=described(), tenant="p11")
    review.release(catalogue.host, "csc", "x")
    db.session.commit()
    return catalogue


def test_tenant_moves_and_nothing_else(published):
    before = published.row("x").pid
    assert [transfer(published, tenant) for tenant in ("p12", "p12", "p11")] == ["changed", "unchanged", "changed"]
    row = published.row("x")
    assert (row.tenant, row.pid, kinds(published, "x")) == ("p11", before, [(1, "published")])


@pytest.mark.parametrize(
    "tenants, tenant, expected",
    [
        (("p11", "p12"), "p12", None),
        (("p11",), "p12", ("invalid", "tenant")),
        (("p12",), "p12", ("unknown-dataset",)),
        (("p12", "p13"), "p13", ("unknown-dataset",)),
    ],
)
def test_sender_speaks_for_both_tenants(published, tenants, tenant, expected):
    if expected is None:
        assert transfer(published, tenant, tenants=tenants) == "changed"
    else:
        with refused(published, *expected):
            transfer(published, tenant, tenants=tenants)


def test_contact_is_published_at_once(published):
    assert [transfer(published, contact=CONTACT) for _ in range(2)] == ["changed", "unchanged"]
    assert contact_of(published) == [CONTACT] and kinds(published, "x") == [(1, "published"), (2, "changed")]
    assert published.events("x")[1]["data"]["dataset"]["core"]["contacts"] == [CONTACT]


@pytest.mark.parametrize("is_waiting", [False, True])
def test_contact_of_a_source_on_review_waits(published, is_waiting):
    if is_waiting:
        published.send("register", "x", "csc", dataset=described("B"))
    results = [transfer(published, tenant, "csc", CONTACT) for tenant in ("p12", "p12", "p13")]
    assert results == ["held", "unchanged", "changed"]
    assert published.row("x", "csc").tenant == "p13" and contact_of(published, "csc") != [CONTACT]
    review.release(published.host, "csc", "x")
    db.session.commit()
    assert contact_of(published, "csc") == [CONTACT]
    assert title_of(published, "x", "csc") == ("B" if is_waiting else "A")


@pytest.mark.parametrize("source, kind", [("csc", "held"), ("tsd", "withdrawn"), ("tsd", "unknown")])
def test_only_what_is_published_moves(catalogue, source, kind):
    if kind != "unknown":
        catalogue.send("register", "x", source, dataset=described())
    if kind == "withdrawn":
        catalogue.send("state", "x", state="withdrawn", reason="Why.")
    with refused(catalogue, "unknown-dataset" if kind == "unknown" else "state"):
        transfer(catalogue, source=source)


def test_held_description_gets_the_contact_that_an_operator_gave(published):
    from secureb2share_ext.datasets import transfer as flow

    published.send("register", "x", "csc", dataset=described("B"))
    row = store.lock("csc", "x")
    assert flow.give(published.host, row, "p12", CONTACT, "curator") == "changed"
    db.session.commit()
    assert contact_of(published, "csc") == [CONTACT] and title_of(published, "x", "csc") == "A"
    review.release(published.host, "csc", "x")
    db.session.commit()
    assert contact_of(published, "csc") == [CONTACT] and title_of(published, "x", "csc") == "B"
