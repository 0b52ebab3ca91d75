"""Registrations in REMS by real sweeps, over HTTP and a database: what readers meet, and what a kill leaves."""

import datetime
import os

import pytest
import sqlalchemy
from invenio_db import db
from memory import described
from served import command, new_database
from sqlalchemy import text

from secureb2share_ext import compat
from secureb2share_ext.access import destination
from secureb2share_ext.datasets import telling, view
from secureb2share_ext.errors import AttemptEnded, NotAccepted, Problem
from secureb2share_ext.maintenance import check
from secureb2share_ext.outbox import announce, claims, copied, delivery, lane, registrations, sending
from secureb2share_ext.outbox.models import Pause, Registration
from secureb2share_ext.targets import rems, rems_session
from secureb2share_ext.testing import rems as fake
from secureb2share_ext.testing import rems_routes
from secureb2share_ext.testing.catalogue import ADDRESS, Catalogue

NAME = "sd-apply"
SETTINGS = {
    "kind": "rems", "user": fake.OWNER, "api_key": fake.KEY, "organization": fake.ORGANIZATION, "workflow": 11,
    "form": 31, "licenses": [51], "languages": ["en", "fi"], "resource": "{pid_url}",
}  # fmt: skip
WEBHOOK = {"kind": "webhook", "url": "https://ingest.example.org/", "echo": True}


@pytest.fixture
def server():
    with fake.FakeRems(fake.example_store(duo=True)) as found:
        yield found


@pytest.fixture(params=["sqlite", "postgresql"])
def catalogue(request, server, tmp_path):
    if request.param == "postgresql":
        if not os.environ.get("SECUREB2SHARE_TEST_POSTGRESQL"):
            pytest.skip("no PostgreSQL: SECUREB2SHARE_TEST_POSTGRESQL is not set")
        with new_database() as uri:
            yield from made(uri, server)
    else:
        yield from made("sqlite:///" + str(tmp_path / "catalogue.db"), server)


def made(uri, server):
    with Catalogue(
        {"tsd": {"targets": [NAME]}, "csc": {}},
        SQLALCHEMY_DATABASE_URI=uri,
        SECUREB2SHARE_DEMO=True,
        SECUREB2SHARE_TARGETS={NAME: dict(SETTINGS, url=server.url), "csc": WEBHOOK},
        SECUREB2SHARE_ACCESS={"form": {"provider": "rems", "url": server.url, "resource": "{pid_url}"}},
    ) as found:
        if uri.startswith("sqlite"):
            # nothing here is about a loss of power
            sqlalchemy.event.listen(db.engine, "connect", lambda raw, record: raw.execute("PRAGMA synchronous=OFF"))
            db.session.remove()
            db.engine.dispose()
        # of the two sources, only the first has somebody who answers
        found.extension.targets = {NAME: found.extension.targets[NAME]}
        yield found


class Killed(BaseException):
    """The worker ends here."""


def sweep(catalogue):
    found = delivery.sweep(catalogue.extension)
    db.session.rollback()
    return found


def link(catalogue, server, identifier="d", source="tsd"):
    """The code of the page that a reader gets, or the status and place of REMS's answer."""
    pid = catalogue.row(identifier, source).pid
    try:
        url = destination.destination(catalogue.extension, pid)
    except Problem as problem:
        return problem.code
    finally:
        db.session.rollback()
    assert url.startswith(server.url + "/apply-for?resource=https%3A%2F%2F")
    answer = server.take(fake.Request("GET", url[len(server.url) :], {}))
    return answer.status


def resid(catalogue, identifier="d"):
    return ADDRESS + "/records/" + catalogue.row(identifier).pid


def register(catalogue, title="A", identifier="d", **sensitive):
    found = described(title)
    found["sensitive"].update(sensitive)
    return catalogue.send("register", identifier, dataset=found)


def test_a_link_opens_with_its_item_and_closes_before_it(catalogue, server):
    register(catalogue)
    # without echo the source's own registration is told to it
    assert link(catalogue, server) == "not-yet-open"
    assert sweep(catalogue) == {"delivered": 1} and link(catalogue, server) == 302
    (event,) = db.session.execute(text("SELECT state, receipt FROM secureb2share_event")).fetchall()
    assert event[0] == "acknowledged" and '"rems-item-1000001"' in event[1]
    (row,) = db.session.query(Registration).all()
    assert (row.resource, row.item, row.is_open, row.holder) == (1001, 1000001, True, None)
    db.session.rollback()
    for state, code in (("suspended", "suspended"), ("active", 302), ("withdrawn", "withdrawn")):
        catalogue.send("state", "d", state=state, reason="For a reason.")
        # our own state answers before REMS is told
        assert link(catalogue, server) in (code, "not-yet-open", 302) and link(catalogue, server) != 404
        assert sweep(catalogue) == {"delivered": 1} and link(catalogue, server) == code
        assert len(server.items_of(resid(catalogue))) == int(state == "active")
    assert all(one["archived"] for one in server.store.items.values())
    assert all(one["archived"] for one in server.store.resources.values())


