"""The datasets that the environment knows, and what may be done with each.

A dataset is its own (registered here) or announced (described by a curator in the catalogue). Closing one has
effect at once; opening it again only when the catalogue has accepted that.
"""

import datetime
import json

from flask import url_for

from secureb2share_ext import client
from secureb2share_ext.descriptions import labels
from secureb2share_ext.pages.language import format_date, gettext, in_language, preferred

from .environment import here
from .problem import Problem
from .sites import AGREED, API, INSIDE, PORTAL

CLOSED = ("suspended", "superseded", "withdrawn")
# the ways of access that the publication portal is
DOWNLOADS = {PORTAL, AGREED}


def find(store, identifier):
    """The `view` of a known dataset, or None."""
    row = store.one("SELECT * FROM datasets WHERE identifier = ?", (identifier,))
    own = row is not None
    row = row or store.one("SELECT * FROM announced WHERE identifier = ?", (identifier,))
    return row and view(row, own)


def own(store):
    """The rows of the datasets that were registered here, the newest first, without those that were discarded."""
    return store.all("SELECT * FROM datasets WHERE registration != 'discarded' ORDER BY created DESC")


def announced(store):
    """The rows of the datasets that a curator described in the catalogue."""
    return store.all(
        "SELECT * FROM announced WHERE identifier NOT IN (SELECT identifier FROM datasets) ORDER BY identifier"
    )


def view(row, own):
    """{"identifier", "title", "lang", "state", "record_url", "pid", "sensitive", "contacts", "own"} of a row."""
    description = json.loads(row["description"])
    members = {name: row[name] for name in ("identifier", "state", "record_url", "pid")}
    sensitive, core = (description.get(part) for part in ("sensitive", "core"))
    title, lang = main_title(description)
    sensitive = sensitive if isinstance(sensitive, dict) else {}
    contacts = core.get("contacts") if isinstance(core, dict) else None
    contacts = [one for one in contacts if isinstance(one, dict)] if isinstance(contacts, list) else []
    return dict(members, title=title, lang=lang, sensitive=sensitive, contacts=contacts, own=own)


def summary(row, own):
    """What a program reads of a row in the inbox."""
    shown = view(row, own)
    del shown["sensitive"], shown["contacts"]
    if own:
        shown.update(registration=row["registration"], review=row["review"], reason=reason(row))
    return shown


def reason(row):
    """What the catalogue or its curator said against the description of an own dataset, or an empty text."""
    return json.loads(row["problem"] or "{}").get("detail") or ""


def main_title(description):
    """The title of a description in a language of the reader's, and that language, whatever else is wrong with it."""
    try:
        found = [entry for entry in description["core"]["titles"] if isinstance(entry["text"], str)]
        first = in_language(found, preferred())[0]
        return first["text"], str(first["lang"])
    except (KeyError, IndexError, TypeError, AttributeError):
        return gettext("(no title)"), "en"


def texts(dataset, member):
    """[{"lang", "text"}] of a member such as ``access_conditions``, in the reader's language where there is one."""
    said = dataset["sensitive"].get(member)
    said = said if isinstance(said, list) else []
    said = [entry for entry in said if isinstance(entry, dict) and isinstance(entry.get("text"), str)]
    return in_language([dict(entry, lang=str(entry.get("lang", "und"))) for entry in said], preferred())


def expected_days(dataset):
    """How many days a decision usually takes, as the description says, or None."""
    days = dataset["sensitive"].get("expected_decision_days")
    return days if isinstance(days, int) and not isinstance(days, bool) and days > 0 else None


def must_be_open(dataset):
    """Raise the Problem that says why nothing of this dataset is given out now."""
    if dataset["state"] == "withdrawn":
        raise Problem(410, gettext("Withdrawn"), gettext("This dataset was withdrawn, and access to it has ended."))
    if dataset["state"] == "superseded":
        raise Problem(
            403,
            gettext("Replaced by another dataset"),
            gettext("Another dataset has taken the place of this one. Its page in the catalogue names it."),
        )
    if dataset["state"] == "suspended":
        raise Problem(
            403,
            gettext("Paused for the time being"),
            gettext("The owner has suspended access to this dataset. It may be opened again later."),
        )


def access_modes(dataset):
    """The codes of the ways in which an approved person may work with the data; [] where none is said."""
    return client.access_modes(dataset)


def ways_of_access(dataset):
    """[text]: the same in words."""
    return [gettext(text) for text in labels.in_words("sensitive.access_mode", access_modes(dataset))]


def allows_download(dataset):
    """Whether an approved person may download the files by a link in the publication portal of this site."""
    return client.may_download(dataset) and bool(DOWNLOADS & set(client.ways(dataset, here().site.ways)))


def serves_files(dataset):
    """Whether the file interface of this site gives an approved person's programs the files."""
    return client.may_download(dataset) and API in client.ways(dataset, here().site.ways)


def opens_inside(dataset):
    """Whether an approved person finds the data inside the environment."""
    return INSIDE in client.ways(dataset, here().site.ways)


def needs_agreement(dataset):
    """Whether the link to the files is given only after an agreement on how they are used."""
    return allows_download(dataset) and AGREED in access_modes(dataset)


def must_be_known(row):
    """The row of a dataset that was registered here; raises the Problem for None."""
    if row is None:
        raise Problem(
            404,
            gettext("There is no such dataset"),
            gettext("No dataset with this identifier was registered here."),
            [(gettext("All datasets"), url_for("states.page"))],
        )
    return row


def must_allow_download(dataset):
    """Raise the Problem that says why the files of this dataset are not downloaded by anybody."""
    if not allows_download(dataset):
        ways = "; ".join(ways_of_access(dataset)) or gettext("not stated")
        said = gettext("The files of this dataset cannot be downloaded here. Way of access: %(ways)s.", ways=ways)
        raise Problem(403, gettext("No download"), said)


def must_serve_files(dataset):
    """Raise the Problem that says why no program gets the files of this dataset."""
    if not serves_files(dataset):
        raise Problem(
            403, "Not by the file interface", "The way of access of this dataset is another: files are not given out."
        )


def must_take_requests(dataset, today=None):
    """Raise the Problem that says why access cannot be requested now."""
    must_be_open(dataset)
    right, until = dataset["sensitive"].get("access_right"), dataset["sensitive"].get("embargo_until")
    today = today or datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    if right == "metadata-only":
        raise Problem(
            403,
            gettext("No access for research"),
            gettext("Only the description of this dataset is public, and access cannot be requested."),
        )
    if right == "embargoed" and (until or "9999") > today:
        said = gettext("Access to this dataset can be requested from a later date.")
        if until:
            said = gettext("Access to this dataset can be requested from %(date)s.", date=format_date(until))
        raise Problem(403, gettext("Not yet"), said)


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
