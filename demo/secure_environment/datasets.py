"""The datasets that the environment knows, and what may be done with each.

A dataset is its own (registered here) or announced (described by a curator in the catalogue). Closing one has
effect at once; opening it again only when the catalogue has accepted that.
"""

import datetime
import json

from secureb2share_ext import client
from secureb2share_ext.descriptions import labels

from .problem import Problem

CLOSED = ("suspended", "superseded", "withdrawn")
INSIDE = "secure-environment-only"
# the ways of access that this portal is; a file interface and remote queries are services of their own
DOWNLOADS = {"publication-portal", "download-after-agreement"}


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


def access_modes(dataset):
    """The codes of the ways in which an approved person may work with the data; [] where none is said."""
    modes = dataset["sensitive"].get("access_mode")
    return [str(mode) for mode in modes] if isinstance(modes, list) else []


def ways_of_access(dataset):
    """[text]: the same in words."""
    return labels.in_words("sensitive.access_mode", access_modes(dataset))


def allows_download(dataset):
    """Whether an approved person may download the files: a way of access says so, and none says "inside only".

    Where both are said, this page cannot know what an approval is for: the owner hands the files over.
    """
    modes = set(access_modes(dataset))
    return bool(modes & DOWNLOADS) and INSIDE not in modes


def must_allow_download(dataset):
    """Raise the Problem that says why the files of this dataset are not downloaded by anybody."""
    if not allows_download(dataset):
        ways = "; ".join(ways_of_access(dataset)) or "none is said"
        said = "The files of this dataset cannot be downloaded here. Way of access: %s." % ways
        raise Problem(403, "No download", said)


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
        _registered(db, message, said, outcome, answer)
    elif said["action"] == "state" and outcome == "sent" and said["state"] == "active":
        # an owner may have closed it again in the meantime
        db.execute(
            "UPDATE datasets SET state = 'active' WHERE identifier = ? AND state = 'suspended' AND NOT EXISTS"
            " (SELECT 1 FROM outgoing WHERE kind = 'state' AND identifier = datasets.identifier AND id > ?)",
            (said["identifier"], message["id"]),
        )


def _registered(db, message, said, outcome, answer):
    if outcome == "refused":
        db.execute(
            "UPDATE datasets SET problem = ?,"
            " registration = CASE WHEN pid IS NULL THEN 'refused' ELSE registration END WHERE identifier = ?",
            (json.dumps(answer), message["identifier"]),
        )
        return
    # the answer may be an older one, to a message that was repeated: a PID that is known stays
    db.execute(
        "UPDATE datasets SET problem = NULL, review = :review, pid = COALESCE(:pid, pid),"
        " record_url = COALESCE(:record_url, record_url), access_url = COALESCE(:access_url, access_url),"
        " registration = CASE WHEN COALESCE(:pid, pid) IS NULL THEN 'held' ELSE 'registered' END"
        " WHERE identifier = :identifier",
        {
            "review": "held" if _is_held(said["dataset"], answer) else None,
            "identifier": message["identifier"],
            **{name: answer.get(name) for name in ("pid", "record_url", "access_url")},
        },
    )


def _is_held(description, answer):
    # a repeated change is answered "unchanged", whether it is public or still with a curator
    result = answer.get("result")
    return result == "held" or (result == "unchanged" and answer.get("digest") != _digest(description))


def _digest(description):
    return client.digest(client.canonical(description))


def compare(db, identifier, said):
    """Note what the catalogue answers when it is asked about a dataset: what its curators made of the description."""
    review = said.get("review") or {}
    if review.get("state") == "refused":
        refuse(db, dict(review, identifier=identifier))
    elif said.get("pid") and not review:
        _released(db, said, said["digest"])


def refuse(db, data):
    """Note that a curator refused the description with this digest, unless it was changed since."""
    row = db.execute("SELECT * FROM datasets WHERE identifier = ?", (data["identifier"],)).fetchone()
    if row is None or row["registration"] == "discarded" or _digest(json.loads(row["description"])) != data["digest"]:
        return
    problem = {"status": 409, "code": "refused", "title": "Refused by a curator", "detail": data["reason"]}
    db.execute(
        "UPDATE datasets SET review = 'refused', problem = ?,"
        " registration = CASE WHEN pid IS NULL THEN 'refused' ELSE registration END WHERE identifier = ?",
        (json.dumps(problem), data["identifier"]),
    )


def _released(db, data, published):
    # published: digest of the description that is public now
    row = db.execute("SELECT * FROM datasets WHERE identifier = ?", (data["identifier"],)).fetchone()
    if row is None or row["registration"] == "discarded" or (row["pid"] and row["review"] != "held"):
        return
    db.execute(
        "UPDATE datasets SET registration = 'registered', review = :review, pid = :pid, record_url = :record_url,"
        " access_url = :access_url WHERE identifier = :identifier",
        dict(data, review=None if published == _digest(json.loads(row["description"])) else row["review"]),
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
    _released(db, data, _digest(data["dataset"]))
    if data["state"] in CLOSED:
        db.execute("UPDATE datasets SET state = :state WHERE identifier = :identifier AND state != 'withdrawn'", data)
