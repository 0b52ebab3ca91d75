"""Sphinx and MyST. Tables that the code decides are made from the code when the pages are built.

`<!-- generated: NAME -->` on a line of its own is replaced by what the function NAME of TABLES returns.
"""

import base64
import os
import re
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))
sys.path.insert(0, ROOT)

from secureb2share_ext import __version__, client  # noqa: E402
from secureb2share_ext.access import link, rights  # noqa: E402
from secureb2share_ext.dataset import TRANSITIONS  # noqa: E402
from secureb2share_ext.datasets import duo, labels, message, rules, schema  # noqa: E402
from secureb2share_ext.health import findings  # noqa: E402
from secureb2share_ext.outbox import retry  # noqa: E402

project = "Secure B2SHARE"
author = "The authors of Secure B2SHARE"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_theme_options = {"description": "Metadata in public, data in the secure environment", "page_width": "1080px"}
autodoc_member_order = "bysource"
myst_heading_anchors = 3

PINNED = (
    "invenio-app invenio-base invenio-records-rest invenio-records invenio-files-rest invenio-pidstore invenio-db"
    " invenio-access invenio-accounts invenio-oauth2server invenio-celery flask sqlalchemy celery cryptography"
    " jsonschema"
).split()


def table(head, rows):
    """A Markdown table."""
    lines = ["| %s |" % " | ".join(head), "|" + "---|" * len(head)]
    lines += ["| %s |" % " | ".join(str(cell).replace("|", "\\|") for cell in row) for row in rows]
    return "\n".join(lines)


def form(rule):
    """A field's type in words."""
    if rule["type"] == "array":
        return "list of %d to %d: %s" % (rule.get("minItems", 0), rule["maxItems"], form(rule["items"]))
    if "enum" in rule:
        return "one of " + listed(rule["enum"]) if len(rule["enum"]) < 8 else "one of [the codes](#codes)"
    if rule["type"] == "object":
        needed = rule.get("required", [])
        return "{%s}" % ", ".join(name + ("" if name in needed else "?") for name in rule["properties"])
    if rule.get("pattern", "").startswith("^[0-9]{4}-(0"):
        return "a day, `2031-01-31`"
    if rule.get("pattern", "").startswith("^[0-9]{4}(-"):
        return "a year, a month or a day"
    words = {"string": "text", "integer": "whole number", "boolean": "true or false"}[rule["type"]]
    if "maxLength" in rule:
        words += " of at most %d characters" % rule["maxLength"]
    if "minimum" in rule:
        words += " from %d to %d" % (rule["minimum"], rule["maximum"])
    if r"\S" != rule.get("pattern", r"\S") and len(rule["pattern"]) < 60:
        words += ", `%s`" % rule["pattern"]
    return words


def fields(part):
    """The fields of a part of the description."""
    found = schema.SCHEMA["properties"][part]
    found = found.get("items", found)
    return table(
        ("Field", "Required", "Form", "What it says"),
        [
            (
                "`%s`" % name,
                "yes" if name in found.get("required", []) else "",
                form(rule),
                rule.get("description", "").replace("<", "&lt;"),
            )
            for name, rule in found["properties"].items()
        ],
    )


def conditions():
    """What rules.py and duo.py ask for beyond the schema, in the words of each rule."""
    found = rules.RULES + duo.RULES + (rules.file_details,)
    return "\n".join("- " + " ".join(rule.__doc__.split()) for rule in found)


def codes():
    """The codes of every field in words, but those of DUO, which have a table of their own."""
    rows = []
    for name, rule in schema.SCHEMA["properties"]["sensitive"]["properties"].items():
        if name != "duo_codes":
            words = rule.get("items", rule).get("x-labels", {})
            rows += [("`%s`" % name, "`%s`" % code, text) for code, text in words.items()]
    return table(("Field", "Code", "In words"), rows)


def duo_codes():
    """duo.py, as a table."""
    field = "sensitive.duo_codes"
    known = schema.SCHEMA["properties"]["sensitive"]["properties"]["duo_codes"]["items"]["enum"]
    return table(
        ("Code", "In words", "Kind", "Needs"),
        [
            (
                "`%s`" % code,
                labels.label(field, code),
                "permission" if code in duo.PERMISSIONS else "modifier",
                "`%s`" % duo.NEEDS[code] if code in duo.NEEDS else "",
            )
            for code in known
        ],
    )


def listed(names):
    return ", ".join("`%s`" % name for name in names)


def states():
    """Which state may follow which."""
    rows = [("`%s`" % state, listed(follow) or "nothing: it is final") for state, follow in TRANSITIONS.items()]
    return table(("State", "May be followed by"), rows)


def envelope():
    """The members of the body of each action."""
    rows = []
    for action, (members, needed) in message._MEMBERS.items():
        names = ["`%s`" % name + ("" if name in needed else " (optional)") for name in members]
        rows.append(("`%s`" % action, ", ".join(names)))
    return table(("`action`", "Members beside action, source, identifier, issued"), rows)


def access_rights():
    """rights.py, as a table."""
    return table(
        ("`access_right`", "In words", "COAR", "info:eu-repo", "EU access-right"),
        [
            ("`%s`" % r.value, r.label)
            + tuple("`%s`" % uri.rsplit("/", 1)[1] for uri in (r.coar, r.info_eu_repo, r.eu))
            for r in rights.RIGHTS.values()
        ],
    )


def places():
    """What a template may hold."""
    said = {
        "identifier": "the source's identifier of the dataset",
        "pid": "the record's persistent identifier",
        "source": "the name of the source",
        "revision": "the record's revision, from 0",
        "record_url": "the record's public page",
        "reference": "the signed reference",
    }
    return table(("Place", "Becomes"), [("`{%s}`" % name, said[name]) for name in link.PLACES])


