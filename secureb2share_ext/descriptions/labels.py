"""The fields and codes of a description in words, for a reader.

They come from the schema alone, where `title` names a field and `x-labels`, which JSON Schema does not know, its codes.
"""

import re
from typing import Any, Dict, List

from .schema import SCHEMA


def title(field: str) -> str:
    """A field's title in words; `field` is a path as faults name it, such as ``sensitive.duo_codes[0]``.

    A field without a title of its own has that of the one around it; an unknown field is its own title.
    """
    found = [node["title"] for node in _nodes(field)[1:] if "title" in node]
    return found[-1] if found else field


def label(field: str, code: Any) -> Any:
    """A code in words, or the code itself where the schema has none.

    A code such as ``national-eid:NO`` is spelled out by the label of ``national-eid:``.
    """
    labels = _labels(field)
    if not isinstance(code, str):
        return code
    if code in labels:
        return labels[code]
    kind, colon, rest = code.partition(":")
    return "%s %s" % (labels[kind + colon], rest) if colon and kind + colon in labels else code


def has_label(field: str, code: str) -> bool:
    """Whether the schema has words for a code of a field, which may be the code's own: ``Health`` is ``Health``."""
    return code in _labels(field) or label(field, code) != code


def in_words(field: str, value: Any) -> List[str]:
    """The texts of whatever a field holds: codes spelled out, texts without their language, yes or no, numbers."""
    return [_in_words(field, entry) for entry in (value if isinstance(value, list) else [value])]


def _in_words(field, entry):
    if isinstance(entry, bool):
        return "Yes" if entry else "No"
    if isinstance(entry, dict):
        return entry.get("text") or entry.get("name", "")
    return str(label(field, entry))


def _labels(field: str) -> Dict[str, str]:
    nodes = _nodes(field)
    node = nodes[-1] if nodes else {}
    return node.get("x-labels") or node.get("items", {}).get("x-labels", {})


def _nodes(field: str) -> List[Dict[str, Any]]:
    # of the schema, from the whole to the field; none for an unknown field
    nodes = [SCHEMA]
    for name in re.findall(r"[^.\[\]]+", field):
        inner = nodes[-1].get("items") if name.isdecimal() else _properties(nodes[-1]).get(name)
        if inner is None:
            return []
        nodes.append(inner)
    return nodes


def _properties(node):
    return node.get("properties") or node.get("items", {}).get("properties", {})
