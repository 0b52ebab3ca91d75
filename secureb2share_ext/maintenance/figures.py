"""The measuring of the figures that health judges."""

import datetime

from flask import Flask
from invenio_db import db

from .. import instance, stops
from ..errors import ConfigError
from ..outbox import pauses, steps, store
from ..proxies import Extension
from ..uploads import lock, triggers
from . import expiry
from .findings import Figures

SECRET = "the secret of %s"  # of a target
DOWN = 600  # seconds after which a target that does not answer is told


def measure(app: Flask, extension: Extension, now: datetime.datetime) -> Figures:
    """The Figures of this instance. now: naive UTC."""
    # before the session opens a transaction: SQLite lets one connection write at a time
    with db.engine.connect() as connection:
        there = triggers.installed(connection)
    missing = sorted({finding for one in lock.of_instance(app) for finding in one.look()}) if extension.is_on else []
    if not extension.is_on:
        return Figures(extension.mode, extension.config_faults, triggers_left=len(there))
    outbox = store.figures()
    oldest_waiting = extension.host.oldest_waiting()
    keys = {row.kid: row.created.date() for row in extension.keyring.list() if row.state == "active"}
    secrets = {SECRET % name: target.expires for name, target in extension.targets.items()}
    renewable = tuple((SECRET % name, name) for name, target in extension.targets.items() if hasattr(target, "renew"))
    for source in extension.sources.values():
        secrets.update(
            ("keys[%d] of the source %s" % (n, source.name), key.expires) for n, key in enumerate(source.keys)
        )
    return Figures(
        mode=extension.mode,
        lock=tuple(missing),
        sweep_age=_age(steps.finished(), now),
        undelivered=_aged(outbox["undelivered"], now),
        unacknowledged=_aged(outbox["unacknowledged"], now),
        parked=_aged(outbox["parked"], now),
        paused=tuple((row.target, row.reason, row.until is None) for row in pauses.every() if _is_told(row, now)),
        expiring=expiry.upcoming(secrets, keys, now.date()),
        renewable=renewable,
        index_age=_age(oldest_waiting, now),
        ghosts=extension.host.ghost_count(),
        sources=tuple((fault.source, fault.sentence, fault.stops) for fault in extension.host.source_faults()),
        has_signing_key=_can_sign(extension.keyring),
        notices_restore=extension.mark.is_kept,
        mark_fault=(extension.mark.fault() or "") if extension.mark.is_kept else "",
        clock_ahead=max((_ahead(moment, now) for moment in (steps.finished(), store.newest())), default=0),
        doubts=tuple(instance.doubts(extension)),
        stopped=tuple(_stopped(what, stop) for what, stop in stops.every().items()),
    )


def _stopped(what, stop):
    since = stop.since.strftime("%Y-%m-%dT%H:%M:%SZ")
    if what == stops.INCIDENT:
        return "An incident has frozen the catalogue since %s." % since
    return "The source %s is suspended since %s." % (what[len(stops.SOURCE) :], since)


def _can_sign(keyring):
    try:
        return bool(keyring.current())
    except ConfigError:
        return False


def _age(moment, now):
    return None if moment is None else max((now - moment).total_seconds(), 0.0)


def _is_told(pause, now):
    # a target that is down for moments comes back by itself
    return not pause.failures or (now - pause.since).total_seconds() >= DOWN


def _ahead(moment, now):
    # clocks of several servers differ by parts of a second
    seconds = (moment - now).total_seconds() if moment is not None else 0
    return seconds if seconds > 1 else 0


def _aged(counted, now):
    count, oldest = counted
    return count, _age(oldest, now)
