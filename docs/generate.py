"""Writer of the tables in these pages that the code decides.

`python docs/generate.py` writes what stands between `<!-- generated: NAME -->` and `<!-- end -->` anew, from what the
function NAME of TABLES returns; with `--check` it changes nothing and names the pages that are not fresh.
"""

import ast
import base64
import re
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path.insert(0, str(ROOT))

import click  # noqa: E402

from secureb2share_ext import cli, client, dataset  # noqa: E402
from secureb2share_ext.access import link  # noqa: E402
from secureb2share_ext.datasets import applications  # noqa: E402
from secureb2share_ext.descriptions import duo, labels, rules, schema  # noqa: E402
from secureb2share_ext.exports import rights  # noqa: E402
from secureb2share_ext.maintenance import findings  # noqa: E402
from secureb2share_ext.messages import message, rems_event  # noqa: E402
from secureb2share_ext.outbox import event, retry  # noqa: E402

MEMBERS = message._MEMBERS  # {action: ({member: its schema}, [required member])}
CONFIG = "secureb2share_ext/config.py"
CLIENT = "secureb2share_ext/client.py"
HOST = "secureb2share_ext/hosts/host.py"

PART = re.compile(r"^<!-- generated: ([\w-]+) -->\n(.*?)^<!-- end -->$", flags=re.M | re.S)
PINNED = (
    "invenio-app invenio-base invenio-records-rest invenio-records invenio-files-rest invenio-pidstore invenio-db"
    " invenio-access invenio-accounts invenio-oauth2server invenio-oauthclient invenio-celery flask sqlalchemy celery"
    " cryptography jsonschema"
).split()


def table(head, rows):
    """A Markdown table (str); rows: iterable of tuples of values."""
    lines = ["| %s |" % " | ".join(head), "|" + "---|" * len(head)]
    lines += ["| %s |" % " | ".join(str(cell).replace("|", "\\|") for cell in row) for row in rows]
    return "\n".join(lines)


def code(text):
    """A value as inline code."""
    return "`%s`" % text


def listed(names):
    """Several values as inline code."""
    return ", ".join(code(name) for name in names)


def prose(text):
    """A docstring as Markdown: literals with one backtick, no HTML outside of them."""
    parts = re.split(r"(`[^`]*`)", text.replace("``", "`"))
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in parts)


def parsed(path):
    """The statements of a module (list of ast.stmt); path: below the root."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8")).body


def form(rule):
    """A field's type in words; rule: its JSON Schema."""
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
        ("Field", "Required", "Form", "Meaning"),
        [
            (
                code(name),
                "yes" if name in found.get("required", []) else "",
                form(rule),
                rule.get("description", "").replace("<", "&lt;"),
            )
            for name, rule in found["properties"].items()
        ],
    )


def conditions():
    """The rules between fields that the schema cannot express, in the words of each rule."""
    found = rules.RULES + duo.RULES + (rules.file_details,)
    return "\n".join("- " + " ".join(rule.__doc__.split()) for rule in found)


def codes():
    """The codes of every field in words, except those of DUO, which have a table of their own."""
    rows = []
    for name, rule in schema.SCHEMA["properties"]["sensitive"]["properties"].items():
        if name != "duo_codes":
            words = rule.get("items", rule).get("x-labels", {})
            rows += [(code(name), code(value), text) for value, text in words.items()]
    return table(("Field", "Code", "In words"), rows)


def duo_codes():
    """The codes of the Data Use Ontology."""
    field = "sensitive.duo_codes"
    known = schema.SCHEMA["properties"]["sensitive"]["properties"]["duo_codes"]["items"]["enum"]
    return table(
        ("Code", "In words", "Kind", "Needs"),
        [
            (
                code(value),
                labels.label(field, value),
                "permission" if value in duo.PERMISSIONS else "modifier",
                code(duo.NEEDS[value]) + (" or `duo_topics`" if value == duo.DS else "") if value in duo.NEEDS else "",
            )
            for value in known
        ],
    )


def states():
    """Which state may follow which."""
    rows = [(code(state), listed(follow) or "none: it is final") for state, follow in dataset.TRANSITIONS.items()]
    return table(("State", "May be followed by"), rows)