def plan():
    """When a failed delivery is tried again."""
    return table(("Failure", "Next attempt after"), [(n, duration(s)) for n, s in enumerate(retry.PLAN, 1)])


def duration(seconds):
    for size, word in ((3600, "h"), (60, "min")):
        if seconds % size == 0:
            return "%d %s" % (seconds // size, word)
    return "%d s" % seconds


def health_findings():
    """What health looks at: value, thresholds and advice."""
    values = dict(dict.fromkeys(findings.THRESHOLDS, "number"), **dict.fromkeys(findings.FLAGS, "0 or 1"))
    values.update((name, {"s": "age in seconds", "d": "days left"}[unit]) for name, unit in findings.UNITS.items())

    def limit(name, number):
        return "never" if number is None else ("%s or less" if name == "expires" else "from %s") % number

    return table(
        ("Finding", "Value", "Warning", "Critical", "Do"),
        [
            ("`%s`" % name, values[name], limit(name, pair[0]), limit(name, pair[1]), findings.ADVICE[name])
            for name, pair in findings.THRESHOLDS.items()
        ],
    )


def outcomes():
    """What a status leads to."""
    return table(
        ("Answer", "What follows"),
        [
            ("2xx", "delivered; acknowledged, if the body is a receipt with the right digest"),
            (
                "3xx, %s, a refused address" % ", ".join(map(str, retry.OF_TARGET)),
                "the target is paused and probed with one message every %s; no message loses an attempt"
                % duration(retry.PROBE),
            ),
            (", ".join(map(str, retry.OF_MESSAGE)), "this message is parked until an operator decides"),
            (
                "anything else, or no answer",
                "tried again by the plan; `Retry-After` is heeded up to %s" % duration(retry.LONGEST),
            ),
            ("failed %d times" % (len(retry.PLAN) + 1), "parked"),
        ],
    )


def vector():
    """A signature to test an implementation with."""
    private, now = "whsk_" + base64.b64encode(bytes(range(32))).decode("ascii"), 1769860800
    members = {"action": "state", "source": "tsd", "identifier": "p11-sleep-2026", "issued": "2026-01-31T12:00:00Z"}
    body = client.canonical(members)
    headers = client.signed_headers(private, "msg-1", body, now)
    bare = client.signed_headers(private, "msg-2", client.bare("GET", "/api/datasets/tsd", "after=p11%2Fa"), now)
    lines = ["private key  " + private, "public key   " + client.public_of(private), ""]
    lines += ["body         " + body.decode("utf-8")]
    lines += ["%s: %s" % item for item in headers.items()]
    lines += ["", "GET /api/datasets/tsd?after=p11%2Fa"]
    lines += ["%s: %s" % item for item in bare.items()]
    return "```text\n%s\n```" % "\n".join(lines)


def versions():
    """constraints.txt, as far as it decides how this package runs."""
    found = {}
    with open(os.path.join(ROOT, "constraints.txt"), encoding="utf-8") as file:
        for name, number in re.findall(r"^([\w-]+)==(\S+)", file.read(), flags=re.M):
            found.setdefault(name, []).append(number)
    return table(("Package", "Version"), [(name, " or ".join(found[name])) for name in PINNED])


TABLES = {
    "fields-core": lambda: fields("core"),
    "fields-sensitive": lambda: fields("sensitive"),
    "fields-files": lambda: fields("files"),
    "fields-version": lambda: fields("version"),
    "conditions": conditions,
    "codes": codes,
    "duo": duo_codes,
    "states": states,
    "envelope": envelope,
    "rights": access_rights,
    "places": places,
    "plan": plan,
    "findings": health_findings,
    "outcomes": outcomes,
    "vector": vector,
    "versions": versions,
}


def fill(app, docname, source):
    """Replace the marks of a page."""
    source[0] = re.sub(r"^<!-- generated: ([\w-]+) -->$", lambda mark: TABLES[mark.group(1)](), source[0], flags=re.M)


def polish(app, what, name, obj, options, lines):
    """Docstrings as Sphinx wants them: settings of a key as a list, forms of keys ("whpk_...") as literals."""
    inside = False
    for number, line in enumerate(lines):
        begins = re.match(r"``\w+``: ", line)
        inside = bool(line) and (inside or bool(begins))
        if inside:
            line = ("* " if begins else "  ") + line
        lines[number] = re.sub(r'(?<!`)"wh[a-z]+_\.\.\."', r"``\g<0>``", line)


def check_codes(app, environment):
    """Every stable code of the package stands on a page."""
    known = set()
    for folder, _, names in os.walk(os.path.join(ROOT, "secureb2share_ext")):
        for name in names:
            if name.endswith(".py"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    known.update(re.findall(r'\bcode ?= ?"([a-z-]+)"', file.read()))
    said = ""
    for page in ("registration", "access", "locked-routes", "legacy-records"):
        with open(os.path.join(ROOT, "docs", "reference", page + ".md"), encoding="utf-8") as file:
            said += file.read()
    inner = {"problem", "conflict", "no-access", "not-allowed"}
    missing = sorted(code for code in known - inner if "`%s`" % code not in said)
    if missing:
        raise ValueError("These codes are on no page of docs/reference: %s" % ", ".join(missing))


def setup(app):
    """Connect the above."""
    app.connect("source-read", fill)
    app.connect("autodoc-process-docstring", polish)
    app.connect("env-before-read-docs", lambda app, environment, names: check_codes(app, environment))
