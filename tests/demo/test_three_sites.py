"""Each site of the demo has its own ways of access, and gives out what they allow to who was approved, and no more."""

import io
import json
import re
import time
import urllib.parse

import pytest

from demo.secure_environment import datasets, working
from demo.secure_environment.app import create_app
from demo.secure_environment.sites import AGREED, API, INSIDE, PORTAL, QUERY, SITES
from secureb2share_ext import client

JSON = {"Accept": "application/json"}
CONTENT = b"a,b\n1,2\n3,4\n"
MODES = (INSIDE, API, PORTAL, QUERY, AGREED)


@pytest.fixture(params=SITES)
def environment(request, tmp_path):
    return create_app(tmp_path, "http://127.0.0.1:9", retry_every=None, source=request.param)


def start(tmp_path, source, monkeypatch):
    """An environment whose catalogue is not asked: a reference is as good as its dataset's name."""
    app = create_app(tmp_path, "http://127.0.0.1:9", retry_every=None, source=source)
    here = app.extensions["environment"]
    monkeypatch.setattr(here.outgoing, "send", lambda identifier: None)
    claims = {"source": source}
    monkeypatch.setattr(
        client, "verify_reference", lambda ref, jwks, issuer: dict(claims, identifier=urllib.parse.unquote(ref))
    )
    monkeypatch.setattr(here.keys, "verify", lambda check: check(None))
    return app


def register(app, identifier, *modes):
    dataset = {"core": {"titles": [{"lang": "en", "text": "Made up"}]}, "sensitive": {"access_mode": list(modes)}}
    form = {"dataset": json.dumps(dataset), "identifier": identifier, "label": "Values"}
    form["file"] = (io.BytesIO(CONTENT + identifier.encode()), "values.csv")
    answer = owner(app).post("/api/register", data=form)
    assert answer.status_code == 201, answer.get_json()


def owner(app):
    made = app.test_client()
    assert made.post("/login", data={"password": app.extensions["environment"].password}, headers=JSON).location
    return made


def approved(app, identifier, email="who@example.org", verb="approve", person=None):
    """(browser of who asked, what the page of the request says, its address)."""
    person = person or app.test_client()
    form = {"name": "Who", "email": email, "purpose": "A study."}
    address = "/request?dataset=%s&ref=%s" % (identifier, identifier)
    asked = person.post(address, json=form, headers=JSON).get_json()
    if verb:
        done = owner(app).post(
            "/inbox/%s/%s" % (asked["application"], verb), data={"agreed": "yes", "reason": "x"}, headers=JSON
        )
        assert done.status_code == 200, done.get_json()
    return person, person.get(asked["status_url"], headers=JSON).get_json(), asked["status_url"]


# for each site and way of access alone: what an approval opens there
OPENS = {
    ("tsd", PORTAL): "link",
    ("tsd", AGREED): "link",
    ("tsd", INSIDE): "inside",
    ("csc", INSIDE): "inside",
    ("csc", API): "token",
    ("cineca", INSIDE): "inside",
    ("cineca", AGREED): "link",
}


@pytest.mark.parametrize("mode", MODES)
def test_what_an_approval_opens_at_each_site(environment, mode):
    dataset = {"sensitive": {"access_mode": [mode]}}
    source = environment.extensions["environment"].site.source
    with environment.test_request_context():
        assert working.kind(dataset) == OPENS.get((source, mode), "other")
        if mode != INSIDE:
            # whatever else is said, "inside only" lets no file out
            both = {"sensitive": {"access_mode": [mode, INSIDE]}}
            assert not datasets.allows_download(both) and not datasets.serves_files(both)
            assert datasets.opens_inside(both)


def test_the_file_interface_serves_exactly_what_was_approved(tmp_path, monkeypatch):
    app = start(tmp_path, "csc", monkeypatch)
    for name, mode in (("mine", API), ("other", API), ("inside", INSIDE)):
        register(app, name, mode)
    _, said, page = approved(app, "mine")
    program, bearer = app.test_client(), {"Authorization": "Bearer " + said["token"]}
    listed = program.get(said["files_url"], headers=bearer).get_json()
    assert listed["dataset"] == "mine" and [file["label"] for file in listed["files"]] == ["Values"]
    (file,) = listed["files"]
    got = program.get(file["url"], headers=bearer)
    assert got.data == CONTENT + b"mine" and got.headers["Cache-Control"] == "no-store"
    assert client.digest(got.data) == file["sha256"]
    for name in ("other", "inside"):
        assert program.get("/api/files/%s/1" % name, headers=bearer).status_code == 404
    assert program.get("/api/files/mine/2", headers=bearer).status_code == 404
    for wrong in ({}, {"Authorization": "Bearer guess"}, {"Authorization": "Basic " + said["token"]}):
        for address in ("/api/files", file["url"]):
            answer = program.get(address, headers=wrong)
            assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer ")
    # the page shows the token to who asked; it is no link of the portal
    assert said["token"] in app.test_client().get(page).text and said["publication_url"] is None
    assert approved(app, "mine", "b@example.org")[0].get("/publication/" + said["token"]).status_code == 404


