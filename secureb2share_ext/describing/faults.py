"""The faults of a description beside the controls of the form, in words for whoever fills it in."""

import re
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

from ..descriptions.labels import title
from .fields import FIELDS, Field, inner


class Fault(NamedTuple):
    """What is wrong with one control; `text` is a message for gettext, with places for `values`."""

    control: str  # its name, or that of its field
    title: str  # of the field, a message for gettext
    text: str
    values: Dict[str, Any]
    inside: str = ""  # title of the field inside a part


def faults_by_field(found: Iterable[Tuple[str, str]]) -> Dict[str, List[Fault]]:
    """{name of a control: [Fault]} of faults as descriptions.schema.description_faults tells them. Pure.

    A fault of a list stands at the list's own name, one of a line in a text of several at that of the text; lines or
    rows with the same fault are told together, as `more` of its values: [number], in order.
    """
    told: Dict[str, List[Fault]] = {}
    for path, message in found:
        fault = _fault(path, message)
        entries = told.setdefault(fault.control, [])
        # two rules may have the same words, such as a pattern and a length
        same = next((place for place, one in enumerate(entries) if _is_same(one, fault)), None)
        if same is None:
            entries.append(fault)
        else:
            entries[same] = _together(entries[same], fault)
    return told


def _is_same(one, other):
    return (one.text, one.inside) == (other.text, other.inside)


def _together(one, other):
    kind = next((kind for kind in ("line", "row") if kind in one.values), "")
    numbers = {*one.values.get("more", [one.values.get(kind)]), other.values.get(kind)} - {None}
    if len(numbers) < 2:
        return one
    return one._replace(values=dict(one.values, more=sorted(numbers), **{kind: min(numbers)}))


def in_order(told: Dict[str, List[Fault]], names: Iterable[str]) -> List[Fault]:
    """The faults of the fields with these names, in the order of the form. Pure."""
    found = []
    for name in names:
        own = [control for control in told if control == name or control.startswith(name + ".")]
        found += [fault for control in sorted(own, key=_by_number) for fault in told[control]]
    return found


def _by_number(control):
    return [(int(word), "") if word.isdecimal() else (-1, word) for word in control.split(".")]


def _fault(path, message):
    steps = re.findall(r"[^.\[\]]+", path)
    size = 1 if steps[:1] and steps[0] in FIELDS else 2
    field = FIELDS.get(".".join(steps[:size]))
    if field is None:
        return Fault(path, title(path), *_words(None, message))
    rest, control = steps[size:], field.name
    inside = None
    if field.kind == "rows" and rest:
        inside = inner(field, rest[1]) if rest[1:] else None
        text, values = _words(inside or field, message)
        return Fault(control, field.title, text, dict(values, row=int(rest[0]) + 1), inside.title if inside else "")
    if field.kind in ("texts", "parts") and rest:
        control += "." + rest[0]
        inside = inner(field, rest[1]) if rest[1:] else None
    elif rest and rest[0].isdecimal() and field.kind == "lines":
        text, values = _words(field, message)
        return Fault(control, field.title, text, dict(values, line=int(rest[0]) + 1))
    if inside is not None:
        control += "." + inside.name
    text, values = _words(inside or field, message)
    return Fault(control, field.title, text, values, inside.title if inside is not None else "")


