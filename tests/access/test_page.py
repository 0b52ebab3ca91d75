"""The access page and the citations of a dataset, and what the demo's record page asks the database."""

import json
import re
import uuid
from urllib.parse import urlsplit

import pytest

pytest.importorskip("invenio_records_rest")

from hosts.test_statements import statements  # noqa: E402
from instance import create_app, example, running  # noqa: E402
from invenio_db import db  # noqa: E402
from invenio_pidstore.models import PersistentIdentifier, PIDStatus  # noqa: E402
from lxml import html  # noqa: E402
from werkzeug.test import Client  # noqa: E402

from secureb2share_ext.datasets import store  # noqa: E402

HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)> שלום \u202e" + "w" * 200


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    with running("sqlite", tmp_path_factory.mktemp("instance")) as found:
        yield found


def register(instance, identifier=None, version=None, **sensitive):
    description = example()
    description["sensitive"].update(sensitive)
    if version:
        description["version"] = version
    return instance.source.register(identifier or "page/" + uuid.uuid4().hex, description)


def get(instance, path, language="en"):
    answer = instance.call("GET", path, headers={"Accept-Language": language, "Accept": "text/html"})
    return answer, html.document_fromstring(answer.text)


def buttons(tree):
    return tree.xpath("//a[contains(@class, 'btn-main')]/@href")


def test_the_page_says_who_may_ask_and_leads_to_the_stable_address(instance):
    said = register(instance, access_eligibility=["researcher-eea"], expected_decision_days=30)
    answer, tree = get(instance, "/secureb2share/access/" + said["pid"])
    assert answer.status_code == 200 and buttons(tree) == [said["access_url"]]
    assert answer.headers["Link"].startswith('<%s>; rel="canonical"' % said["record_url"])
    assert {"Accept-Language", "Cookie"} <= set(re.split(", *", answer.headers["Vary"]))
    words = " ".join(tree.text_content().split())
    conditions = [one["text"] for one in example()["sensitive"]["access_conditions"] if one["lang"] == "en"]
    for told in (
        "Researchers in the EEA can ask to work with these data.",
        "About 30 days",
        conditions[0].split("\n")[0],
    ):
        assert told in words
    trail = [(one.text_content(), one.xpath("string(a/@href)")) for one in tree.xpath("//ol[@class='crumbs']/li")]
    assert trail == [("Home", instance.base_url), ("The record of this dataset", said["record_url"]), ("Access", "")]
    site = urlsplit(instance.call("GET", "/api/access/" + said["pid"], allow_redirects=False).headers["Location"])
    assert "You go on to %s, where" % site.netloc in words
    listed = [one.text for one in tree.xpath("//ul[starts-with(@class, 'files')]//strong")]
    assert listed == [one["label"] for one in example()["files"]]
    assert instance.call("GET", "/api/access/" + said["pid"]).status_code == 302


def test_the_page_is_found_by_doi_and_handle_and_costs_few_statements(instance):
    said = register(instance)
    names = {"doi": "10.5072/page." + uuid.uuid4().hex, "hdl": "11304/" + uuid.uuid4().hex}
    with instance.app.app_context():
        named = {"object_type": "rec", "object_uuid": store.by_pid(said["pid"]).record_uuid}
        for kind, value in names.items():
            PersistentIdentifier.create(kind, value, status=PIDStatus.REGISTERED, **named)
        db.session.commit()
        db.session.remove()
    for path, most in ((said["pid"], 3), (names["doi"], 5), ("doi:" + names["doi"], 5), (names["hdl"], 5)):
        with statements() as seen:
            answer, tree = get(instance, "/secureb2share/access/" + path)
        assert answer.status_code == 200 and buttons(tree) == [said["access_url"]], path
        # the row, the record and the requests; a name is looked up before
        assert len(seen) <= most, seen


def test_a_record_page_asks_for_its_history_only_where_there_is_one(instance):
    identifier = "page/" + uuid.uuid4().hex
    path = "/records/" + register(instance, identifier)["pid"]
    with statements() as first:
        _, tree = get(instance, path)
    assert len(first) <= 3, first
    assert tree.xpath("//section[@id='versions']//time/@datetime") == []
    register(instance, identifier, expected_decision_days=77)
    with statements() as second:
        _, tree = get(instance, path)
    assert len(second) <= 4, second
    told = [one.text for one in tree.xpath("//section[@id='versions']//ol[@class='time']//p")]
    assert told == ["Changed: Days until a decision.", "The description was published."]


