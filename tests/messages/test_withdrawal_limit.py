from types import SimpleNamespace

import pytest

pytest.importorskip("invenio_db")

from secureb2share_ext.errors import NotAccepted  # noqa: E402
from secureb2share_ext.messages import withdrawal_limit  # noqa: E402


class Store:
    """Datasets of one source; every second one of those named is withdrawn already where `half`."""

    def __init__(self, total):
        self.total = total
        self.withdrawn = set()

    def find(self, source, identifier):
        if identifier == "unknown":
            return None
        return SimpleNamespace(state="withdrawn" if identifier in self.withdrawn else "active")

    def count(self, source):
        return self.total


def withdrawal(identifier, source="tsd", state="withdrawn", action="state"):
    return SimpleNamespace(source=source, identifier=identifier, action=action, members={"state": state})


def passed(run, messages):
    """How many messages pass before the run stops."""
    for number, message in enumerate(messages):
        try:
            run.check(message)
        except NotAccepted as problem:
            assert problem.code == "mass-withdrawal"
            return number
    return len(messages)


# 10 datasets and 5 %: both have to be passed
@pytest.mark.parametrize(
    "total, free",
    [(1, 10), (10, 10), (100, 10), (199, 10), (200, 10), (219, 10), (220, 11), (1000, 50), (1019, 50), (1020, 51)],
)
def test_bounds(monkeypatch, total, free):
    monkeypatch.setattr(withdrawal_limit, "store", Store(total))
    messages = [withdrawal(str(number)) for number in range(free + 1)]
    assert passed(withdrawal_limit.Withdrawals(False), messages[:free]) == free
    assert passed(withdrawal_limit.Withdrawals(False), messages) == free
    assert passed(withdrawal_limit.Withdrawals(True), messages) == free + 1


def test_what_does_not_count(monkeypatch):
    store = Store(100)
    store.withdrawn = {"gone/%d" % number for number in range(20)}
    monkeypatch.setattr(withdrawal_limit, "store", store)
    run = withdrawal_limit.Withdrawals(False)
    others = [withdrawal("gone/%d" % number) for number in range(20)]
    others += [withdrawal("unknown") for _ in range(20)]
    others += [withdrawal(str(number), state="suspended") for number in range(20)]
    others += [withdrawal(str(number), action="decision") for number in range(20)]
    others += [withdrawal("the same") for _ in range(20)]
    assert passed(run, others) == 100
    assert passed(run, [withdrawal(str(number)) for number in range(20)]) == 9


def test_each_source_has_its_own(monkeypatch):
    monkeypatch.setattr(withdrawal_limit, "store", Store(100))
    run = withdrawal_limit.Withdrawals(False)
    for source in ("tsd", "csc"):
        assert passed(run, [withdrawal(str(number), source) for number in range(10)]) == 10
    assert passed(run, [withdrawal("10", "csc")]) == 0
    # whatever follows in the run is stopped too
    assert passed(run, [withdrawal("x", "tsd", "active")]) == 0
