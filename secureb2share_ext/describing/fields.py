"""The fields of the form, as the schema has them: what a person calls each, and how it is filled in.

A field's `name` is its path, such as ``core.titles``; its controls are called by that name and what follows it, such
as ``core.titles.0.text``. The kinds:

==========  ===========================================================================================================
text, long  a text in one line, or in several
url, day    a text of a certain form, as are period, email and code
number      a whole number
yesno       yes, no or nothing
choice      one of the options
country     the code of a country; language: of a language
choices     several of the options
open        several of the options, and others: texts of one's own, or a prefix of `prefixes` with what follows it
countries   codes of countries; languages: of languages
lines       texts, each on a line of its own
texts       the same text in several languages, [{lang, text}]
rows        things with fields of their own, `inner`, all in one text: see rows.py
parts       things with fields of their own, `inner`; their names follow the number of the thing
==========  ===========================================================================================================
"""

import functools
import re
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ..descriptions.hints import HINTS
from ..descriptions.schema import SCHEMA
from . import hints

COUNTRY = "^[A-Z]{2}$"
PATTERNS = (  # the beginning of a pattern of the schema -> the kind of its texts
    (COUNTRY, "country"),
    ("^([a-z]{2,3}(-", "language"),
    ("^[0-9]{4}-(0[1-9]", "day"),
    ("^[0-9]{4}(-(0[1-9]", "period"),
    (r"^https://[A-Za-z0-9]", "url"),
    ("^[A-Za-z0-9._%+-]+@", "email"),
    (r"\S", "text"),
)
LONG = 500  # characters of a text from which on it needs several lines
ROWS = ("sensitive.columns",)  # of these there are many
ONE_LINE = ("identifier", "value")  # of other things: long as they may be, nobody breaks them
MANY = {"country": "countries", "language": "languages"}


class Field(NamedTuple):
    """One field of the form."""

    name: str
    kind: str
    title: str
    hint: str
    is_required: bool
    options: List[Tuple[str, str]]  # (code, words)
    prefixes: List[Tuple[str, str, bool]]  # (what an entry begins with, words, whether a country follows it)
    inner: List[Any]  # [Field]
    longest: Optional[int]  # characters of a text
    most: Optional[int]  # entries of a list, or the greatest number
    schema: Dict[str, Any]


def _field(name: str, node: Dict[str, Any], is_required: bool) -> Field:
    kind, item = "rows" if name in ROWS else _kind(node), node.get("items", node)
    kind = "text" if kind == "long" and name in ONE_LINE else kind
    labels = item.get("x-labels", {})
    codes = item.get("enum") or [code for code in labels if not code.endswith(":")]
    properties = item.get("properties", {})
    inner = [_field(inside, one, inside in item.get("required", ())) for inside, one in properties.items()]
    return Field(
        name=name,
        kind=kind,
        title=hints.TITLES.get(name) or node.get("title") or hints.TITLES.get(name.split(".")[-1]) or name,
        hint=_hint(name, node),
        is_required=is_required,
        options=[(code, labels.get(code, code)) for code in codes],
        prefixes=[
            (code, words, code + COUNTRY[1:-1] in item.get("pattern", ""))
            for code, words in labels.items()
            if code.endswith(":")
        ],
        inner=inner if kind in ("texts", "parts", "rows") else [],
        longest=node.get("maxLength"),
        most=node.get("maxItems", node.get("maximum")),
        schema=node,
    )


def _kind(node):
    if node["type"] == "boolean":
        return "yesno"
    if node["type"] == "integer":
        return "number"
    if node["type"] == "string":
        return "choice" if "enum" in node else _kind_of_text(node)
    item = node["items"]
    if item["type"] == "object":
        return "texts" if set(item["properties"]) == {"lang", "text"} else "parts"
    if "enum" in item:
        return "choices"
    return "open" if "x-labels" in item else MANY.get(_kind_of_text(item), "lines")


def _kind_of_text(node):
    kind = next((kind for start, kind in PATTERNS if node.get("pattern", "").startswith(start)), "code")
    return "long" if kind == "text" and node.get("maxLength", LONG) > LONG else kind


def _hint(name, node):
    member = name.split(".")[-1]
    return node.get("x-hint") or hints.HINTS.get(name) or HINTS.get(member) or node.get("description", "")


def _all() -> Dict[str, Field]:
    found = {}
    for part, node in SCHEMA["properties"].items():
        if node["type"] != "object":
            found[part] = _field(part, node, part in SCHEMA["required"])
            continue
        for member, one in node["properties"].items():
            name = "%s.%s" % (part, member)
            found[name] = _field(name, one, member in node.get("required", ()))
    return found


FIELDS = _all()  # {name: Field}
PARTS = [part for part, node in SCHEMA["properties"].items() if node["type"] == "object"]
ALWAYS = [part for part in PARTS if part in SCHEMA["required"]]  # members of a description that it always has


@functools.lru_cache(maxsize=4096)
def place(name: str) -> Optional[Tuple[Field, Optional[int], Optional[Field]]]:
    """The Field that a control's name belongs to, the number of its part and the Field inside; None if unknown. Pure.

    ``core.creators.2.orcid`` -> (core.creators, 2, orcid); ``sensitive.formats.whole`` -> (formats, None, None).
    """
    steps = name.split(".") if len(name) < 200 else [""]
    if len(steps) == 2 and steps[1] == "none" and steps[0] in PARTS and steps[0] not in ALWAYS:
        return next(field for field in FIELDS.values() if field.name.startswith(steps[0] + ".")), None, None
    size = 1 if steps[0] in FIELDS else 2
    field, rest = FIELDS.get(".".join(steps[:size])), steps[size:]
    if field is None or not rest:
        return (field, None, None) if field is not None else None
    if len(rest) == 1 and rest[0] in SUFFIXES.get(field.kind, ()):
        return field, None, None
    if len(rest) == 1 and field.kind == "open" and rest[0] in [prefix[:-1] for prefix, _, _ in field.prefixes]:
        return field, None, None
    if field.kind in ("texts", "parts") and len(rest) == 2:
        inside, number = inner(field, rest[1]), index(rest[0])
        return (field, number, inside) if inside and number is not None else None
    return None


# what may follow a field's name: `none` says that the list is there and empty, `whole` are entries with line ends in
# them, `more` are entries of one's own
SUFFIXES = {
    "choices": ("none",),
    "countries": ("none",),
    "languages": ("none",),
    "texts": ("none",),
    "parts": ("none",),
    "rows": ("none",),
    "lines": ("none", "whole"),
    "open": ("none", "more"),
}
LARGEST = 2000  # number of a part
_INDEX = re.compile(r"(0|[1-9][0-9]{0,3})\Z")


def index(text: str) -> Optional[int]:
    """The number of a part as a name has it, or None."""
    return int(text) if _INDEX.match(text) and int(text) <= LARGEST else None


def inner(field: Field, name: str) -> Optional[Field]:
    """The field inside a part by its name there, or None."""
    return next((one for one in field.inner if one.name == name), None)