@pytest.mark.parametrize("path", ["nothing", "%00", "a//b", "10.5072/none", "a%ED%A0%80"])
def test_what_is_unknown_is_not_found_in_the_frame(instance, path):
    for place in ("access", "cite"):
        answer, tree = get(instance, "/secureb2share/%s/%s" % (place, path))
        assert answer.status_code == 404 and answer.headers["X-Robots-Tag"] == "noindex"
        assert [one.text for one in tree.xpath("//h1")] == ["Not found"] and tree.xpath("//header")


@pytest.mark.parametrize(
    "state, status, heading",
    [("suspended", 403, "for the time being"), ("superseded", 403, "newer version"), ("withdrawn", 410, "withdrawn")],
)
def test_a_closed_dataset_says_what_to_do_next(instance, state, status, heading):
    identifier, more = "page/" + uuid.uuid4().hex, {}
    said = register(instance, identifier)
    if state == "superseded":
        successor = register(instance, identifier + "/2")
        more = {"successor": identifier + "/2"}
    # marks of direction are refused in a reason
    reason = HOSTILE.replace("\u202e", "")
    instance.source.set_state(identifier, state, reason, **more)
    leads = [successor["record_url"]] if state == "superseded" else []
    for path in ("/secureb2share/access/", "/api/access/", "/records/"):
        answer, tree = get(instance, path + said["pid"])
        words = " ".join(tree.find("body").text_content().split())
        assert " ".join(reason.split()) in words and example()["core"]["contacts"][0]["name"] in words, path
        assert tree.xpath("//img | //@onerror") == [] and "<script>alert" not in answer.text
        assert buttons(tree) == leads and "Request access" not in words
        if path == "/api/access/":
            assert answer.status_code == status and heading in tree.findtext(".//h1")
            assert said["record_url"] in tree.xpath("//a/@href") and answer.headers["X-Robots-Tag"] == "noindex"
    answer, tree = get(instance, "/secureb2share/access/" + said["pid"])
    assert answer.status_code == (410 if state == "withdrawn" else 200)
    # no citation says what the page of a withdrawn dataset does not
    for form in ("", "?format=bibtex", "?format=ris", "?format=csl", "?format=dcat", "?format=dcat-ttl"):
        cited = instance.call("GET", "/secureb2share/cite/%s%s" % (said["pid"], form))
        assert cited.status_code == answer.status_code
        assert (example()["core"]["publisher"] in cited.text) == (state != "withdrawn"), form


def test_an_embargo_tells_its_day_and_a_closed_dataset_its_contact(instance):
    later = register(instance, access_right="embargoed", embargo_until="2199-01-31")
    never = register(instance, access_right="metadata-only")
    for said, told in ((later, "31 January 2199"), (never, "These data are not available for research.")):
        for path in ("/secureb2share/access/", "/api/access/", "/records/"):
            answer, tree = get(instance, path + said["pid"])
            assert told in " ".join(tree.text_content().split()), path
            assert buttons(tree) == [] and answer.status_code == (403 if path == "/api/access/" else 200)


def test_an_embargos_day_is_a_calendar_file(instance):
    later, now = register(instance, access_right="embargoed", embargo_until="2199-01-31"), register(instance)
    for path in ("/records/", "/secureb2share/access/"):
        (address,) = get(instance, path + later["pid"])[1].xpath("//aside//a[contains(@href, '/calendar/')]/@href")
        assert not get(instance, path + now["pid"])[1].xpath("//a[contains(@href, '/calendar/')]")
    answer = instance.call("GET", address, headers={"Accept-Language": "nb"})
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "DTSTART;VALUE=DATE:21990131\r\n" in answer.text and "SUMMARY:Det kan bes om tilgang: Den" in answer.text
    # when the embargo is over, the record tells
    answer = instance.call("GET", "/secureb2share/calendar/" + now["pid"], allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, now["record_url"])
    assert instance.call("GET", "/secureb2share/calendar/none").status_code == 404


def test_the_trail_of_a_record_leads_home_and_to_the_list(instance):
    _, tree = get(instance, "/records/" + register(instance)["pid"])
    trail = [(one.text, one.get("href")) for one in tree.xpath("//ol[@class='crumbs']//a")]
    assert trail == [("Home", "/"), ("Datasets", "/search")]


def test_a_fault_of_the_catalogue_is_not_the_readers(instance):
    said = register(instance)
    with instance.app.app_context():
        db.session.execute(
            db.text("UPDATE records_metadata SET json = '{}' WHERE id = (SELECT record_uuid FROM secureb2share_dataset"
                    " WHERE pid = :pid)"), {"pid": said["pid"]},
        )  # fmt: skip
        db.session.commit()
        db.session.remove()
    answers = {"/secureb2share/access/": 503, "/secureb2share/cite/": 503, "/api/access/": 503, "/records/": 410}
    for path, status in answers.items():
        answer, tree = get(instance, path + said["pid"])
        assert answer.status_code == status and tree.findtext(".//h1"), path


