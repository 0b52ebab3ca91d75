import uuid
from urllib.parse import parse_qs, urlsplit

import pytest

pytest.importorskip("invenio_records_rest")

import sqlalchemy  # noqa: E402
from instance import example, running  # noqa: E402
from invenio_db import db  # noqa: E402

from demo.catalogue.config import settings  # noqa: E402
from secureb2share_ext import client  # noqa: E402
from secureb2share_ext.exports.published import NOT_YET_OPEN  # noqa: E402
from secureb2share_ext.proxies import current
from secureb2share_ext.targets.testing import Receiver  # noqa: E402

CONTACTS = example()["core"]["contacts"]


class Forgetful(Receiver):
    """Answers 200, and with a receipt only when told to."""

    acknowledges = False

    def _take(self, headers, body):
        status, said = super()._take(headers, body)
        return status, said if self.acknowledges else b'{"ok": true}'


@pytest.fixture(scope="module")
def targets():
    with Forgetful() as ingest, Forgetful() as register:
        yield {"ingest": ingest, "register": register}


@pytest.fixture(scope="module")
def instance(targets, tmp_path_factory):
    folder = tmp_path_factory.mktemp("instance")
    key, public = client.new_key()
    echoless, echoless_public = client.new_key()
    third = client.new_key()[1]
    endpoint = settings(str(folder), 1, "", "")["RECORDS_REST_ENDPOINTS"]["tsd"]

    def at(path):
        routes = {"list_route": path, "item_route": path + "<pid(recid):pid_value>"}
        return dict(endpoint, default_endpoint_prefix=False, **routes)

    codes = {"dataset": "identifier", "ref": "reference"}
    source = {"access": "forms", "release": "publish", "opens": "acknowledged"}
    with running(
        "sqlite",
        folder,
        RECORDS_REST_ENDPOINTS={"tsd": endpoint, "csc": at("/csc/"), "hunt": at("/hunt/")},
        SECUREB2SHARE_TARGETS={
            "ingest": {"kind": "webhook", "url": targets["ingest"].url},
            "register": {"kind": "webhook", "url": targets["register"].url, "echo": True},
        },
        SECUREB2SHARE_ACCESS={
            "forms": {"provider": "nettskjema", "forms": {"nb": 1, "en": 2}, "codes": codes, "lock": ["ref"]}
        },
        SECUREB2SHARE_SOURCES={
            "tsd": dict(source, keys=[public], community="tsd", targets=["ingest", "register"]),
            "csc": dict(source, keys=[echoless_public], community="csc", targets=["ingest"]),
            "hunt": dict(source, keys=[third], community="hunt", targets=["ingest"], opens="published"),
        },
    ) as found:
        found.key = key
        found.csc = client.Client(found.base_url, "csc", echoless)
        yield found


@pytest.fixture
def tell(instance, targets):
    def tell(*acknowledging):
        for name, target in targets.items():
            target.acknowledges = name in acknowledging
        return sum(instance.sweep().values())

    return tell


def access(instance, pid, **headers):
    return instance.call("GET", "/api/access/" + pid, headers=headers)


def code(instance, pid):
    answer = access(instance, pid)
    return answer.json()["code"] if answer.status_code != 302 else 302


def _record(instance):
    with instance.app.app_context():
        body = current().host.to_record(example())
    return dict(body, secureb2share={"identifier": "opens/" + uuid.uuid4().hex})


def curate(instance, identifier=None):
    answer = instance.curate(example(), identifier or "opens/" + uuid.uuid4().hex)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def edit(instance, pid, publisher):
    record = instance.call("GET", "/api/records/" + pid, "curator").json()["metadata"]
    answer = instance.call("PUT", "/api/records/" + pid, "curator", json=dict(record, publisher=publisher))
    assert answer.status_code == 200, answer.text


def test_a_record_opens_when_every_target_has_acknowledged(instance, tell):
    pid = curate(instance)
    assert code(instance, pid) == "not-yet-open"
    assert tell() == 2 and code(instance, pid) == "not-yet-open"
    edit(instance, pid, "Second")
    assert tell("ingest") == 2 and code(instance, pid) == "not-yet-open"
    edit(instance, pid, "Third")
    # each target has acknowledged one event, neither of them the same
    assert tell("register") == 2 and code(instance, pid) == 302
    edit(instance, pid, "Fourth")
    assert code(instance, pid) == 302
    assert tell() == 2 and code(instance, pid) == 302


def test_every_export_says_that_it_is_not_open_yet(instance, tell):
    pid = curate(instance)

    def said():
        item = instance.call("GET", "/api/records/" + pid).json()
        json_ld = instance.call("GET", "/api/records/" + pid, headers={"Accept": "application/ld+json"}).json()
        is_said = NOT_YET_OPEN in json_ld["conditionsOfAccess"]
        return item["access"]["label"], is_said, "potentialAction" in json_ld

    assert said() == (NOT_YET_OPEN, True, False)
    tell("ingest", "register")
    assert said() == ("Access can be requested", False, True)


