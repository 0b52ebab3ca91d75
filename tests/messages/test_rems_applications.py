import datetime
import hashlib
import itertools
import json

import pytest

pytest.importorskip("invenio_db")

from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from invenio_db import db  # noqa: E402
from memory import described  # noqa: E402
from rems_events import encoded, event  # noqa: E402
from sqlalchemy.exc import IntegrityError, ProgrammingError  # noqa: E402
from test_rems_history import arrivals  # noqa: E402

from secureb2share_ext import stops  # noqa: E402
from secureb2share_ext.client import canonical  # noqa: E402
from secureb2share_ext.datasets import applications  # noqa: E402
from secureb2share_ext.errors import Frozen, NotReady, SourceSuspended  # noqa: E402
from secureb2share_ext.messages import rems_applications, rems_event  # noqa: E402
from secureb2share_ext.messages.models import RemsApplication  # noqa: E402
from secureb2share_ext.testing.catalogue import ADDRESS, Catalogue  # noqa: E402

ACCESS = {
    "form": {"provider": "template", "url": ADDRESS + "/request?id={identifier}"},
    "sd-apply": {
        "provider": "rems", "url": "https://rems.example.org", "resource": "urn:{source}:{identifier}",
        "events": "a secret of the tests".replace(" ", "-") + "-1234",
    },
    "by-pid": {"provider": "rems", "url": "https://rems.example.org", "resource": "{pid}", "events": "b" * 24},
    "by-url": {"provider": "rems", "url": "https://rems.example.org", "resource": "{record_url}", "events": "c" * 24},
}  # fmt: skip
SECRET_KEY = "of the tests"
NONE = {"open": 0, "approved": 0, "denied": 0, "closed": 0}
fresh = itertools.count(1)  # ids of applications: REMS never uses one again


@pytest.fixture(scope="module")
def made():
    settings_ = {name: {} for name in ("csc", "other", "pids", "urls")}
    with Catalogue(settings_, SECRET_KEY=SECRET_KEY, SECUREB2SHARE_ACCESS=ACCESS) as found:
        sources = found.extension.sources
        for name, entry in (("csc", "sd-apply"), ("other", "sd-apply"), ("pids", "by-pid"), ("urls", "by-url")):
            sources[name] = sources[name]._replace(access=entry)
        yield found


@pytest.fixture
def catalogue(made):
    made.clear()
    return made


def send(catalogue, number, kind, application=7, resources=None, entry="sd-apply"):
    found = rems_event.read(encoded(event(number, kind, application, resources)))
    return rems_applications.carry_out(catalogue.extension, entry, found)


def counts(catalogue, identifier, source="csc"):
    found = applications.counts(catalogue.row(identifier, source))
    return {name: number for name, number in found.items() if number}


def rows(catalogue):
    return {name: found for name, found in catalogue.rows().items() if name.endswith(("_rems", "_application"))}


def test_a_life_is_counted_from_its_submission(catalogue):
    catalogue.send("register", "a", "csc", dataset=described())
    seen = []
    for number, kind in enumerate(["created", "submitted", "returned", "submitted", "approved", "revoked"]):
        said = send(catalogue, number, kind, 7, ["urn:csc:a"] if kind == "created" else None)
        seen.append((said, counts(catalogue, "a")))
        assert send(catalogue, number, kind, 7, ["urn:csc:a"] if kind == "created" else None) == "unchanged"
    assert seen == [
        ("unchanged", {}), ("changed", {"open": 1}), ("changed", {"open": 1}), ("changed", {"open": 1}),
        ("changed", {"approved": 1}), ("changed", {"closed": 1}),
    ]  # fmt: skip


def test_a_copy_and_another_entry_count_for_themselves(catalogue):
    catalogue.send("register", "a", "csc", dataset=described())
    catalogue.send("register", "a", "pids", dataset=described())
    pid = catalogue.row("a", "pids").pid
    for application, entry, name in ((7, "sd-apply", "urn:csc:a"), (8, "sd-apply", "urn:csc:a"), (7, "by-pid", pid)):
        send(catalogue, 1, "created", application, [name], entry)
        send(catalogue, 2, "submitted", application, entry=entry)
    # the PID of a dataset whose links lead elsewhere
    send(catalogue, 1, "created", 9, [catalogue.row("a", "csc").pid], "by-pid")
    send(catalogue, 2, "submitted", 9, entry="by-pid")
    send(catalogue, 3, "approved", 8)
    assert counts(catalogue, "a") == {"open": 1, "approved": 1} and counts(catalogue, "a", "pids") == {"open": 1}


