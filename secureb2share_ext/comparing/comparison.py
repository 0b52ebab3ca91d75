"""The fields of a description as a curator reads them, and what a second description changes in them. Pure."""

import json
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple

from ..descriptions.schema import SCHEMA
from .difference import ADDED, KEPT, REMOVED, Budget, Side, of_lists, of_texts, whole

PARTS = ("core", "sensitive", "version")
ORDER = {name: number for part in PARTS for number, name in enumerate(SCHEMA["properties"][part]["properties"])}
FIRST = ("text", "name", "label")  # of an entry with several members, what names it

Spell = Callable[[str, Any], str]  # (field, code) -> the code in words


class Entry(NamedTuple):
    """One entry of a field in words, the code behind it, "" where there is none, and what the field holds (JSON)."""

    text: str
    code: str
    held: str


class Field(NamedTuple):
    """A field, or the texts that it has in one language."""

    path: str  # as faults name it, such as core.titles
    lang: str  # BCP 47, "" where the field has none
    entries: List[Entry]
    is_list: bool


class Change(NamedTuple):
    """A field that differs; each side has its entries as pieces, and none where the field is not there."""

    path: str
    lang: str
    before: List[Side]
    after: List[Side]
    is_list: bool
    is_order: bool  # whether both have the same entries, in another order


class Compared(NamedTuple):
    """Two descriptions beside each other."""

    changes: List[Change]
    same: List[Field]


def fields(description: Dict[str, Any], spell: Spell) -> List[Field]:
    """Every field of a description, in the schema's order; nothing that becomes public is left out."""
    found: Dict[Tuple[str, str], Field] = {}
    for path, value in _members(description):
        is_list = isinstance(value, list)
        for one in value if is_list else [value]:
            lang = _lang(one)
            entry = Entry(one["text"], "", one["text"]) if lang else _entry(path, one, spell)
            field = found.setdefault((path, lang), Field(path, lang, [], is_list and not lang))
            field.entries.append(entry)
        if value == []:
            found[path, ""] = Field(path, "", [_entry(path, value, spell)], True)
    return list(found.values())


def compare(before: Dict[str, Any], after: Dict[str, Any], spell: Spell, budget: Budget) -> Compared:
    """What the second of two descriptions changes, in its order; fields that are gone stand where they stood."""
    old = {(field.path, field.lang): field for field in fields(before, spell)}
    new = {(field.path, field.lang): field for field in fields(after, spell)}
    changes, same = [], []
    for key in _merged(list(old), list(new)):
        one, other = old.get(key), new.get(key)
        if one is not None and other is not None and one.entries == other.entries:
            same.append(other)
        else:
            changes.append(_change(key, one, other, budget))
    return Compared(_orders_of_languages(before, after, spell) + changes, same)


def _orders_of_languages(before, after, spell):
    """The Changes of fields that have the same languages in another order: the first title is the main one."""
    had = {path: [_lang(one) for one in value] for path, value in _members(before) if isinstance(value, list)}
    found = []
    for path, value in _members(after):
        old, new = had.get(path, []), [_lang(one) for one in value] if isinstance(value, list) else []
        if old != new and sorted(old) == sorted(new):
            was, now = ([whole(KEPT, spell(path + ".lang", lang)) for lang in langs] for langs in (old, new))
            found.append(Change(path, "", was, now, is_list=True, is_order=True))
    return found


def _lang(value):
    """The language of a text that has one, else ""."""
    return value["lang"] if isinstance(value, dict) and set(value) == {"lang", "text"} else ""


def _change(key, one, other, budget):
    old, new = (_spelled(field.entries) if field else [] for field in (one, other))
    if not one or not other:
        before, after = [whole(REMOVED, text) for text in old], [whole(ADDED, text) for text in new]
    elif len(old) == len(new) == 1:
        left, right = of_texts(old[0], new[0], budget)
        # codes, numbers and days change as a whole
        is_text = bool(key[1]) or any(len(text.split()) > 2 for text in old + new)
        is_code = any(entry.code for entry in one.entries + other.entries)
        if is_code or not is_text:
            left, right = whole(REMOVED, old[0]), whole(ADDED, new[0])
        before, after = [left], [right]
    else:
        before, after = of_lists(old, new, budget)
    is_order = _sorted(one) == _sorted(other)
    if not is_order and not any(piece.mark for side in before + after for piece in side):
        # entries that read alike, such as a name with a comma in it, and a name with an affiliation
        before, after = [whole(REMOVED, text) for text in old], [whole(ADDED, text) for text in new]
    return Change(key[0], key[1], before, after, any(f and f.is_list for f in (one, other)), is_order)


def _sorted(field):
    return sorted(entry.held for entry in field.entries) if field else []


def _spelled(entries):
    return ["%s (%s)" % (entry.text, entry.code) if entry.code else entry.text for entry in entries]


def _merged(old, new):
    """The keys of both lists: those of the second in their order, each of the first alone behind its neighbour."""
    found, known = list(new), set(new)
    at = 0
    for key in old:
        if key in known:
            at = found.index(key) + 1
        else:
            found.insert(at, key)
            at += 1
    return found


def _members(description) -> Iterator[Tuple[str, Any]]:
    for part in PARTS:
        given = description.get(part, {})
        if part in description and not given and part not in SCHEMA["required"]:
            yield part, given
        # canonical JSON has lost the order; a name that this schema does not know comes last
        for name in sorted(given, key=lambda name: (ORDER.get(name, len(ORDER)), name)):
            yield "%s.%s" % (part, name), given[name]
    if "files" in description:
        yield "files", description["files"]


def _entry(path, value, spell):
    # all of it becomes public: addresses, ORCIDs and languages are looked at too
    held = json.dumps(value, sort_keys=True)
    if isinstance(value, dict) and value:
        names = sorted(value, key=lambda name: (name not in FIRST, name))
        return Entry(", ".join(spell("%s.%s" % (path, name), value[name]) for name in names), "", held)
    text = spell(path, value)
    return Entry(text, value if isinstance(value, str) and text != value else "", held)
