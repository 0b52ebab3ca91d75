"""The steps of the check about one dataset: registered, published, asked for, collected, closed."""

import json
import re
import uuid

import requests

from secureb2share_ext import client

from . import forms
from .trip import EXAMPLES, JSON, ask, must, until

FILE = b"participant,value\n1,42\n"


def owner_registers_with_a_file(trip):
    description = json.loads((EXAMPLES / "moba.json").read_text())["dataset"]
    description["core"]["titles"] = [{"lang": "en", "text": trip.title}]
    description["files"] = []
    description["sensitive"]["access_mode"] = ["publication-portal"]
    answer = trip.as_owner(
        "POST",
        trip.secure + "/api/register",
        data={"dataset": json.dumps(description), "tenant": "p11", "label": "Values"},
        files={"file": ("values.csv", FILE, "text/csv")},
    )
    must(answer.status_code == 201, (answer.status_code, answer.text))
    trip.identifier = answer.json()["identifier"]
    row = until(lambda: trip.known(trip.identifier))
    must(row, "no record of %s" % trip.identifier)
    trip.pid = row["pid"]
    return "%s became record %s" % (trip.identifier, trip.pid)


def record_is_public(trip):
    record = trip.record()
    must(record["metadata"]["titles"][0]["text"] == trip.title, record)
    # a search cluster follows a moment later
    until(trip.hits)
    hits = trip.hits()
    must([hit["id"] for hit in hits] == [trip.pid], hits)
    front = trip.call("GET", trip.catalogue + "/search", params={"q": trip.title})
    must(trip.title in front.text.replace('value="%s"' % trip.title, ""), "not on the page of search results")
    page = trip.call("GET", "%s/records/%s" % (trip.catalogue, trip.pid))
    must(page.status_code == 200 and "Request access" in page.text, page.status_code)
    json_ld = json.loads(re.search(r'application/ld\+json">(.*?)</script>', page.text, re.S).group(1))
    rights = {record["access"]["coar"], hits[0]["access"]["coar"], json_ld["usageInfo"]}
    must(rights == {"http://purl.org/coar/access_right/c_16ec"}, rights)
    return "item, search hit and page say restricted (COAR c_16ec)"


def uploads_are_refused(trip):
    before = trip.content()
    path = "%s/api/files/%s/values.csv" % (trip.catalogue, uuid.uuid4())
    record = "%s/api/records/%s" % (trip.catalogue, trip.pid)
    attempts = [
        ("PUT", path, {"data": FILE}),
        ("PUT", path, {"files": {"file": ("values.csv", FILE)}}),
        ("PUT", path.replace("/api/files", "/api//files"), {"data": FILE}),
        ("PUT", path.replace("files", "%66iles"), {"data": FILE}),
        ("POST", path + "?uploads&size=10&partSize=5", {}),
        ("PUT", path + "?uploadId=%s&partNumber=0" % uuid.uuid4(), {"data": FILE}),
        ("POST", path + "?uploadId=%s" % uuid.uuid4(), {}),
        ("POST", trip.catalogue + "/api/files", {}),
        ("POST", trip.catalogue + "/api/records/", {"files": {"file": ("values.csv", FILE)}}),
        ("PUT", record, {"data": b'{"a": "%s"}' % (b"A" * 1100000), "headers": {"Content-Type": "application/json"}}),
        ("PUT", path, {"data": b"0" * 20000000}),
    ]
    codes = {}
    for role in (None, "curator", "superuser"):
        for method, url, keywords in attempts:
            answer = trip.call(method, url, role, **keywords)
            must(
                answer.status_code == 403 and answer.headers["content-type"] == "application/problem+json",
                (role, method, url, answer.status_code),
            )
            codes[answer.json()["code"]] = codes.get(answer.json()["code"], 0) + 1
    must(trip.content() == before and not any(before[0].values()) and not before[1], trip.content())
    said = ", ".join("%d %s" % (count, code) for code, count in sorted(codes.items()))
    return "%s (anonymous, curator, superuser); 0 rows, 0 bytes" % said


def curators_record_is_announced(trip):
    description = json.loads((EXAMPLES / "finngen.json").read_text())["dataset"]
    metadata = dict(description.pop("core"), **description)
    metadata["titles"] = [{"lang": "en", "text": trip.title + ", by a curator"}]
    anonymous = trip.call("POST", trip.catalogue + "/api/records/", json=metadata)
    must(anonymous.status_code == 401, anonymous.status_code)
    weak = trip.call("POST", trip.catalogue + "/api/records/", "curator", json=metadata)
    must(weak.status_code == 401, ("a token that no second factor was asked for", weak.status_code))
    trip.tokens["curator"] = forms.make_token(trip.curator, trip.catalogue)
    answer = trip.call("POST", trip.catalogue + "/api/records/", "curator", json=metadata)
    must(answer.status_code == 201, (answer.status_code, answer.text))
    identifier = "pid:" + answer.json()["id"]
    announced = until(lambda: [d for d in trip.inbox()["announced"] if d["identifier"] == identifier])
    must(announced, trip.inbox()["announced"])
    return "%s arrived at the secure environment" % identifier


