"""What a worker process measures of the outbox; each function runs in an application's context and gives plain values.

The first functions are all that knows the outbox's interface.
"""

import base64
import contextlib
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
from secureb2share_ext.outbox import delivery, store
from secureb2share_ext.proxies import current

LONGEST = 60  # seconds of one drain
BATCH = 50  # events of one claim
PENDING = "SELECT message_id, body FROM secureb2share_event WHERE state = 'pending' ORDER BY id"


def sweep():
    """Send what is due; {outcome: count}."""
    extension = current()
    return delivery.sweep(extension.targets, extension.mark)


def claim(target):
    """Claim a batch for a target, and return it."""
    found = store.due([target], utcnow(), BATCH)
    claimed = [store.claim(one, utcnow(), current().mark) for one in found]
    return [one for one in claimed if one is not None]


def settle(claimed):
    """Record a batch that was claimed as delivered."""
    for one in claimed:
        store.finish(one, utcnow(), state="delivered", finished=utcnow(), attempts=1, outcome="status 200")
        db.session.commit()


def drain():
    """Sweep until nothing is due; {"seconds", "user", "system", "outcomes"}."""
    outcomes = {}
    with timed() as took:
        end = time.monotonic() + LONGEST
        while time.monotonic() < end:
            counts = sweep()
            if not counts:
                break
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
    with timed() as took:
        for message_id, body in waiting:
            headers = dict(client.signed_headers(key, message_id, body), **_headers(message_id, body))
            connection.request("POST", parts.path, body=body, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError("The target answered %d." % answer.status)
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


def claim_alone(target):
    """Claim one batch; {"seconds", "user", "system", "claimed"}."""
    with timed() as took:
        claimed = claim(target)
    db.session.rollback()
    return dict(took, claimed=len(claimed))


def claim_and_settle(target):
    """Claim one batch and record it; {"seconds", "user", "system", "claimed"}."""
    with timed() as took:
        claimed = claim(target)
        settle(claimed)
    return dict(took, claimed=len(claimed))


def health():
    """Count the figures of the outbox, as health does; {"seconds", "user", "system"}."""
    with timed() as took:
        store.figures()
    return took


@contextlib.contextmanager
def timed():
    """A dict that has seconds, and the processor's seconds of this process, after the block."""
    took = {}
    used, began = os.times(), time.perf_counter()
    yield took
    took["seconds"] = time.perf_counter() - began
    now = os.times()
    took.update(user=now.user - used.user, system=now.system - used.system)