def envelope():
    """The members of the body of each action."""
    rows = []
    for action, (members, needed) in MEMBERS.items():
        names = [code(name) + ("" if name in needed else " (optional)") for name in members]
        rows.append((code(action), ", ".join(names)))
    return table(("`action`", "Members beside `action`, `catalogue`, `source`, `identifier` and `issued`"), rows)


def event_types():
    """The type of the event for each change."""
    causes = {
        event.kind(True, "active"): "the first event of a dataset",
        event.kind(False, "active"): "the description changed, or the dataset is active again",
    }
    for state in dataset.TRANSITIONS:
        causes.setdefault(event.kind(False, state), "the dataset is now in the state `%s`" % state)
    causes["refused"] = "a curator refused a held registration"
    return table(("`type`", "Cause"), [(code(event.PREFIX + kind + ".v1"), cause) for kind, cause in causes.items()])


def access_rights():
    """What each access right is in the vocabularies."""
    return table(
        ("`access_right`", "In words", "COAR", "info:eu-repo", "EU access-right"),
        [
            (code(r.value), r.label) + tuple(code(uri.rsplit("/", 1)[1]) for uri in (r.coar, r.info_eu_repo, r.eu))
            for r in rights.RIGHTS.values()
        ],
    )


def places():
    """The values that a link to a form can carry."""
    meanings = {
        "identifier": "the source's identifier of the dataset",
        "pid": "the record's persistent identifier",
        "source": "the name of the source",
        "pid_url": "the address that resolves the PID: of https://doi.org for a DOI, of https://hdl.handle.net for a"
        " handle, else the record's public page",
        "revision": "the record's revision, from 0",
        "record_url": "the record's public page",
        "reference": "the signed reference",
    }
    return table(("Place", "Value"), [("`{%s}`" % name, meanings[name]) for name in link.PLACES])


def plan():
    """When a failed delivery is tried again."""
    return table(("Failure", "Next attempt after"), [(n, duration(s)) for n, s in enumerate(retry.PLAN, 1)])


