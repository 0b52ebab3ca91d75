"""The check of an instance: what is missing, and what switching on would change."""

import datetime
from typing import List, Tuple

from flask import Flask
from invenio_db import db

from .. import instance, names
from ..datasets import store, ways
from ..errors import NoSigningKey
from ..legacy import remains
from ..outbox import registrations
from ..proxies import Extension, tables
from ..uploads import lock, observe, triggers
from . import exposure, sign_in, sign_in_facts
from .findings import ADVICE
from .wording import counted

SWEEP = "secureb2share-sweep"  # the entry of Celery beat
YEAR = datetime.timedelta(days=365)


def missing(app: Flask, extension: Extension) -> List[str]:
    """[sentence] for each thing that is missing for the mode that is set."""
    if extension.config_faults:
        return list(extension.config_faults)
    if not tables():
        return ["The tables are missing: run `secureb2share init`."]
    if not extension.is_on:
        with db.engine.connect() as connection:
            there = triggers.installed(connection)
        said = "MODE is %s, but %d triggers still refuse uploads: run `secureb2share unlock`."
        return [said % (extension.mode, len(there))] * bool(there) + _remains(extension)
    locks = lock.of_instance(app)
    found = sorted({finding for one in locks for finding in one.look()})
    if not any(extension.host.extension in one.app.extensions for one in locks):
        found.append("The host %s is installed but not on this application." % extension.host.name)
    try:
        extension.keyring.current()
    except NoSigningKey as error:
        found.append(str(error))
    if SWEEP not in (app.config.get("CELERY_BEAT_SCHEDULE") or {}):
        found.append(
            "CELERY_BEAT_SCHEDULE was set anew after this package had added %s to it: no event would be sent." % SWEEP
        )
    if db.engine.dialect.name == "sqlite" and not app.config["SECUREB2SHARE_DEMO"]:
        found.append("SQLite is not supported for production: use PostgreSQL.")
    found += exposure.of_keys(extension.keyring.folder) + exposure.of_cookies(app.config, instance.base_url(extension))
    found += _doubts(extension) + _remains(extension)
    return found + extension.host.provision_faults() + extension.host.export_faults(app)


def unknown_ways(extension: Extension) -> List[str]:
    """[sentence] for each source whose datasets name a way of access that it does not have; reads their records."""
    return _ended(ways.findings(extension.host) if extension.is_on and tables() else [])


def notes(extension: Extension, now: datetime.datetime) -> List[str]:
    """[sentence] of what holds for a time only, and is no finding; now: naive UTC."""
    return [names.sentence(one) for one in names.good(extension, now)] if extension.is_on and tables() else []


def look(extension: Extension) -> Tuple[List[str], List[str]]:
    """([finding], [note]) in sentences, of the targets that can be asked; `signing_in` alone opens connections too.

    The resource ids of datasets that no visa can carry are found here too.
    """
    found, noted = [], []
    # before the session opens a transaction: SQLite lets one connection write at a time
    is_prepared = bool(tables())
    for name, target in sorted(extension.targets.items()):
        if hasattr(target, "look"):
            wrong, told = target.look()
            found += ["SECUREB2SHARE_TARGETS[%r]: %s" % (name, sentence) for sentence in wrong]
            noted += ["Target %s: %s" % (name, sentence) for sentence in told]
        if getattr(target, "visas", False) and not extension.config_faults and is_prepared:
            found += _without_visas(extension.host, name, target)
    noted += _apart(extension)
    if extension.is_on and is_prepared:
        for name, count, is_open in registrations.counts():
            said = "Target %s: %s registered, of which %d can be applied for."
            noted.append(said % (name, counted(count, "dataset"), is_open))
    return _ended((found, noted))


def signing_in(app: Flask, extension: Extension) -> Tuple[List[str], List[str]]:
    """([finding], [note]) in sentences, of the sign-in with a second factor; asks the issuers of its providers."""
    if extension.sign_in is None or not tables():
        return [], []
    facts = sign_in_facts.collect(app, extension)
    return _ended((sign_in.findings(facts), sign_in.notes(facts)))


def _apart(extension):
    """A sentence for each source whose links lead to another address than that at which a target registers."""
    pairs = [(source, target) for source in extension.sources.values() for target in source.registers]
    found = [(target, extension.targets[target].url, source) for source, target in pairs]
    said = "Target %s: it registers at %s, and the links of %s lead to %s: both have to be one REMS."
    return [
        said % (name, url, source.name, extension.providers[source.access].url)
        for name, url, source in found
        if extension.providers[source.access].url != url
    ]


def _without_visas(host, name, target):
    sources = {source.name for source in host.sources.values() if name in source.registers}
    rows = (row for row in store.published() if row.source in sources)
    faults = (target.visa_fault(row.identifier, row.pid, row.source, host.record_url(row)) for row in rows)
    count = sum(fault is not None for fault in faults)
    said = "SECUREB2SHARE_TARGETS[%r]: visas is set, and the ids of %s are no https address or longer than 255."
    return [said % (name, counted(count, "dataset"))] * bool(count)


def _doubts(extension):
    found = instance.doubts(extension)
    return [" ".join(found + [ADVICE["instance"]])] if found else []


def _remains(extension):
    return _ended(remains.sentences(extension.is_on))


def _ended(found):
    # what follows has connections of its own, and SQLite lets one write at a time
    db.session.rollback()
    return found


def preview(app: Flask, extension: Extension, now: datetime.datetime) -> List[str]:
    """[sentence] for each thing that switching on would change; numbers, never names of persons. now: naive UTC."""
    # before the session opens a transaction: SQLite lets one connection write at a time
    is_prepared = bool(tables())
    rows = lock.audit_instance(app)
    found = ["%s %s would be refused: %s." % (r.methods, r.rule, r.reason) for r in rows if r.kind == "refused"]
    unknown = [row for row in rows if row.kind == "unknown"]
    found += [
        "%s %s is not known, and would stop all writing: name it in SECUREB2SHARE_AUDIT_KNOWN, or remove it."
        % (row.methods, row.rule)
        for row in unknown
    ]
    found += ["%s With the mode on, the application would not start." % fault for fault in extension.host.faults()]
    found += ["Needed before switching on: %s" % fault for fault in extension.host.provision_faults()]
    found += _former(extension.host.former_content(now - YEAR), extension.sources if is_prepared else {})
    if extension.mode == "observe" and is_prepared:
        found += _observed()
    return found


def _former(content, sources):
    if content is None:
        return ["This host cannot tell what was uploaded before."]
    users = (
        ", by %s." % counted(content.users, "user")
        if content.users is not None
        else "; this host does not note by whom, nor for which community."
    )
    places = counted(content.uploads, "upload"), counted(content.buckets, "bucket")
    found = ["%s to %s within a year%s" % (places + (users,))]
    for community, count in sorted((content.communities or {}).items()):
        found.append("Of these uploads, %d went to the community %s." % (count, community))
    ours = sum(store.count(source) for source in sources)
    found.append(
        "Records with files: %d. Their files can still be read and deleted, but no file can be added."
        % content.records_with_files
    )
    found.append(
        "Records that are not datasets of a source: %d of %d. Those in a source's community would be legacy records,"
        " which can be read and stay as they are." % (max(content.records - ours, 0), content.records)
    )
    return found


def _observed():
    return [
        "%s to %s%s would have been refused as %s, the last %sZ."
        % (
            counted(row.count, "request"),
            row.endpoint,
            " in %s" % row.community if row.community else "",
            row.what,
            row.last.isoformat(timespec="seconds"),
        )
        for row in observe.counted()
    ] or ["No request since observing began would have been refused."]
