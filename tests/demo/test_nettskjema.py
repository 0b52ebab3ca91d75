"""The demo's form as Nettskjema has it, with the reader behind it."""

import json

import pytest
from test_secure_environment import catalogue, owner_of, register, row, site  # noqa: F401

from demo.secure_environment import nettskjema
from demo.secure_environment.app import create_app
from secureb2share_ext import client

ANSWERS = {"name": "An applicant", "email": "applicant@example.org", "purpose": "A study."}


@pytest.fixture
def form(site):  # noqa: F811
    """The site with one dataset; (site, identifier)."""
    owner = owner_of(site)
    register(owner)
    return site, row(site, "SELECT identifier FROM datasets")[0]


def sent(site, identifier, reference, **answers):  # noqa: F811
    """The answer to the form that the link of a dataset leads to, filled in and sent."""
    address = "/a/127835?CBreference=%s&LCKreference=true&CBdataset=%s&LCKdataset=true" % (reference, identifier)
    browser = site.test_client()
    page = browser.get(address)
    assert page.status_code == 200 and page.text.count(" readonly>") == 2 and reference in page.text
    given = dict(ANSWERS, reference=reference, dataset=identifier, once="once" + reference[-20:])
    return browser, browser.post(address, data=dict(given, **answers))


def test_a_submission_with_a_genuine_reference_is_in_the_inbox_once(form, catalogue):  # noqa: F811
    site, identifier = form  # noqa: F811
    for _ in range(2):
        browser, answer = sent(site, identifier, catalogue.reference(identifier))
        assert answer.status_code == 303 and "/request/" in answer.location
    assert browser.get(answer.location).status_code == 200
    (inside,) = site.extensions["nettskjema"].rows()
    assert inside["version"] == "2024-09" and inside["metadata"]["respondent"] == nettskjema.RESPONDENT
    waiting = row(site, "SELECT count(*), min(name), min(dataset) FROM applications")
    assert tuple(waiting) == (1, "An applicant", identifier)
    assert [body["state"] for body in catalogue.bodies("decision")] == ["submitted"]
    number = nettskjema.RESPONDENT["personal_identifier"].encode()
    assert number not in json.dumps(catalogue.bodies("decision")).encode()
    folder = site.extensions["nettskjema"].folder
    held = {name: open("%s/%s" % (folder, name), "rb").read() for name in ("queue.sqlite", "submissions.sqlite")}
    assert number in held["submissions.sqlite"] and number not in held["queue.sqlite"]
    assert b"A study." not in held["queue.sqlite"]


@pytest.mark.parametrize("kind", ["forged", "moved"])
def test_a_reference_that_does_not_hold_reaches_no_owner(form, catalogue, kind):  # noqa: F811
    site, identifier = form  # noqa: F811
    private = client.new_key()[0] if kind == "forged" else None
    claims = {"source": "csc"} if kind == "moved" else {}
    _, answer = sent(site, identifier, catalogue.reference(identifier, private, **claims))
    # the form accepts whatever it is sent, as the real one does
    assert (answer.status_code, answer.location) == (303, "/")
    assert row(site, "SELECT count(*) FROM applications")[0] == 0
    assert len(site.extensions["nettskjema"].rows()) == 1 and catalogue.bodies("decision") == []


def test_a_submission_waits_for_the_keys_of_a_catalogue_that_is_down(form, catalogue):  # noqa: F811
    site, identifier = form  # noqa: F811
    catalogue.down()
    _, answer = sent(site, identifier, catalogue.reference(identifier))
    assert answer.location == "/" and row(site, "SELECT count(*) FROM applications")[0] == 0
    catalogue.up()
    with site.app_context():
        site.extensions["nettskjema"].catch_up()
    assert row(site, "SELECT count(*) FROM applications")[0] == 1


def test_an_old_link_of_a_suspended_dataset_reaches_no_owner(form, catalogue):  # noqa: F811
    site, identifier = form  # noqa: F811
    with site.extensions["environment"].store.write() as db:
        db.execute("UPDATE datasets SET state = 'suspended'")
    for _ in range(2):
        _, answer = sent(site, identifier, catalogue.reference(identifier))
        assert answer.location == "/" and row(site, "SELECT count(*) FROM applications")[0] == 0


def test_faults_are_said_and_nothing_is_stored(form, catalogue):  # noqa: F811
    site, identifier = form  # noqa: F811
    _, answer = sent(site, identifier, catalogue.reference(identifier), email="nobody")
    assert answer.status_code == 400 and "A study." in answer.text
    assert site.extensions["nettskjema"].rows() == []


def test_the_plain_form_gets_no_request_of_this_one_and_keeps_none_from_it(form, catalogue):  # noqa: F811
    site, identifier = form  # noqa: F811
    reference = catalogue.reference(identifier)
    _, first = sent(site, identifier, reference)
    mine = row(site, "SELECT status_token FROM applications")[0]
    given = dict(ANSWERS, dataset=identifier, ref=reference, email="colleague@example.org")
    headers = {"accept": "application/json"}
    for once in ("nettskjema-1", "nettskjema-2"):
        browser = site.test_client()
        answer = browser.post("/request", json=dict(given, email=once + "@example.org", once=once), headers=headers)
        assert answer.status_code == 201 and mine not in answer.text
    _, second = sent(site, identifier, reference, email="second@example.org", once="another")
    tokens = [found.location.rpartition("/")[2] for found in (first, second)]
    assert tokens[0] == mine and len(set(tokens)) == 2 and mine not in answer.text
    assert row(site, "SELECT count(*) FROM applications")[0] == 4


@pytest.mark.parametrize("source", ["csc", "cineca"])
def test_the_other_sites_have_no_such_form(tmp_path, source):
    made = create_app(tmp_path, "http://127.0.0.1:9", retry_every=None, source=source)
    assert made.test_client().get("/a/127835").status_code == 404
    assert not (tmp_path / "nettskjema").exists()
