"""The steps of the check about review: sources keep apart, and what waits for a curator waits unseen."""

import html
import json
import re
import uuid

import requests

from secureb2share_ext import client

from . import forms, sd_apply
from .forms import send
from .trip import EXAMPLES, JSON, must, until

REVIEW = "/secureb2share/review/"
REASON = "The contact cannot be reached."


def examples_are_registered(trip):
    expected = [json.loads(path.read_text()) for path in sorted(EXAMPLES.glob("*.json"))]
    open_ones = [e["identifier"] for e in expected if e["source"] == "tsd"]
    held = {e["identifier"] for e in expected if e["source"] == "csc"}
    italian = [e["identifier"] for e in expected if e["source"] == "cineca"]
    must((len(open_ones), len(held), len(italian)) == (9, 5, 2), (open_ones, held, italian))
    seen = until(lambda: all(trip.known(identifier) for identifier in open_ones))
    must(seen, "not all of %s" % open_ones)
    must(until(lambda: _waiting(trip) == held), trip.inbox(trip.second)["datasets"])
    must(not any(trip.known(identifier, "csc") for identifier in held), "one of csc is public")
    must(until(lambda: all(trip.known(identifier, "cineca") for identifier in italian)), italian)
    numbers = (len(open_ones), len(italian), len(held))
    return "%d of tsd and %d of cineca are public, %d of csc wait for a curator" % numbers


def _waiting(trip):
    return {d["identifier"] for d in trip.inbox(trip.second)["datasets"] if d["registration"] == "held"}


def _entry(trip, identifier):
    """What the inbox of CSC shows of one dataset."""
    return next(d for d in trip.inbox(trip.second)["datasets"] if d["identifier"] == identifier)


def what_is_held_is_nowhere(trip):
    # searched for by one word, recognised by the other, for a page repeats what it was asked for
    word, trip.canary = uuid.uuid4().hex[:12], uuid.uuid4().hex[:12]
    description = json.loads((EXAMPLES / "finngen.json").read_text())["dataset"]
    description["core"]["titles"] = [{"lang": "en", "text": "%s %s" % (word, trip.canary)}]
    trip.held = "canary-%s" % uuid.uuid4().hex[:8]
    answer = trip.as_owner(
        "POST", trip.second + "/api/register", data={"dataset": json.dumps(description), "identifier": trip.held}
    )
    must((answer.status_code, answer.json().get("state")) == (201, "held"), (answer.status_code, answer.text))
    asked = (
        "/search?q=" + word,
        "/",
        "/api/records/?size=100",
        "/api/records/?q=" + word,
        "/api/csc/?q=" + word,
        "/oai2d?verb=ListRecords&metadataPrefix=oai_dc",
        "/api/datasets",
        "/api/datasets/csc",
        "/api/datasets/csc/%s" % trip.held,
        "/api/access?source=csc&id=%s" % trip.held,
        REVIEW,
    )
    for role in (None, "curator", "superuser"):
        for path in asked:
            answer = trip.call("GET", trip.catalogue + path, role)
            must(trip.canary not in answer.text, (role, path, answer.status_code))
            must(trip.held not in answer.text or trip.held in path, (role, path))
    must(trip.canary not in json.dumps(trip.inbox(trip.secure)), "in the inbox of TSD")
    found = trip.tables_with(trip.canary)
    must(found == ["secureb2share_held"], found)
    return "at %d addresses for 3 visitors; in one table of the database" % len(asked)


def a_source_cannot_touch_another_ones(trip):
    hostile = client.Client(trip.catalogue, "csc", trip.key("tsd"))
    description = json.loads((EXAMPLES / "moba.json").read_text())["dataset"]
    attempts = (
        lambda identifier: hostile.get(identifier),
        lambda identifier: hostile.register(identifier, description),
        lambda identifier: hostile.set_state(identifier, "withdrawn", "Not mine."),
        lambda identifier: hostile.report_decision(identifier, "app-1", "approved"),
        lambda identifier: hostile.transfer(identifier, "p99"),
    )
    for attempt in attempts:
        known, unknown = (_refusal(attempt, identifier) for identifier in (trip.held, "nobody-has-this"))
        must(known == unknown and known[0] == 401, (known, unknown))
    must(_entry(trip, trip.held)["registration"] == "held", "it changed")
    return "%d attempts with the key of tsd: 401, as for what does not exist" % len(attempts)


def _refusal(attempt, identifier):
    try:
        return 200, attempt(identifier)
    except client.Refused as refused:
        return refused.status, refused.problem


