"""The form of descriptions and messages, and the faults of a given one.

JSON Schema draft-04, closed at every level; all faults at once, each with its field, none with the value: what a
client sent by mistake must not come back in an answer or a log. fastjsonschema accepts what is right, in a tenth of the
time; jsonschema finds the faults of everything else. Where fastjsonschema is not installed, jsonschema does both.
"""

import json
import os
import re
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple, Union

from jsonschema import Draft4Validator, ValidationError, validators

from .. import characters
from . import rules, volume, wanted

try:
    import fastjsonschema
except ImportError:  # B2SHARE 2 does not have it
    fastjsonschema = None  # type: ignore[assignment]

VERSION = "1.0.0"
CONTROLS = "must have no control characters"
ENCODED = "must not hold encoded content: more than 255 characters without a space"
MAX_FAULTS = 100  # told at once
LONGEST_ADDRESS = 2000  # characters, as the schema has it; what is longer is a file
MAX_DEPTH = 20  # of nesting; a description needs 5

Fault = Tuple[str, str]  # a field such as "core.titles[0].text", and what is wrong with it


def load(version: str = VERSION) -> Dict[str, Any]:
    """Read the schema of the `dataset` member."""
    path = os.path.join(os.path.dirname(__file__), "schemas", "sensitive-dataset-v%s.json" % version)
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def _pattern(validator, pattern, text, schema):
    # `$` means the end of the text here, as in ECMA 262, not before a last newline
    if not validator.is_type(text, "string"):
        return
    # an expression may need long for a text that is too long, which is a fault of its own
    if len(text) <= schema.get("maxLength", len(text)) and not re.search(re.sub(r"\$$", r"\\Z", pattern), text):
        yield ValidationError("pattern")


def _unique_items(validator, wanted, entries, schema):
    # the library compares each with each
    if validator.is_type(entries, "array") and len(entries) <= schema.get("maxItems", MAX_FAULTS):
        if len({json.dumps(entry, sort_keys=True) for entry in entries}) < len(entries):
            yield ValidationError("uniqueItems")


def _items(validator, items, entries, schema):
    # of a list that is too long, the length alone is told: a body may hold 200,000 entries
    if validator.is_type(entries, "array") and len(entries) <= schema.get("maxItems", len(entries)):
        yield from Draft4Validator.VALIDATORS["items"](validator, items, entries, schema)


_Strict = validators.extend(Draft4Validator, {"items": _items, "pattern": _pattern, "uniqueItems": _unique_items})


class Strict:
    """A schema (draft-04) that values are checked against.

    In its patterns `$` stands at the end only, and is written as \\x24 inside brackets: fastjsonschema takes every one
    for the end of the text. A pattern that repeats without limit needs a maxLength beside it.
    """

    def __init__(self, schema: Dict[str, Any]) -> None:
        self.schema = schema
        self.iter_errors: Callable[[Any], Iterator[Any]] = _Strict(schema).iter_errors
        self._validate: Optional[Callable[[Any], Any]] = None

    def accepts(self, value: Any) -> bool:
        """Whether a JSON value is right for sure; after False, `iter_errors` has the faults, if there are any."""
        if fastjsonschema is None:
            return False
        if self._validate is None:
            self._validate = _compiled(self.schema)
        try:
            self._validate(value)
        except fastjsonschema.JsonSchemaValueException:
            return False
        return True


def _compiled(schema):
    # made at the first use, in 40 ms; without the details of faults, which would take three times as much of everything
    draft_04 = dict(schema, **{"$schema": Draft4Validator.META_SCHEMA["$schema"]})
    return fastjsonschema.compile(draft_04, use_default=False, use_formats=False, detailed_exceptions=False)


SCHEMA = load()
_VALIDATOR = Strict(SCHEMA)


def description_faults(description: Any, describe_files: str = "labels", needs_hdab: bool = False) -> List[Fault]:
    """The faults of a `dataset` member; empty when it is right.

    describe_files: "labels" or "full", the source's setting; needs_hdab: whether the day has come on which health data
    name their health data access body.
    """
    if is_too_deep(description):
        return [("(body)", "is nested too deeply")]
    faults = schema_faults(_VALIDATOR, description)
    # one look at all texts together; most descriptions need no second one
    dumped = json.dumps(description, ensure_ascii=False)
    if _SUSPECT.search(dumped):
        for field, text in texts(description):
            faults += [(field, fault) for fault in content_faults(text) + hidden_faults(field, text)]
    if volume.is_suspect(dumped):
        faults += volume.encoded_faults(dict(texts(description)))
    faults += volume.faults(description)
    return sorted(set(faults + rules.faults(description, describe_files, needs_hdab)))[:MAX_FAULTS]


_LONG_RUN = re.compile(r"[A-Za-z0-9+/=_-]{256}")
_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff"
_CONTROL = re.compile("[%s]" % _CONTROLS)
# in JSON: an escape that may stand for a control character, one that JSON does not escape, a hidden one, or a long run
_SUSPECT = re.compile(r"\\[ubf]|[%s]|%s|%s" % (_CONTROLS, characters.PATTERN, _LONG_RUN.pattern))


