"""Applications: what a person asks for, and every step that it takes.

Each step is taken under the write lock, once: who comes second is told what the first one did. The catalogue learns
only that there is an application and how it was decided, by an id that names nobody.
"""

import re
import secrets
import time
import unicodedata

from secureb2share_ext import client
from secureb2share_ext.pages.language import gettext

from . import datasets, history
from .problem import Problem

LIMITS = {"title": 200, "name": 200, "institution": 200, "email": 254, "purpose": 5000}
OPTIONAL = ("title", "institution")
LONGEST_TEXT = 2000  # characters of what an owner writes, and of an answer
LONGEST_APPROVAL = 5 * 366 * history.DAY


def faults(values):
    """{field: sentence} of what a person filled in."""
    found = {}
    for name, limit in LIMITS.items():
        if not values[name] and name not in OPTIONAL:
            found[name] = gettext("Please fill in this field.")
        elif len(values[name]) > limit:
            found[name] = gettext("Please write at most %(limit)s characters.", limit=limit)
    if values["email"] and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", values["email"]):
        found["email"] = gettext("Please write an e-mail address, such as name@example.org.")
    return found


def address(email):
    """An e-mail address as it is compared with others: capital letters and forms of one letter make no difference."""
    return unicodedata.normalize("NFKC", email).strip().casefold()


def submit(environment, dataset, values, form=None):
    """Store an application, unless there is one; returns (row, whether it is new).

    The first one counts: one that the same form made, or an open or approved one from the same address for the same
    dataset. form: the form's one-time token, or None for a program
    """
    with environment.store.write() as db:
        row = _same_form(db, form)
        if row is not None and row["dataset"] != dataset["identifier"]:
            # the token of another dataset's form, which a program sends again, makes this no repetition
            row = form = None
        row = row or _still_going(db, dataset["identifier"], values["email"])
        if row is not None:
            return row, False
        application = "app-" + secrets.token_hex(8)
        db.execute(
            "INSERT INTO applications (id, dataset, form, address, title, name, institution, email, purpose, created,"
            " status_token) VALUES (:id, :dataset, :form, :address, :title, :name, :institution, :email, :purpose,"
            " :created, :status_token)",
            dict(
                values,
                id=application,
                dataset=dataset["identifier"],
                form=form,
                address=address(values["email"]),
                created=client.now_utc(),
                status_token=secrets.token_urlsafe(24),
            ),
        )
        _note(environment, db, application, dataset["identifier"], "sent")
        row = _row(db, application)
    environment.outgoing.send(dataset["identifier"])
    return row, True


def _same_form(db, form):
    return db.execute("SELECT * FROM applications WHERE form = ?", (form,)).fetchone()


def _still_going(db, identifier, email):
    return db.execute(
        "SELECT * FROM applications WHERE dataset = ? AND address = ? AND (state IN ('submitted', 'returned')"
        " OR state = 'approved' AND (expires IS NULL OR expires > ?)) ORDER BY created",
        (identifier, address(email), time.time()),
    ).fetchone()


def change(environment, application, what, text="", seen=None, until=None, values=None, how=""):
    """Take a step of history.MAY, and report to the catalogue what it counts; raises Problem.

    text: of the owner, or the answer of who asked; seen: the number of steps that the person had before their eyes, or
    None; until: seconds since 1970 at which an approval ends; values: {field: text} that an applicant sends anew; how:
    how an approved person works with the data, in the owner's words
    """
    with environment.store.write() as db:
        row = _row(db, application)
        if row is None:
            raise Problem(404, gettext("There is no such request"), gettext("Nothing was changed."))
        steps = _steps(db, application)
        if row["state"] not in history.MAY[what] or (seen is not None and seen != len(steps)):
            raise Overtaken(row, steps)
        if what == "approved":
            _approve(environment, db, row, until, how)
        elif what == "changed":
            db.execute("UPDATE applications SET expires = ?, how = ? WHERE id = ?", (until, how, application))
        elif what == "revoked":
            db.execute("UPDATE applications SET publication_token = NULL, expires = NULL WHERE id = ?", (application,))
        elif what == "sent-again":
            _replace(db, application, values)
        db.execute("UPDATE applications SET state = ? WHERE id = ?", (history.STATE_AFTER[what], application))
        _note(environment, db, application, row["dataset"], what, text, history.day_of(until - 1) if until else "")
    environment.outgoing.send(row["dataset"])


class Overtaken(Problem):
    """Somebody else was faster, or the request changed since it was read: `row` and `steps` as they are now."""

    def __init__(self, row, steps):
        super().__init__(
            409,
            gettext("Somebody was faster"),
            gettext("This request has changed since you opened its page. Nothing that you sent was stored."),
            state=row["state"],
        )
        self.row, self.steps = row, steps


def _approve(environment, db, row, until, how):
    dataset = datasets.find(environment.store, row["dataset"])
    datasets.must_be_open(dataset)
    # a later change of the way of access must not turn this approval into a download
    gets_out = datasets.allows_download(dataset) or datasets.serves_files(dataset)
    token = secrets.token_urlsafe(24) if gets_out else None
    db.execute(
        "UPDATE applications SET publication_token = ?, expires = ?, how = ? WHERE id = ?",
        (token, until, how, row["id"]),
    )


def _replace(db, application, values):
    # who asks stays who asked: the address is the one that was compared
    db.execute(
        "UPDATE applications SET title = :title, name = :name, institution = :institution, purpose = :purpose"
        " WHERE id = :id",
        dict(values, id=application),
    )


def _note(environment, db, application, identifier, what, text="", until=""):
    db.execute(
        "INSERT INTO steps (application, number, at, what, text, until) SELECT ?, count(*) + 1, ?, ?, ?, ? FROM steps"
        " WHERE application = ?",
        (application, client.now_utc(), what, text, until, application),
    )
    if what in history.REPORTED:
        environment.outgoing.write(db, "decision", identifier, application=application, state=history.REPORTED[what])


def _row(db, application):
    return db.execute("SELECT * FROM applications WHERE id = ?", (application,)).fetchone()


def _steps(db, application):
    return db.execute("SELECT * FROM steps WHERE application = ? ORDER BY number", (application,)).fetchall()


def steps(store, application):
    """The steps of an application, the first one first."""
    return store.all("SELECT * FROM steps WHERE application = ? ORDER BY number", (application,))


def is_open(row, dataset):
    """Whether the approval holds now, and the dataset is open."""
    ends = row["expires"] or 0
    return row["state"] == "approved" and dataset["state"] not in datasets.CLOSED and ends > time.time()


def link_is_open(row, dataset):
    """Whether the approved person can download the files now."""
    return bool(row["publication_token"] and datasets.allows_download(dataset) and is_open(row, dataset))


def token_works(row, dataset):
    """Whether the file interface serves the approved person's programs now."""
    return bool(row["publication_token"] and datasets.serves_files(dataset) and is_open(row, dataset))