NEEDED = {  # kind -> what is asked of whoever left a field empty that is required
    "texts": "Write this in at least one language.",
    "parts": "Add at least one.",
    "choice": "Choose one.",
    "yesno": "Choose yes or no.",
    "country": "Choose a country.",
    "language": "Choose a language.",
    "choices": "Choose at least one.",
    "open": "Choose at least one.",
    "countries": "Choose at least one country.",
    "languages": "Choose at least one language.",
}
FORMS = {  # name or kind -> what a text must look like
    "orcid": "Write the ORCID as 0000-0002-1825-0097.",
    "ror": "Write the address in the Research Organization Registry, such as https://ror.org/046nvst19.",
    "affiliation_ror": "Write the address in the Research Organization Registry, such as https://ror.org/046nvst19.",
    "publisher_ror": "Write the address in the Research Organization Registry, such as https://ror.org/046nvst19.",
    "publisher_contact": "Begin with https://, or write the e-mail address of the office.",
    "controller_ror": "Write the address in the Research Organization Registry, such as https://ror.org/046nvst19.",
    "dpo_contact": "Begin with https://, or write the e-mail address of the office.",
    "duo_diseases": "Write each disease as a code of MONDO, HP, ICD10 or ORPHA, such as MONDO:0005015.",
    "formats": "Write each format as a file type in capitals, such as CSV, or as a media type, such as text/csv.",
    "regions": "Write each region as a code of NUTS, such as NO07, or of ISO 3166-2, such as NO-55.",
    "controller_contact": "Begin with https://, or write the e-mail address of the office.",
    "datatype": "Write one of CSV on the Web's words, such as string, integer, decimal, date or dateTime.",
    "media_type": "Write a media type, such as text/csv.",
    "checksum": "Write sha256: and 64 hexadecimal digits in small letters.",
    "applicable_legislation": "Write the address of the legislation, such as "
    "http://data.europa.eu/eli/reg/2016/679/oj; it begins with https:// or urn:lex:, or has /eli/ in it.",
    "access_eligibility": "Choose from the list, or name a country or an organisation.",
    "url": "Begin with https://, for example https://example.org/access.",
    "email": "Write the address of a role or an office, such as access@example.org.",
    "day": "Write the day as year, month and day, such as 2031-01-31.",
    "period": "Write a year, a month or a day, such as 2004, 2004-01 or 2004-01-31.",
    "country": "No country has this name. Choose one from the list, or write its code of two letters.",
    "countries": "No country has this name. Choose one from the list, or write its code of two letters.",
    "language": "We know no language of this name. Choose one from the list, or write its code, such as nb.",
    "languages": "We know no language of this name. Choose one from the list, or write its code, such as nb.",
    "choice": "Choose from the list.",
    "choices": "Choose from the list.",
    "yesno": "Choose yes or no.",
    "number": "Write a whole number in digits, without spaces or commas.",
}
SHORT = 30  # characters of a code or an identifier
FEW = "must be at least 100"  # of a rounded number
NUMBERED = (  # a message with a number in it -> its words
    ("must have at most %s characters", "Write at most %(number)s characters."),
    ("must have at least %s characters", "Write at least %(number)s characters."),
    ("must have at most %s entries", "Give at most %(number)s entries."),
    ("must have at least %s entries", "Give at least %(number)s entries."),
    ("must be at least %s", "The number must be at least %(number)s."),
    ("must be at most %s", "The number must be at most %(number)s."),
)
RULES = {  # the beginning of a rule's message -> its words
    "must not have an entry twice": "The same entry stands here twice.",
    "must have no control characters": "There are characters here that cannot be shown; type the text anew.",
    "must have no invisible characters": "There are invisible characters here; delete them, or type the text anew.",
    "must be in the composed form": "Type this anew: "
    "its letters with accents are put together from several characters.",
    "is too long together with the other texts": "The long texts of this description are too long together: "
    "shorten this one or another.",
    "is too long: ": "The entries of this list are too long together: shorten some.",
    "must not hold encoded content, also not in pieces": "This looks like encoded content, which cannot be published.",
    "must not hold encoded content": "There is a word of more than 255 characters here; "
    "encoded content cannot be published.",
    "looks like a person's own address": "This looks like a person's own address. "
    "Give the address of a role or an office, or a web page.",
    "has a wrong check digit: ": "A digit of this ORCID is wrong: copy it again from orcid.org.",
    "has wrong check digits: ": "A letter or digit of this address is wrong: copy it again from ror.org.",
    "is only for persons": "Only persons have this: leave it empty, or choose the kind Person.",
    "is only for organisations": "Only organisations have this: leave it empty, or choose the kind Organisation.",
    "is required with affiliation_ror": "Write the name of the organisation whose ROR you gave.",
    "is required with given_name": "Write the family name too; whoever has one name has it here.",
    "begins with 10. in a DOI": "Write the DOI itself, such as 10.5281/zenodo.1234.",
    "begins with https:// in a URL": "Begin with https://, for example https://example.org/article.",
    "begins with urn: in a URN": "Write the URN, such as urn:nbn:fi:lb-2023.",
    "begins with its prefix in a Handle": "Write the Handle itself, such as 11304/a95d.",
    "is required when access_right is embargoed": "Give the first day on which access can be requested, "
    "since you chose that it can be requested from a date.",
    "is only for datasets whose access_right is embargoed": "Leave this empty, or choose above "
    "that access can be requested from a date.",
    "is required for personal data": "Choose at least one, since the data are personal data (GDPR Art. 6).",
    "is required for special categories": "Choose at least one, since the data are of special categories "
    "(GDPR Art. 9).",
    "says that nobody consented": "This says that nobody consented, while a legal basis is consent.",
    "is required with ethics_approval_reference": "Name the committee, since you gave the reference of its approval.",
    "is missing, while HealthDCAT-AP": "The data are about health: the European dataset catalogue asks for this.",
    "is not public here": "Leave this empty: your source describes files by their labels only.",
    "is not a day of the calendar": "There is no such day in the calendar.",
    "must not be later than temporal_end": "This must not be later than the end of the collection.",
    "must not be later than retention_until": "This must not be later than the last day on which the data are kept.",
    "must not be more than max_age": "This must not be more than the age of the oldest participants.",
    "is no country of ISO 3166-1: write GB": "The code of the United Kingdom is GB. Choose the country from the list.",
    "is no country of ISO 3166-1: write GR": "The code of Greece is GR. Choose the country from the list.",
    "is no country of ISO 3166-1: the European Union": "The European Union is not a country: name its countries.",
    "is no country of ISO 3166-1: name the countries": "This country is no more: name the countries of today.",
    "is no country of ISO 3166-1: Kosovo": "Kosovo has no code in ISO 3166-1: leave it out, or name it in words.",
    "is no country of ISO 3166-1": "No country has this code. Choose one from the list.",
    "must hold at most one permission": "Choose at most one of the first five; the others narrow it.",
    "must hold nothing else beside any": "Where anybody can ask, nothing else can be chosen.",
    "must hold nothing else beside not-stated": "Choose either that it is not stated, or what is.",
    "is only for datasets whose controller_name": "Leave this empty, or name the data controller.",
    "says why there is no legal basis": "Leave this empty, or choose no legal basis above.",
    "is required with hdab_name": "Give a web page of the health data access body.",
    "is required with hdab_contact": "Name the health data access body.",
    "says that no body is designated": "This says that no body is designated, while you name one.",
    "is required for health data of the EU": "Fill this in: health data of a country of the EU or EEA name their "
    "health data access body by law.",
    "is over: each country": "Leave this empty, and name the health data access body: each country of the EU and EEA "
    "has one by now.",
    "says that the data are structured": "The data are structured, and no columns are described. It can be published; "
    "the European dataset catalogue asks for them in health data.",
    "must be at most 90: write 90": "Write 90 for 90 and above.",
    "must be rounded": "Round the number to two digits and zeros, such as 48000.",
    "must lie in": "This number and the range that you chose do not fit.",
    "stands in this table already": "This name stands twice in the same table.",
    "DUO:0000004 (no restriction) has no modifiers": "Where there is no restriction, nothing else can be chosen.",
    "DUO:0000011 (ancestry research only)": "Research on ancestry only, and no research on ancestry, "
    "exclude each other.",
    "DUO:0000018 says what": "The code DUO:0000018 says already what DUO:0000045 and DUO:0000046 say; leave these out.",
    "is required, for duo_codes hold": "Fill in this field, since you chose the permitted use that it belongs to.",
    "is only for datasets whose duo_codes hold": "Leave this empty, or choose the permitted use that it belongs to.",
    "cannot hold CommercialResearch": "Commercial research contradicts the permitted use, which is not commercial.",
    "is not a published dataset of this source": "There is no published dataset of this source "
    "with such an identifier.",
    "is not a way of access of this source": "The site that keeps the data does not have this way of access. "
    "Choose another one.",
    "is already replaced by": "Another dataset replaces this one already; only one can.",
    "is this dataset itself": "This is the dataset itself, or one that replaced it.",
    "must be a text that is not empty": "Write an identifier.",
    "must have more than dots and slashes": "Write an identifier.",
    "must not begin with base64url:": "It must not begin with base64url:, which has a meaning of its own in "
    "addresses. Choose another one.",
    "must not begin with": "Such identifiers are assigned by the catalogue alone; choose another one.",
    "is nested too deeply": "The description is not in a form that can be published.",
    "has more fields": "The form has more fields than a description can have.",
}


def _words(field: Optional[Field], message: str) -> Tuple[str, Dict[str, Any]]:
    name, kind = (field.name.split(".")[-1], field.kind) if field is not None else ("", "")
    if message in ("is required", "is empty"):
        return NEEDED.get(kind, "Fill in this field."), {}
    if message == FEW:
        return "Leave this empty where there are fewer than 100: the range says enough.", {}
    for form, words in NUMBERED:
        found = re.match(form.replace("%s", "([0-9]+)") + r"\Z", message)
        # a name in place of a short code is of another form, whatever its length
        if found and name in FORMS and int(found.group(1)) < SHORT:
            return FORMS[name], {}
        if found:
            return words, {"number": int(found.group(1))}
    for start, words in RULES.items():
        if message.startswith(start):
            return words, {}
    if name in FORMS or kind in FORMS:
        return FORMS.get(name) or FORMS[kind], {}
    return "This cannot be published as it is: %(message)s.", {"message": message}