def test_titles_and_terms_follow(catalogue, server):
    register(catalogue)
    sweep(catalogue)
    register(catalogue, "Another title")
    register_codes = {"duo_codes": ["DUO:0000004"]}
    assert sweep(catalogue) == {"delivered": 1}
    (item,) = server.items_of(resid(catalogue))
    assert (item["id"], item["localizations"]["en"]["title"]) == (1000001, "Another title")
    assert item["localizations"]["en"]["infourl"] == resid(catalogue)
    register(catalogue, "Another title", **register_codes)
    assert sweep(catalogue) == {"delivered": 1} and link(catalogue, server) == 302
    (item,) = server.items_of(resid(catalogue))
    assert (item["id"], item["resource"]) == (1000002, 1002)


CHANGES = [{}, {"title": "B"}, {"duo_codes": ["DUO:0000004"]}]


def test_a_worker_that_is_killed_at_any_request_leaves_one_item(catalogue, server, monkeypatch):
    real = rems_session.Session._request
    count, kill_at, killed = [0], [0], [0]

    def cut(self, *given):
        count[0] += 1
        # before a request, and after it
        if count[0] == kill_at[0] // 2 and kill_at[0] % 2 == 0:
            raise Killed
        answer = real(self, *given)
        if count[0] == kill_at[0] // 2:
            raise Killed
        return answer

    monkeypatch.setattr(rems_session.Session, "_request", cut)
    ahead = [datetime.timedelta()]
    for module in (claims, delivery, lane, registrations, sending):
        if hasattr(module, "utcnow"):
            monkeypatch.setattr(module, "utcnow", lambda: compat.utcnow() + ahead[0])
    for number, change in enumerate(CHANGES):
        kill_at[0] = 2
        while True:
            identifier = "d/%d/%d" % (number, kill_at[0])
            if number:
                kill, kill_at[0] = kill_at[0], 0
                register(catalogue, identifier=identifier)
                sweep(catalogue)
                kill_at[0] = kill
            register(catalogue, identifier=identifier, **change)
            count[0] = 0
            # the thread ends, and what it had claimed and holds stays claimed
            counts = sweep(catalogue)
            is_killed, kill = counts != {"delivered": 1}, kill_at[0]
            assert link(catalogue, server, identifier) in (302, "not-yet-open"), (number, kill)
            kill_at[0] = 0
            if is_killed:
                killed[0] += 1
                ahead[0] += claims.LEASE + datetime.timedelta(seconds=1)
                assert sweep(catalogue) == {"delivered": 1}, (number, kill)
            assert link(catalogue, server, identifier) == 302, (number, kill)
            (item,) = server.items_of(resid(catalogue, identifier))
            assert item["localizations"]["en"]["title"] == change.get("title", "A")
            codes = server.store.resources[item["resource"]]["duo"]
            assert [one["id"] for one in codes] == change.get("duo_codes", [])
            kill_at[0] = kill + 1
            if not is_killed:
                break
    # a new one has 3 steps, a new title 1, other terms 6; each has a request of its own and 2 of a look-up
    assert killed[0] == 2 * (11 + 5 + 21)


def test_two_attempts_never_have_one_registration(catalogue, server, monkeypatch):
    register(catalogue)
    (number,) = db.session.execute(text("SELECT id FROM secureb2share_event")).fetchone()
    db.session.rollback()
    journal = registrations.Journal(db.engine, NAME)
    first = journal.take(number)
    first.note(resource=7)
    with pytest.raises(AttemptEnded, match="another attempt has"):
        journal.take(number)
    now = compat.utcnow() + registrations.HELD
    monkeypatch.setattr(registrations, "utcnow", lambda: now)
    second = journal.take(number)
    assert (second.resource, second.item) == (7, None)
    with pytest.raises(AttemptEnded, match="taken the registration"):
        first.note(resource=8)
    first.give_back()
    with pytest.raises(AttemptEnded):
        journal.take(number)
    second.note(item=9)
    second.give_back()
    # a clock that ran ahead holds nobody up
    monkeypatch.setattr(registrations, "utcnow", lambda: now + datetime.timedelta(days=1))
    journal.take(number)
    monkeypatch.setattr(registrations, "utcnow", lambda: now)
    assert journal.take(number).item == 9