@pytest.mark.parametrize("what, status", [("revoke", 401), ("expire", 401), ("suspend", 403), ("describe", 403)])
def test_the_token_ends_with_the_approval(tmp_path, monkeypatch, what, status):
    app = start(tmp_path, "csc", monkeypatch)
    register(app, "mine", API)
    _, said, page = approved(app, "mine")
    bearer = {"Authorization": "Bearer " + said["token"]}
    (file,) = app.test_client().get("/api/files", headers=bearer).get_json()["files"]
    changes = {
        "expire": ("UPDATE applications SET expires = ?", time.time() - 1),
        "suspend": ("UPDATE datasets SET state = ?", "suspended"),
        "describe": ("UPDATE datasets SET description = ?", json.dumps({"sensitive": {"access_mode": [API, INSIDE]}})),
    }
    if what == "revoke":
        owner(app).post("/inbox/%s/revoke" % said["application"], data={"reason": "x"}, headers=JSON)
    else:
        with app.extensions["environment"].store.write() as db:
            db.execute(changes[what][0], changes[what][1:])
    for address in ("/api/files", file["url"]):
        assert app.test_client().get(address, headers=bearer).status_code == status
    assert "token" not in app.test_client().get(page, headers=JSON).get_json()


def test_the_portal_serves_who_asked_alone(tmp_path, monkeypatch):
    app = start(tmp_path, "tsd", monkeypatch)
    register(app, "mine", PORTAL)
    mine, said, page = approved(app, "mine")
    other, others, _ = approved(app, "mine", "other@example.org")
    waiting, nothing, _ = approved(app, "mine", "third@example.org", None)
    assert nothing["publication_url"] is None and others["publication_url"] != said["publication_url"]
    for path in ("", "/1"):
        link = said["publication_url"] + path
        assert [one.get(link).status_code for one in (mine, other, waiting)] == [200, 404, 404]
        assert app.test_client().get(link).status_code == owner(app).get(link).status_code == 403
    # a guess and the link of somebody else look the same, and a browser that opens the page of the request is let in
    told = [
        re.sub('csrf.*|next=[^"]*', "", other.get(address).text)
        for address in (said["publication_url"], "/publication/x")
    ]
    assert told[0] == told[1]
    later = app.test_client()
    later.get(page)
    assert later.get(said["publication_url"] + "/1").data == CONTENT + b"mine"


def test_what_is_opened_inside_does_not_come_out(tmp_path, monkeypatch):
    app = start(tmp_path, "csc", monkeypatch)
    register(app, "mine", INSIDE)
    mine, said, _ = approved(app, "mine")
    assert "token" not in said and said["publication_url"] is None
    register(app, "by-token", API)
    approved(app, "by-token", person=mine)
    counted = mine.get(said["inside_url"], headers=JSON).get_json()["datasets"]
    assert counted == [
        {
            "identifier": "mine",
            "files": [{"label": "Values", "media_type": "text/csv", "size": len(CONTENT) + 4, "lines": 4}],
        }
    ]
    shown = mine.get("/inside").text
    assert "Values" in shown and "values.csv" not in shown and "1,2" not in shown and " download" not in shown
    other, _, _ = approved(app, "mine", "other@example.org", "deny")
    for browser in (other, app.test_client()):
        assert browser.get("/inside", headers=JSON).get_json() == {"datasets": []}
    # no address of an approval that an earlier description gave lets it out either
    with app.extensions["environment"].store.write() as db:
        db.execute("UPDATE applications SET publication_token = 'old' WHERE dataset = 'mine' AND state = 'approved'")
    assert mine.get("/publication/old/1").status_code == 403
    old = {"Authorization": "Bearer old"}
    assert [mine.get(path, headers=old).status_code for path in ("/api/files", "/api/files/mine/1")] == [403, 403]


def test_a_draft_begins_with_a_way_that_the_site_has():
    assert all(site.default_way in site.ways and set(site.ways) <= set(MODES) for site in SITES.values())
