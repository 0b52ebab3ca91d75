"""The changes of a run, made over the web, each until it is accepted."""

import contextlib
import json
import random
import threading
import time

import requests
from catalogue import content

from secureb2share_ext import client

PATIENCE = 180  # seconds that a change is tried
BULK = 10  # registrations of one request


class NotAccepted(Exception):
    """A change was refused, or not answered 2xx in time."""


class Load:
    """Threads, each with datasets of its own.

    datasets: how many; changes: of each at least, of which more are made until `stop`; accepted is {identifier: [what
    was said]}, in order.
    """

    def __init__(self, catalogue, datasets, changes, seed, threads=4):
        self.catalogue, self.datasets, self.changes, self.seed = catalogue, datasets, changes, seed
        self.accepted, self.unanswered, self.errors = {}, 0, []
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n, threads), daemon=True) for n in range(threads)]

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        """Make what every dataset has to have, and no more."""
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number, of):
        try:
            self._make(random.Random("%s %d" % (self.seed, number)), range(number, self.datasets, of))
        except Exception as error:
            self.errors.append("%s: %s" % (type(error).__name__, error))

    def _make(self, chosen, numbers):
        names = ["faults/%05d" % number for number in numbers]
        pids = {}
        for first in range(0, len(names), BULK):
            some = names[first : first + BULK]
            way = chosen.random()
            if way < 0.3:
                self._bulk(some)
            else:
                for name in some:
                    if chosen.random() < 0.5:
                        self._register(name, "t1")
                    else:
                        pids[name] = self._publish(name)
            self._change(chosen, some, pids, self.changes - 1)
        while names and not self._is_over.is_set():
            self._change(chosen, [chosen.choice(names)], pids, 1)
            # the receivers are slower than the web where they misbehave
            time.sleep(0.2)

    def _change(self, chosen, names, pids, times):
        for _ in range(times):
            for name in chosen.sample(names, len(names)):
                title, state = self.accepted[name][-1].split()
                new = "t%d" % (len(self.accepted[name]) + 1)
                if state == "suspended":
                    self._set_state(name, title, "active")
                else:
                    if name in pids:
                        self._edit(name, pids[name], new)
                    elif chosen.random() < 0.7:
                        self._register(name, new)
                    else:
                        self._set_state(name, title, "suspended")

    def _note(self, name, title, state):
        self.accepted.setdefault(name, []).append(content(title, state))

    def _register(self, name, title):
        # the same message at each attempt
        kept = {"issued": client.now_utc(), "message_id": "%s-%s" % (name.replace("/", "-"), title)}
        described = self.catalogue.description(title)
        self._until(lambda: self.catalogue.source.register(name, described, **kept))
        self._note(name, title, "active")

    def _set_state(self, name, title, state):
        number = "%s-%d" % (name.replace("/", "-"), len(self.accepted[name]) + 1)
        kept = {"issued": client.now_utc(), "message_id": number + state}
        confirm = {"confirm": True} if state == "withdrawn" else {}
        self._until(lambda: self.catalogue.source.set_state(name, state, "A fault is tried.", **confirm, **kept))
        self._note(name, title, state)

    def _bulk(self, names):
        source, lines = self.catalogue.source, {}
        for name in names:
            body = source.envelope("register", name, dataset=self.catalogue.description("t1"))
            lines[name] = client.line(self.catalogue.key, body)

        def send():
            answers = list(source.send_many(lines[name] for name in names))
            failed = [one for one in answers if not 200 <= one["status"] < 300]
            if failed and all(one["status"] >= 500 for one in failed):
                raise client.ClientError("some failed: %s" % failed[0])
            if failed:
                raise NotAccepted(str(failed[0]))

        self._until(send)
        for name in names:
            self._note(name, "t1", "active")

    def _publish(self, name):
        """The PID of a record that a curator makes; where the answer is lost, the source says whether it is there."""
        record = dict(json.loads(self.catalogue.record.replace("TITLE", "t1")), secureb2share={"identifier": name})

        def post():
            with contextlib.suppress(client.Refused):
                return self.catalogue.source.get(name)["pid"]
            return self._curate("POST", "", record)["id"]

        pid = self._until(post)
        self._note(name, "t1", "active")
        return pid

    def _edit(self, name, pid, title):
        record = json.loads(self.catalogue.record.replace("TITLE", title))
        self._until(lambda: self._curate("PUT", pid, record))
        self._note(name, title, "active")

    def _curate(self, method, pid, record):
        url = "http://localhost:%d/api/records/%s" % (self.catalogue.port, pid)
        headers = {"Authorization": "Bearer " + self.catalogue.token}
        answer = requests.request(method, url, json=record, headers=headers, timeout=30, allow_redirects=False)
        # 409 of a record that is new: an attempt whose answer was lost arrived meanwhile, and the source sees it
        if answer.status_code >= 500 or (method, answer.status_code) == ("POST", 409):
            raise client.ClientError("status %d" % answer.status_code)
        if not 200 <= answer.status_code < 300:
            raise NotAccepted("%s %s: %d %s" % (method, pid, answer.status_code, answer.text[:200]))
        return answer.json()

    def _until(self, call):
        """What a change gives, which is tried until the web accepts it; each attempt says the same."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return call()
            except client.Refused as error:
                if error.status < 500 or time.monotonic() > end:
                    raise NotAccepted(str(error))
            except (requests.RequestException, client.ClientError, ValueError) as error:
                if time.monotonic() > end:
                    raise NotAccepted(str(error))
            self.unanswered += 1
            time.sleep(0.1)
