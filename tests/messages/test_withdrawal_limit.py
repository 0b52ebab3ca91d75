from types import SimpleNamespace

import pytest

pytest.importorskip("invenio_db")

from secureb2share_ext.errors import NotAccepted  # noqa: E402
from secureb2share_ext.messages import withdrawal_limit  # noqa: E402
from secureb2share_ext.messages.sources import Sender  # noqa: E402

KEY, OF_TENANT, TOKEN = Sender(None, key="5b1c3ce0a4f0d9e2"), Sender(None, ("p11",), key="0" * 16), Sender(None)


class Store:
    """Datasets of sources, of which `total` were published before the last day."""

    def __init__(self, total):
        self.total = total
        self.states, self.today, self.locked = {}, set(), []

    def row(self, message):
        state = self.states.get(message.identifier, "active")
        reason, successor = (None, None) if state == "active" else ("Why.", message.members.get("successor"))
        return SimpleNamespace(state=state, reason=reason, successor=successor)

    def published_before(self, source, moment):
        return self.total

    def ended_since(self, source, moment):
        # of nobody else, while this transaction lasts
        assert self.locked[-1] == source
        return len([one for one in self.today if one.startswith(source + ":")])

    def lock_endings(self, source):
        self.locked.append(source)

    def carry_out(self, message):
        self.states[message.identifier] = message.members["state"]
        if message.members["state"] in ("superseded", "withdrawn"):
            self.today.add("%s:%s" % (message.source, message.identifier))


@pytest.fixture
def made(monkeypatch):
    def make(total):
        store = Store(total)
        monkeypatch.setattr(withdrawal_limit, "store", store)
        return store

    return make


def ending(identifier, source="tsd", state="withdrawn", action="state", **members):
    members.update({"state": state, "reason": "Why."})
    return SimpleNamespace(source=source, identifier=identifier, action=action, members=members)


def passed(store, run, messages, sender=TOKEN):
    """How many messages pass and take effect before the run stops."""
    for number, message in enumerate(messages):
        try:
            run.must_go_on()
            run.lock(message)
            run.check(message, sender, None if message.identifier == "unknown" else store.row(message))
        except NotAccepted as problem:
            assert problem.code == "mass-withdrawal"
            return number
        if message.action == "state" and message.identifier != "unknown":
            store.carry_out(message)
    return len(messages)


# 10 datasets and 5 %: both have to be passed
@pytest.mark.parametrize(
    "total, free",
    [(0, 10), (10, 10), (100, 10), (199, 10), (200, 10), (219, 10), (220, 11), (1000, 50), (1019, 50), (1020, 51)],
)
@pytest.mark.parametrize("states", [["withdrawn"], ["superseded"], ["superseded", "withdrawn"]])
def test_bounds(made, total, free, states):
    messages = [ending(str(number), state=states[number % len(states)]) for number in range(free + 1)]
    for confirmed, expected in ((False, free), (True, free + 1)):
        assert passed(made(total), withdrawal_limit.Withdrawals(confirmed), messages) == expected


@pytest.mark.parametrize("sizes", [[1] * 30, [10, 10, 10], [9, 21], [30]])
def test_runs_share_one_limit(made, sizes):
    store, every = made(30), [str(number) for number in range(30)]
    for size in sizes:
        run, named = withdrawal_limit.Withdrawals(False), [every.pop() for _ in range(size)]
        passed(store, run, [ending(one) for one in named])
    assert len(store.today) == 10
    # what is confirmed passes in each run, and one that is not stops behind it still
    run = withdrawal_limit.Withdrawals(False)
    confirmed = [ending("c%d" % number, confirm="withdrawals") for number in range(5)]
    assert passed(store, run, confirmed, KEY) == 5
    assert passed(store, run, [ending("d")]) == 0
    # a day later
    store.today.clear()
    assert passed(store, withdrawal_limit.Withdrawals(False), [ending("e%d" % n) for n in range(11)]) == 10


@pytest.mark.parametrize("sender, expected", [(KEY, 11), (OF_TENANT, 10), (TOKEN, 10)])
def test_only_a_key_of_every_tenant_confirms(made, sender, expected):
    messages = [ending(str(number), confirm="withdrawals") for number in range(11)]
    assert passed(made(100), withdrawal_limit.Withdrawals(False), messages, sender) == expected


def test_what_does_not_count(made):
    store = made(100)
    store.states = {"gone/%d" % number: "withdrawn" for number in range(20)}
    run = withdrawal_limit.Withdrawals(False)
    others = [ending("unknown") for _ in range(20)]
    others += [ending(str(number), state="suspended") for number in range(20)]
    others += [ending(str(number), action="decision") for number in range(20)]
    others += [ending("the same", state="superseded", successor="b") for _ in range(20)]
    others += [ending("gone/%d" % number) for number in range(20)]
    assert passed(store, run, others[:80]) == 80
    for message in others[80:]:
        run.check(message, TOKEN, store.row(message))
    assert passed(store, run, [ending(str(number)) for number in range(20)]) == 9


def test_another_successor_counts(made):
    store = made(100)
    store.states = {str(number): "superseded" for number in range(20)}
    named = [ending(str(number), state="superseded") for number in range(20)]
    assert passed(store, withdrawal_limit.Withdrawals(False), named) == 20
    store.today.clear()
    store.row = lambda message: SimpleNamespace(state="superseded", reason="Why.", successor="a")
    named = [ending(str(number), state="superseded", successor="mine") for number in range(20)]
    assert passed(store, withdrawal_limit.Withdrawals(False), named) == 10


def test_each_source_has_its_own(made):
    store = made(100)
    run = withdrawal_limit.Withdrawals(False)
    for source in ("tsd", "csc"):
        messages = [ending("%s%d" % (source, number), source) for number in range(10)]
        assert passed(store, run, messages) == 10
    assert passed(store, run, [ending("10", "csc")]) == 0
    # whatever follows in the run is stopped too
    assert passed(store, run, [ending("x", "tsd", "active")]) == 0
