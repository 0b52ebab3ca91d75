"""The buttons inside the form that add a part and remove one, which work without a script."""

from typing import List

from .fields import FIELDS, index
from .values import Values


def parts(values: Values, name: str) -> List[int]:
    """The numbers of a field's parts among values, in order. Pure."""
    start, found = name + ".", set()
    for one in values:
        if one.startswith(start):
            number = index(one[len(start) :].split(".")[0])
            if number is not None:
                found.add(number)
    return sorted(found)


def press(values: Values, button: str, target: str) -> Values:
    """The values after a press of the button `add` or `remove`; unchanged where it names nothing. Pure.

    target: of add, the name of a field with parts; of remove, the name of a part, such as ``core.creators.2``.
    """
    if button == "add":
        return _added(values, target)
    if button == "remove":
        return _removed(values, target)
    return values


def _added(values, name):
    field = FIELDS.get(name)
    if field is None or field.kind not in ("texts", "parts"):
        return values
    numbers = parts(values, name)
    number = numbers[-1] + 1 if numbers else 0
    if index(str(number)) is None or len(numbers) > (field.most or 0):
        return values
    blank = {"%s.%d.%s" % (name, number, inside.name): [""] for inside in field.inner}
    return dict(values, **blank)


def _removed(values, target):
    name, _, number = target.rpartition(".")
    field = FIELDS.get(name)
    if field is None or field.kind not in ("texts", "parts") or index(number) is None:
        return values
    return {one: texts for one, texts in values.items() if not one.startswith(target + ".")}