def is_too_deep(value: Any) -> bool:
    """Whether a JSON value is nested deeper than any description: such values break programs that recurse."""
    level, values = 0, [value]
    while values:
        level += 1
        if level > MAX_DEPTH:
            return True
        lists = [v for v in values if isinstance(v, list)] + [list(v.values()) for v in values if isinstance(v, dict)]
        values = [v for entries in lists for v in entries if isinstance(v, (list, dict))]
    return False


def has_controls(text: Any) -> bool:
    """Whether a value is a text with characters that PostgreSQL, XML or a log cannot hold; line ends may stand."""
    return isinstance(text, str) and bool(_CONTROL.search(text))


def content_faults(text: str) -> List[str]:
    """The faults of a text that is more than words: control characters, and encoded content. Addresses may be long."""
    found = [CONTROLS] if has_controls(text) else []
    is_address = len(text) <= LONGEST_ADDRESS and text.startswith("https://") and not re.search(r"\s", text)
    return found + [ENCODED] if _LONG_RUN.search(text) and not is_address else found


def hidden_faults(field: str, text: str) -> List[str]:
    """The fault of a text with characters that no reader sees; field: as in "core.titles[0].text"."""
    is_prose = _place(field) in _PROSE
    hidden = characters.hidden_in_prose if is_prose else characters.hidden_in_name
    return [characters.HIDDEN] if hidden(text) else []


def _place(field):
    return re.sub(r"\[[0-9]+\]", "", field)


# texts that are not names: the others have no invisible characters at all
_PROSE = {name + ".text" for name in volume.PROSE} - {"core.titles.text"}


def text_fault(text: Any, longest: int) -> Optional[str]:
    """The reason why a value cannot be shown in public as a text, or None.

    It is no text, is empty, has more than `longest` characters, control or invisible ones, or holds encoded content.
    """
    if not isinstance(text, str) or not text.strip():
        return "is empty"
    if len(text) > longest:
        return "must have at most %d characters" % longest
    if has_controls(text):
        return CONTROLS
    return characters.HIDDEN if characters.hidden_in_prose(text) else encoded_fault(text)


def encoded_fault(text: str) -> Optional[str]:
    """The fault of a text outside a description, such as a reason, that holds encoded content; or None."""
    if ENCODED in content_faults(text):
        return ENCODED
    # such a text is short, and a source may send a new one at any time
    in_pieces = volume.encoded(text) > volume.MOST_ENCODED / 10
    return volume.PIECES if in_pieces or volume.unlike_words([text]) > volume.MOST_UNLIKE_WORDS / 10 else None


def texts(description: Any) -> Iterator[Tuple[str, str]]:
    """Every (field, text) of a description, whatever JSON it is."""
    return _texts(description, [])


def _texts(value, path):
    if isinstance(value, str):
        yield _field(path), value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _texts(member, path + [_short(name)])
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from _texts(member, path + [number])


def schema_faults(validator: Strict, instance: Any) -> List[Fault]:
    """The faults of a value by a schema, in the order of the fields."""
    if validator.accepts(instance):
        return []
    found: List[Fault] = []
    for error in validator.iter_errors(instance):
        if len(found) >= MAX_FAULTS:
            break
        path = list(error.absolute_path)
        if error.validator == "required":
            for name in error.validator_value:
                if name not in error.instance:
                    found.append((_field(path + [name]), "is required"))
        elif error.validator == "additionalProperties":
            for name in error.instance:
                if name not in error.schema.get("properties", {}):
                    found.append((_field(path + [_short(name)]), "is not a known field"))
        else:
            found.append((_field(path), _message(error)))
    return sorted(set(found))[:MAX_FAULTS]


def _field(path: Sequence[Union[int, str]]) -> str:
    text = ""
    for part in path:
        text += "[%d]" % part if isinstance(part, int) else ("." if text else "") + part
    return text or "(body)"


def _short(name):
    name = "".join(c if c.isprintable() else "?" for c in name)
    return name if len(name) <= 60 else name[:57] + "..."


def _message(error):
    value = error.validator_value
    if error.validator == "enum":
        return wanted.code(error.instance, value)
    if error.validator == "type":
        return "must be of type %s" % value
    if error.validator == "pattern":
        names = [step for step in error.absolute_path if isinstance(step, str)]
        return "is empty" if value == r"\S" else wanted.form(names[-1] if names else "")
    if error.validator == "maximum" and value == wanted.OLDEST:
        return wanted.AGE
    words = {
        "minLength": "must have at least %s characters",
        "maxLength": "must have at most %s characters",
        "minItems": "must have at least %s entries",
        "maxItems": "must have at most %s entries",
        "minimum": "must be at least %s",
        "maximum": "must be at most %s",
    }
    if error.validator in words:
        return words[error.validator] % value
    if error.validator == "uniqueItems":
        return "must not have an entry twice"
    return "does not fit the rule %s" % error.validator
