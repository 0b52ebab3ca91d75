"""The steps of a registration in REMS: what is sent in which order, and what is left wherever a worker is killed."""

import datetime
import itertools
import json

import hypothesis
import pytest
from hypothesis import strategies
from remsing import RESID, Journal, Killed, channel, event, send, writes

from secureb2share_ext import client
from secureb2share_ext.targets import rems, rems_session
from secureb2share_ext.targets import rems_plan as plan
from secureb2share_ext.targets.answer import DELIVERED, LATER, PARK, PAUSE
from secureb2share_ext.testing import rems as fake

NEW = ["resources/create", "catalogue-items/create", "catalogue-items/enabled True"]
END = ["catalogue-items/enabled False", "catalogue-items/archived True", "resources/archived True"]
AGAIN = ["resources/archived False", "catalogue-items/archived False", "catalogue-items/enabled True"]
OTHER_TERMS = ["resources/create", "catalogue-items/create", "catalogue-items/enabled False",
               "catalogue-items/enabled True", "catalogue-items/archived True", "resources/archived True"]  # fmt: skip
DUO = {"duo_codes": ["DUO:0000004"]}

# what happens to a dataset that is registered, with settings that changed -> the steps
ORDERS = {
    "same": ({}, {}, []),
    "title": ({"title": "B"}, {}, ["catalogue-items/edit"]),
    "suspended": ({"state": "suspended"}, {}, END[:1]),
    "withdrawn": ({"state": "withdrawn"}, {}, END),
    "superseded": ({"state": "superseded"}, {}, END),
    "closed": ({"access_right": "metadata-only"}, {}, END[:1]),
    "embargo": ({"access_right": "embargoed"}, {}, []),
    "duo": (DUO, {}, OTHER_TERMS),
    "licence": ({}, {"licenses": [51, 52]}, OTHER_TERMS),
    "workflow": ({}, {"workflow": 12}, []),
    "language": ({}, {"languages": ["en"]}, []),
}


@pytest.fixture
def server():
    return fake.FakeRems(fake.example_store(duo=True))


def live(server):
    return server.items_of(RESID)


@pytest.mark.parametrize("name", sorted(ORDERS))
def test_a_change_takes_these_steps_in_this_order(server, name):
    change, settings, steps = ORDERS[name]
    journal = Journal()
    told = event()
    answer = send(server, journal, told)
    assert (answer.meaning, writes(server)) == (DELIVERED, NEW) and journal.is_open
    receipt = json.loads(answer.body.decode())
    assert (receipt["receipt_id"], receipt["digest"]) == ("rems-item-1000001", client.digest(told.body))
    start = len(server.requests)
    assert send(server, journal, event(2, **change), **settings).meaning == DELIVERED
    assert writes(server, start) == steps
    is_wanted = change.get("state", "active") == "active" and change.get("access_right") != "metadata-only"
    assert (len(live(server)), journal.is_open) == (int(is_wanted), is_wanted)
    said = json.loads(send(server, journal, event(2, **change), **settings).body.decode())["receipt_id"]
    # of what is shut nothing is there that could be named
    assert said == ("rems-item-%d" % journal.item if is_wanted else "rems-nothing")
    start = len(server.requests)
    # the same event once more, as after a kill before its outcome was written
    assert send(server, journal, event(2, **change), **settings).meaning == DELIVERED
    assert writes(server, start) == []


def test_a_dataset_comes_back_as_what_it_was(server):
    journal = Journal()
    for number, state in enumerate(("active", "withdrawn", "active")):
        send(server, journal, event(number, state))
    assert writes(server) == NEW + END + AGAIN and len(live(server)) == 1 and journal.item == 1000001
    # what ends and was never there has nothing to do
    assert send(server, Journal(), event(4, "withdrawn", identifier="other")).meaning == DELIVERED
    assert writes(server) == NEW + END + AGAIN


