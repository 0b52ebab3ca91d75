"""The archive as a page: the files of every dataset with their checksums, and whether they still have them."""

import json

from flask import Blueprint, render_template, request, url_for

from secureb2share_ext import client
from secureb2share_ext.pages.language import gettext, ngettext

from . import datasets, listing, login, look
from .environment import here
from .problem import Problem

blueprint = Blueprint("files", __name__)
blueprint.before_request(login.must_be_owner)


@blueprint.route("/archive")
def page():
    """The files by dataset."""
    store, chosen = here().store, request.args.get("dataset", "")
    known = {row["identifier"]: datasets.view(row, True) for row in datasets.own(store)}
    rows = [row for row in store.all("SELECT * FROM files ORDER BY dataset, number") if row["dataset"] in known]
    kept = {}
    for row in rows:
        if chosen in ("", row["dataset"]):
            kept.setdefault(row["dataset"], []).append(row)
    listed = listing.page(list(kept.items()), request.args.get("page"), 10)
    return render_template(
        "archive.html",
        listed=listed,
        known=known,
        chosen=chosen,
        total=len(rows),
        size=sum(row["size"] for row in rows),
        checks={row["dataset"]: dict(row, wrong=json.loads(row["wrong"])) for row in store.all("SELECT * FROM checks")},
    )


@blueprint.route("/archive/<path:identifier>/check", methods=["POST"])
def check(identifier):
    """Read the files of a dataset again, and note which of them are not as they were archived."""
    files = here().store.all("SELECT * FROM files WHERE dataset = ? ORDER BY number", (identifier,))
    if not files:
        raise Problem(
            404,
            gettext("There is no such dataset"),
            gettext("No files of a dataset with this identifier are archived here."),
            [(gettext("Archive"), url_for("files.page"))],
        )
    wrong = [file["number"] for file in files if not here().archive.is_intact(identifier, file)]
    with here().store.write() as db:
        db.execute(
            "INSERT OR REPLACE INTO checks (dataset, at, wrong) VALUES (?, ?, ?)",
            (identifier, client.now_utc(), json.dumps(wrong)),
        )
    address = url_for("files.page", dataset=identifier)
    if not wrong:
        said = ngettext(
            "The file was read again, and it is as it was archived.",
            "%(number)s files were read again, and each is as it was archived.",
            len(files),
        )
        return look.done(address, said)
    said = ngettext(
        "A file is not as it was archived. Please call the operators of the secure environment.",
        "%(number)s files are not as they were archived. Please call the operators of the secure environment.",
        len(wrong),
    )
    return look.done(address, said, "stop")
