import datetime
import http.server
import itertools
import json
import threading

import pytest
import requests

from secureb2share_ext.testing.rems import KEY, ORGANIZATION, FakeRems, example_store
from secureb2share_ext.testing.rems_events import Outbox
from secureb2share_ext.testing.rems_routes import ApiKey

ORG = {"organization/id": ORGANIZATION}
OTHER = {"organization/id": "other-organisation"}
GERMAN = {"de": {"title": "Ein Titel"}}
ENGLISH = {"en": {"title": "A title", "infourl": "https://catalogue.example.org/1"}}
RESOURCE = {"resid": "new", "organization": ORG, "licenses": [51]}
LIMITED = {
    KEY: ApiKey(),
    "of-a-user": ApiKey(users=["owner"]),
    "of-a-path": ApiKey(paths=[("get", "/api/resources"), ("any", "/api/catalogue-items/.*")]),
}
GRU, HMB, IRB = ({"id": "DUO:00000%s" % number} for number in ("42", "06", "21"))
DISEASE = {"id": "DUO:0000007", "restrictions": [{"type": "mondo", "values": [{"id": "MONDO:0005015"}]}]}


def item(resource, **members):
    return dict({"resid": resource, "wfid": 11, "organization": ORG, "localizations": ENGLISH}, **members)


def command(store, name, body, user="catalogue"):
    answer = getattr(store, name)(body, user)
    assert answer.body["success"] is True
    return answer.body.get("id")


def world(**settings):
    """Resources 1001 to 1006 and items 1000001 to 1000007, as the comments say."""
    store = example_store(**settings)
    one, two, three, four, five, six = (
        command(store, "create_resource", dict(RESOURCE, resid=resid))
        for resid in ("open", "closed", "twice", "gone", "other", "late")
    )
    command(store, "create_item", item(one))  # 1000001, enabled
    command(store, "create_item", item(two, enabled=False))  # 1000002
    command(store, "create_item", item(three))  # 1000003 and 1000004, both enabled
    command(store, "create_item", item(three))
    command(store, "create_item", item(four, enabled=False, archived=True))  # 1000005, with its resource
    command(store, "archive_resource", {"id": four, "archived": True})
    command(store, "create_item", item(five, wfid=12))  # 1000006
    command(store, "create_item", item(six))  # 1000007, whose end has passed
    store.items[1000007]["end"] = store.clock() - datetime.timedelta(days=1)
    return store


@pytest.fixture(scope="module")
def duo():
    with FakeRems(world(duo=True)) as rems:
        yield rems


@pytest.fixture
def rems():
    with FakeRems(world(), keys=LIMITED) as rems:
        yield rems


def ask(rems, method, path, body=None, user="catalogue", key=KEY, **more):
    headers = {"x-rems-api-key": key, "x-rems-user-id": user}
    headers = {name: value for name, value in headers.items() if value is not None}
    sent = {} if body is None else {"json": body}
    return requests.request(method, rems.url + path, headers=headers, allow_redirects=False, **dict(sent, **more))


def said(answer):
    return answer.json() if answer.headers["content-type"].startswith("application/json") else answer.text


NO_TOKEN, NOBODY = (401, "Invalid anti-forgery token"), (401, "unauthorized")
FORBIDDEN, NO_JSON = (403, "forbidden"), (404, {"error": "not found"})
NO_ACCESS = (403, 'no access to organization "other-organisation"')
READING = [
    ("no-key", "/api/resources", None, "catalogue", NOBODY),
    ("wrong-key", "/api/resources", "1", "catalogue", NOBODY),
    ("no-user", "/api/resources", KEY, None, NOBODY),
    ("not-its-user", "/api/resources", "of-a-user", "catalogue", NOBODY),
    ("not-its-path", "/api/resources/1001", "of-a-path", "catalogue", NOBODY),
    ("unknown-user", "/api/resources", KEY, "nobody", FORBIDDEN),
    ("applicant", "/api/resources", KEY, "applicant", FORBIDDEN),
    ("no-resource", "/api/resources/999", KEY, "catalogue", NO_JSON),
    ("no-item", "/api/catalogue-items/999", KEY, "catalogue", NO_JSON),
    ("hidden-item", "/api/catalogue-items/1000002", KEY, "applicant", NO_JSON),
    ("no-route", "/api/catalogue", KEY, "catalogue", (404, "not found")),
    ("no-duo", "/api/resources/duo-codes", KEY, "applicant", (200, [])),
]