def test_former_terms_that_come_back_take_their_former_resource(server):
    journal = Journal()
    for number, sensitive in enumerate(({}, DUO, {})):
        send(server, journal, event(number, **sensitive))
    assert len(server.store.resources) == len(server.store.items) == 2
    assert [item["resource"] for item in live(server)] == [1001] == [journal.resource] and journal.is_open


def test_an_item_whose_form_an_operator_changed_stays(server):
    journal = Journal()
    send(server, journal, event())
    server.store.update_item(1000001, {"form": 32}, "owner")
    start = len(server.requests)
    send(server, journal, event(2))
    assert writes(server, start) == [] and journal.item == 1000002
    for number, state in ((3, "withdrawn"), (4, "active")):
        send(server, journal, event(number, state))
    assert [(item["id"], item["form"]) for item in live(server)] == [(1000002, 32)]


def test_an_item_of_a_form_that_is_archived_is_replaced(server):
    journal = Journal()
    for number, state in enumerate(("active", "withdrawn")):
        send(server, journal, event(number, state))
    server.store.forms[31]["archived"] = True
    assert send(server, journal, event(3), form=32).meaning == DELIVERED
    assert [(item["id"], item["form"]) for item in live(server)] == [(1000002, 32)] and journal.is_open


def test_an_item_whose_end_has_passed_is_opened_anew(server):
    journal = Journal()
    send(server, journal, event())
    server.store.items[1000001]["end"] = datetime.datetime(2020, 1, 1)
    send(server, journal, event(2))
    assert server.store.items[1000001]["end"] is None and len(live(server)) == 1


def test_what_was_made_by_hand_is_taken_over_and_doubles_are_closed(server):
    for number in (1001, 1002):
        body = {"resid": RESID, "organization": {"organization/id": fake.ORGANIZATION}, "licenses": [51]}
        server.store.create_resource(body, "owner")
        item = {"resid": number, "wfid": 11, "form": 31, "organization": {"organization/id": fake.ORGANIZATION}}
        server.store.create_item(dict(item, localizations={"en": {"title": "By hand"}}), "owner")
    assert len(live(server)) == 2
    journal = Journal()
    assert send(server, journal, event()).meaning == DELIVERED
    assert [item["id"] for item in live(server)] == [1000001] and server.store.resources[1002]["archived"]
    assert live(server)[0]["localizations"]["fi"]["title"] == "A"


def test_duo_codes_that_rems_does_not_know_are_left_out(caplog):
    caplog.set_level("INFO")
    codes = ["DUO:0000042", "DUO:0000020", "DUO:0000024"]
    for duo, sent in ((False, []), (True, ["DUO:0000020", "DUO:0000024"])):
        server = fake.FakeRems(fake.example_store(duo=duo))
        assert send(server, Journal(), event(duo_codes=codes, duo_until="2027-01-31")).meaning == DELIVERED
        (resource,) = server.store.resources.values()
        assert [one["id"] for one in resource["duo"]] == sent
        left_out = ",".join(sorted(set(codes) - set(sent)))
        assert caplog.messages[-1] == "secureb2share.duo-left-out event=m1 codes=" + left_out
        if sent:
            assert [one["restrictions"][0]["values"] for one in resource["duo"]] == [
                [{"value": "Desk"}], [{"value": "2027-01-31"}]
            ]  # fmt: skip


def test_a_resource_that_the_user_does_not_see_is_not_made_again(server):
    journal = Journal()
    send(server, journal, event())
    resources = server.store._resources_of.pop(RESID)
    answer = send(server, journal, event(2))
    assert answer.meaning == PAUSE and "does not show it to this user" in answer.reason
    assert len(server.store.resources) == 1 and resources == [1001]
    # in another REMS there is none, and one is made
    other = fake.FakeRems(fake.example_store())
    assert send(other, journal, event(3)).meaning == DELIVERED and len(other.items_of(RESID)) == 1


