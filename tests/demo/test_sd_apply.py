import re

import pytest

from demo.sd_apply import service
from demo.sd_apply.app import create_app
from secureb2share_ext.testing.rems import ORGANIZATION, OWNER

ORG = {"organization/id": ORGANIZATION}
CATALOGUE = "http://localhost:5000"


@pytest.fixture
def rems(tmp_path):
    found = service.make(str(tmp_path), 5005, CATALOGUE)
    found.outbox.clock = found.store.clock
    return found


@pytest.fixture
def visitor(rems):
    return create_app(rems, CATALOGUE).test_client()


@pytest.fixture
def key(tmp_path):
    return {"x-rems-api-key": service.secret(str(tmp_path), "api-key"), "x-rems-user-id": OWNER}


@pytest.fixture
def item(visitor, key):
    resource = {"resid": "csc-1", "organization": ORG, "licenses": [51]}
    number = visitor.post("/api/resources/create", json=resource, headers=key).get_json()["id"]
    item = {"resid": number, "wfid": 11, "form": 31, "organization": ORG}
    item["localizations"] = {"en": {"title": "Teeth of Finland", "infourl": CATALOGUE + "/records/1"}}
    return visitor.post("/api/catalogue-items/create", json=item, headers=key).get_json()["id"]


def send(visitor, page, address=None, **fields):
    """Send the form of a page, to its own address or another."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get(page).get_data(as_text=True)).group(1)
    return visitor.post(address or page, data=dict(fields, csrf_token=token))


def text(visitor, page):
    answer = visitor.get(page)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_reader_comes_by_the_link_and_a_handler_decides(visitor, rems, item):
    link = visitor.get("/apply-for?resource=csc-1")
    assert (link.status_code, link.headers["Location"]) == (302, "http://localhost/application?items=%d" % item)
    page = "/application?items=%d" % item
    assert "Teeth of Finland" in text(visitor, page) and "Teeth of Finland" in text(visitor, "/")
    answer = send(visitor, page, "/application", item=str(item), purpose="Caries")
    assert answer.headers["Location"].endswith("/application/1")
    shown = text(visitor, "/application/1")
    assert "waits for a decision" in shown and "Approve" not in shown and "Caries" in shown
    # an applicant cannot decide, whatever is sent
    send(visitor, "/application/1", command="approve")
    assert rems.applications.rows[1]["state"] == "submitted"
    send(visitor, "/", "/as", person="handler", next="/applications")
    assert "The applicant" in text(visitor, "/applications")
    send(visitor, "/application/1", command="approve", comment="Fine, applicant")
    assert rems.applications.rows[1]["state"] == "approved"
    told = [entry["body"] for entry in rems.outbox.entries]
    assert [one["event/type"].rpartition("/")[2] for one in told] == ["created", "submitted", "approved"]
    assert told[2]["application/comment"] == "Fine, applicant" and "event/application" not in told[2]
    target = rems.outbox.entries[0]["target"]
    assert (
        target["url"] == CATALOGUE + "/api/datasets/rems/csc-sd-apply" and len(target["headers"][service.HEADER]) > 24
    )


def test_a_draft_is_seen_by_nobody_else_and_can_be_deleted(visitor, rems, item):
    send(visitor, "/application?items=%d" % item, "/application", item=str(item), what="draft")
    assert rems.applications.rows[1]["state"] == "draft"
    send(visitor, "/", "/as", person="handler", next="/")
    assert visitor.get("/application/1").status_code == 404
    send(visitor, "/", "/as", person="applicant", next="/")
    send(visitor, "/application/1", command="delete")
    assert rems.applications.rows == {}


def test_the_key_of_the_catalogue_cannot_decide_and_a_form_of_others_is_refused(visitor, rems, item, key):
    assert visitor.post("/api/applications/create", json={"catalogue-item-ids": [item]}, headers=key).status_code == 401
    handler = dict(key, **{"x-rems-user-id": "handler"})
    assert visitor.get("/api/applications", headers=handler).status_code == 401
    assert visitor.post("/application", data={"item": str(item)}).status_code == 400
    assert visitor.get("/application?items=9").status_code == 404 and rems.applications.rows == {}


def test_the_settings_of_the_catalogue_fit_this_service(tmp_path, rems):
    from secureb2share_ext.access import providers
    from secureb2share_ext.targets import rems as targets

    target, provider = service.of_catalogue(str(tmp_path), "http://localhost:5005")
    kind = target.pop("kind")
    assert kind == "rems" and targets.Rems.read("t", target, True).key() in rems.routes.keys
    config = {"SECUREB2SHARE_ACCESS": {service.ENTRY: provider}, "SECUREB2SHARE_DEMO": True}
    read = providers.read(config)[service.ENTRY]
    assert (read.url, read.events) == ("http://localhost:5005", (service.secret(str(tmp_path), "events"),))
    told = rems.outbox.targets[0]
    assert told["headers"] == {service.HEADER: read.events[0]}
