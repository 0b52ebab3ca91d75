"""Members of a description whose form may still be wrong.

The rules tell their faults together with those of the schema, so that they read whatever was sent.
"""

from typing import Any, Dict, Iterator, List, Set, Tuple


def member(value: Any, name: str) -> Dict[str, Any]:
    """The object that a member of `value` is, or an empty one."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def listed(value: Any, name: str) -> List[Any]:
    """The list that a member of `value` is, or an empty one."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def entries(value: Dict[str, Any], name: str) -> Set[str]:
    """The set of texts in the list that a member of `value` is, or an empty one."""
    return {entry for entry in listed(value, name) if isinstance(entry, str)}


def rows(value: Any, name: str) -> Iterator[Tuple[int, Dict[str, Any]]]:
    """(number, row) of the objects in the list that a member of `value` is."""
    for number, row in enumerate(listed(value, name)):
        if isinstance(row, dict):
            yield number, row


def is_missing(value: Dict[str, Any], name: str) -> bool:
    """Whether a member is not there, or an empty list."""
    return value.get(name) in (None, [])
