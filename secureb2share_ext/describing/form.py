"""One page of the form as the template shows it: fields with what was filled in, and what is wrong with it."""

import re
from typing import Dict, Iterable, List, Optional, Set, Tuple

from ..descriptions.rules import DETAILS
from . import faults, names
from .buttons import parts
from .conditions import NEEDED_IF
from .fields import FIELDS, Field, place
from .values import NAMED, Values

# people look for these by their abbreviations, such as LOINC
ABBREVIATED = ("sensitive.coding_systems", "sensitive.standards")


class Form:
    """The values and faults of the form's controls.

    values: as of values.to_values; told: as of faults.faults_by_field; language: of its reader, as Babel knows it;
    describe_files: "labels" or "full", the source's setting.
    """

    def __init__(
        self,
        values: Values,
        told: Optional[Dict[str, List[faults.Fault]]] = None,
        language: str = "en",
        describe_files: str = "labels",
    ) -> None:
        self.values, self.told, self.language = values, told or {}, language
        self.describe_files = describe_files

    def text(self, name: str) -> str:
        """What stands in the control of this name."""
        return next(iter(self.values.get(name, [])), "")

    def rows(self, name: str) -> int:
        """The number of lines that a control for texts on a line each shows."""
        return min(max(self.text(name).count("\n") + 2, 3), 12)

    def chosen(self, name: str) -> List[str]:
        """The codes that are chosen in the field of this name, and no empty ones."""
        return [text for text in self.values.get(name, []) if text.strip()]

    def numbers(self, field: Field) -> List[int]:
        """The numbers of a field's parts; one that is not filled in, where there is none and most people write one."""
        seldom = field.kind == "parts" and not field.is_required and field.name != "files"
        return parts(self.values, field.name) or ([] if seldom else [0])

    def strangers(self, field: Field) -> List[str]:
        """The chosen codes that are not among a field's options: of one's own, or such as the schema refuses."""
        known = [code for code, _ in field.options]
        return [code for code in self.chosen(field.name) if code not in known]

    def prefix(self, field: Field, code: str) -> Tuple[str, str, bool]:
        """(words, what follows them, whether that is a country) of a code that begins with one of a field's prefixes.

        The words are empty where it begins with none.
        """
        for start, words, is_country in field.prefixes:
            if code.startswith(start):
                return words, code[len(start) :], is_country
        return "", code, False

    def inside(self, field: Field) -> List[Field]:
        """The fields of a field's parts that this source can publish, or in which something stands."""
        if field.name != "files" or self.describe_files == "full":
            return list(field.inner)
        numbers = self.numbers(field)
        return [one for one in field.inner if one.name not in DETAILS or self._is_filled(field, numbers, one)]

    def _is_filled(self, field, numbers, one):
        return any(self.text("%s.%d.%s" % (field.name, number, one.name)) for number in numbers)

    def empty_parts(self, names: Iterable[str]) -> List[str]:
        """The members of a description to which fields with these names belong, and that are there and empty."""
        found = {name.split(".")[0] for name in names}
        return sorted(part for part in found if place(part + ".none") and FIELDS.get(part) is None)

    def has_none(self, field: Field) -> bool:
        """Whether a person must say that none of a field's options applies, since an empty list is an answer."""
        return field.is_required and field.kind == "choices" and not field.schema.get("minItems")

    def first_language(self, number: int) -> str:
        """The language that a new text has before a person chooses one: the reader's own, then English."""
        return (self.language, "en")[number] if number < 2 and self.language != "en" else "en" if not number else ""

    def faults(self, name: str) -> List[faults.Fault]:
        """What is wrong with the control or field of this name."""
        return self.told.get(name, [])

    def is_open(self, field: Field) -> bool:
        """Whether something is filled into a field."""
        return any(one == field.name or one.startswith(field.name + ".") for one in self.values)

    def needed_if(self, field: Field) -> str:
        """What makes a field necessary that is else not, a message for gettext, or ""."""
        return NEEDED_IF.get(field.name, "")

    def shown_code(self, field: Field, code: str) -> str:
        """A code as it stands behind its words, or "" where it is but the words once more, as most are."""
        words = dict(field.options).get(code, "")
        is_known_by_it = field.name in ABBREVIATED and code.casefold() not in words.casefold()
        return code if is_known_by_it or re.search("[0-9]", code) and "/" not in code else ""

    def listed(self, kind: str) -> List[str]:
        """The names that are offered, in their order; kind: "country" or "language"."""
        return [name for _, name in names.LISTS[kind](self.language)]

    def kinds_listed(self, fields: Iterable[Field]) -> List[str]:
        """The kinds of names that the controls of these fields take: "country" and "language"."""
        found: Set[str] = set()
        for field in fields:
            found.update(NAMED.get(one.kind, "") for one in [field] + field.inner)
            found.update("country" for _, _, is_country in field.prefixes if is_country)
        return sorted(found - {""})

    def named(self, kind: str, code: str) -> str:
        """The name of a code in the reader's language, as a control shows it; kind: as of listed."""
        return names.name(kind, code, self.language)

    def anchor(self, control: str) -> str:
        """The id of the control to which a link about a fault leads."""
        field = FIELDS.get(control)
        if field is not None and field.kind in ("texts", "parts"):
            first = next(one.name for one in field.inner if one.name != "lang")
            numbers = self.numbers(field)
            return "%s.%d.%s" % (control, numbers[0], first) if numbers else control + "-f"
        steps = control.split(".")
        if steps[-1].isdecimal():
            holder = FIELDS.get(".".join(steps[:-1]))
            return "%s.%s" % (control, holder.inner[-1].name) if holder else control
        return control
