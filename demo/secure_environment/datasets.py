"""Which datasets does the environment know, and what may be done with each?

A dataset is its own (registered here) or announced (described by a curator in the catalogue). Closing one has
effect at once; opening it again only when the catalogue has accepted that.
"""

import datetime
import json

from .problem import Problem

CLOSED = ("suspended", "superseded", "withdrawn")


def find(store, identifier):
    """The `view` of a known dataset, or None."""
    row = store.one("SELECT * FROM datasets WHERE identifier = ?", (identifier,))
    own = row is not None
    row = row or store.one("SELECT * FROM announced WHERE identifier = ?", (identifier,))
    return row and view(row, own)


def view(row, own):
    """{"identifier", "title", "lang", "state", "record_url", "pid", "sensitive", "own"} of a row."""
    description = json.loads(row["description"])
    members = {name: row[name] for name in ("identifier", "state", "record_url", "pid")}
    sensitive = description.get("sensitive")
    title, lang = main_title(description)
    sensitive = sensitive if isinstance(sensitive, dict) else {}
    return dict(members, title=title, lang=lang, sensitive=sensitive, own=own)


def main_title(description):
    """The main title of a description and its language, whatever else is wrong with it."""
    try:
        first = description["core"]["titles"][0]
        return str(first["text"]), str(first["lang"])
    except (KeyError, IndexError, TypeError):
        return "(no title)", "en"


def must_be_open(dataset):
    """Raise the Problem that says why nothing of this dataset is given out now."""
    if dataset["state"] == "withdrawn":
        raise Problem(410, "Withdrawn", "This dataset was withdrawn; access to it has ended.")
    if dataset["state"] == "superseded":
        raise Problem(403, "Superseded", "Another dataset has taken the place of this one; its record names it.")
    if dataset["state"] == "suspended":
        raise Problem(403, "Suspended", "Access to this dataset is suspended for the time being.")


def must_take_requests(dataset, today=None):
    """Raise the Problem that says why access cannot be requested now."""
    must_be_open(dataset)
    right, until = dataset["sensitive"].get("access_right"), dataset["sensitive"].get("embargo_until")
    today = today or datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    if right == "metadata-only":
        raise Problem(403, "No access", "Only the description of this dataset is public; access cannot be requested.")
    if right == "embargoed" and (until or "9999") > today:
        raise Problem(403, "Not yet", "Access to this dataset can be requested from %s." % (until or "a later date"))


def settled(db, message, said, outcome, answer):
    """Note what the catalogue answered to a message; called in the transaction that settles it."""
    if said["action"] == "register":
        _registered(db, message, outcome, answer)
    elif said["action"] == "state" and outcome == "sent" and said["state"] == "active":
        # an owner may have closed it again in the meantime
        db.execute(
            "UPDATE datasets SET state = 'active' WHERE identifier = ? AND state = 'suspended' AND NOT EXISTS"
            " (SELECT 1 FROM outgoing WHERE kind = 'state' AND identifier = datasets.identifier AND id > ?)",
            (said["identifier"], message["id"]),
        )


def _registered(db, message, outcome, answer):
    if outcome == "refused":
        db.execute(
            "UPDATE datasets SET problem = ?,"
            " registration = CASE WHEN pid IS NULL THEN 'refused' ELSE registration END WHERE identifier = ?",
            (json.dumps(answer), message["identifier"]),
        )
        return
    db.execute(
        "UPDATE datasets SET problem = NULL, registration = ?, pid = ?, record_url = ?, access_url = ?"
        " WHERE identifier = ?",
        (
            "registered" if answer.get("pid") else "held",
            answer.get("pid"),
            answer.get("record_url"),
            answer.get("access_url"),
            message["identifier"],
        ),
    )


def announce(db, data):
    """Note what an event says, unless a later one came before; it can close an own dataset, not open it."""
    changed = db.execute(
        "INSERT INTO announced (identifier, pid, state, record_url, access_url, sequence, description)"
        " VALUES (:identifier, :pid, :state, :record_url, :access_url, :sequence, :description)"
        " ON CONFLICT (identifier) DO UPDATE SET pid = excluded.pid, state = excluded.state,"
        " record_url = excluded.record_url, access_url = excluded.access_url, sequence = excluded.sequence,"
        " description = excluded.description WHERE excluded.sequence > announced.sequence",
        dict(data, description=json.dumps(data["dataset"])),
    )
    if not changed.rowcount:
        return
    db.execute(
        "UPDATE datasets SET registration = 'registered', pid = :pid, record_url = :record_url,"
        " access_url = :access_url WHERE identifier = :identifier AND pid IS NULL AND registration = 'held'",
        data,
    )
    if data["state"] in CLOSED:
        db.execute("UPDATE datasets SET state = :state WHERE identifier = :identifier AND state != 'withdrawn'", data)
