"""SD Apply as a reader and a handler of the demo use it: over its pages, with a browser's session each."""

import html
import re

import requests
from requests.compat import urljoin

from .trip import JSON, must, until

APPLICANT, HANDLER = "applicant", "handler"


class Person:
    """One of SD Apply's persons, who has signed in there."""

    def __init__(self, sd_apply, name):
        """sd_apply: its address; name: APPLICANT or HANDLER."""
        self.session, self.name, self.front = requests.Session(), name, sd_apply + "/"
        self.send(self.get(self.front), "/as", person=name, next="/")

    def get(self, address):
        """A page, which is there."""
        page = self.session.get(address, timeout=30)
        must(page.status_code == 200, (address, page.status_code, page.text[:200]))
        return page

    def send(self, page, path, **values):
        """The answer to the form of a page that goes to `path`, or with None to the page's own address."""
        forms = re.findall(r"<form\b.*?</form>", page.text, re.S)
        form = next(
            form for form in forms if (re.search(r'action="([^"]*)"', form.split(">")[0]) or [0, None])[1] == path
        )
        tags = re.findall(r'<input\b(?=[^>]*type="hidden")[^>]*>', form)
        hidden = {
            re.search('name="([^"]*)"', tag)[1]: html.unescape(re.search('value="([^"]*)"', tag)[1]) for tag in tags
        }
        answer = self.session.post(urljoin(page.url, path or ""), data=dict(hidden, **values), timeout=30)
        must(answer.status_code == 200, (answer.url, answer.status_code, answer.text[:200]))
        return answer


def link(trip, known):
    """Where the access link of a dataset leads, once its item can be applied for."""
    answer = until(lambda: _open(trip.call("GET", known["access_url"])))
    must(answer, "the link leads nowhere yet")
    return answer.headers["location"]


def _open(answer):
    return answer.status_code == 302 and answer


def apply_and_approve(trip, known):
    """Apply by the access link of a dataset and approve, and wait until the catalogue counts both: the application."""
    address = link(trip, known)
    must(address.startswith(trip.sd_apply + "/apply-for?resource="), address)
    reader, handler = Person(trip.sd_apply, APPLICANT), Person(trip.sd_apply, HANDLER)
    draft = reader.send(reader.get(address), "/application", purpose="To try it.", what="draft")
    must("a draft" in draft.text, draft.url)
    sent = reader.send(draft, None, command="submit")
    must("waits for a decision" in sent.text, sent.url)
    must(until(lambda: _counts(trip, known)["open"] == 1), _counts(trip, known))
    decide(handler, sent.url, "approve")
    must(until(lambda: _counts(trip, known)["approved"] == 1), _counts(trip, known))
    return sent.url


def decide(handler, application, command):
    """Give a command on an application as its handler."""
    handler.send(handler.get(application), None, command=command)


def _counts(trip, known):
    return trip.known(known["identifier"], "csc")["requests"]


def at_csc(trip):
    """What the applicant finds at CSC: {"datasets", "files_url", "tokens"}."""
    session = requests.Session()
    page = session.get(trip.second + "/inside", timeout=30)
    must(not session.get(page.url, headers=JSON, timeout=30).json()["tokens"], "a token for who has not signed in")
    value = html.unescape(re.search(r'name="csrf_token" value="([^"]*)"', page.text).group(1))
    session.post(trip.second + "/as", data={"person": APPLICANT, "csrf_token": value}, timeout=30)
    return session.get(page.url, headers=JSON, timeout=30).json()