def test_a_hold_outlasts_an_attempt_and_ends_with_the_lease_of_its_event():
    assert rems.TOTAL < registrations.HELD.total_seconds()
    # an attempt may be made twice, see sending.py
    assert sending.BATCH_TIME + 2 * rems.TOTAL < claims.LEASE.total_seconds()
    assert sending.BATCH_TIME + registrations.HELD.total_seconds() < claims.LEASE.total_seconds()


def test_a_worker_that_lost_a_registration_sends_nothing_more(catalogue, server, monkeypatch):
    register(catalogue)
    real, engine = rems_session.Session.write, db.engine

    def lose(self, *given):
        found = real(self, *given)
        with engine.begin() as connection:
            connection.execute(Registration.__table__.update().values(holder="another"))
        return found

    monkeypatch.setattr(rems_session.Session, "write", lose)
    assert sweep(catalogue) == {"retry": 1}
    assert [one.target for one in server.requests if one.method != "GET"] == ["/api/resources/create"]
    assert link(catalogue, server) == "not-yet-open"


def test_answers_that_fail_and_connections_that_break_lose_nothing(catalogue, server, monkeypatch):
    faults = ["503", "503 after", "500", "500 after", fake.DROP_BEFORE, fake.DROP_AFTER]
    server.fault = lambda number: faults[number // 7 % 6] if number % 7 == 0 else None
    ahead = [datetime.timedelta()]
    for module in (delivery, lane, registrations, sending):
        monkeypatch.setattr(module, "utcnow", lambda: compat.utcnow() + ahead[0])
    catalogue.extension.targets[NAME].concurrency = 3
    for number in range(12):
        register(catalogue, identifier="d/%d" % number)
    sent = 0
    for _ in range(60):
        sent += sweep(catalogue).get("delivered", 0)
        ahead[0] += datetime.timedelta(hours=1)
    assert sent == 12
    server.fault = None
    for number in range(12):
        assert link(catalogue, server, "d/%d" % number) == 302


def test_the_journal_is_asked_only_where_a_target_registers(catalogue, server):
    register(catalogue)
    catalogue.send("register", "d", "csc", dataset=described())
    asked = []
    sqlalchemy.event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for source, statements in (("csc", 0), ("tsd", 1)):
        pid = catalogue.row("d", source).pid
        del asked[:]
        view.look_up(catalogue.host, pids=[pid])
        assert len([one for one in asked if "secureb2share_registration" in one]) == statements


def test_a_target_that_is_added_later_is_told_of_what_is_published(catalogue, server, monkeypatch):
    monkeypatch.setattr(telling, "CHUNK", 2)
    for number in range(5):
        catalogue.send("register", "d/%d" % number, "csc", dataset=described(str(number)))
    catalogue.send("state", "d/4", "csc", state="withdrawn", reason="For a reason.")
    source = catalogue.extension.sources["csc"]
    changed = source._replace(targets=(NAME, "csc"), echo=(NAME, "csc"), registers=(NAME,))
    catalogue.extension.sources["csc"] = changed
    assert link(catalogue, server, "d/0", "csc") == "not-yet-open"

    def announced(*words):
        result = command(catalogue.app, "deliveries", "announce", "--target", *words)
        db.session.rollback()
        return result.output.strip()

    assert announced("nobody") == "Error: No source names a target nobody."
    assert announced(NAME) == "4 datasets will be told to sd-apply by the next sweeps."
    # begun anew it does nothing twice
    assert announced(NAME) == "0 datasets will be told to sd-apply by the next sweeps."
    assert announced(NAME, "--again") == "1 dataset will be told to sd-apply by the next sweeps."
    assert sweep(catalogue) == {"delivered": 5}
    assert [link(catalogue, server, "d/%d" % number, "csc") for number in range(4)] == [302] * 4
    assert announced(NAME, "--again") == "5 datasets will be told to sd-apply by the next sweeps."
    kinds = [one["type"].split(".")[-2] for one in catalogue.events("d/0", "csc") if one["target"] == NAME]
    assert kinds == ["published", "changed"] and sweep(catalogue) == {"delivered": 5}
    assert len(server.store.items) == 4


OTHER = "SECUREB2SHARE_TARGETS['sd-apply']: what answers at url is no REMS."


def test_check_asks_rems(catalogue, server, monkeypatch):
    def said():
        wrong, told = check.look(catalogue.extension)
        db.session.rollback()
        return wrong, told

    version, duo = "Target sd-apply: it is REMS 2.39.1 (16bcd11).", "it does not know these DUO codes"
    wrong, told = said()
    assert wrong == [] and told[0] == version and duo in told[1]
    assert "DUO:0000006, DUO:0000042." in told[1]
    provider = catalogue.extension.providers["form"]
    catalogue.extension.providers["form"] = provider._replace(url="https://rems.example.org")
    said_apart = "Target sd-apply: it registers at %s, and the links of tsd lead to https://rems.example.org: both have"
    assert said()[1][2] == said_apart % server.url + " to be one REMS."
    catalogue.extension.providers["form"] = provider
    assert len(said()[1]) == 2
    server.store.duo = False
    assert "takes no DUO codes" in said()[1][1]
    server.store.languages = ("en", "sv")
    (sentence,), told = said()
    assert "languages names fi" in sentence and "en, sv" in sentence and "not written in sv" in told[1]
    server.store.languages = ("en", "fi")
    for given, expected in (({"version": "2\x1b[2J"}, "Target sd-apply: it is REMS 2[2J (None)."), ("2", None)):
        monkeypatch.setattr(rems_routes, "VERSION", given)
        wrong, told = said()
        assert told[0] == expected if expected else (wrong, told) == ([OTHER], [])
    monkeypatch.undo()
    server.store.organizations[fake.ORGANIZATION]["owners"] = set()
    (sentence,), _ = said()
    assert "forbids this to the API key or to its user (status 403)" in sentence
    server.fault = lambda number: fake.DROP_BEFORE
    assert said() == (["SECUREB2SHARE_TARGETS['sd-apply']: REMS does not answer (RemoteDisconnected)."], [])


def test_check_counts_ids_that_fit_no_visa(catalogue, server):
    register(catalogue)
    sweep(catalogue)
    register(catalogue, "B")
    target = catalogue.extension.targets[NAME]
    target.visas = True
    assert check.look(catalogue.extension)[0] == []
    target.resource = "{identifier}"
    (sentence,), told = check.look(catalogue.extension)
    assert told[-1] == "Target sd-apply: 1 dataset registered, of which 1 can be applied for."
    assert "the ids of 1 dataset are no https address" in sentence
    db.session.rollback()
    assert sweep(catalogue) == {"park": 1} and len(server.store.resources) == 1


def test_a_refusal_that_comes_later_overtakes_nothing(catalogue, server):
    register(catalogue)
    row = catalogue.row("d")
    announce.refused(row, "0" * 64, "Not like this.", catalogue.host.base_url(), [NAME])
    db.session.commit()
    assert sweep(catalogue) == {"delivered": 2} and link(catalogue, server) == 302


def test_a_link_is_closed_until_its_own_id_is_registered(catalogue, server):
    register(catalogue)
    sweep(catalogue)
    former, address = catalogue.extension.providers["form"], catalogue.app.config["SITE_UI_URL"]
    catalogue.app.config["SITE_UI_URL"] = "https://renamed.example.org"
    assert link(catalogue, server) == "not-yet-open"
    catalogue.app.config["SITE_UI_URL"] = address
    assert link(catalogue, server) == 302
    resource = "https://ids.example.org/{pid}"
    catalogue.extension.providers["form"] = former._replace(resource=resource)
    catalogue.extension.targets[NAME].resource = resource
    assert link(catalogue, server) == "not-yet-open"
    command(catalogue.app, "deliveries", "announce", "--target", NAME, "--again")
    db.session.rollback()
    assert sweep(catalogue) == {"delivered": 1} and link(catalogue, server) == 302


def test_a_copy_has_registered_nothing(catalogue, server):
    register(catalogue)
    sweep(catalogue)
    assert link(catalogue, server) == 302
    copied.sever([NAME], compat.utcnow())
    db.session.commit()
    assert db.session.query(Registration).count() == 0 and link(catalogue, server) == "not-yet-open"


def test_a_signed_receipt_says_nothing_of_a_registration(catalogue, server):
    register(catalogue)
    (event,) = catalogue.events("d")
    with pytest.raises(NotAccepted, match="takes no receipt") as raised:
        catalogue.send("receipt", "d", event=event["id"], digest="a" * 64)
    assert raised.value.code == "registers"
    db.session.rollback()
    assert sweep(catalogue) == {"delivered": 1}


def test_a_registration_that_another_attempt_has_says_nothing_of_the_target(catalogue, server):
    register(catalogue)
    (number,) = db.session.execute(text("SELECT id FROM secureb2share_event")).fetchone()
    db.session.rollback()
    hold = registrations.Journal(db.engine, NAME).take(number)
    assert sweep(catalogue) == {"retry": 1} and server.requests == []
    assert db.session.query(Pause).count() == 0
    (outcome, wakes) = db.session.execute(text("SELECT outcome, wakes FROM secureb2share_event")).fetchone()
    assert "another attempt has the registration" in outcome and not wakes
    db.session.rollback()
    hold.give_back()
