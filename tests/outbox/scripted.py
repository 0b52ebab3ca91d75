"""Targets without a network, for sweeps in one process: each answers what a test tells it to."""

import json
import threading
from types import SimpleNamespace

from secureb2share_ext import client
from secureb2share_ext.outbox import delivery
from secureb2share_ext.targets.answer import Answer


class Scripted:
    """A target that keeps what it got, once for each id; answer: callable(event) -> Answer, or None for a receipt."""

    registers = False

    def __init__(self, answer=None, concurrency=1):
        self.answer = answer
        self.concurrency = concurrency
        self.echo, self.expires = True, None
        self.bodies = {}  # message id -> body
        self.effects = []  # (dataset, sequence), as they first arrived
        self.tries = []  # message ids
        self._lock = threading.Lock()

    def open(self):
        return SimpleNamespace(send=self.send, close=lambda: None, last=None)

    def send(self, event, sign):
        with self._lock:
            self.tries.append(event.message_id)
        said = self.answer(event) if self.answer else None
        if said is None or (said.status is not None and said.status < 300):
            self.take(event)
        if said is not None:
            return said
        told = client.receipt(json.loads(event.body.decode()), event.body, "receipt-1")
        return Answer(200, client.canonical(told))

    def take(self, event):
        """The effect of an event, once; the same id has the same bytes."""
        with self._lock:
            assert self.bodies.setdefault(event.message_id, event.body) == event.body
            data = json.loads(event.body.decode())["data"]
            effect = (data["source"], data["identifier"]), data["sequence"]
            if effect not in self.effects:
                self.effects.append(effect)

    def of(self, identifier, source="tsd"):
        """The sequences of a dataset, as they first arrived."""
        return [sequence for dataset, sequence in self.effects if dataset == (source, identifier)]


def sweep(catalogue, **targets):
    """A sweep of a testing catalogue to these targets; {outcome: count}."""
    catalogue.extension.targets = dict(catalogue.extension.targets, **targets)
    return delivery.sweep(catalogue.extension)
