"""The steps of the check about the ways of access: each site has its own, and a description promises no other."""

import json
import uuid

import requests

from secureb2share_ext.testing.rems import example_store

from . import sd_apply
from .review import release
from .trip import EXAMPLES, JSON, ask, must, until

INSIDE, API = "secure-environment-only", "file-api"


def csc_works_inside(trip):
    identifier, _, _ = _decided(trip, [INSIDE])
    seen = sd_apply.at_csc(trip)
    opened = [(each["identifier"], each["files"][0]["lines"]) for each in seen["datasets"]]
    must((opened, seen["tokens"]) == ([(identifier, 2)], []), seen)
    trip.inside = "%s/api/files/%s/1" % (trip.second, identifier)
    answer = requests.get(trip.inside, timeout=30)
    must(answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Bearer"), answer.status_code)
    return "approved in SD Apply, counted by the catalogue; the file is there, with 2 lines, and no token"


def csc_serves_files(trip):
    identifier, content, application = _decided(trip, [API])
    said = sd_apply.at_csc(trip)
    must([one["identifier"] for one in said["tokens"]] == [identifier], said)
    bearer = {"Authorization": "Bearer " + said["tokens"][0]["token"]}
    listed = requests.get(said["files_url"], headers=bearer, timeout=30).json()
    must((listed["dataset"], len(listed["files"])) == (identifier, 1), listed)
    file = requests.get(listed["files"][0]["url"], headers=bearer, timeout=30)
    must(file.content == content, (file.status_code, file.content[:80]))
    other = requests.get(trip.inside, headers=bearer, timeout=30).status_code
    guesses = ("guess", said["tokens"][0]["token"][:-1] + "x")
    wrong = [_status(listed["files"][0]["url"], {"Authorization": "Bearer " + guess}) for guess in guesses]
    must((other, wrong) == (404, [401, 401]), (other, wrong))
    sd_apply.decide(sd_apply.Person(trip.sd_apply, sd_apply.HANDLER), application, "revoke")
    ended = _status(listed["files"][0]["url"], bearer)
    must(ended == 401, ended)
    person = example_store().users[sd_apply.APPLICANT]["email"]
    must(not trip.tables_with(person), "a person in the catalogue's database")
    return "%d bytes by token; %s for another dataset, %s for a guess and after SD Apply revoked it" % (
        len(file.content),
        other,
        ended,
    )


def _status(address, headers):
    return requests.get(address, headers=headers, timeout=30).status_code


def no_site_promises_what_it_lacks(trip):
    answer, _ = _register(trip, trip.secure, [INSIDE, API])
    errors = answer.json().get("errors", [])
    must(answer.status_code == 400, (answer.status_code, answer.text))
    must([error["field"] for error in errors] == ["dataset.sensitive.access_mode[1]"], errors)
    return "TSD has no file-api: 400 at %s" % errors[0]["field"]


def cineca_has_the_whole_circle(trip):
    one = _approved(trip, trip.third, "cineca", [INSIDE])
    must(one.said["inside_url"].startswith(trip.third + "/"), one.said)
    counted = until(lambda: _is_approved(trip, one))
    must(counted, trip.known(one.identifier, "cineca"))
    must(not trip.tables_with("at-cineca@example.org"), "a person in the catalogue's database")
    found = until(lambda: _is_found(trip, one))
    must(found, "search does not find it")
    return "from its registration to a decision that the catalogue mirrors: %s" % counted


def _is_found(trip, one):
    # a search cluster follows a moment later
    title = json.loads((EXAMPLES / "finngen.json").read_text())["dataset"]["core"]["titles"][0]["text"]
    return trip.known(one.identifier, "cineca")["pid"] in [hit["id"] for hit in trip.hits(title)]


def _is_approved(trip, one):
    counts = trip.known(one.identifier, "cineca")["requests"]
    return counts["approved"] == 1 and counts


class _Approved:
    """A request that was approved: `identifier`, `content` of its file, `session` and what its page says, `said`."""

    def __init__(self, identifier, content, session, said):
        self.identifier, self.content, self.session, self.said = identifier, content, session, said


def _register(trip, address, modes):
    description = json.loads((EXAMPLES / "finngen.json").read_text())["dataset"]
    description["sensitive"]["access_mode"] = modes
    description["files"] = []
    identifier, content = "way-%s" % uuid.uuid4().hex[:8], b"value\n%s\n" % uuid.uuid4().hex.encode()
    answer = trip.as_owner(
        "POST",
        address + "/api/register",
        data={"dataset": json.dumps(description), "identifier": identifier},
        files={"file": ("values.csv", content, "text/csv")},
    )
    return answer, (identifier, content)


def _decided(trip, modes):
    """Register a dataset of CSC, release it, apply in SD Apply and approve: (identifier, content, application)."""
    answer, (identifier, content) = _register(trip, trip.second, modes)
    must((answer.status_code, answer.json().get("state")) == (201, "held"), (answer.status_code, answer.text))
    release(trip, identifier)
    known = until(lambda: trip.known(identifier, "csc"))
    must(known, "%s is not public" % identifier)
    return identifier, content, sd_apply.apply_and_approve(trip, known)


def _approved(trip, address, source, modes):
    """Register a dataset that is public at once, ask for it, and approve: an _Approved."""
    answer, (identifier, content) = _register(trip, address, modes)
    must(answer.status_code == 201, (answer.status_code, answer.text))
    known = until(lambda: trip.known(identifier, source))
    must(known, "%s is not public" % identifier)
    link = until(lambda: _form(trip, known))
    must(link and link.startswith(address + "/request?"), link)
    session = requests.Session()
    page, _ = ask(link, "A researcher", "at-%s@example.org" % source, session)
    early = session.get(page, headers=JSON, timeout=30).json()
    must(not {"token", "files_url", "inside_url"} & set(early), early)
    done = trip.as_owner("POST", "%s/inbox/%s/approve" % (address, early["application"]), headers=JSON)
    must(done.status_code == 200, (done.status_code, done.text))
    said = session.get(page, headers=JSON, timeout=30).json()
    return _Approved(identifier, content, session, said)


def _form(trip, known):
    answer = trip.call("GET", known["access_url"])
    return answer.headers.get("location")


STEPS = (
    csc_works_inside,
    csc_serves_files,
    no_site_promises_what_it_lacks,
    cineca_has_the_whole_circle,
)
