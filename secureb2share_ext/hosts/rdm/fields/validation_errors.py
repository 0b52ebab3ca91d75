"""Faults as RDM's forms name them, made of ours, and the reverse. Pure."""

from typing import Any, Dict, Iterator, List, Tuple, Union

from marshmallow import ValidationError


def as_validation(faults: List[Tuple[str, str]]) -> ValidationError:
    """The ValidationError that RDM shows beside its fields; faults: [(``metadata.title``, message)]."""
    messages: Dict[Any, Any] = {}
    for path, message in faults:
        *parents, last = path.split(".")
        node = messages
        for name in parents:
            inner = node.setdefault(_key(name), {})
            # a fault of the whole stands there already
            node = inner if isinstance(inner, dict) else {}
        found = node.setdefault(_key(last), [])
        (found if isinstance(found, list) else found.setdefault("_schema", [])).append(message)
    return ValidationError(messages)


def as_list(faults: List[Tuple[str, str]]) -> List[Dict[str, Any]]:
    """[{"field", "messages"}] as RDM answers with a draft that it saved."""
    found: Dict[str, List[str]] = {}
    for path, message in faults:
        found.setdefault(path, []).append(message)
    return [{"field": path, "messages": messages} for path, messages in found.items()]


def paths(error: ValidationError) -> List[str]:
    """[``metadata.title: message``] of a ValidationError, in RDM's own words."""
    return list(_paths(error.normalized_messages(), ""))


def _paths(node: Any, path: str) -> Iterator[str]:
    if isinstance(node, dict):
        for name, inner in node.items():
            yield from _paths(inner, "%s.%s" % (path, name) if path else str(name))
    else:
        yield "%s: %s" % (path, " ".join(map(str, node if isinstance(node, list) else [node])))


def _key(name: str) -> Union[int, str]:
    return int(name) if name.isdecimal() else name