def test_a_number_that_another_dataset_has_is_no_fault_of_the_user(server):
    journal = Journal()
    send(server, journal, event())
    # this one lost its data, and has given the numbers to another dataset
    other = fake.FakeRems(fake.example_store())
    send(other, Journal(), event(identifier="other"))
    assert set(other.store.resources) == {journal.resource} and set(other.store.items) == {journal.item}
    assert send(other, journal, event(3)).meaning == DELIVERED
    assert (journal.resource, len(other.items_of(RESID)), len(other.items_of("other"))) == (1002, 1, 1)


def test_what_is_noted_of_another_external_id_does_not_count(server):
    journal = Journal()
    send(server, journal, event())
    asked = len(server.requests)
    assert send(server, journal, event(2), resource="{pid}").meaning == DELIVERED
    assert [one.target for one in server.requests[asked:] if one.target.startswith("/api/resources/1001")] == []
    assert len(server.items_of("10.1234/x1")) == 1 and journal.is_open and journal.resource == 1002


DAMAGED = [
    b"", b"{", b"\xff", b"[]", b"7", b"{}", b'{"data": 7}', b'{"data": {}}', b"[" * 100000,
    b'{"data": {"dataset": 7}, "id": "m1", "source": "x"}', b'{"data": {"dataset": {}}, "id": "m1", "source": "x"}',
]  # fmt: skip


def test_an_event_that_cannot_be_read_is_parked_and_ends_no_thread(server):
    whole = json.loads(event().body.decode())
    bodies = list(DAMAGED)
    for name in ("state", "pid", "record_url", "identifier", "source"):
        data = {member: value for member, value in whole["data"].items() if member != name}
        bodies.append(client.canonical(dict(whole, data=data)))
    for dataset in ({"core": {"titles": []}, "sensitive": {}}, {"core": {"titles": [{}]}, "sensitive": {}}, None, [1]):
        bodies.append(client.canonical(dict(whole, data=dict(whole["data"], dataset=dataset))))
    for body in bodies:
        told = event()
        told.body = body
        answer = send(server, Journal(), told)
        assert (answer.meaning, answer.error) == (PARK, ""), body
        assert answer.reason.startswith("the event cannot be read: ")
    assert writes(server) == []


def test_an_attempt_whose_time_is_over_ends_between_two_steps(server, monkeypatch):
    monkeypatch.setattr(rems, "TOTAL", rems_session.READ - 1)
    answer = send(server, Journal(), event())
    assert (answer.meaning, answer.status, writes(server)) == (LATER, None, [])
    assert "the time of one attempt is over" in answer.reason


def test_what_rems_says_and_does_not_do_is_not_repeated(server, monkeypatch):
    monkeypatch.setattr(server.store, "enable_item", lambda *given: fake.Answer(200, {"success": True}))
    answer = send(server, Journal(), event())
    assert (answer.meaning, len(writes(server))) == (LATER, 3) and "does not show it" in answer.reason


def test_a_rems_that_answers_with_every_resource_confuses_nobody(server, monkeypatch):
    # the filter by external id came with 2.26; other cases of letters are other ids
    resources, items = server.store.find_resources, server.store.find_items
    monkeypatch.setattr(server.store, "find_resources", lambda resid, *given: resources(None, *given))
    monkeypatch.setattr(server.store, "find_items", lambda resid, *given: items(None, *given))
    for number, identifier in enumerate((RESID, RESID.upper())):
        assert send(server, Journal(), event(number, identifier=identifier)).meaning == DELIVERED
    assert writes(server) == NEW + NEW and len(live(server)) == len(server.items_of(RESID.upper())) == 1


@pytest.mark.parametrize("find, made", [("find_resources", NEW[:1]), ("find_items", NEW[:2])])
def test_what_is_there_and_not_shown_is_made_once(server, monkeypatch, find, made):
    monkeypatch.setattr(server.store, find, lambda *given: fake.Answer(200, []))
    journal = Journal()
    for number in (1, 2):
        answer = send(server, journal, event(number))
        assert answer.meaning == PAUSE and "does not show it to this user" in answer.reason
    assert writes(server) == made


