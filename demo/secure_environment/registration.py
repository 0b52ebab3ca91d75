"""Registrations: what is stored when a dataset is registered or its description changes.

Its files are archived; its description and the message to the catalogue are stored in one transaction. A
catalogue that is down delays the record and loses nothing.
"""

import json
import re
import secrets
import sqlite3

from secureb2share_ext import client
from secureb2share_ext.describing import values
from secureb2share_ext.pages.language import gettext

from . import archive, datasets
from .problem import Problem


def register(environment, dataset, uploads=(), tenant=None, identifier=None, draft=None):
    """Store a dataset and its registration in one step; returns the identifier. Nothing is sent yet.

    draft: id of the draft that it comes from, or None; each is registered once, and who sends it again gets the
    identifier that the first one got
    """
    tenant = tenant or environment.site.tenant
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,19}", tenant):
        raise Problem(
            400, gettext("Not registered"), gettext("A tenant is named like %(name)s.", name=environment.site.tenant)
        )
    identifier = identifier or "%s-%s" % (tenant, secrets.token_hex(4))
    if not is_identifier(identifier):
        raise Problem(400, gettext("Not registered"), gettext("This text cannot be the identifier of a dataset."))
    files = environment.archive.keep(identifier, uploads)
    if files and (draft or "files" not in dataset):
        dataset = dict(dataset, files=archive.public(files) + dataset.get("files", []))
    try:
        with environment.store.write() as db:
            before = draft and db.execute("SELECT dataset FROM drafts WHERE id = ?", (draft,)).fetchone()["dataset"]
            if before:
                raise _Registered(before)
            db.execute(
                "INSERT INTO datasets (identifier, tenant, description, created) VALUES (?, ?, ?, ?)",
                (identifier, tenant, json.dumps(dataset), client.now_utc()),
            )
            db.executemany(
                "INSERT INTO files (dataset, number, stored, name, label, media_type, size, sha256)"
                " VALUES (:dataset, :number, :stored, :name, :label, :media_type, :size, :sha256)",
                [dict(file, dataset=identifier) for file in files],
            )
            if draft:
                # a correction begins with the files that are archived now
                shown = json.dumps(values.to_values(dataset))
                db.execute("UPDATE drafts SET dataset = ?, typed = ? WHERE id = ?", (identifier, shown, draft))
            environment.outgoing.write(db, "register", identifier, tenant=tenant, dataset=dataset)
    except BaseException as error:
        environment.archive.forget(identifier, files)
        if isinstance(error, _Registered):
            return error.args[0]
        if isinstance(error, sqlite3.IntegrityError):
            raise Problem(409, gettext("Not registered"), gettext("This identifier belongs to another dataset."))
        raise
    return identifier


class _Registered(Exception):
    """Somebody else was faster with the same draft."""


def correct(environment, identifier, dataset):
    """Store a changed description of a registered dataset, and the message that says so."""
    with environment.store.write() as db:
        row = db.execute("SELECT * FROM datasets WHERE identifier = ?", (identifier,)).fetchone()
        if row["state"] == "withdrawn":
            raise Problem(
                409,
                gettext("Withdrawn"),
                gettext("This dataset was withdrawn, and its description cannot change any more."),
            )
        if row["registration"] == "discarded":
            raise Problem(
                409, gettext("Discarded"), gettext("This registration was discarded. Please register the data anew.")
            )
        db.execute(
            "UPDATE datasets SET description = ?, problem = NULL,"
            " registration = CASE registration WHEN 'refused' THEN 'waiting' ELSE registration END"
            " WHERE identifier = ?",
            (json.dumps(dataset), identifier),
        )
        environment.outgoing.write(db, "register", identifier, tenant=row["tenant"], dataset=dataset)


def discard(environment, identifier):
    """Forget a registration that never became public, with its files; the identifier stays used."""
    with environment.store.write() as db:
        row = db.execute("SELECT * FROM datasets WHERE identifier = ?", (identifier,)).fetchone()
        datasets.must_be_known(row)
        if row["registration"] not in ("held", "refused"):
            raise Problem(
                409,
                gettext("Not discarded"),
                gettext("Only what waits for a curator, or was refused, can be discarded."),
            )
        files = db.execute("SELECT * FROM files WHERE dataset = ?", (identifier,)).fetchall()
        db.execute("DELETE FROM files WHERE dataset = ?", (identifier,))
        db.execute("UPDATE datasets SET registration = 'discarded', problem = NULL WHERE identifier = ?", (identifier,))
        db.execute("DELETE FROM outgoing WHERE identifier = ? AND state = 'refused'", (identifier,))
        if row["review"]:
            # the catalogue keeps it for its curators
            environment.outgoing.write(db, "state", identifier, state="withdrawn", reason="Taken back by its owner.")
    environment.archive.forget(identifier, files)


def is_identifier(text):
    """Whether the catalogue can take it: at most 255 printable characters, no empty or dot segments."""
    segments = text.split("/")
    return len(text) <= 255 and text.isprintable() and not {"", ".", ".."} & set(segments)
