"""What a worker process measures of the outbox; each function runs in an application's context and gives plain values.

The first functions are all that knows the outbox's interface.
"""

import base64
import hashlib
import http.client
import os
import time
from urllib.parse import urlsplit

from invenio_db import db
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from secureb2share_ext import client
from secureb2share_ext.compat import utcnow
from secureb2share_ext.outbox import claims, delivery, lane, store
from secureb2share_ext.proxies import current

LONGEST = 60  # seconds of one drain
PENDING = "SELECT message_id, body FROM secureb2share_event WHERE state = 'pending' ORDER BY id"


def sweep():
    """Send what is due; {outcome: count}."""
    return delivery.sweep(current())


def due(target):
    """Search for the events of a batch, and return their ids."""
    return claims.due(target, lane.BATCH, utcnow())


def claim(target):
    """Claim a batch for a target, and return it; the caller commits."""
    return claims.claim(target, lane.BATCH, utcnow())


def settle(claimed):
    """Record a batch as delivered, and return how many outcomes held; the caller commits."""
    now = utcnow()
    settled = [claims.Settled(one.id, "delivered", 1, one.next_at, False, "status 200", now) for one in claimed]
    return len(claims.settle(settled, claimed[0].token))


def drain():
    """Sweep until nothing is due; {"seconds", "user", "system", "outcomes"}, until the last sweep that sent."""
    outcomes, took = {}, {}
    end = time.monotonic() + LONGEST
    clock = stopwatch()
    while time.monotonic() < end:
        counts = sweep()
        if not counts:
            break
        took = clock()
        for name, count in counts.items():
            outcomes[name] = outcomes.get(name, 0) + count
    return dict(took, outcomes=outcomes)


def bare(url):
    """POST what waits, signed, over one kept connection, and record nothing; {"seconds", "user", "system"}."""
    waiting = [(row.message_id, bytes(row.body)) for row in db.session.execute(text(PENDING))]
    db.session.rollback()
    key, parts = current().keyring.current(), urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    # its handshake is not measured
    connection.connect()
    clock = stopwatch()
    for message_id, body in waiting:
        headers = dict(client.signed_headers(key, message_id, body), **_headers(message_id, body))
        connection.request("POST", parts.path, body=body, headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError("The target answered %d." % answer.status)
    took = clock()
    connection.close()
    return took


def _headers(message_id, body):
    hashed = base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")
    return {
        "content-type": "application/cloudevents+json",
        "content-digest": "sha-256=:%s:" % hashed,
        "idempotency-key": '"%s"' % message_id,
        "user-agent": "secureb2share",
    }


def counted_drain():
    """Drain, and count what reaches the database: {"statements", "commits"}."""
    counts = {"statements": 0, "commits": 0}

    def execute(*_):
        counts["statements"] += 1

    def commit(_):
        counts["commits"] += 1

    event.listen(Engine, "before_cursor_execute", execute)
    event.listen(Engine, "commit", commit)
    try:
        drain()
    finally:
        event.remove(Engine, "before_cursor_execute", execute)
        event.remove(Engine, "commit", commit)
    return counts


def search_alone(target):
    """Search for one batch; {"seconds", "user", "system", "claimed"}."""
    return _alone(due, target)


def claim_alone(target):
    """Claim one batch, and give it back; {"seconds", "user", "system", "claimed"}."""
    return _alone(claim, target)


def _alone(function, target):
    clock = stopwatch()
    found = function(target)
    took = clock()
    db.session.rollback()
    return dict(took, claimed=len(found))


def claim_and_settle(target):
    """Claim one batch and record it, each with its commit; {"seconds", "user", "system", "claimed"}."""
    clock = stopwatch()
    claimed = claim(target)
    db.session.commit()
    held = settle(claimed)
    db.session.commit()
    took = clock()
    return dict(took, claimed=held)


def health():
    """Count the figures of the outbox, as health does; {"seconds", "user", "system"}."""
    clock = stopwatch()
    store.figures()
    return clock()


def stopwatch():
    """A function that gives the seconds since now, and those that the processor worked for this process."""
    used, began = os.times(), time.perf_counter()

    def clock():
        now = os.times()
        seconds = time.perf_counter() - began
        return {"seconds": seconds, "user": now.user - used.user, "system": now.system - used.system}

    return clock
