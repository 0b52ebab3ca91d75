"""The most text that a description may have, and what tells encoded content from text. Pure.

The lengths of single fields add up to a file. So the texts of a kind have a limit together, each text belongs to one
kind, and encoded content is counted wherever it stands, however it is broken.
"""

import re
import unicodedata
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Tuple

Fault = Tuple[str, str]  # a field, and what is wrong with it


class Limit(NamedTuple):
    """The most that the texts of these fields may have together."""

    most: int  # bytes in UTF-8
    fields: Tuple[str, ...]  # lists, such as "core.creators"
    members: Tuple[str, ...] = ()  # of an entry, if it is an object


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
    Limit(128000, ("core.creators", "core.contributors"), ("name", "given_name", "family_name", "affiliation")),
    Limit(96000, ("core.creators", "core.contributors"), ("role", "kind", "orcid", "ror", "affiliation_ror")),
    Limit(64000, ("core.related",), ("relation", "scheme", "identifier", "kind", "title")),
    Limit(200000, ("sensitive.columns",), ("table", "name", "title", "description", "datatype")),
    Limit(128000, ("files",), ("label", "name")),
    Limit(72000, ("files",), ("media_type",)),
    Limit(72000, ("files",), ("checksum",)),
)
MOST_OF_OTHERS = 64000  # bytes of all texts that no limit names
MOST_OF_ALL = 400000  # bytes: 2,000 columns with titles and words of their own may be half of it
TOO_LONG = "is too long: %d bytes of at most %d"
TOGETHER = "is too long together with the other texts: %d bytes of at most %d (%s)"

MOST_ENCODED = 2000  # characters in pieces of encoded content; twenty checksums have 1280
MOST_UNLIKE_WORDS = 6500  # as `unlike_words` counts: of random bytes 5.3 kB, be it base64, hexadecimal or decimal
PIECES = "must not hold encoded content, also not in pieces"
_PIECE = re.compile(r"[A-Za-z0-9+/=_-]{20,}")
_ADDRESS = re.compile(r"https?://\S{1,200}")  # what goes on longer is counted
# in base64, hexadecimal and base32 the kind of character changes at every other to every third place; in words, lists
# of codes and names of variables at every fifth at most
_CHANGE = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_OFTEN = 0.25  # changes a character

# behind the first letter of a group, those that hardly ever follow it: fewer than 15 times in 10,000 pairs in each of
# 24 European languages that are written in Latin letters
_SELDOM = (
    "ax bcdfghjkmpqtvwxz cbdfgmpqvwx dcfghjmpqvwx eoq fbcdghjklmnpqsvxz gbchjkmpqvxz hbcfghmpqsxz jbcdfghjkmpqrtvwxyz"
    " kbdfghjmpqwxz lfpqrxz mcdfghkqrtvwxyz npqrz oqx pbdfgjkmnqvxz qabcdefghijklmnopqrstvwxyz rpx sbdfgqx tbcdfgjqw"
    " uhqx vbcdfhmnpqvwxz wbfjkmpqstvwxz xbcdfghijklmnopqruvwxyz yjkquxz zbcfghpqx"
)
_PAIR = re.compile("|".join("%s(?=[%s])" % (group[0], group[1:]) for group in _SELDOM.split()))
_NO_LETTER = re.compile("[^a-z]+")
_DIGIT = re.compile(r"\d")
_BASES = re.compile("[ACGTNacgtn]{20,}")  # of DNA: of one list, not of a language
# the share of such pairs, also over the ends of words: in encoded content, and more than in any of these languages
_BY_CHANCE, _USUAL = 0.37, 0.05
_WINDOW = 1000  # letters: words elsewhere excuse no encoded content here


def encoded(text: str) -> int:
    """The number of characters of a text that stand in pieces of encoded content; addresses are left out."""
    pieces = _PIECE.findall(text)
    if not pieces:
        return 0
    if "://" in text:
        pieces = _PIECE.findall(_ADDRESS.sub(" ", text))
    return sum(len(piece) for piece in pieces if len(_CHANGE.findall(piece)) >= _OFTEN * len(piece))