def test_several_datasets_count_each_and_changes_take_back(catalogue):
    for source, identifier in (("csc", "a"), ("csc", "b"), ("other", "a")):
        catalogue.send("register", identifier, source, dataset=described())
    both = ["urn:csc:a", "urn:other:a", "urn:tsd:a", "urn:csc:gone", "doi:10.1/elsewhere"]
    send(catalogue, 1, "created", 7, both)
    send(catalogue, 2, "submitted")
    assert [counts(catalogue, "a"), counts(catalogue, "a", "other"), counts(catalogue, "b")] == [{"open": 1}] * 2 + [{}]
    send(catalogue, 3, "approved")
    send(catalogue, 4, "resources-changed", 7, ["urn:csc:b", "urn:other:a"])
    assert counts(catalogue, "a") == {}
    assert [counts(catalogue, "a", "other"), counts(catalogue, "b")] == [{"approved": 1}] * 2
    # of what stands in the table every text is a dataset's, a state or a digest
    (kept,) = rows(catalogue)["secureb2share_rems"]
    assert json.loads(kept["resources"]) == ["urn:csc:b", "urn:other:a"] and kept["state"] == "approved"


def test_addresses_of_records_are_resources(catalogue):
    catalogue.send("register", "a", "urls", dataset=described())
    url = catalogue.host.record_url(catalogue.row("a", "urls"))
    elsewhere = "%s/elsewhere/%s" % (ADDRESS, catalogue.row("a", "urls").pid)
    send(catalogue, 1, "created", 7, [url], "by-url")
    send(catalogue, 2, "submitted", entry="by-url")
    for application, wrong in enumerate((url + "/", url.replace("https", "http"), url[:-1], "x" + url, elsewhere)):
        send(catalogue, 1, "created", 20 + application, [wrong], "by-url")
        send(catalogue, 2, "submitted", 20 + application, entry="by-url")
    assert counts(catalogue, "a", "urls") == {"open": 1}


def test_a_dataset_that_is_registered_later_counts_from_the_next_event(catalogue):
    send(catalogue, 1, "created", 7, ["urn:csc:late"])
    send(catalogue, 2, "submitted")
    catalogue.send("register", "late", "csc", dataset=described())
    assert counts(catalogue, "late") == {}
    send(catalogue, 3, "approved")
    assert counts(catalogue, "late") == {"approved": 1}


def test_what_cannot_be_ours_leaves_nothing(catalogue):
    catalogue.send("register", "a", "tsd", dataset=described())
    before = catalogue.rows()
    for number, names in enumerate((["urn:tsd:a"], ["a", "doi:10.1/x"], [])):
        assert send(catalogue, number, "created", 50 + number, names) == "ignored"
    assert catalogue.rows() == before


def test_what_was_deleted_or_never_named_is_forgotten_after_two_days(catalogue):
    catalogue.send("register", "a", "csc", dataset=described())
    for application, kinds in ((1, ["created", "deleted"]), (2, ["submitted"]), (3, ["created", "submitted"])):
        for number, kind in enumerate(kinds):
            send(catalogue, number, kind, application, ["urn:csc:a"] if kind == "created" else None)
    assert len(rows(catalogue)["secureb2share_rems"]) == 3
    for days, left in ((1.9, 4), (2.1, 3)):
        touched = rems_applications.utcnow() - datetime.timedelta(days=days)
        db.session.query(RemsApplication).filter(RemsApplication.touched < touched.replace(year=9999)).update(
            {"touched": touched}
        )
        db.session.commit()
        send(catalogue, 1, "created", next(fresh) + 100, ["urn:csc:a"])
        assert len(rows(catalogue)["secureb2share_rems"]) == left
    assert counts(catalogue, "a") == {"open": 1}