@pytest.mark.parametrize("path,key,user,expected", [row[1:] for row in READING], ids=[row[0] for row in READING])
def test_reading_is_refused_in_the_words_of_rems(rems, path, key, user, expected):
    answer = ask(rems, "GET", path, key=key, user=user)
    assert (answer.status_code, said(answer)) == expected


LOOK_UPS = [
    ("/api/resources", {1001, 1002, 1003, 1005, 1006}),
    ("/api/resources/?archived=true", {1001, 1002, 1003, 1004, 1005, 1006}),
    ("/api/resources?resid=gone", set()),
    ("/api/resources?resid=gone&archived=true", {1004}),
    ("/api/resources?resid=op", set()),
    ("/api/catalogue-items?resource=open", {1000001}),
    ("/api/catalogue-items?resource=closed", set()),
    ("/api/catalogue-items?resource=closed&disabled=true", {1000002}),
    ("/api/catalogue-items?resource=gone&disabled=true", set()),
    ("/api/catalogue-items?resource=gone&disabled=true&archived=true", {1000005}),
    ("/api/catalogue-items?resource=late&disabled=true&archived=true", set()),
    ("/api/catalogue-items?resource=late&expired=true", {1000007}),
]


@pytest.mark.parametrize("path,ids", LOOK_UPS, ids=map(str, range(len(LOOK_UPS))))
def test_a_look_up_leaves_out_what_is_not_asked_for(rems, path, ids):
    assert {row["id"] for row in ask(rems, "GET", path).json()} == ids


def test_who_may_not_read_administration_sees_enabled_items_alone(rems):
    path = "/api/catalogue-items?resource=closed&disabled=true"
    assert ask(rems, "GET", path, user="applicant").json() == []


LINKS = [
    ("resource=open", (302, "")),
    ("resource=open&resource=open", (302, "")),
    ("resource=late", (302, "")),
    ("resource=none", (404, "Resource not found")),
    ("resource=closed", (404, "Resource not found")),
    ("resource=gone", (404, "Resource not found")),
    ("resource=twice", (400, "Catalogue item is not unique")),
    ("", (400, "Catalogue item is not unique")),
    ("resource=open&resource=none", (404, "Resource not found")),
    ("resource=open&resource=other", (400, "Unbundlable catalogue items: workflows don't match")),
]


@pytest.mark.parametrize("query,expected", LINKS, ids=map(str, range(len(LINKS))))
def test_the_link_leads_where_one_enabled_item_is(rems, query, expected):
    answer = ask(rems, "GET", "/apply-for?" + query, key=None, user=None)
    assert (answer.status_code, answer.text) == expected and answer.headers["content-type"].startswith("text/plain")


def test_the_link_names_the_items(rems):
    answer = ask(rems, "GET", "/apply-for?resource=open&resource=late", key=None, user=None)
    assert answer.headers["location"] == rems.url + "/application?items=1000001,1000007"


