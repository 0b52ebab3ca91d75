"""A catalogue that is served, as its clients see it, and what its processes use."""

import http.client
import json
import uuid

from secureb2share_ext import client

from . import processor
from .catalogue import ENDPOINT

BULK = 100  # datasets of one bulk


class Catalogue:
    """pid: of the server's first process; token: a superuser's; pids: of its records; key: the source's, or None."""

    def __init__(self, pid, port, token, pids, key):
        self.pid, self.token, self.pids = pid, token, pids
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.source = client.Client("http://localhost:%d" % port, ENDPOINT, key) if key else None

    def used(self):
        return processor.of_tree(self.pid)

    def call(self, method, path, body=None, status=200):
        """The answer's bytes, over one kept connection; raises RuntimeError for another status."""
        headers = {"host": "localhost", "accept": "application/json"}
        if body is not None:
            headers.update({"content-type": "application/json", "authorization": "Bearer " + self.token})
        self.connection.request(method, path, body=body, headers=headers)
        answer = self.connection.getresponse()
        said = answer.read()
        if answer.status != status:
            raise RuntimeError("%s %s was answered %d: %.500r" % (method, path, answer.status, said))
        return said

    def get(self, number):
        self.call("GET", "/api/records/" + self.pids[number % len(self.pids)])

    def search(self, number, size=25):
        pages = max(len(self.pids) // size, 1)
        found = self.call("GET", "/api/records/?size=%d&page=%d" % (size, 1 + number % pages))
        if len(json.loads(found)["hits"]["hits"]) != size:
            raise RuntimeError("A search gave another number of records than %d." % size)

    def post(self, body):
        self.call("POST", "/api/records/", body, status=201)

    def register(self, description):
        self.source.register("benchmark-" + uuid.uuid4().hex, description)

    def lines(self, description, count=BULK):
        """Signed messages that register `count` datasets."""
        names = ["benchmark-" + uuid.uuid4().hex for _ in range(count)]
        bodies = [self.source.envelope("register", name, dataset=description) for name in names]
        return [client.line(self.source.key, body) for body in bodies]

    def send(self, lines):
        """The PIDs that a bulk gave."""
        answers = list(self.source.send_many(lines))
        refused = [answer for answer in answers if "answer" not in answer]
        if refused or len(answers) != len(lines):
            raise RuntimeError("A bulk was not accepted: %.500r" % (refused[:1],))
        return [answer["answer"]["pid"] for answer in answers]