def test_the_id_of_an_application_cannot_be_guessed_from_the_tables(catalogue):
    catalogue.send("register", "a", "csc", dataset=described())
    send(catalogue, 1, "created", 7, ["urn:csc:a"])
    send(catalogue, 2, "submitted")
    kept = json.dumps(rows(catalogue), default=str)
    entry, number = "sd-apply", catalogue.row("a", "csc").id
    guesses = [7, "7", [entry, 7], ["csc", "a", 7], ["csc", "a", "7"], [number, 7], [number, "7"]]
    assert [one for one in guesses if hashlib.sha256(canonical(one)).hexdigest() in kept] == []
    (row,) = rows(catalogue)["secureb2share_rems"]
    assert row["digest"] == rems_applications.pseudonym_of(entry, 7) != rems_applications.pseudonym_of(entry, 8)
    assert row["digest"] != rems_applications.pseudonym_of("by-pid", 7)
    config = catalogue.app.config
    try:
        config["SECRET_KEY"] = "another"
        assert row["digest"] != rems_applications.pseudonym_of(entry, 7)
        for missing in (None, ""):
            config["SECRET_KEY"] = missing
            with pytest.raises(NotReady, match="SECRET_KEY"):
                send(catalogue, 3, "approved")
    finally:
        config["SECRET_KEY"] = SECRET_KEY


def test_stops_hold(catalogue):
    catalogue.send("register", "a", "csc", dataset=described())
    send(catalogue, 1, "created", 7, ["urn:csc:a"])
    for what, error in ((stops.SOURCE + "csc", SourceSuspended), (stops.INCIDENT, Frozen)):
        stops.begin(what, None)
        db.session.commit()
        before = catalogue.rows()
        with pytest.raises(error):
            send(catalogue, 2, "submitted")
        assert catalogue.rows() == before
        stops.end(what)
        db.session.commit()
    send(catalogue, 2, "submitted")
    assert counts(catalogue, "a") == {"open": 1}


@pytest.mark.parametrize("failures, works", [(2, True), (3, False)])
def test_a_conflict_is_tried_again_and_then_left_to_rems(catalogue, monkeypatch, failures, works):
    catalogue.send("register", "a", "csc", dataset=described())
    left, settle = [failures], applications.settle

    def conflict(*args):
        left[0] -= 1
        if left[0] >= 0:
            raise IntegrityError("x", {}, Exception())
        return settle(*args)

    monkeypatch.setattr(applications, "settle", conflict)
    send(catalogue, 1, "created", 7, ["urn:csc:a"])
    if works:
        assert send(catalogue, 2, "submitted") == "changed" and counts(catalogue, "a") == {"open": 1}
    else:
        with pytest.raises(NotReady):
            send(catalogue, 2, "submitted")
        assert counts(catalogue, "a") == {}


def test_another_failure_is_raised_at_once_and_nothing_is_stored(catalogue, monkeypatch):
    def fail(*args):
        raise ProgrammingError("x", {}, Exception())

    monkeypatch.setattr(rems_applications.rems_datasets, "find", fail)
    before = catalogue.rows()
    with pytest.raises(ProgrammingError):
        send(catalogue, 1, "created", 7, ["urn:csc:a"])
    assert catalogue.rows() == before


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(cases=st.lists(arrivals(), min_size=1, max_size=3), mix=st.randoms())
def test_any_order_and_number_of_events_ends_in_the_counts_of_the_right_order(made, cases, mix):
    if made.row("a", "csc") is None:
        for identifier in "ab":
            made.send("register", identifier, "csc", dataset=described())
    ids = [next(fresh) + 1000 for _ in cases]
    first, found = {name: counts(made, name) for name in "ab"}, []
    for of_case in (1, 0):
        # the same applications under other ids, arriving mixed up and then in order
        sent = [(application + of_case * 10**6, one) for application, case in zip(ids, cases) for one in case[of_case]]
        if of_case:
            mix.shuffle(sent)
        for application, one in sent:
            names = None if one.resources is None else tuple("urn:csc:" + name for name in one.resources)
            again = one._replace(application=application, resources=names)
            rems_applications.carry_out(made.extension, "sd-apply", again)
        now = {name: counts(made, name) for name in "ab"}
        found.append({name: {state: n - first[name].get(state, 0) for state, n in now[name].items()} for name in "ab"})
        first = now
    assert [{k: v for k, v in one.items() if v} for one in found[0].values()] == [
        {k: v for k, v in one.items() if v} for one in found[1].values()
    ]
