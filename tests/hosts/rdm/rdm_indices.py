"""Search indices that instances have one after the other: to make them takes longer than most tests."""

import atexit
import contextlib
import uuid

import requests
from served import service

SPARE = []  # Indices that an instance left empty
GIVEN = ("uuid", "creation_date", "provided_name", "version")  # settings that the cluster gives by itself


class Indices:
    """All indices, aliases and templates whose names begin with one prefix; nobody else has it."""

    def __init__(self):
        self.prefix = "rdm%s-" % uuid.uuid4().hex[:12]
        self.made = {}  # {name: what makes it} as the first instance began; none: they are still to be made

    def ask(self, method, path="*", **body):
        answer = requests.request(method, "%s/%s%s" % (service("SEARCH"), self.prefix, path), **body)
        answer.raise_for_status()
        return answer.json()

    def look(self):
        """{name without the prefix: the body of the request that makes this index}."""
        found = self.ask("GET")
        for index in found.values():
            for name in GIVEN:
                index["settings"]["index"].pop(name, None)
        return {name[len(self.prefix) :]: index for name, index in found.items()}

    def empty(self):
        """Leave no document, and nothing that a document added to a mapping; returns whether that succeeded."""
        now = self.look()
        for name in now:
            if now[name] != self.made.get(name):
                self.ask("DELETE", name)
        for name in self.made:
            if now.get(name) != self.made[name]:
                self.ask("PUT", name, json=self.made[name])
        # the versions of what was deleted would refuse another instance's documents of the same number
        self.ask("PUT", "*/_settings", json={"index.gc_deletes": "0s"})
        self.ask("POST", "*/_refresh")
        everything = {"query": {"match_all": {}}}
        self.ask("POST", "*/_delete_by_query?refresh=true&conflicts=proceed", json=everything)
        self.ask("PUT", "*/_settings", json={"index.gc_deletes": None})
        return self.ask("GET", "*/_count")["count"] == 0 and self.look() == self.made

    def remove(self):
        self.ask("DELETE")


@contextlib.contextmanager
def new():
    """Indices that are still to be made."""
    indices = Indices()
    try:
        yield indices
    finally:
        indices.remove()


@contextlib.contextmanager
def spare():
    """Indices that another instance left, or new ones."""
    indices = SPARE.pop() if SPARE else Indices()
    kept = False
    try:
        yield indices
        kept = bool(indices.made) and indices.empty()
    finally:
        if kept:
            SPARE.append(indices)
        else:
            indices.remove()


@atexit.register
def remove_all():
    # services that were started for these tests may have ended before
    with contextlib.suppress(requests.RequestException):
        while SPARE:
            SPARE.pop().remove()
