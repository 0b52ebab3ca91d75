from types import SimpleNamespace

import pytest

pytest.importorskip("invenio_db")

from secureb2share_ext.errors import NotAccepted  # noqa: E402
from secureb2share_ext.messages import withdrawal_limit  # noqa: E402


class Store:
    """Datasets of one source; every second one of those named is withdrawn already where `half`."""

    def __init__(self, total):
        self.total = total
        self.withdrawn, self.today = set(), set()

    def find(self, source, identifier):
        if identifier == "unknown":
            return None
        return SimpleNamespace(state="withdrawn" if identifier in self.withdrawn else "active")

    def count(self, source):
        return self.total

    def withdrawn_since(self, source, moment):
        return len([one for one in self.today if one.startswith(source + ":")])

    def withdraw(self, source, identifier):
        self.withdrawn.add(identifier)
        self.today.add("%s:%s" % (source, identifier))


def withdrawal(identifier, source="tsd", state="withdrawn", action="state", **members):
    members["state"] = state
    return SimpleNamespace(source=source, identifier=identifier, action=action, members=members)


def passed(store, run, messages):
    """How many messages pass and take effect before the run stops."""
    for number, message in enumerate(messages):
        try:
            run.check(message)
        except NotAccepted as problem:
            assert problem.code == "mass-withdrawal"
            return number
        if message.members["state"] == "withdrawn" and message.action == "state" and message.identifier != "unknown":
            store.withdraw(message.source, message.identifier)
    return len(messages)


# 10 datasets and 5 %: both have to be passed
@pytest.mark.parametrize(
    "total, free",
    [(1, 10), (10, 10), (100, 10), (199, 10), (200, 10), (219, 10), (220, 11), (1000, 50), (1019, 50), (1020, 51)],
)
def test_bounds(monkeypatch, total, free):
    messages = [withdrawal(str(number)) for number in range(free + 1)]
    for confirmed, expected in ((False, free), (True, free + 1)):
        store = Store(total)
        monkeypatch.setattr(withdrawal_limit, "store", store)
        assert passed(store, withdrawal_limit.Withdrawals(confirmed), messages) == expected


@pytest.mark.parametrize("sizes", [[1] * 30, [10, 10, 10], [9, 21], [30]])
def test_runs_share_one_limit(monkeypatch, sizes):
    store, every = Store(30), [str(number) for number in range(30)]
    monkeypatch.setattr(withdrawal_limit, "store", store)
    for size in sizes:
        run, named = withdrawal_limit.Withdrawals(False), [every.pop() for _ in range(size)]
        passed(store, run, [withdrawal(one) for one in named])
    assert len(store.withdrawn) == 10
    # what is confirmed passes in each run, and one that is not stops behind it still
    run = withdrawal_limit.Withdrawals(False)
    assert passed(store, run, [withdrawal("c%d" % number, confirm="withdrawals") for number in range(5)]) == 5
    assert passed(store, run, [withdrawal("d")]) == 0
    # a day later
    store.today.clear()
    assert passed(store, withdrawal_limit.Withdrawals(False), [withdrawal("e%d" % n) for n in range(11)]) == 10


def test_what_does_not_count(monkeypatch):
    store = Store(100)
    store.withdrawn = {"gone/%d" % number for number in range(20)}
    monkeypatch.setattr(withdrawal_limit, "store", store)
    run = withdrawal_limit.Withdrawals(False)
    others = [withdrawal("unknown") for _ in range(20)]
    others += [withdrawal(str(number), state="suspended") for number in range(20)]
    others += [withdrawal(str(number), action="decision") for number in range(20)]
    others += [withdrawal("the same") for _ in range(20)]
    assert passed(store, run, others) == 80
    for number in range(20):
        run.check(withdrawal("gone/%d" % number))
    assert passed(store, run, [withdrawal(str(number)) for number in range(20)]) == 9


def test_each_source_has_its_own(monkeypatch):
    store = Store(100)
    monkeypatch.setattr(withdrawal_limit, "store", store)
    run = withdrawal_limit.Withdrawals(False)
    for source in ("tsd", "csc"):
        messages = [withdrawal("%s%d" % (source, number), source) for number in range(10)]
        assert passed(store, run, messages) == 10
    assert passed(store, run, [withdrawal("10", "csc")]) == 0
    # whatever follows in the run is stopped too
    assert passed(store, run, [withdrawal("x", "tsd", "active")]) == 0
