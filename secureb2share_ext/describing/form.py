"""One page of the form as the template shows it: fields with what was filled in, and what is wrong with it."""

from typing import Dict, List, Optional, Tuple

from . import faults, names
from .buttons import parts
from .fields import FIELDS, Field
from .values import Values


class Form:
    """The values and faults of the form's controls.

    values: as of values.to_values; told: as of faults.faults_by_field; language: of its reader, as Babel knows it.
    """

    def __init__(
        self, values: Values, told: Optional[Dict[str, List[faults.Fault]]] = None, language: str = "en"
    ) -> None:
        self.values, self.told, self.language = values, told or {}, language

    def text(self, name: str) -> str:
        """What stands in the control of this name."""
        return next(iter(self.values.get(name, [])), "")

    def chosen(self, name: str) -> List[str]:
        """The codes that are chosen in the field of this name, and no empty ones."""
        return [text for text in self.values.get(name, []) if text.strip()]

    def numbers(self, field: Field) -> List[int]:
        """The numbers of a field's parts; one that is not filled in, where there is none."""
        return parts(self.values, field.name) or [0]

    def strangers(self, field: Field) -> List[str]:
        """The chosen codes that are not among a field's options: of one's own, or such as the schema refuses."""
        known = [code for code, _ in field.options]
        return [code for code in self.chosen(field.name) if code not in known]

    def faults(self, name: str) -> List[faults.Fault]:
        """What is wrong with the control or field of this name."""
        return self.told.get(name, [])

    def is_faulty(self, field: Field) -> bool:
        """Whether something is wrong with a field or within it."""
        return any(one == field.name or one.startswith(field.name + ".") for one in self.told)

    def is_open(self, field: Field) -> bool:
        """Whether something is filled into a field."""
        return any(one == field.name or one.startswith(field.name + ".") for one in self.values)

    def countries(self) -> List[Tuple[str, str]]:
        """[(code, name)] of the countries, in the order of their names."""
        return names.countries(self.language)

    def languages(self) -> List[Tuple[str, str]]:
        """[(tag, name)] of the languages that are offered, in the order of their names."""
        return names.languages(self.language)

    def anchor(self, control: str) -> str:
        """The id of the control to which a link about a fault leads."""
        field = FIELDS.get(control)
        if field is not None and field.kind in ("texts", "parts", "object"):
            numbered = "%d." % self.numbers(field)[0] if field.kind != "object" else ""
            first = next(one.name for one in field.inner if one.name != "lang")
            return "%s.%s%s" % (control, numbered, first)
        words = control.split(".")
        if words[-1].isdigit():
            holder = FIELDS.get(".".join(words[:-1]))
            return "%s.%s" % (control, holder.inner[-1].name) if holder else control
        return control