def unlike_words(texts: Iterable[str]) -> float:
    """About how many letters of the texts together stand in encoded content, addresses included, and half the digits.

    What is neither letter nor digit is left out first, so that it does not matter where spaces and signs stand.
    """
    text = unicodedata.normalize("NFKD", _BASES.sub(" ", " ".join(texts)))
    letters = _NO_LETTER.sub("", text.lower())
    windows = (letters[start : start + _WINDOW] for start in range(0, len(letters), _WINDOW))
    above = sum(max(0, _seldom(window) - _USUAL * len(window)) for window in windows)
    return above / (_BY_CHANCE - _USUAL) + len(_DIGIT.findall(text)) / 2


def _once(texts):
    # 2,000 columns are called Q1 to Q2000, and have one datatype: letters that come again hide nothing
    seen = set()
    for text in texts:
        letters = _NO_LETTER.sub("", text.lower())
        yield "".join(_DIGIT.findall(text)) if letters in seen else text
        seen.add(letters)


def _seldom(letters):
    return len(_PAIR.findall(letters))


def is_suspect(dumped: str) -> bool:
    """Whether the texts of a description (as one JSON text) may hold encoded content, by one quick look."""
    # an escape of JSON may make a piece longer by a letter, so that fewer count
    return len(dumped) > MOST_UNLIKE_WORDS or encoded(dumped) > MOST_ENCODED / 2


def faults(description: Any) -> List[Fault]:
    """The faults of a description, whatever JSON it is, whose texts are too long together."""
    found: List[Fault] = []
    sizes = {field: _size(_every(value)) for field, value in _fields(description)}
    others = dict(sizes)
    for limit in LIMITS:
        named = {field: _size(_texts(description, field, limit.members)) for field in limit.fields}
        others.update((field, others[field] - size) for field, size in named.items() if size)
        found += _fault(named, limit.most)
    found += _fault(others, MOST_OF_OTHERS)
    return found or _fault(sizes, MOST_OF_ALL)


def _fault(sizes, most):
    size = sum(sizes.values())
    if size <= most:
        return []
    longest = max(sizes, key=lambda field: sizes[field])
    told = ", ".join("%s %d" % (field, sizes[field]) for field in sizes if sizes[field])
    return [(longest, TOGETHER % (size, most, told) if len(sizes) > 1 else TOO_LONG % (size, most))]


def _fields(description):
    # ("core.titles", its value), ("files", its value), whatever JSON it is
    for name, part in description.items() if isinstance(description, dict) else [("(body)", description)]:
        if isinstance(part, dict):
            yield from (("%s.%s" % (name, field), value) for field, value in part.items())
        else:
            yield name, part


def _size(texts):
    return sum(len(text.encode("utf-8", "replace")) for text in texts)


def encoded_faults(texts: Dict[str, str]) -> List[Fault]:
    """The faults of the texts {field: text} of a description that hold encoded content; the checksums are no texts."""
    texts = {field: text for field, text in texts.items() if not field.endswith((".checksum", ".orcid", "ror"))}
    pieces = {field: encoded(text) for field, text in texts.items()}
    if sum(pieces.values()) > MOST_ENCODED:
        return [(max(sorted(pieces), key=lambda field: pieces[field]), PIECES)]
    in_prose = {field for field in texts if field.split("[")[0] in PROSE}
    prose = unlike_words(texts[field] for field in texts if field in in_prose)
    # these have abbreviations and symbols
    lists = unlike_words(_once(texts[field] for field in texts if field not in in_prose))
    if prose + lists / 2 > MOST_UNLIKE_WORDS:
        return [(_worst(texts), PIECES)]
    return []


def _worst(texts):
    # one short text may be no words by chance; the list that it stands in tells where to look
    found: Dict[str, List[str]] = {}
    for field, text in texts.items():
        found.setdefault(field.split("[")[0], []).append(text)
    return max(sorted(found), key=lambda name: unlike_words(_once(found[name])))


def _every(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _every(member)


def _texts(description: Any, field: str, members: Tuple[str, ...]) -> Iterator[str]:
    value = description
    for name in field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    for entry in value if isinstance(value, list) else ():
        named = [entry.get(name) for name in members] if isinstance(entry, dict) else [entry]
        yield from (text for text in named if isinstance(text, str))