def duration(seconds):
    """Whole hours, minutes or seconds in words."""
    for size, word in ((3600, "h"), (60, "min")):
        if seconds % size == 0:
            return "%d %s" % (seconds // size, word)
    return "%d s" % seconds


def health_findings():
    """What `health` looks at: value, thresholds and advice."""
    values = dict(dict.fromkeys(findings.THRESHOLDS, "number"), **dict.fromkeys(findings.FLAGS, "0 or 1"))
    values.update((name, {"s": "seconds", "d": "days left"}[unit]) for name, unit in findings.UNITS.items())

    def limit(name, number):
        return "never" if number is None else ("%s or less" if name == "expires" else "from %s") % number

    return table(
        ("Finding", "Value", "Warning", "Critical", "What to do"),
        [
            (code(name), values[name], limit(name, pair[0]), limit(name, pair[1]), findings.ADVICE[name])
            for name, pair in findings.THRESHOLDS.items()
        ],
    )


def outcomes():
    """What the status of a receiver's answer leads to."""
    return table(
        ("Answer", "Consequence"),
        [
            ("2xx", "The event is delivered. It is acknowledged if the body is a receipt with the right digest."),
            (
                "3xx, %s, a refused address" % ", ".join(map(str, retry.OF_TARGET)),
                "The target is paused and tried with one message every %s. No message loses an attempt."
                % duration(retry.PROBE),
            ),
            (", ".join(map(str, retry.OF_MESSAGE)), "This message is parked until an operator decides."),
            (
                "%s, or no answer" % ", ".join(map(str, retry.BUSY)),
                "The message is sent again by the plan. Nothing else is sent to the target for %d s, then twice as long"
                " after each trial that fails, up to %s, or for the time that `Retry-After` asks for, up to %s."
                % (retry.SHORTEST, duration(retry.PROBE), duration(retry.LONGEST)),
            ),
            ("anything else", "The message is sent again by the plan. `Retry-After` is heeded."),
            ("failed %d times" % (len(retry.PLAN) + 1), "The message is parked."),
        ],
    )


def vector():
    """A signature to test an implementation with."""
    private, now = "whsk_" + base64.b64encode(bytes(range(32))).decode("ascii"), 1769860800
    catalogue = "https://catalogue.example.org"
    members = {"action": "state", "catalogue": catalogue, "source": "tsd", "identifier": "p11-sleep-2026"}
    members["issued"] = "2026-01-31T12:00:00Z"
    body = client.canonical(members)
    headers = client.signed_headers(private, "msg-1", body, now)
    signed = client.bare(catalogue, "GET", "/api/datasets/tsd", "after=p11%2Fa")
    bare = client.signed_headers(private, "msg-2", signed, now)
    lines = ["private key  " + private, "public key   " + client.public_of(private), ""]
    lines += ["body         " + body.decode("utf-8")]
    lines += ["%s: %s" % item for item in headers.items()]
    lines += ["", "in its place " + signed.decode("ascii")]
    lines += ["%s: %s" % item for item in bare.items()]
    return "```text\n%s\n```" % "\n".join(lines)


def addresses():
    """Identifiers as they stand in a path."""
    names = ("p11/sleep-2026", "urn:x:1", "https://example.org/dataset/1", "study 7?", "p11/state")
    return table(("Identifier", "In the path"), [(code(name), code(client.to_path(name))) for name in names])


def versions():
    """The versions of constraints.txt that decide how this package runs."""
    found = {}
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    for name, number in re.findall(r"^([\w-]+)==(\S+)", text, flags=re.M):
        found.setdefault(name, []).append(number)
    return table(("Package", "Version"), [(name, " or ".join(found[name])) for name in PINNED])


def configuration():
    """Every configuration key with its default and its docstring."""
    body = parsed(CONFIG)
    parts = []
    for node, following in zip(body, body[1:]):
        name = assigned(node)
        if name.startswith("SECUREB2SHARE_"):
            default = ast.unparse(node.value).replace("'", '"')
            parts.append("## %s\n\nDefault: `%s`\n\n%s" % (name, default, settings(following.value.value)))
    return "\n\n".join(parts)


def assigned(node):
    """The name to which a statement assigns a value, with or without an annotation, or an empty text."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return getattr(targets[0], "id", "")


def settings(text):
    """A key's docstring as Markdown, its settings as a list."""
    begin = re.compile(r"(?:^|(?<=\. ))``(\w+)``: ", flags=re.M)
    paragraphs = []
    for paragraph in text.split("\n\n"):
        pieces = begin.split(paragraph)
        lines = [" ".join(pieces[0].split())] if pieces[0].strip() else []
        for name, meaning in zip(pieces[1::2], pieces[2::2]):
            lines.append("- `%s`: %s" % (name, " ".join(meaning.split())))
        paragraphs.append("\n".join(lines))
    return prose("\n\n".join(paragraphs))


def commands():
    """Every command with its arguments and options, from the command line's own definitions."""
    parts = []
    for name, command in sorted(cli.secureb2share.commands.items()):
        parts += described(command, name, 2)
    return "\n\n".join(parts)


def described(command, name, depth):
    """[Markdown] of a click command and those below it; name: as it is typed behind `secureb2share`."""
    context = click.Context(command, info_name="invenio secureb2share " + name)
    parts = ["%s %s" % ("#" * depth, name)]
    if not isinstance(command, click.Group):
        usage = " ".join([context.info_name] + command.collect_usage_pieces(context))
        parts.append("```text\n%s\n```" % usage)
    parts.append(prose("\n\n".join(" ".join(part.split()) for part in (command.help or "").split("\n\n"))))
    rows = [
        (
            ", ".join(code(spelling) for spelling in param.opts) + value_of(param),
            "yes" if param.required else "",
            prose(param.help or ""),
        )
        for param in command.params
        if isinstance(param, click.Option)
    ]
    if rows:
        parts.append(table(("Option", "Required", "Meaning"), rows))
    for below, inner in sorted(getattr(command, "commands", {}).items()):
        parts += described(inner, "%s %s" % (name, below), depth + 1)
    return parts


def value_of(option):
    """What is typed behind an option, such as ` NAME`; nothing behind a flag."""
    if option.is_flag:
        return ""
    if isinstance(option.type, click.Choice):
        return " " + listed(option.type.choices)
    return " " + code(option.name.upper())


def client_errors():
    """The exceptions of client.py."""
    rows = [
        (code(node.name), prose(ast.get_docstring(node).replace("\n", " ")))
        for node in parsed(CLIENT)
        if isinstance(node, ast.ClassDef) and node.name != "Client"
    ]
    return table(("Error", "Meaning"), rows)


def client_methods():
    """The class Client with its public methods."""
    found = next(node for node in parsed(CLIENT) if isinstance(node, ast.ClassDef) and node.name == "Client")
    made = next(node for node in found.body if getattr(node, "name", "") == "__init__")
    parts = [signature(made, "Client"), prose(ast.get_docstring(found))]
    return "\n\n".join(parts + [explained(node, "Client." + node.name) for node in public(found.body)])


def client_functions():
    """The public functions of client.py."""
    return "\n\n".join(explained(node, node.name) for node in public(parsed(CLIENT)))


def public(body):
    """The public functions (list of ast.FunctionDef) among statements."""
    return [node for node in body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


def explained(node, name):
    """A function with its signature and docstring."""
    return "### %s\n\n%s\n\n%s" % (name, signature(node, node.name), prose(ast.get_docstring(node)))


def signature(node, name):
    """A function's signature as a block of Python."""
    given = ast.unparse(node.args)
    given = re.sub(r"^self(, )?", "", given)
    answer = " -> " + ast.unparse(node.returns) if node.returns is not None and name != "Client" else ""
    return "```python\n%s(%s)%s\n```" % (name, given, answer)


def host_questions():
    """The questions that a host answers, in the order of hosts/host.py."""
    found = next(node for node in parsed(HOST) if isinstance(node, ast.ClassDef) and node.name == "Host")
    return table(
        ("Question", "Required", "What it does or returns"),
        [
            (
                code("%s(%s)" % (node.name, re.sub(r"^self(, )?", "", ast.unparse(node.args)))),
                "yes" if any("abstractmethod" in ast.unparse(mark) for mark in node.decorator_list) else "",
                prose(" ".join((ast.get_docstring(node) or "").split())),
            )
            for node in public(found.body)
        ],
    )


def rems_events():
    """What each type of REMS's events does to an application."""
    counted = dict(applications.COUNTED, deleted="not counted")
    rows = [(code(kind), "names the datasets", "") for kind in rems_event.NAMING]
    rows += [(code(kind), code(state), counted[state]) for kind, state in rems_event.STATES.items()]
    return table(("Type, behind `%s`" % rems_event.PREFIX, "State", "Counted as"), rows)


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
    "event-types": event_types,
    "rems-events": rems_events,
    "rights": access_rights,
    "places": places,
    "plan": plan,
    "findings": health_findings,
    "outcomes": outcomes,
    "addresses": addresses,
    "vector": vector,
    "versions": versions,
    "configuration": configuration,
    "commands": commands,
    "client-errors": client_errors,
    "client-methods": client_methods,
    "client-functions": client_functions,
    "host-questions": host_questions,
}


def filled(text):
    """A page (str) with its generated parts written anew; raises KeyError for a name that TABLES lacks."""

    def replaced(found):
        name = found.group(1)
        return "<!-- generated: %s -->\n\n%s\n\n<!-- end -->" % (name, TABLES[name]())

    return PART.sub(replaced, text)


def pages():
    """[Path] of all pages."""
    return sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)


def stale():
    """{Path: text} of the pages that differ from what the code says now."""
    found = {}
    for path in pages():
        text = path.read_text(encoding="utf-8")
        if filled(text) != text:
            found[path] = filled(text)
    return found


def main(arguments):
    """Write the pages, or with ["--check"] only name those that are not fresh; the exit code (int)."""
    is_checking = arguments == ["--check"]
    if arguments and not is_checking:
        print(__doc__)
        return 2
    found = stale()
    for path, text in found.items():
        print("%s %s" % ("Not fresh:" if is_checking else "Written:", path.relative_to(ROOT)))
        if not is_checking:
            path.write_text(text, encoding="utf-8")
    return 1 if is_checking and found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
