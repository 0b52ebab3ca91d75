"""The limits of what a draft may hold: drafts keep mistakes, and never content. Pure.

A fault of form, such as a year with a letter in it, is kept until its curator mends it. A text longer than its field
may have, more entries than a list may have, and encoded content are not: they would make drafts a store of files.
"""

from typing import Any, Dict, Iterator, List, Tuple

from ..descriptions import volume
from ..descriptions.schema import SCHEMA, content_faults, texts

LONGEST = 100  # characters of a text for which the schema has codes or a form, and no length: the longest has 71
MOST = 200  # drafts of a source at a time

Fault = Tuple[str, str]  # a field such as "core.titles[0].text", and what is wrong with it


def not_stored(description: Dict[str, Any]) -> List[Fault]:
    """The faults for which a description is stored nowhere, not even in a draft; all of them, however many."""
    too_much = volume.faults(description) + volume.encoded_faults(dict(texts(description)))
    return list(_faults("", SCHEMA, description)) + too_much


def _faults(field: str, node: Dict[str, Any], value: Any) -> Iterator[Fault]:
    if isinstance(value, dict):
        for name, member in value.items():
            inside = "%s.%s" % (field, name) if field else name
            yield from _faults(inside, node.get("properties", {}).get(name, {}), member)
    elif isinstance(value, list):
        most = node.get("maxItems", 0)
        if len(value) > most:
            yield field, "must have at most %d entries" % most
        for number, entry in enumerate(value[:most]):
            yield from _faults("%s[%d]" % (field, number), node.get("items", {}), entry)
    elif isinstance(value, str):
        longest = node.get("maxLength", LONGEST)
        if len(value) > longest:
            yield field, "must have at most %d characters" % longest
        yield from ((field, fault) for fault in content_faults(value))