RESOURCES, ITEMS = "/api/resources/", "/api/catalogue-items/"
IN_USE, ARCHIVED = "t.administration.errors/in-use-by", "t.administration.errors/dependencies-archived"
SUCCESS = (200, True)
WRITING = [
    ("no-key", None, "catalogue", "POST", RESOURCES + "create", RESOURCE, NO_TOKEN),
    ("not-its-method", "of-a-path", "catalogue", "POST", "/api/resources", RESOURCE, NO_TOKEN),
    ("its-path", "of-a-path", "catalogue", "POST", ITEMS + "create", item(1001), SUCCESS),
    ("applicant", KEY, "applicant", "POST", RESOURCES + "create", RESOURCE, FORBIDDEN),
    ("role-before-body", KEY, "applicant", "POST", RESOURCES + "create", {"x": 1}, FORBIDDEN),
    ("handler", KEY, "handler", "PUT", RESOURCES + "enabled", {"id": 1001, "enabled": False}, FORBIDDEN),
    ("organisation", KEY, "catalogue", "POST", RESOURCES + "create", dict(RESOURCE, organization=OTHER), NO_ACCESS),
    ("of-an-owner", KEY, "owner", "POST", RESOURCES + "create", dict(RESOURCE, organization=OTHER), SUCCESS),
    ("second-resid", KEY, "catalogue", "POST", RESOURCES + "create", dict(RESOURCE, resid="open"), SUCCESS),
    ("no-licence", KEY, "catalogue", "POST", RESOURCES + "create", dict(RESOURCE, licenses=[1]), (500, None)),
    ("no-workflow", KEY, "catalogue", "POST", ITEMS + "create", item(1001, wfid=1), (500, None)),
    ("of-archived", KEY, "catalogue", "POST", ITEMS + "create", item(1004), SUCCESS),
    (
        "language",
        KEY,
        "catalogue",
        "POST",
        ITEMS + "create",
        item(1001, localizations={"de": {"title": "T"}}),
        (400, 0),
    ),
    ("edit-none", KEY, "catalogue", "PUT", ITEMS + "edit", {"id": 9, "localizations": {}}, NO_JSON),
    ("enable-none", KEY, "catalogue", "PUT", ITEMS + "enabled", {"id": 9, "enabled": True}, (500, None)),
    ("archive-first", KEY, "catalogue", "PUT", RESOURCES + "archived", {"id": 1001, "archived": True}, (200, IN_USE)),
    ("archive-item", KEY, "catalogue", "PUT", ITEMS + "archived", {"id": 1000001, "archived": True}, SUCCESS),
    ("unarchive", KEY, "catalogue", "PUT", ITEMS + "archived", {"id": 1000005, "archived": False}, (200, ARCHIVED)),
    ("unarchive-both", KEY, "catalogue", "PUT", RESOURCES + "archived", {"id": 1004, "archived": False}, SUCCESS),
    ("update-none", KEY, "catalogue", "POST", ITEMS + "9/update", {"form": 31}, NO_JSON),
]


@pytest.mark.parametrize(
    "key,user,method,path,body,expected", [row[1:] for row in WRITING], ids=[r[0] for r in WRITING]
)
def test_a_change_is_answered_in_the_words_of_rems(rems, key, user, method, path, body, expected):
    answer = ask(rems, method, path, body, user=user, key=key)
    found, (status, told) = said(answer), expected
    assert answer.status_code == status
    if status == 200:
        assert (found["success"], [one["type"] for one in found.get("errors", ())]) == (
            (True, []) if told is True else (False, [told])
        )
    elif told:
        assert found == told


BODIES = [
    ("unknown", dict(RESOURCE, more=1), {"more": "disallowed-key"}),
    ("missing", {"resid": "a", "licenses": []}, {"organization": "missing-required-key"}),
    ("inner", dict(RESOURCE, organization=dict(ORG, x=1)), {"organization": {"x": "disallowed-key"}}),
    ("type", dict(RESOURCE, resid=1), {"resid": "(not (string? a-int))"}),
    ("boolean", dict(RESOURCE, licenses=[True]), {"licenses": ["(not (integer? a-bool))"]}),
    ("duo", dict(RESOURCE, **{"resource/duo": {"codes": []}}), {"resource/duo": {"codes": "disallowed-key"}}),
]