def test_a_source_that_opens_when_published_waits_for_nobody(instance, tell):
    answer = instance.call("POST", "/api/hunt/", "curator", json=_record(instance))
    assert answer.status_code == 201 and code(instance, answer.json()["id"]) == 302
    assert tell() == 1 and code(instance, answer.json()["id"]) == 302


def test_another_dataset_opens_none(instance, tell):
    known, unknown = curate(instance), curate(instance)
    with_one = instance.count("secureb2share_event", "state = 'acknowledged'")
    tell("ingest", "register")
    assert instance.count("secureb2share_event", "state = 'acknowledged'") == with_one + 4
    later = curate(instance)
    assert [code(instance, pid) for pid in (known, unknown, later)] == [302, 302, "not-yet-open"]
    tell("ingest", "register")


def test_why_not_yet_is_said_in_plain_words(instance, tell):
    pid = curate(instance)
    answer = access(instance, pid, Accept="application/problem+json")
    body = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert body["detail"] == "The secure environment has not confirmed this dataset yet; try again later."
    assert body["contacts"] == CONTACTS and body["record_url"].endswith("/records/" + pid)
    page = access(instance, pid, Accept="text/html")
    assert (page.status_code, page.headers["cache-control"]) == (403, "no-store")
    assert "has not confirmed this dataset yet" in page.text and "location" not in page.headers
    assert "Access cannot be requested yet" in page.text and CONTACTS[0]["name"] in page.text
    tell("ingest", "register")


def test_what_a_source_registered_waits_only_for_targets_that_hear_of_it(instance, tell):
    identifier = "opens/" + uuid.uuid4().hex
    pid = instance.source.register(identifier, example())["pid"]
    # register is told of what the source itself caused, ingest is not
    assert [body["data"]["identifier"] for _, _, body in instance.events(identifier)] == [identifier]
    assert code(instance, pid) == "not-yet-open"
    assert tell("register") == 1 and code(instance, pid) == 302


def test_what_a_source_registered_and_nobody_was_told_of_opens_at_once(instance, tell):
    identifier = "opens/" + uuid.uuid4().hex
    pid = instance.csc.register(identifier, example())["pid"]
    assert instance.events(identifier) == [] and code(instance, pid) == 302


def test_a_record_of_a_curator_of_which_nobody_was_told_stays_closed(instance, tell):
    pid = curate(instance)
    assert tell("ingest", "register") == 2 and code(instance, pid) == 302
    with instance.app.app_context():
        db.session.execute(sqlalchemy.text("DELETE FROM secureb2share_event"))
        db.session.commit()
    assert code(instance, pid) == "not-yet-open"


def test_a_state_is_named_before_the_wait(instance, tell):
    identifier = "opens/" + uuid.uuid4().hex
    pid = curate(instance, identifier)
    instance.source.set_state(identifier, "suspended", "Consent under review.")
    assert code(instance, pid) == "suspended"
    instance.source.set_state(identifier, "active", "Reviewed.")
    assert code(instance, pid) == "not-yet-open"
    instance.source.set_state(identifier, "withdrawn", "Consent withdrawn.")
    assert code(instance, pid) == "withdrawn"
    tell("ingest", "register")


FORMS = [(None, "1"), ("en", "2"), ("en-GB,en;q=0.9,nb;q=0.8", "2"), ("de, nb-NO;q=0.3, en;q=0.2", "1"), ("fr", "1")]
FORMS += [("en;q=0, fr", "1"), ("*", "1"), ("\u00e6;;q=x,,=", "1")]


def test_the_link_leads_to_the_form_in_the_readers_language_with_everything_intact(instance, tell):
    identifier = 'opens/a&CBref=x#?+%26 "\U0001f512' + uuid.uuid4().hex
    pid = curate(instance, identifier)
    tell("ingest", "register")
    for accepted, form in FORMS:
        headers = {"Accept-Language": accepted.encode("utf-8")} if accepted else {"Accept-Language": None}
        answer = access(instance, pid, **headers)
        location = urlsplit(answer.headers["location"])
        assert (answer.status_code, location.netloc, location.path) == (302, "nettskjema.no", "/a/" + form), accepted
        asked = parse_qs(location.query, strict_parsing=True)
        assert asked["CBdataset"] == [identifier] and asked["LCKref"] == ["true"]
        assert sorted(asked) == ["CBdataset", "CBref", "LCKref"]
        claims = client.verify_reference(asked["CBref"][0], instance.source.keys(), instance.base_url)
        assert (claims["identifier"], claims["pid"]) == (identifier, pid)
        assert "Accept-Language" in answer.headers["vary"] and answer.headers["cache-control"] == "no-store"