ANSWERED = {
    "200 unsuccessful": (fake.UNSUCCESSFUL, PARK),
    "400": ("400", PARK),
    "401": ("401", PAUSE),
    "403": ("403", PAUSE),
    "404": ("404", PAUSE),
    "410": ("410", PAUSE),
    "302": ("302", PAUSE),
    "413": ("413", PARK),
    "500": ("500", LATER),
    "501": ("501", PAUSE),
    "503": ("503", LATER),
    "502": ("502", "busy"),
}


@pytest.mark.parametrize("name", sorted(ANSWERED))
def test_an_answer_means_this(name, monkeypatch):
    fault, meaning = ANSWERED[name]
    monkeypatch.setattr("secureb2share_ext.targets.rems_session.AGAIN", (0, 0, 0))
    number = itertools.count()

    def is_write(_):
        return fault if server.requests[-1].method != "GET" and next(number) >= 0 else None

    server = fake.FakeRems(fault=is_write)
    answer = send(server, Journal(), event())
    assert answer.meaning == meaning and answer.reason.startswith("REMS ")
    # what meets a conflict of transactions is tried at once, and a few times
    assert next(number) == (4 if name == "503" else 1)


def test_what_is_gone_before_it_is_changed_is_looked_up_again(server):
    journal = Journal()
    send(server, journal, event())
    server.fault = lambda number: "404" if server.requests[-1].method == "PUT" else None
    answer = send(server, journal, event(2, "suspended"))
    assert (answer.meaning, answer.status) == (LATER, 404) and "no longer has" in answer.reason


def test_a_conflict_that_ends_is_not_noticed(monkeypatch):
    monkeypatch.setattr("secureb2share_ext.targets.rems_session.AGAIN", (0, 0, 0))
    for said in ("503", "503 after"):
        server = fake.FakeRems(fault=lambda number, said=said: said if number % 2 else None)
        assert send(server, Journal(), event()).meaning == DELIVERED
        assert len(server.items_of(RESID)) == 1
        assert [one for one in server.store.items.values() if not one["archived"]] == server.items_of(RESID)


def test_a_refusal_has_nothing_to_register(server):
    told = event()
    said = json.loads(told.body.decode())
    said["data"].pop("dataset")
    told.body = client.canonical(said)
    assert send(server, Journal(), told).meaning == DELIVERED and server.requests == []


TEXTS = {"en": ("A", "https://catalogue.example.org/records/x1")}
WANTED = plan.Wanted(RESID, plan.OPEN, (51,), (), TEXTS, "d")
OLD, FIT = plan.Resource(1, True, False, (52,), ()), plan.Resource(2, True, False, (51,), ())
PLANS = {
    "an archived one that is enabled is disabled before it is back": (
        [plan.Item(7, 1, True, False, False, TEXTS), plan.Item(8, 2, True, True, False, TEXTS)],
        plan.Noted(), plan.Step(plan.DISABLE, 8),
    ),
    "what readers use stays, whatever the journal says": (
        [plan.Item(7, 2, True, False, False, TEXTS), plan.Item(8, 2, False, False, False, TEXTS)],
        plan.Noted(2, 8, "d"), plan.Step(plan.ARCHIVE, 8),
    ),
}  # fmt: skip


# suspended while other terms were brought: the items that REMS has by then -> the steps
CUT = {
    "before": ([], [plan.Step(plan.ARCHIVE_RESOURCE, 1)]),
    "old": (
        [plan.Item(7, 1, True, False, False, TEXTS)],
        [plan.Step(plan.DISABLE, 7), plan.Step(plan.ARCHIVE, 7), plan.Step(plan.ARCHIVE_RESOURCE, 1)],
    ),
    "both": (
        [plan.Item(7, 1, False, False, False, TEXTS), plan.Item(8, 2, True, False, False, TEXTS)],
        [plan.Step(plan.DISABLE, 8), plan.Step(plan.ARCHIVE, 7), plan.Step(plan.ARCHIVE_RESOURCE, 1)],
    ),
}