def test_the_forms_of_a_citation(instance):
    said = register(instance, version={"label": "12 & 1_0"})
    path = "/secureb2share/cite/" + said["pid"]
    plain = instance.call("GET", path)
    assert plain.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert plain.text.strip().endswith("(Version 12 & 1_0) [Dataset]. " + said["record_url"])
    bibtex, ris, csl = (instance.call("GET", "%s?format=%s" % (path, name)) for name in ("bibtex", "ris", "csl"))
    assert bibtex.headers["Content-Disposition"] == 'attachment; filename="dataset-%s.bib"' % said["pid"]
    assert r"version = {12 \& 1\_0}" in bibtex.text and "year = {2019}" in bibtex.text
    assert ris.text.startswith("TY  - DATA\r\nAU  - Folkehelseinstituttet") and ris.text.endswith("ER  - \r\n")
    (item,) = json.loads(csl.text)
    assert (item["type"], item["URL"], item["issued"]) == ("dataset", said["record_url"], {"date-parts": [[2019]]})
    _, tree = get(instance, "/records/" + said["pid"])
    linked = tree.xpath("//section[@id='cite']//a/@href")
    assert len(linked) >= 5 and all(instance.call("GET", url.replace(instance.base_url, "")).ok for url in linked)
    shown = "".join(tree.xpath("//p[@class='cite-text']")[0].itertext()).strip()
    assert shown == plain.text.strip()


def test_access_links_alone_are_there_while_the_mode_is_off(instance):
    said = register(instance)
    # a fault of one key takes nothing from the others
    off = Client(create_app(dict(instance.configured, SECUREB2SHARE_MODE="off", SECUREB2SHARE_SWEEP_INTERVAL=0)))
    host = {"base_url": instance.base_url, "environ_base": {"REMOTE_ADDR": "127.0.0.1"}}
    assert off.open("/api/access/" + said["pid"], **host).status_code == 302
    for path in ("/secureb2share/access/", "/secureb2share/cite/"):
        assert off.open(path + said["pid"], **host).status_code == 404
    rems = {"kind": "rems", "url": "https://rems.example.org", "user": "catalogue", "api_key": "key", "workflow": 11}
    source = dict(instance.configured["SECUREB2SHARE_SOURCES"]["tsd"], targets=["sd-apply"])
    wrong = {
        "SECUREB2SHARE_TARGETS": {"sd-apply": dict(rems, organization="example-organisation")},
        "SECUREB2SHARE_SOURCES": {"tsd": source},
    }
    # the links of its source ask for no resource that the target would register
    answer = Client(create_app(dict(instance.configured, SECUREB2SHARE_MODE="off", **wrong))).open(
        "/api/access/" + said["pid"], headers={"Accept": "application/json"}, **host
    )
    assert (answer.status_code, answer.get_json()["code"]) == (403, "not-yet-open")


def test_the_pages_say_for_how_long_they_hold(instance):
    """To readers without a cookie; whoever has one, gets one or is told that there is nothing keeps nothing."""
    later = register(instance, access_right="embargoed", embargo_until="2199-01-31")
    paths = ["/secureb2share/%s/%s" % (place, later["pid"]) for place in ("access", "cite", "calendar")]
    for path in paths:
        answer = instance.call("GET", path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=60"), path
        assert "Set-Cookie" not in answer.headers and "Expires" not in answer.headers
        again = instance.call("GET", path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        known = instance.call("GET", path, headers={"Cookie": "session=x", "If-None-Match": answer.headers["ETag"]})
        assert (known.status_code, known.headers["Cache-Control"]) == (200, "no-store") and "ETag" not in known.headers
    for path in (paths[0], paths[2]):
        assert {"Accept-Language", "Cookie"} <= set(re.split(", *", instance.call("GET", path).headers["Vary"])), path
    # the language that a reader chooses is kept in a cookie
    chosen = instance.call("GET", paths[0] + "?ln=nb")
    assert "Set-Cookie" in chosen.headers and chosen.headers["Cache-Control"] == "no-store"
    for place in ("access", "cite", "calendar"):
        assert instance.call("GET", "/secureb2share/%s/none" % place).headers["Cache-Control"] == "no-store"
    now = register(instance)["pid"]
    led = instance.call("GET", "/secureb2share/calendar/" + now, allow_redirects=False)
    assert (led.status_code, led.headers["Cache-Control"]) == (302, "no-store")
