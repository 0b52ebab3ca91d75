"""The most text that a description may have, and what tells encoded content from text. Pure.

The lengths of single fields add up to a file. So the texts of a kind have a limit together, and pieces of encoded
content are counted wherever they stand, however they are broken.
"""

import re
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

Fault = Tuple[str, str]  # a field, and what is wrong with it


class Limit(NamedTuple):
    """The most that the texts of these fields may have together."""

    most: int  # bytes in UTF-8
    fields: Tuple[str, ...]  # lists, such as "core.creators"
    members: Tuple[str, ...]  # of an entry, if it is an object


PROSE = (
    "core.titles",
    "core.descriptions",
    "sensitive.access_conditions",
    "sensitive.fees",
    "sensitive.population_coverage",
    "sensitive.retention_basis",
    "sensitive.provenance",
)
LIMITS = (
    Limit(64000, PROSE, ("text",)),
    Limit(128000, ("core.creators",), ("name", "affiliation")),
    Limit(64000, ("sensitive.variables",), ()),
    Limit(128000, ("files",), ("label", "name")),
)
TOO_LONG = "is too long: %d bytes of at most %d"
TOGETHER = "is too long together with the other texts: %d bytes of at most %d (%s)"

MOST_ENCODED = 2000  # characters in pieces of encoded content; twenty checksums have 1280
PIECES = "must not hold encoded content, also not in pieces"
_PIECE = re.compile(r"[A-Za-z0-9+/=_-]{20,}")
_ADDRESS = re.compile(r"https?://\S{1,200}")  # what goes on longer is counted
# in base64, hexadecimal and base32 the kind of character changes at every other to every third place; in words, lists
# of codes and names of variables at every fifth at most
_CHANGE = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_OFTEN = 0.25  # changes a character


def encoded(text: str) -> int:
    """The number of characters of a text that stand in pieces of encoded content; addresses are left out."""
    pieces = _PIECE.findall(text)
    if not pieces:
        return 0
    if "://" in text:
        pieces = _PIECE.findall(_ADDRESS.sub(" ", text))
    return sum(len(piece) for piece in pieces if len(_CHANGE.findall(piece)) >= _OFTEN * len(piece))


def faults(description: Any) -> List[Fault]:
    """The faults of a description, whatever JSON it is, whose texts are too long together."""
    found = []
    for limit in LIMITS:
        sizes = {field: _size(_texts(description, field, limit.members)) for field in limit.fields}
        size = sum(sizes.values())
        if size <= limit.most:
            continue
        longest = max(limit.fields, key=lambda field: sizes[field])
        told = ", ".join("%s %d" % (field, sizes[field]) for field in limit.fields if sizes[field])
        words = (TOGETHER, (size, limit.most, told)) if len(limit.fields) > 1 else (TOO_LONG, (size, limit.most))
        found.append((longest, words[0] % words[1]))
    return found


def _size(texts):
    return sum(len(text.encode("utf-8", "replace")) for text in texts)


def encoded_faults(texts: Dict[str, str]) -> List[Fault]:
    """The faults of the texts {field: text} of a description that hold encoded content; the checksums are no texts."""
    counted = {field: encoded(text) for field, text in texts.items() if not field.endswith(".checksum")}
    if sum(counted.values()) <= MOST_ENCODED:
        return []
    return [(max(sorted(counted), key=lambda field: counted[field]), PIECES)]


def _texts(description: Any, field: str, members: Tuple[str, ...]) -> Iterator[str]:
    value = description
    for name in field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    for entry in value if isinstance(value, list) else ():
        named = [entry.get(name) for name in members] if isinstance(entry, dict) else [entry]
        yield from (text for text in named if isinstance(text, str))
