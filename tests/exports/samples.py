import copy
import datetime
import json
from pathlib import Path

from secureb2share_ext.dataset import Dataset
from secureb2share_ext.exports.published import Published, RelatedDataset

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
MOBA = json.loads((EXAMPLES / "moba.json").read_text(encoding="utf-8"))["dataset"]
RECORD_URL = "https://catalogue.example.org/records/7"
ACCESS_URL = "https://catalogue.example.org/api/access/7"
OLD, NEW = "https://catalogue.example.org/records/6", "https://catalogue.example.org/records/8"
NAME, CHECKSUM, SIZE = "01017012345_mother.sav", "sha256:" + "ab" * 32, 7654321987
EXPORTS = {
    "application/ld+json": "https://catalogue.example.org/api/records/7?format=jsonld",
    "application/linkset+json": "https://catalogue.example.org/api/records/7?format=linkset",
}
COAR, EU_REPO = "http://purl.org/coar/access_right/", "info:eu-repo/semantics/"
NON_PUBLIC = "http://publications.europa.eu/resource/authority/access-right/NON_PUBLIC"
RESTRICTED = (COAR + "c_16ec", EU_REPO + "restrictedAccess", NON_PUBLIC)
CLOSED = (COAR + "c_14cb", EU_REPO + "closedAccess", NON_PUBLIC)

# name -> (given value, day, value said, vocabularies, COAR's label, our label, requests from, whether one can ask)
ACCESS = {
    "controlled": (
        "controlled", "2026-02-28", "controlled", RESTRICTED, "restricted access", "Access can be requested", None, True
    ),
    "embargoed": (
        "embargoed", "2026-02-28", "embargoed", RESTRICTED, "restricted access",
        "Access can be requested from 2026-03-01", "2026-03-01", False,
    ),
    "embargo over": (
        "embargoed", "2026-03-01", "controlled", RESTRICTED, "restricted access", "Access can be requested", None, True
    ),
    "metadata-only": (
        "metadata-only", "2026-03-01", "metadata-only", CLOSED, "metadata only access", "Access cannot be requested",
        None, False,
    ),
}  # fmt: skip
AT = "2026-01-31T12:00:00Z"
# state -> (label instead, in words, DataCite's date, columns of the row)
STATES = {
    "active": (None, None, None, {}),
    "suspended": (
        "Requests are suspended", "Suspended since 2026-01-31: <Moved> & \"checked\"",
        {"date": AT, "dateType": "Other", "dateInformation": "Requests are suspended"},
        {"reason": "<Moved> & \"checked\"", "state_at": AT},
    ),
    "superseded": (
        "Superseded by another dataset", "Superseded by p-moba/v13 since 2026-01-31: New data",
        {"date": AT, "dateType": "Other", "dateInformation": "Superseded by another dataset"},
        {"reason": "New data", "state_at": AT, "successor": "p-moba/v13"},
    ),
    "withdrawn": (
        "Withdrawn", "Withdrawn since 2026-01-31: Consent",
        {"date": AT, "dateType": "Withdrawn", "dateInformation": "Withdrawn"},
        {"reason": "Consent", "state_at": AT},
    ),
}  # fmt: skip


def shown(access="controlled", state="active", describe_files="labels", change=None, related=False):
    # change: called with the fresh description
    given, day = ACCESS[access][:2]
    description = copy.deepcopy(MOBA)
    description["sensitive"]["access_right"] = given
    if given == "embargoed":
        description["sensitive"]["embargo_until"] = "2026-03-01"
    description["files"][0].update(name=NAME, checksum=CHECKSUM, size=SIZE)
    if change is not None:
        change(description)
    columns = STATES[state][3]
    old = RelatedDataset("p-moba/v11", "6", OLD) if related else None
    new = RelatedDataset("p-moba/v13", "8", NEW)
    return Published(
        Dataset("tsd", "p-moba/v12", description, pid="7", state=state, **columns),
        RECORD_URL, ACCESS_URL, datetime.datetime.strptime(day, "%Y-%m-%d").date(), describe_files,
        replaces=old, replaced_by=new if related else None, successor=new if state == "superseded" else None,
    )  # fmt: skip


HOSTILE = [
    "a&b", "&amp;&lt;", 'a"b', "a'b", "<script>alert(1)</script>", "</title></script>", "a%20b%", "%2e%2e",
    "a#b?c=d&e", "]]>", "<![CDATA[x", "<!-- -->",
    "\u05e9\u05dc\u05d5\u05dd", "\u0633\u0644\u0627\u0645 a",
    "{}{identifier}", "%(x)s{{ 7*7 }}", "🧬👩👧", "ÆØÅ æøå", "a;b,c", "a>; rel=\"item\"", "\\u0041\\",
    ("long words " * 24)[:255], "ø" * 255, "🧬" * 255,
]  # fmt: skip


def given(text):
    def change(description):
        description["core"]["titles"][0]["text"] = (text * 2)[:500]
        description["core"]["keywords"] = [text[:100]]
        description["core"]["creators"][0]["name"] = text
        description["sensitive"]["access_conditions"][0]["text"] = text
        description["files"][0]["label"] = text

    seen = shown(state="suspended", change=change)
    return seen._replace(dataset=seen.dataset._replace(identifier=text, reason=text))