@pytest.mark.parametrize("body,errors", [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
def test_a_body_is_closed(rems, body, errors):
    answer = ask(rems, "POST", RESOURCES + "create", body)
    assert (answer.status_code, answer.json()["errors"]) == (400, errors)
    assert len(rems.store.resources) == 6


def test_a_body_that_is_no_json_or_is_not_said_to_be_is_a_400(rems):
    json_type = {"x-rems-api-key": KEY, "x-rems-user-id": "catalogue", "content-type": "application/json"}
    other_type = dict(json_type, **{"content-type": "text/plain"})
    kinds = []
    for headers, body in ((json_type, "{"), (other_type, json.dumps(RESOURCE))):
        answer = requests.post(rems.url + RESOURCES + "create", headers=headers, data=body)
        kinds.append((answer.status_code, answer.json()["type"].split("/")[-1]))
    assert kinds == [(400, "request-parsing"), (400, "request-validation")]


DUO = [("gru", [GRU], False), ("hmb", [HMB], False), ("part", [DISEASE, GRU], False), ("known", [DISEASE, IRB], True)]


@pytest.mark.parametrize("codes,taken", [row[1:] for row in DUO], ids=[row[0] for row in DUO])
def test_duo_codes_that_rems_calls_abstract_are_refused_and_by_default_all(duo, rems, codes, taken):
    body = dict(RESOURCE, **{"resource/duo": {"duo/codes": codes}})
    answer = ask(rems, "POST", RESOURCES + "create", body)
    assert answer.status_code == 400 and answer.text.startswith("Resource contains unsupported DUO codes: #{")
    answer = ask(duo, "POST", RESOURCES + "create", body)
    assert (answer.status_code == 200) is taken
    if taken:
        shown = ask(duo, "GET", RESOURCES + "%d" % answer.json()["id"]).json()["resource/duo"]["duo/codes"]
        assert [one["id"] for one in shown] == [one["id"] for one in codes] and shown[0]["shorthand"] == "DS"
        assert len(ask(duo, "GET", RESOURCES + "duo-codes").json()) == 21


def test_an_organisation_that_does_not_exist_is_taken_and_breaks_the_look_up(rems):
    nowhere = {"organization/id": "nowhere"}
    answer = ask(rems, "POST", RESOURCES + "create", dict(RESOURCE, organization=nowhere), user="owner")
    assert answer.json()["success"] is True
    broken = [ask(rems, "GET", RESOURCES + query).status_code for query in ("?resid=new", "?resid=open", "")]
    assert broken == [503, 200, 503]


def test_an_update_makes_an_enabled_item_and_archives_its_twin(rems):
    assert ask(rems, "POST", ITEMS + "1000002/update", {"form": 31, "workflow": 11}).json()["success"] is True
    new = ask(rems, "GET", ITEMS + "?resource=closed&disabled=true&archived=true").json()[1]
    old = ask(rems, "GET", ITEMS + "1000002").json()
    assert (old["enabled"], old["archived"]) == (False, True)
    assert (new["enabled"], new["archived"], new["formid"]) == (True, False, 31)
    again = ask(rems, "POST", ITEMS + "%d/update" % new["id"], {"form": 31}).json()
    assert again == {"success": True, "catalogue-item-id": new["id"]}
    assert ask(rems, "GET", "/apply-for?resource=closed").headers["location"].endswith("items=%d" % new["id"])


def test_an_edit_keeps_the_language_that_it_leaves_out_and_takes_away_a_link(rems):
    for titles in ({"fi": {"title": "Otsikko", "infourl": "https://example.org/"}}, {"fi": {"title": "Toinen"}}):
        assert ask(rems, "PUT", ITEMS + "edit", {"id": 1000001, "localizations": titles}).json() == {"success": True}
    shown = ask(rems, "GET", ITEMS + "1000001").json()["localizations"]
    assert (shown["en"]["title"], shown["fi"]["title"], shown["fi"]["infourl"]) == ("A title", "Toinen", None)


def test_enabling_takes_an_end_away(rems):
    assert ask(rems, "PUT", ITEMS + "enabled", {"id": 1000007, "enabled": True}).json() == {"success": True}
    assert ask(rems, "GET", ITEMS + "1000007").json()["expired"] is False


def test_the_public_routes_say_version_and_languages_and_a_wrong_address_says_200(rems):
    assert ask(rems, "GET", "/api/health", key=None).json()["version"] == {"version": "2.39.1", "revision": "16bcd11"}
    assert ask(rems, "GET", "/api/config", key=None).json()["languages"] == ["en", "fi"]
    wrong = ask(rems, "GET", "/rems/api/health")
    assert wrong.status_code == 200 and wrong.headers["content-type"].startswith("text/html")


FAULTS = [
    ("503", (503, "please try again"), 0),
    ("504 after", (504, "fault"), 1),
    ("500 after", (500, None), 1),
    ("502", (502, "fault"), 0),
    ("unsuccessful", (200, None), 0),
    ("drop before", None, 0),
    ("drop after", None, 1),
]


@pytest.mark.parametrize("fault,expected,more", FAULTS, ids=[row[0].replace(" ", "-") for row in FAULTS])
def test_a_fault_is_told_by_the_number_of_the_request(fault, expected, more):
    with FakeRems(fault={2: fault}.get) as rems:
        assert ask(rems, "POST", RESOURCES + "create", RESOURCE).status_code == 200
        if expected is None:
            with pytest.raises(requests.ConnectionError):
                ask(rems, "POST", RESOURCES + "create", RESOURCE)
        else:
            answer = ask(rems, "POST", RESOURCES + "create", RESOURCE)
            assert answer.status_code == expected[0] and expected[1] in (None, answer.text)
            assert expected[0] != 200 or answer.json()["success"] is False
        assert len(ask(rems, "GET", RESOURCES).json()) == 1 + more
        assert [one.method for one in rems.requests] == ["POST", "POST", "GET"]


def test_a_journal_outlasts_the_process_and_a_cut_line(tmp_path):
    path, store, ticks = str(tmp_path / "journal"), example_store(), itertools.count(1)
    # each look at the clock is in another second
    store.clock = lambda: datetime.datetime(2026, 1, 1) + next(ticks) * datetime.timedelta(seconds=1, microseconds=7)
    with FakeRems(store, journal=path) as first:
        number = ask(first, "POST", RESOURCES + "create", RESOURCE).json()["id"]
        ask(first, "POST", ITEMS + "create", item(number))
        ask(first, "POST", RESOURCES + "create", dict(RESOURCE, resid=1))
        assert first.act("create", "applicant", catalogue_item_ids=[1000001]).body["success"] is True
    with open(path, "a") as file:
        file.write('["2026-')
    with FakeRems(journal=path) as second:
        assert second.store.resources == first.store.resources
        assert second.store.items == first.store.items
        assert second.applications.events == first.applications.events


# applications and the events of them


@pytest.fixture
def notified():
    """(a receiver's list of (headers, body), its URL); it answers 500 first, and then 200."""
    got = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append(({name.lower(): value for name, value in self.headers.items()}, json.loads(body.decode())))
            self.send_response(500 if len(got) == 1 else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield got, "http://127.0.0.1:%d/events" % server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


STEPS = [
    ("applicant", "submit", {}, "licenses-not-accepted"),
    ("handler", "approve", {}, "forbidden"),
    ("applicant", "accept-licenses", {"accepted-licenses": [51]}, None),
    ("applicant", "invite-member", {"member": {"name": "The colleague", "email": "colleague@example.org"}}, None),
    ("applicant", "submit", {}, None),
    ("applicant", "delete", {}, "only-draft-may-be-deleted"),
    ("applicant", "approve", {}, "forbidden"),
    ("handler", "return", {"comment": "Please say more"}, None),
    ("applicant", "submit", {}, None),
    ("handler", "revoke", {}, "forbidden"),
    ("handler", "approve", {"comment": "fine", "attachments": [{"attachment/id": 7}]}, None),
    ("handler", "change-resources", {"catalogue-item-ids": [1000001, 1000007]}, None),
    ("applicant", "copy-as-new", {}, "disabled-catalogue-item"),
    ("handler", "revoke", {}, None),
    ("handler", "close", {}, "forbidden"),
]


def test_an_application_goes_the_way_of_the_default_workflow(rems):
    def do(user, name, **body):
        return ask(rems, "POST", "/api/applications/" + name, body, user=user).json()

    number = do("applicant", "create", **{"catalogue-item-ids": [1000001]})["application-id"]
    seen = ask(rems, "GET", "/api/applications/%d" % number, user="handler")
    assert seen.status_code == 404
    for user, name, body, fault in STEPS:
        answer = do(user, name, **dict(body, **{"application-id": number}))
        assert [one["type"].split("/")[-1] for one in answer.get("errors", ())] == ([fault] if fault else []), name
    told = [one["event/type"].split("/")[1] for one in rems.applications.events]
    assert (
        told
        == (
            "created licenses-accepted member-invited submitted returned submitted approved resources-changed revoked"
        ).split()
    )
    shown = ask(rems, "GET", '/api/applications?query=resource:"late"', user="reporter").json()
    assert [one["application/state"] for one in shown] == ["application.state/revoked"]
    assert shown[0]["application/applicant"]["name"] == "The applicant"
    assert ask(rems, "GET", '/api/applications?query=resource:"closed"', user="reporter").json() == []


REFUSED = [
    ("none", [], "must-not-be-empty"),
    ("unknown", [9], "invalid-catalogue-item"),
    ("disabled", [1000002], "disabled-catalogue-item"),
    ("expired", [1000007], "disabled-catalogue-item"),
    ("workflows", [1000001, 1000006], "unbundlable-catalogue-items"),
]


@pytest.mark.parametrize("items,kind", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_an_application_names_items_that_are_enabled_and_fit(rems, items, kind):
    answer = ask(rems, "POST", "/api/applications/create", {"catalogue-item-ids": items}, user="applicant").json()
    assert (answer["success"], answer["errors"][0]["type"], rems.applications.rows) == (False, kind, {})


def test_a_copy_is_created_as_its_own_and_a_draft_can_be_deleted(rems):
    number = rems.act("create", "applicant", catalogue_item_ids=[1000001]).body["application-id"]
    rems.act("accept-licenses", "applicant", application_id=number, accepted_licenses=[51])
    rems.act("submit", "applicant", application_id=number)
    copy = rems.act("copy-as-new", "applicant", application_id=number).body["application-id"]
    assert rems.act("delete", "applicant", application_id=copy).body == {"success": True}
    assert rems.act("submit", "applicant", application_id=copy).body["errors"] == [{"type": "application-not-found"}]
    told = [(one["application/id"], one["event/type"].split("/")[1]) for one in rems.applications.events[3:]]
    of_copy = [(copy, kind) for kind in ("created", "draft-saved", "copied-from")]
    assert told == [*of_copy, (number, "copied-to"), (copy, "deleted")]


def test_events_are_put_with_static_headers_until_200_and_hold_persons(notified):
    got, url = notified
    target = {"url": url, "headers": {"x-secret": "s"}, "event-types": ["application.event/created"]}
    now = [datetime.datetime(2026, 5, 12)]
    store = world(clock=lambda: now[0])
    with FakeRems(store, targets=[target, dict(target, **{"send-application?": False})], poll=3600) as rems:
        rems.poller.stop()
        rems.act("create", "applicant", catalogue_item_ids=[1000001])
        rems.act("delete", "applicant", application_id=1)
        rems.poller.run_once()
        rems.poller.run_once()
        assert len(got) == 2  # the first answer was 500, and its time has not come
        now[0] += datetime.timedelta(seconds=10)
        rems.poller.run_once()
    assert [headers["x-secret"] for headers, _ in got] == ["s"] * 3 and rems.outbox.entries == []
    (_, whole), (_, bare), (_, again) = got
    assert again == whole and bare == {name: one for name, one in whole.items() if name != "event/application"}
    assert whole["event/application"]["application/applicant"]["email"] == "applicant@example.org"
    assert sorted(bare) == sorted(
        "application/external-id application/forms application/id application/licenses application/resources"
        " event/actor event/id event/time event/type workflow/id workflow/type".split()
    )
    assert bare["event/actor"] == "applicant" and bare["event/time"] == "2026-05-12T00:00:00.000Z"


def test_a_notification_is_tried_at_growing_times_and_dropped_after_a_day():
    began = datetime.datetime(2026, 5, 12)
    now = [began]
    outbox = Outbox([{"url": "http://127.0.0.1/"}], lambda: now[0])
    outbox.put({"event/type": "application.event/submitted"}, {})
    times = []
    while outbox.entries:
        (entry,) = outbox.entries
        now[0] = entry["next"]
        assert outbox.due() == [entry]
        times.append(int((now[0] - began).total_seconds()))
        outbox.answered(entry, None if len(times) % 2 else 503)
    doubling = [10 * (2**number - 1) for number in range(14)]
    assert times == [one for one in doubling if one < 86400] + [86400] and len(outbox.dropped) == 1