def a_curator_signs_in(trip):
    asked = trip.call("GET", trip.catalogue + REVIEW)
    must(asked.status_code in (302, 401, 403), asked.status_code)
    with open(trip.login) as file:
        login = json.load(file)
    without_token = trip.call("POST", trip.catalogue + "/login/", data=login)
    must(without_token.status_code != 302, "a login by a form of another site")
    alone = requests.Session()
    page = send(alone, alone.get(trip.catalogue + "/login/", timeout=30), **login)
    must("Log out" in page.text, page.status_code)
    page = alone.get(trip.catalogue + REVIEW, timeout=30)
    must("/openid/authorize" in page.url and not _waiting_on(trip, page), "a password alone opens the review")
    other = requests.Session()
    page = trip.sign_in(other, forms.catalogue_address(trip.catalogue, REVIEW), "owner-csc")
    must((page.status_code, _waiting_on(trip, page)) == (403, set()), (page.status_code, page.url))
    page = trip.curator.get(trip.catalogue + REVIEW, timeout=30)
    must(page.status_code == 200 and page.url.startswith(trip.catalogue + REVIEW), (page.status_code, page.url))
    waiting = _waiting(trip)
    must(_waiting_on(trip, page) == waiting, "not all of %s" % waiting)
    return "a password alone opens nothing, nor does another one; with two factors, sees the %d that wait" % len(
        waiting
    )


def _waiting_on(trip, page):
    return {identifier for identifier in _waiting(trip) if html.escape(identifier) in page.text}


def _held_page(trip, identifier):
    """The curator's page of one held registration, by the link in the list."""
    listed = trip.curator.get(trip.catalogue + REVIEW, timeout=30)
    (row,) = [row for row in listed.text.split("<li><div>") if ">%s<" % html.escape(identifier) in row]
    link = re.search(r'href="([^"]*)"', row).group(1)
    return trip.curator.get(requests.compat.urljoin(listed.url, html.unescape(link)), timeout=30)


def release(trip, identifier):
    """Publish a held registration as the curator who has logged in."""
    asked = send(trip.curator, _held_page(trip, identifier), decision="ask")
    must(not trip.known(identifier, "csc"), "public before it was asked once more")
    done = send(trip.curator, asked, decision="release")
    must(done.status_code == 200, (done.status_code, done.text[:200]))


def the_curator_releases_one(trip):
    page = _held_page(trip, trip.held)
    must(trip.canary in page.text, page.status_code)
    release(trip, trip.held)
    row = until(lambda: trip.known(trip.held, "csc"))
    must(row, "not public")
    must(until(lambda: _entry(trip, trip.held)["registration"] == "registered"), _entry(trip, trip.held))
    must(until(lambda: trip.hits(trip.canary)), "search does not find it")
    page = trip.call("GET", "%s/records/%s" % (trip.catalogue, row["pid"]))
    must(page.status_code == 200 and trip.canary in page.text, page.status_code)
    link = sd_apply.link(trip, row)
    form = trip.call("GET", link)
    must(link.startswith(trip.sd_apply + "/apply-for?") and form.status_code == 302, (link, form.status_code))
    own = trip.call("GET", trip.second + "/request").status_code
    must(own == 410, own)
    return "it is record %s; its link leads to SD Apply, and CSC takes no application" % row["pid"]


def the_curator_refuses_another(trip):
    trip.refused = "urn:example:fi-diabetes-genomes:1"
    page = _held_page(trip, trip.refused)
    send(trip.curator, page, decision="refuse", reason="")
    must(_entry(trip, trip.refused)["registration"] == "held", "refused without a reason")
    done = send(trip.curator, page, decision="refuse", reason=REASON)
    must(done.status_code == 200, (done.status_code, done.text[:200]))
    seen = until(lambda: _entry(trip, trip.refused)["reason"] == REASON and _entry(trip, trip.refused))
    must(seen and seen["registration"] == "refused", _entry(trip, trip.refused))
    said = client.Client(trip.catalogue, "csc", trip.key("csc")).get(trip.refused)["review"]
    must((said["state"], said["reason"]) == ("refused", REASON), said)
    must(not trip.known(trip.refused, "csc"), "it is public")
    return "CSC reads why, by event and by asking"


def its_owner_mends_it(trip):
    description = json.loads((EXAMPLES / "genomics-diabetes.json").read_text())["dataset"]
    form = {"dataset": json.dumps(description), "identifier": trip.refused}
    same = trip.as_owner("POST", trip.second + "/api/register", data=form)
    must((same.status_code, same.json()["code"]) == (409, "refused"), (same.status_code, same.text))
    description["core"]["contacts"][0]["name"] += " (by telephone)"
    form["dataset"] = json.dumps(description)
    mended = trip.as_owner("POST", trip.second + "/api/register", data=form)
    must((mended.status_code, mended.json()["state"]) == (201, "held"), (mended.status_code, mended.text))
    taken = trip.as_owner("POST", "%s/datasets/%s/discard" % (trip.second, trip.refused), headers=JSON)
    must(taken.status_code == 200, (taken.status_code, taken.text))
    # an operator can give it back for some days, and nobody is shown it
    kept = ["secureb2share_dataset"]
    must(until(lambda: trip.tables_with("(by telephone)") == kept), trip.tables_with("(by telephone)"))
    return "mended it waits again; discarded it is kept for an operator alone"


BEFORE = (examples_are_registered,)
STEPS = (
    what_is_held_is_nowhere,
    a_source_cannot_touch_another_ones,
    a_curator_signs_in,
    the_curator_releases_one,
    the_curator_refuses_another,
    its_owner_mends_it,
)
