import pytest

pytest.importorskip("invenio_db")

from memory import described, kinds, refused  # noqa: E402

from secureb2share_ext.dataset import TRANSITIONS  # noqa: E402

STATES = ("active", "suspended", "superseded", "withdrawn")
FOLLOW = {
    "active": {"suspended", "superseded", "withdrawn"},
    # another reason for the same state is a change of it
    "suspended": {"active", "suspended", "superseded", "withdrawn"},
    "superseded": {"superseded", "withdrawn"},
    "withdrawn": set(),
}
FIELD = "successor"


def send(catalogue, state, identifier="x", reason="Why.", source="tsd", **given):
    if state == "superseded":
        given.setdefault("successor", "next")
    return catalogue.send("state", identifier, source, state=state, reason=reason, **given)[1]


@pytest.fixture
def registered(catalogue):
    for identifier in ("x", "next"):
        catalogue.send("register", identifier, dataset=described())
    return catalogue


@pytest.mark.parametrize("first", STATES)
@pytest.mark.parametrize("then", STATES)
def test_only_what_follows_may_follow(registered, first, then):
    if first != "active":
        send(registered, first)
    if then not in FOLLOW[first] and not first == then == "active":
        with refused(registered, "state"):
            send(registered, then, reason="Another.")
        return
    answer = send(registered, then, reason="Another.")
    row = registered.row("x")
    assert (answer["result"], answer["state"], row.state, row.reason) == ("changed", then, then, "Another.")
    assert row.successor == ("next" if then == "superseded" else None)
    stamp = registered.host.record(row)["secureb2share"]
    assert (stamp["state"], stamp["reason"], stamp["state_at"]) == (then, "Another.", row.state_at)
    assert registered.events("x")[-1]["data"]["state"] == then
    assert kinds(registered, "x")[-1][1] == ("changed" if then == "active" else then)


def test_table_of_the_package_says_the_same():
    assert {state: FOLLOW[state] - {state} for state in STATES} == {s: set(f) for s, f in TRANSITIONS.items()}


@pytest.mark.parametrize("state", STATES[1:])
def test_same_again_changes_nothing(registered, state):
    send(registered, state)
    before = registered.rows()
    assert send(registered, state)["result"] == "unchanged"
    after = registered.rows()
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"secureb2share_" + name for name in ("message", "dataset", "sent")}
    assert kinds(registered, "x") == [(1, "published"), (2, state)]


@pytest.mark.parametrize(
    "successor, expected",
    [
        ("x", ("state",)),
        (None, ("state",)),
        ("nobody", ("invalid", FIELD)),
        ("gone", ("invalid", FIELD)),
        ("after", ("invalid", FIELD)),
        ("last", ("invalid", FIELD)),
        ("other tenant's", ("invalid", FIELD)),
    ],
)
def test_successor_faults(catalogue, successor, expected):
    for identifier in ("x", "gone", "after", "last", "other tenant's"):
        tenant = "p12" if identifier.startswith("other") else "p11"
        catalogue.send("register", identifier, dataset=described(), tenant=tenant)
    send(catalogue, "withdrawn", "gone")
    send(catalogue, "superseded", "after", successor="last")
    send(catalogue, "superseded", "last", successor="x")
    with refused(catalogue, *expected):
        given = {"successor": successor} if successor else {}
        catalogue.send("state", "x", tenants=("p11",), state="superseded", reason="Why.", **given)


def test_successor_belongs_to_superseded_alone(registered):
    with refused(registered, "state"):
        send(registered, "suspended", successor="next")


def test_held_successor_is_unknown(catalogue):
    catalogue.host.curate("csc", described(), "x")
    catalogue.send("register", "next", "csc", dataset=described())
    with refused(catalogue, "invalid", FIELD):
        send(catalogue, "superseded", source="csc")


def test_unknown_dataset(catalogue):
    with refused(catalogue, "unknown-dataset"):
        send(catalogue, "suspended")