@pytest.mark.parametrize("name", sorted(CUT))
def test_a_suspension_leaves_what_the_way_back_needs(name):
    items, steps = CUT[name]
    found, taken = plan.Found((OLD, FIT), tuple(items)), []
    while len(taken) < 9:
        step = plan.next_step(WANTED._replace(state=plan.SHUT), found, plan.Noted())
        if step is None:
            break
        taken.append(step)
        changed = {plan.DISABLE: {"enabled": False}}.get(step.action, {"archived": True})
        rows = "resources" if step.action == plan.ARCHIVE_RESOURCE else "items"
        after = [one._replace(**changed) if one.id == step.number else one for one in getattr(found, rows)]
        found = found._replace(**{rows: tuple(after)})
    assert taken == steps


@pytest.mark.parametrize("name", sorted(PLANS))
def test_the_next_step(name):
    items, noted, step = PLANS[name]
    assert plan.next_step(WANTED, plan.Found((OLD, FIT), tuple(items)), noted) == step


# what may happen to a dataset: an event, and who changes something in REMS between two events
EVENTS = [{}, {"title": "B"}, {"state": "suspended"}, {"state": "withdrawn"}, DUO, {"access_right": "metadata-only"}]
HANDS = ("none", "form", "second", "archived")


def by_hand(server, what):
    """Change something in REMS as an operator may; returns whether links may be wrong until the next event."""
    found = live(server)
    if what == "form" and found:
        server.store.update_item(found[0]["id"], {"form": 63 - found[0]["form"]}, "owner")
    if what == "second" and server.store.resources:
        first = next(iter(server.store.resources.values()))
        organization = {"organization/id": fake.ORGANIZATION}
        body = {"resid": first["id"], "wfid": 11, "form": 31, "organization": organization, "localizations": {}}
        server.store.create_item(body, "owner")
    if what == "archived" and found:
        server.store.items[found[0]["id"]]["archived"] = True
    return what in ("second", "archived")


@hypothesis.settings(max_examples=150)
@hypothesis.given(
    strategies.lists(
        strategies.tuples(
            strategies.sampled_from(EVENTS),
            strategies.sampled_from(HANDS),
            strategies.lists(strategies.integers(1, 40), max_size=4),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_is_cut_one_item_is_open_in_the_end(story):
    server = fake.FakeRems(fake.example_store(duo=True))
    journal = Journal()
    is_ours = [True]

    def check():
        if is_ours[0]:
            assert len(live(server)) <= 1
            # a reader who is led to REMS gets to its form
            assert not journal.is_open or server.store.apply_for([RESID]).status == 302

    for number, (change, hand, cuts) in enumerate(story):
        is_ours[0] = not by_hand(server, hand)
        for cut in [*cuts, None]:
            count = itertools.count(1)

            def at(cut=cut, count=count):
                check()
                if next(count) == cut:
                    raise Killed

            journal.at = at
            try:
                answer = channel(server, journal, at).send(event(number, **change), None)
            except Killed:
                continue
            assert answer.meaning == DELIVERED, answer
        is_ours[0] = True
        check()
        is_wanted = change.get("state", "active") == "active" and "access_right" not in change
        assert (len(live(server)), journal.is_open) == (int(is_wanted), is_wanted)
        rest = [one for one in server.store.items.values() if not one["archived"]]
        if is_wanted:
            (item,) = rest
            resource = server.store.resources[item["resource"]]
            assert item["localizations"]["en"]["title"] == change.get("title", "A")
            assert [one["id"] for one in resource["duo"]] == change.get("duo_codes", [])
            assert [one for one in server.store.resources.values() if not one["archived"]] == [resource]
            assert (journal.resource, journal.item) == (resource["id"], item["id"])
        if change.get("state") == "withdrawn":
            assert rest == [one for one in server.store.resources.values() if not one["archived"]] == []
