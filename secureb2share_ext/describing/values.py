"""A description as the values of the form's controls, and back.

Values are {name of a control: [text]}, as a browser sends them. Nothing that a person typed is lost on the way,
whether the schema accepts it or not; only parts in which nothing was filled in are left out.
"""

import re
from typing import Any, Dict, Iterable, List, Tuple

from .. import characters
from ..errors import Invalid
from . import names, rows
from .fields import ALWAYS, FIELDS, PARTS, Field, place

Values = Dict[str, List[str]]

MANY_TEXTS = ("choices", "countries", "languages", "open")
NAMED = {"country": "country", "countries": "country", "language": "language", "languages": "language"}
FORMAL = ("url", "day", "period", "email", "code", "number", "country", "language", "choice")
MOST = 10000  # values of a form; a description that fills every list has fewer
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})\Z")
_LINE_END = re.compile(r"[\r\n]")
YES, NO = "yes", "no"
NEEDED = "name"  # what every row has


def submitted(pairs: Iterable[Tuple[str, str]]) -> Values:
    """The values among the (name, text) that a browser sent, with its line ends made plain; others are left out.

    The names of countries and languages become their codes; a name that nobody knows stays as it is.
    Raises Invalid for more than a form can have.
    """
    found: Values = {}
    for number, (name, text) in enumerate(pairs):
        if number >= MOST:
            raise Invalid([("(body)", "has more fields than a description can have")])
        known = place(name)
        if known is None:
            continue
        field, _, inside = known
        text = characters.composed(text.replace("\r\n", "\n").replace("\r", "\n"))
        if (inside or field).kind in FORMAL:
            # what is copied from elsewhere brings spaces along
            text = text.strip()
        kind = _kind_of_name(name, inside or field)
        if kind:
            text = names.code(kind, text)
        found.setdefault(name, []).append(text)
    return found


def _kind_of_name(name, field):
    """What the control of this name names: "country", "language", or "" for anything else."""
    if any(is_country and name == "%s.%s" % (field.name, start[:-1]) for start, _, is_country in field.prefixes):
        return "country"
    return NAMED.get(field.kind, "")


def of_group(values: Values, fields: Iterable[str]) -> Values:
    """The values of the fields with these names. Pure."""
    wanted = set(fields)
    return {name: texts for name, texts in values.items() if _owner(name) in wanted}


def without_group(values: Values, fields: Iterable[str]) -> Values:
    """The values of all other fields. Pure."""
    wanted = set(fields)
    return {name: texts for name, texts in values.items() if _owner(name) not in wanted}


def _owner(name):
    known = place(name)
    return known[0].name if known else ""


def to_values(description: Dict[str, Any]) -> Values:
    """The values with which the form shows a description, which may have faults. Pure."""
    values: Values = {}
    for name, field in FIELDS.items():
        part, _, member = name.partition(".")
        holder = description.get(part) if member else description
        value = holder.get(member or part) if isinstance(holder, dict) else None
        if value is not None:
            _write(values, name, field, value)
    for part in PARTS:
        if part not in ALWAYS and description.get(part) == {}:
            values["%s.none" % part] = [YES]
    return values


def _write(values, name, field, value):
    if isinstance(value, list):
        _write_list(values, name, field, value)
    else:
        values[name] = [_text(field, value)]


def _write_list(values, name, field, entries):
    if not entries:
        values[name + ".none"] = [YES]
    elif field.kind == "rows":
        values[name] = [rows.to_text(entries, _members(field), NEEDED)]
    elif field.kind in ("texts", "parts"):
        for number, entry in enumerate(entries):
            for inside in field.inner:
                if isinstance(entry, dict) and inside.name in entry:
                    _write(values, "%s.%d.%s" % (name, number, inside.name), inside, entry[inside.name])
    elif field.kind == "lines" and all(isinstance(entry, str) and not _LINE_END.search(entry) for entry in entries):
        values[name] = ["\n".join(entries)]
    else:
        values[name + ".whole" if field.kind == "lines" else name] = [str(entry) for entry in entries]


