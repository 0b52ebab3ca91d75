"""CSC's secure environment opens what SD Apply approves, for as long as it does, and takes no application itself."""

import io
import json
import re

import pytest

from demo.sd_apply import service
from demo.secure_environment.app import create_app
from demo.secure_environment.sites import API, INSIDE
from secureb2share_ext.testing.rems import APPLICANT, HANDLER, ORGANIZATION, OWNER

JSON = {"Accept": "application/json"}
ORG = {"organization/id": ORGANIZATION}
CONTENT = b"a,b\n1,2\n"


@pytest.fixture
def rems(tmp_path):
    with service.make(str(tmp_path / "sd-apply"), 0) as started:
        yield started


@pytest.fixture
def csc(tmp_path, rems, monkeypatch):
    decides = (rems.url, str(tmp_path / "sd-apply"))
    app = create_app(tmp_path / "csc", "http://127.0.0.1:9", retry_every=None, source="csc", decides=decides)
    monkeypatch.setattr(app.extensions["environment"].outgoing, "send", lambda identifier: None)
    return app


def register(csc, rems, identifier, mode):
    """Register a dataset with a file at CSC, and its item in SD Apply: the item's number."""
    owner = csc.test_client()
    owner.post("/login", data={"password": csc.extensions["environment"].password}, headers=JSON)
    dataset = {"core": {"titles": [{"lang": "en", "text": "Made up"}]}, "sensitive": {"access_mode": [mode]}}
    form = {"dataset": json.dumps(dataset), "identifier": identifier, "label": "Values"}
    form["file"] = (io.BytesIO(CONTENT), "values.csv")
    assert owner.post("/api/register", data=form).status_code == 201
    with rems.lock:
        resource = {"resid": identifier, "organization": ORG, "licenses": [service.LICENCE]}
        number = rems.store.create_resource(resource, OWNER).body["id"]
        item = {"resid": number, "wfid": service.WORKFLOW, "form": service.FORM, "organization": ORG}
        item["localizations"] = {"en": {"title": "Made up", "infourl": None}}
        return rems.store.create_item(item, OWNER).body["id"]


def apply(rems, *items):
    number = rems.act("create", APPLICANT, catalogue_item_ids=list(items)).body["application-id"]
    rems.act("accept-licenses", APPLICANT, application_id=number, accepted_licenses=[service.LICENCE])
    assert rems.act("submit", APPLICANT, application_id=number).body["success"]
    return number


def decide(rems, number, command):
    assert rems.act(command, HANDLER, application_id=number).body["success"]


def visitor(csc, person=APPLICANT):
    found = csc.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', found.get("/inside").text).group(1)
    assert found.post("/as", data={"person": person, "csrf_token": token}).status_code == 303
    return found


def inside(browser):
    said = browser.get("/inside", headers=JSON).get_json()
    return [one["identifier"] for one in said["datasets"]], {one["identifier"]: one["token"] for one in said["tokens"]}


def test_what_is_approved_opens_for_its_applicant_and_closes_with_it(csc, rems):
    items = [register(csc, rems, "inside-1", INSIDE), register(csc, rems, "by/token:2", API)]
    number, applicant = apply(rems, *items), visitor(csc)
    assert inside(applicant) == ([], {})
    decide(rems, number, "approve")
    opened, tokens = inside(applicant)
    assert (opened, list(tokens)) == (["inside-1"], ["by/token:2"])
    page = applicant.get("/inside").text
    assert tokens["by/token:2"] in page and "values.csv" not in page and "1,2" not in page
    for other in (csc.test_client(), visitor(csc, "colleague"), visitor(csc, HANDLER)):
        assert inside(other) == ([], {})
    program, bearer = csc.test_client(), {"Authorization": "Bearer " + tokens["by/token:2"]}
    (file,) = program.get("/api/files", headers=bearer).get_json()["files"]
    assert program.get(file["url"], headers=bearer).data == CONTENT
    assert program.get("/api/files/inside-1/1", headers=bearer).status_code == 404
    decide(rems, number, "revoke")
    assert program.get(file["url"], headers=bearer).status_code == 401
    assert inside(applicant) == ([], {})


@pytest.mark.parametrize("change", ["guess", "", "1", "1.", "9.{mac}", "{number}.0{mac}", "\u0661.{mac}", "\u00e9"])
def test_a_token_that_was_not_given_opens_nothing(csc, rems, change):
    number = apply(rems, register(csc, rems, "mine", API))
    decide(rems, number, "approve")
    token = inside(visitor(csc))[1]["mine"]
    changed = change.format(number=number, mac=token.partition(".")[2])
    answer = csc.test_client().get("/api/files", headers={"Authorization": "Bearer " + changed})
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize("state, status", [("suspended", 403), ("withdrawn", 410)])
def test_a_closed_dataset_is_closed_whatever_was_approved(csc, rems, state, status):
    items = [register(csc, rems, "mine", API), register(csc, rems, "inside-1", INSIDE)]
    decide(rems, apply(rems, *items), "approve")
    applicant = visitor(csc)
    bearer = {"Authorization": "Bearer " + inside(applicant)[1]["mine"]}
    with csc.extensions["environment"].store.write() as db:
        db.execute("UPDATE datasets SET state = ?", (state,))
    assert inside(applicant) == ([], {})
    assert csc.test_client().get("/api/files", headers=bearer).status_code == status


def test_nothing_opens_while_sd_apply_does_not_answer(csc, rems):
    decide(rems, apply(rems, register(csc, rems, "mine", API)), "approve")
    applicant = visitor(csc)
    bearer = {"Authorization": "Bearer " + inside(applicant)[1]["mine"]}
    for said in ("500", "drop before", "302"):
        rems.fault = lambda number, said=said: said
        assert applicant.get("/inside").status_code == 503
        assert csc.test_client().get("/api/files", headers=bearer).status_code == 503
    # who has not signed in has nothing that could be asked for
    assert csc.test_client().get("/inside").status_code == 200


def test_the_form_of_csc_leads_to_sd_apply_and_takes_nothing(csc, rems):
    browser = csc.test_client()
    page = browser.get("/request?dataset=mine&ref=x")
    assert page.status_code == 410 and 'href="%s"' % rems.url in page.text
    person = {"name": "Who", "email": "who@example.org", "purpose": "A study."}
    assert browser.post("/request?dataset=mine&ref=x", json=person, headers=JSON).status_code == 410


def test_the_key_of_the_environment_reads_applications_and_nothing_else(tmp_path, rems):
    key = service.secret(str(tmp_path / "sd-apply"), "environment")
    limits = rems.routes.keys[key]
    assert limits.permits(service.REPORTER, "GET", "/api/applications/1")
    for user, method, path in (
        (HANDLER, "GET", "/api/applications"),
        (service.REPORTER, "POST", "/api/applications/approve"),
        (service.REPORTER, "GET", "/api/resources"),
    ):
        assert not limits.permits(user, method, path)