def link_leads_to_the_form(trip):
    status, location = trip.link()
    must(status == 302 and location.startswith(trip.secure + "/a/127835?"), (status, location))
    trip.form = location
    reference = re.search(r"CBreference=([^&]+)", location).group(1)
    keys = trip.call("GET", trip.catalogue + "/api/datasets/keys").json()
    claims = client.verify_reference(reference, keys, issuer=trip.catalogue)
    must((claims["identifier"], claims["pid"]) == (trip.identifier, trip.pid), claims)
    page = trip.call("GET", location)
    must(page.status_code == 200 and page.text.count(" readonly>") == 2 and reference in page.text, page.status_code)
    person = {"name": "A forger", "email": "forger@example.org", "purpose": "To try it."}
    forged = trip.call("POST", location.replace(reference, reference[:-6] + "AAAAAA"), data=person, headers=JSON)
    # as at the real one, anything can be sent to the form; what is read from it inside is another matter
    must((forged.status_code, forged.headers.get("location")) == (303, "/"), (forged.status_code, forged.headers))
    must("A forger" not in json.dumps(trip.inbox()), "a forged reference in the inbox")
    return "302, the reference verifies for %s, a forged one reaches nobody" % claims["identifier"]


def reader_requests(trip):
    trip.status_url, said = ask(trip.form, "A researcher", "researcher@example.org", trip.requester)
    trip.application = said["application"]
    must(until(lambda: counts(trip)["open"] == 1), counts(trip))
    return "%s; the catalogue counts %s" % (trip.application, counts(trip))


def counts(trip):
    return trip.known(trip.identifier)["requests"]


def only_the_owner_decides(trip):
    inbox = trip.secure + "/inbox"
    for method, url in (("GET", inbox), ("POST", "%s/%s/approve" % (inbox, trip.application))):
        answer = trip.call(method, url, headers=JSON)
        must(answer.status_code == 401, (method, url, answer.status_code))
    guessed = trip.call("POST", trip.secure + "/login", data={"password": "a guess"}, headers=JSON)
    must(guessed.status_code == 403 and not guessed.cookies, (guessed.status_code, guessed.cookies))
    refused = trip.call("GET", trip.secure + "/login/back?state=a-guess&code=a-guess")
    must(refused.status_code == 403 and not refused.cookies, (refused.status_code, refused.cookies))
    curator = requests.Session()
    page = trip.sign_in(curator, trip.secure + "/login/start", "curator")
    must(page.status_code == 403 and curator.get(inbox, headers=JSON, timeout=30).status_code == 401, page.status_code)
    return "401 without a sign-in, 403 for a password alone, and for somebody else with two factors"


def owner_approves(trip):
    answer = trip.as_owner("POST", "%s/inbox/%s/approve" % (trip.secure, trip.application), headers=JSON)
    must(answer.status_code == 200, (answer.status_code, answer.text))
    must(until(lambda: counts(trip)["approved"] == 1), counts(trip))
    must(not trip.tables_with("researcher@example.org"), "a person in the catalogue's database")
    return "the catalogue counts %s, and knows no person" % counts(trip)


def requester_collects_the_file(trip):
    trip.publication = trip.requester.get(trip.status_url, headers=JSON, timeout=30).json()["publication_url"]
    page = trip.requester.get(trip.publication, timeout=30)
    must(page.status_code == 200, page.status_code)
    (path,) = re.findall(r'href="(/publication/[^"]+/\d+)"', page.text)
    file = trip.requester.get(trip.secure + path, timeout=30)
    must(file.content == FILE, (file.status_code, file.content[:80]))
    return "%d bytes from the secure environment" % len(file.content)


def portal_knows_the_requester(trip):
    other = requests.Session()
    page, _ = ask(trip.form, "Another one", "another@example.org", other)
    seen = [session.get(trip.publication, timeout=30).status_code for session in (requests.Session(), other)]
    must(seen == [403, 404], seen)
    seen += [other.get(trip.publication + "/1", timeout=30).status_code]
    must(other.get(page, headers=JSON, timeout=30).json()["publication_url"] is None, "a link")
    return "%s without a sign-in, %s and %s for another requester" % tuple(seen)


def what_stays_inside_is_not_downloaded(trip):
    link = until(lambda: trip.known("p-moba/quality-assured-v12"))["access_url"]
    form = trip.call("GET", link).headers["location"]
    address, sent = ask(form, "A researcher", "researcher@example.org")
    approved = trip.as_owner("POST", "%s/inbox/%s/approve" % (trip.secure, sent["application"]), headers=JSON)
    must(approved.status_code == 200, (approved.status_code, approved.text))
    said = trip.call("GET", address, headers=JSON).json()
    must((said["state"], said["publication_url"]) == ("approved", None), said)
    page = trip.call("GET", address).text
    must("Inside the secure environment only" in page and "/publication/" not in page, page)
    return "approved, and told to work inside the secure environment"


def owner_suspends(trip):
    seen = trip.set_state("suspended", "Consent is under review.")
    must(seen == (403, "suspended"), seen)
    return "the link says %s %s" % seen


def owner_reactivates(trip):
    status, where = trip.set_state("active", "The review is done.")
    must(status == 302, (status, where))
    return "the link says 302 again"


def owner_withdraws(trip):
    seen = trip.set_state("withdrawn", "The study was closed.")
    must(seen == (410, "withdrawn"), seen)
    page = trip.call("GET", "%s/records/%s" % (trip.catalogue, trip.pid))
    must(page.status_code == 200 and "The study was closed." in page.text, page.status_code)
    must(until(lambda: trip.pid not in [hit["id"] for hit in trip.hits()]), "still found by search")
    collected = trip.requester.get(trip.publication, timeout=30).status_code
    must(collected in (403, 410), collected)
    return "the link says %s %s; the page stays, search and publication link are gone" % seen


STEPS = (
    owner_registers_with_a_file,
    record_is_public,
    uploads_are_refused,
    curators_record_is_announced,
    link_leads_to_the_form,
    reader_requests,
    only_the_owner_decides,
    owner_approves,
    requester_collects_the_file,
    portal_knows_the_requester,
    what_stays_inside_is_not_downloaded,
    owner_suspends,
    owner_reactivates,
    owner_withdraws,
)
