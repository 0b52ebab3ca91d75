"""What the steps of the check see of the running demo, and hand on to each other."""

import functools
import json
import os
import pathlib
import time
import uuid

import requests
import sqlalchemy

from ..identity_provider import launch, people
from ..launch import SOURCES
from . import forms

SECONDS = 30  # bound of every wait
CONTENT_TABLES = ("files_files", "files_object", "files_bucket", "files_multipartobject", "files_multipartobject_part")
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "docs" / "examples"
JSON = {"Accept": "application/json"}


class Failed(Exception):
    """A step saw something else than it must."""


def must(condition, seen):
    """Raise Failed with what was seen unless the condition holds."""
    if not condition:
        raise Failed("saw %s" % (seen,))


def until(look):
    """The first true value of look(), within SECONDS."""
    end = time.monotonic() + SECONDS
    while True:
        found = look()
        if found or time.monotonic() > end:
            return found
        time.sleep(0.3)


def ask(form, name, email, session=requests, **answers):
    """Send the form of a secure environment, whichever it has: (address of the request's page, what it says)."""
    given = dict({"purpose": "To try it."}, name=name, email=email, **answers)
    answer = session.post(form, data=given, headers=JSON, timeout=30)
    must(answer.status_code in (200, 201), (answer.status_code, answer.text))
    said = answer.json()
    # a form as Nettskjema has it leads to the page
    page = said.get("status_url", answer.url)
    must("/request/" in page, (page, said))
    return page, said


class RoundTrip:
    """What the steps hand on to each other."""

    def __init__(self, catalogue, secure, second, third, sd_apply, data):
        self.catalogue = catalogue
        self.secure = secure  # of TSD
        self.second = second  # of CSC
        self.third = third  # of CINECA
        self.sd_apply = sd_apply  # which decides for CSC
        self.data = data
        own = "sqlite:///" + os.path.join(data, "catalogue", "catalogue.db")
        self.database = sqlalchemy.create_engine(os.environ.get("SQLALCHEMY_DATABASE_URI") or own)
        self.store = os.path.join(data, "catalogue", "files")
        with open(os.path.join(data, "catalogue", "tokens.json")) as file:
            self.tokens = json.load(file)
        self.people = people.people(os.path.join(data, launch.NAME))
        self.owners = {}  # source: session of its owner
        self.requester = requests.Session()  # of the person who asks at TSD
        self.login = os.path.join(data, "catalogue", "curator.json")
        self.title = "Round trip %s" % uuid.uuid4().hex[:8]

    def call(self, method, url, role=None, **keywords):
        headers = dict(keywords.pop("headers", {}))
        if role:
            headers["Authorization"] = "Bearer " + self.tokens[role]
        return requests.request(method, url, headers=headers, timeout=30, allow_redirects=False, **keywords)

    def as_owner(self, method, url, **keywords):
        """A call of the data owner, who signs in once to each secure environment."""
        addresses = {"tsd": self.secure, "csc": self.second, "cineca": self.third}
        source = next(name for name, address in addresses.items() if url.startswith(address + "/"))
        if source not in self.owners:
            self.owners[source] = requests.Session()
            page = self.sign_in(self.owners[source], addresses[source] + "/login/start", "owner-" + source)
            must(page.url.startswith(addresses[source] + "/inbox"), (page.status_code, page.url))
        return self.owners[source].request(method, url, timeout=30, allow_redirects=False, **keywords)

    def sign_in(self, session, address, name):
        """What the site answers in the end at whose address somebody signs in with two factors."""
        return forms.sign_in(session, address, name, self.people[name])

    @functools.cached_property
    def curator(self):
        """The session of the curator, who signs in once."""
        session = requests.Session()
        page = self.sign_in(session, forms.catalogue_address(self.catalogue), "curator")
        must("Log out" in page.text, (page.status_code, page.url))
        return session

    def record(self):
        return self.call("GET", "%s/api/records/%s" % (self.catalogue, self.pid)).json()

    def key(self, source):
        """The private key with which a secure environment signs."""
        return self._line(source, "key")

    def _line(self, source, name):
        with open(os.path.join(self.data, SOURCES[source], name), encoding="ascii") as file:
            return file.read().strip()

    def known(self, identifier, source="tsd"):
        """What the catalogue tells everybody of a dataset, or False."""
        answer = self.call("GET", "%s/api/datasets/%s/%s" % (self.catalogue, source, identifier))
        return answer.status_code == 200 and answer.json()

    def hits(self, title=None):
        """What a search for the title finds."""
        words = {"q": '"%s"' % (title or self.title)}
        return self.call("GET", self.catalogue + "/api/records/", params=words).json()["hits"]["hits"]

    def inbox(self, secure=None):
        return self.as_owner("GET", (secure or self.secure) + "/inbox", headers=JSON).json()

    def link(self):
        """(status, code or where it leads) of the record's access link."""
        answer = self.call("GET", self.record()["links"]["request_access"])
        return answer.status_code, answer.headers["location"] if answer.status_code == 302 else answer.json()["code"]

    def set_state(self, state, reason):
        """The owner changes the state in the secure environment; the record's state follows."""
        url = "%s/datasets/%s/state" % (self.secure, self.identifier)
        answer = self.as_owner("POST", url, data={"state": state, "reason": reason}, headers=JSON)
        must(answer.status_code == 200, (answer.status_code, answer.text))
        seen = until(lambda: self.record()["access"]["state"] == state and self.record())
        must(seen, self.record()["access"])
        return self.link()

    def content(self):
        with self.database.connect() as connection:
            rows = {t: connection.scalar(sqlalchemy.text("SELECT count(*) FROM " + t)) for t in CONTENT_TABLES}
        return rows, [name for _, _, names in os.walk(self.store) for name in names]

    def tables_with(self, word):
        """The tables of the catalogue's database that hold a word, in whatever column."""
        with self.database.connect() as connection:
            return [
                name
                for name in sqlalchemy.inspect(connection).get_table_names()
                if any(word in repr(tuple(map(_readable, row))) for row in _rows(connection, name))
            ]


def _rows(connection, table):
    return connection.execute(sqlalchemy.text('SELECT * FROM "%s"' % table))


def _readable(value):
    return bytes(value) if isinstance(value, memoryview) else value
