"""A form as Nettskjema has it, and what reads its submissions inside: the package's reader.py, in this process.

`/a/<form>?CB<code>=<value>&LCK<code>=true` fills in a question and locks it in the page, and checks nothing: whoever
edits the address sends what they like. A submission is stored as the row of schema 2024-09 that TSD's survey API would
have, with a respondent. The reader takes the reference and the id of each; the owner's inbox, which is inside too,
takes the answers of those whose reference holds.
"""

import json
import os
import sqlite3
import threading
import time

from flask import Blueprint, current_app, render_template, request, url_for

from secureb2share_ext import client, reader
from secureb2share_ext.pages.language import gettext

from . import applications, datasets, look, tokens
from .environment import here
from .problem import Problem

REFERENCE, DATASET = "reference", "dataset"  # codebook codes, as the catalogue's SECUREB2SHARE_ACCESS names them
CODES = (REFERENCE, DATASET) + tuple(applications.LIMITS)
# the person who signed in with an electronic identity; no such number was given to anybody
RESPONDENT = {"provider": "idporten", "sub": "demo", "personal_identifier": "01817012345", "user_name": "demo"}

blueprint = Blueprint("nettskjema", __name__)
blueprint.before_request(look.take_little)


def install(app, environment, data, retry_every=None):
    """Give the application the form, and the reader a folder of its own in `data`.

    retry_every: seconds between attempts to read what the catalogue's keys were missing for; None for no such thread
    """
    submissions = app.extensions["nettskjema"] = Submissions(environment, os.path.join(data, "nettskjema"))
    app.register_blueprint(blueprint)
    if retry_every is not None:
        threading.Thread(target=submissions.run, args=(app, retry_every), name="nettskjema", daemon=True).start()


class Submissions:
    """The rows of all forms, and the reader that goes through them."""

    def __init__(self, environment, folder):
        self.environment, self.folder = environment, folder
        self._lock = threading.Lock()
        self._is_behind = True  # unless a read has gone through every row
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with self._connection() as db:
            db.execute("CREATE TABLE IF NOT EXISTS submissions (id INTEGER PRIMARY KEY, once TEXT UNIQUE, row TEXT)")

    def _connection(self):
        return sqlite3.connect(os.path.join(self.folder, "submissions.sqlite"), timeout=10)

    def add(self, answers, once):
        """Store a submission, unless the same form was sent before; returns its id."""
        with self._connection() as db:
            db.execute("INSERT OR IGNORE INTO submissions (once) VALUES (?)", (once,))
            number = db.execute("SELECT id FROM submissions WHERE once = ?", (once,)).fetchone()[0]
            metadata = {
                "created": client.now_utc(),
                "answer_time": 60.0,
                "submission_id": number,
                "number_of_attachments": 0,
                "respondent": RESPONDENT,
            }
            row = {"answers": answers, "metadata": metadata, "version": "2024-09", "version_minor": 2}
            db.execute("UPDATE submissions SET row = ? WHERE id = ? AND row IS NULL", (json.dumps(row), number))
        return number

    def rows(self, last=0):
        """The rows behind a submission id, as TSD's API would give them."""
        with self._connection() as db:
            found = db.execute("SELECT row FROM submissions WHERE id > ? AND row IS NOT NULL ORDER BY id", (last,))
            return [json.loads(row) for (row,) in found]

    def read(self):
        """Let the reader take what is new, and put each request whose reference holds into the owner's inbox.

        It is called within a context of the application.
        """
        environment = self.environment
        with self._lock:
            self._is_behind = True
            queue = reader.Queue(os.path.join(self.folder, "queue.sqlite"))
            try:
                keys = reader.Keys(os.path.join(self.folder, "keys.json"), lambda: environment.client().keys())
                form = reader.Form(queue, keys, environment.catalogue_url, environment.site.source, REFERENCE)
                form.take(self.rows(queue.last()))
                queue.hand(self._into_the_inbox)
                self._is_behind = False
            finally:
                queue.close()

    def catch_up(self):
        """Read again, unless the last read went through; it is called as `read` is."""
        if self._is_behind:
            self.read()

    def run(self, app, every):
        """Catch up every few seconds, until the process ends."""
        while True:
            time.sleep(every)
            try:
                with app.test_request_context():
                    self.catch_up()
            except client.ClientError:
                pass  # the page has said so
            except Exception:
                app.logger.exception("reading failed; the next round tries again")

    def _into_the_inbox(self, waiting):
        # the catalogue is told by the inbox, which has ids of its own for its applications
        dataset = datasets.find(self.environment.store, waiting.identifier)
        (row,) = self.rows(waiting.submission - 1)[:1]
        values = {name: row["answers"].get(name) or "" for name in applications.LIMITS}
        if dataset is not None and _takes_requests(dataset):
            applications.submit(self.environment, dataset, values, _form_of(waiting.submission))


def _takes_requests(dataset):
    # an old link of a dataset that was suspended or withdrawn in the meantime still opens the form
    try:
        datasets.must_take_requests(dataset)
    except Problem:
        return False
    return True


def _form_of(number):
    return "nettskjema-%d" % number


@blueprint.route("/a/<form>", methods=["GET", "POST"])
def page(form):
    """The form, with what its address fills in; and the submission."""
    typed = request.form if request.method == "POST" else {}
    values = {code: typed.get(code, request.args.get("CB" + code, "")).strip() for code in CODES}
    values = {code: text.replace("\r\n", "\n") for code, text in values.items()}
    locked = {code for code in CODES if request.args.get("LCK" + code) == "true"}
    if request.method == "GET":
        return _page(form, values, locked, {})
    faults = applications.faults({name: values[name] for name in applications.LIMITS})
    if faults or not tokens.is_ours():
        return _page(form, values, locked, faults), 400
    submissions = current_app.extensions["nettskjema"]
    number = submissions.add(values, request.form.get("once") or tokens.once())
    try:
        submissions.read()
    except client.ClientError as error:
        # it is read in a later round
        current_app.logger.warning("secureb2share.demo-not-read reason=%s", error)
    row = here().store.one("SELECT * FROM applications WHERE form = ?", (_form_of(number),))
    said = gettext("Your request was sent to the owner of the data.")
    if row is not None:
        return look.done(url_for("asking.status", token=row["status_token"]), said)
    return look.done(url_for("front"), gettext("Sent"), "wait")


def _page(form, values, locked, faults):
    return render_template("nettskjema.html", form=form, values=values, locked=locked, faults=faults)
