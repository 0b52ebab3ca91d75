"""The steps of the check about the ways of access: each site has its own, and a description promises no other."""

import json
import uuid

import requests

from .review import release
from .trip import EXAMPLES, JSON, ask, must, until

INSIDE, API = "secure-environment-only", "file-api"


def csc_works_inside(trip):
    one = _approved(trip, trip.second, "csc", [INSIDE])
    must("token" not in one.said and one.said["publication_url"] is None, one.said)
    seen = one.session.get(one.said["inside_url"], headers=JSON, timeout=30).json()["datasets"]
    must([(each["identifier"], each["files"][0]["lines"]) for each in seen] == [(one.identifier, 2)], seen)
    trip.inside = "%s/api/files/%s/1" % (trip.second, one.identifier)
    answer = requests.get(trip.inside, timeout=30)
    must(answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Bearer"), answer.status_code)
    return "the file is there, with 2 lines; no link and no token"


def csc_serves_files(trip):
    one = _approved(trip, trip.second, "csc", [API])
    bearer = {"Authorization": "Bearer " + one.said["token"]}
    listed = requests.get(one.said["files_url"], headers=bearer, timeout=30).json()
    must((listed["dataset"], len(listed["files"])) == (one.identifier, 1), listed)
    file = requests.get(listed["files"][0]["url"], headers=bearer, timeout=30)
    must(file.content == one.content, (file.status_code, file.content[:80]))
    other = requests.get(trip.inside, headers=bearer, timeout=30).status_code
    wrong = requests.get(listed["files"][0]["url"], headers={"Authorization": "Bearer guess"}, timeout=30).status_code
    must((other, wrong) == (404, 401), (other, wrong))
    taken = trip.as_owner(
        "POST",
        "%s/inbox/%s/revoke" % (trip.second, one.said["application"]),
        data={"reason": "It has ended."},
        headers=JSON,
    )
    must(taken.status_code == 200, (taken.status_code, taken.text))
    ended = requests.get(listed["files"][0]["url"], headers=bearer, timeout=30).status_code
    must(ended == 401, ended)
    return "%d bytes by token; %s for another dataset, %s for a guess and after the end" % (
        len(file.content),
        other,
        wrong,
    )


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
    return "from its registration to a decision that the catalogue mirrors: %s" % counted


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


def _approved(trip, address, source, modes):
    """Register a dataset, release it where it is on review, ask for it, and approve: an _Approved."""
    answer, (identifier, content) = _register(trip, address, modes)
    must(answer.status_code == 201, (answer.status_code, answer.text))
    if answer.json()["state"] == "held":
        release(trip, identifier)
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