def _text(field, value):
    if field.kind == "yesno" and isinstance(value, bool):
        return YES if value else NO
    return str(value)


def from_values(values: Values) -> Dict[str, Any]:
    """The description that values stand for; what the schema refuses is in it as it was typed. Pure."""
    numbers = _numbers(values)
    description: Dict[str, Any] = {part: {} for part in ALWAYS}
    for name, field in FIELDS.items():
        value = _read(values, name, field, numbers)
        if value is None:
            continue
        part, _, member = name.partition(".")
        if member:
            description.setdefault(part, {})[member] = value
        else:
            description[part] = value
    for part in PARTS:
        if values.get("%s.none" % part) == [YES]:
            description.setdefault(part, {})
    return description


def _numbers(values):
    """{name of a field: [number of each of its parts], in order}"""
    found: Dict[str, set] = {}
    for name in values:
        known = place(name)
        if known is not None and known[1] is not None:
            found.setdefault(known[0].name, set()).add(known[1])
    return {name: sorted(numbers) for name, numbers in found.items()}


def _read(values, name, field, numbers):
    if field.kind in ("texts", "parts"):
        parts = (_inside(values, "%s.%d" % (name, number), field) for number in numbers.get(name, ()))
        entries = [part for part in parts if is_filled(field, part)]
        return _or_none(values, name, entries)
    if field.kind == "rows":
        entries = rows.from_text("\n".join(values.get(name, ())), _members(field), NEEDED)
        return _or_none(values, name, [_coded(field, row) for row in entries])
    if field.kind == "lines":
        return _or_none(values, name, _texts(values, name + ".whole") + _lines(values, name))
    if field.kind in MANY_TEXTS:
        return _or_none(values, name, _texts(values, name) + _own(values, name, field))
    text = next(iter(_texts(values, name)), None)
    return text if text is None else _value(field, text)


def _members(field):
    return [inside.name for inside in field.inner]


def _coded(field, row):
    # programs write codes in letters of any size
    codes = {inside.name: {code.lower(): code for code, _ in inside.options} for inside in field.inner}
    return {name: codes[name].get(text.strip().lower(), text) for name, text in row.items()}


def _inside(values, name, field):
    found = {}
    for inside in field.inner:
        value = _read(values, "%s.%s" % (name, inside.name), inside, {})
        if value is not None:
            found[inside.name] = value
    return found


def is_filled(field: Field, part: Dict[str, Any]) -> bool:
    """Whether something was filled into a part: a language alone, which stands there from the beginning, is nothing."""
    return bool(set(part) - {"lang"}) if field.kind == "texts" else bool(part)


def _own(values, name, field):
    """The entries of one's own, one a line, behind what they begin with."""
    entries = _lines(values, name + ".more")
    for prefix, _, _ in field.prefixes:
        entries += [prefix + line for line in _lines(values, "%s.%s" % (name, prefix[:-1]))]
    return entries


def _lines(values, name):
    return [line for text in values.get(name, ()) for line in text.split("\n") if line.strip()]


def _texts(values, name):
    return [text for text in values.get(name, ()) if text.strip()]


def _or_none(values, name, entries):
    return entries or ([] if _is_none(values, name) else None)


def _is_none(values, name):
    return values.get(name + ".none") == [YES]


def _value(field, text):
    if field.kind == "number" and _NUMBER.match(text):
        return int(text)
    if field.kind == "yesno" and text in (YES, NO):
        return text == YES
    return text


def in_old_order(new: Any, old: Any) -> Any:
    """A description in which lists with the same codes or lines as before keep the order that they had. Pure.

    A browser sends what is chosen in the order of the page, which changes nothing.
    """
    if isinstance(new, dict) and isinstance(old, dict):
        return {name: in_old_order(value, old.get(name)) for name, value in new.items()}
    if isinstance(new, list) and isinstance(old, list) and all(isinstance(entry, str) for entry in new + old):
        return old if sorted(new) == sorted(old) else new
    return new
