"""The permitted use of a dataset in words: what each code of the Data Use Ontology means for who asks. Pure.

Meanings: http://purl.obolibrary.org/obo/duo.owl, in the words of somebody who plans research.
"""

from typing import Any, Dict, List, NamedTuple, Tuple

from ..descriptions import labels
from ..descriptions.duo import DS, NEEDS, RS
from .language import format_date, listed, translate, translate_number
from .words import N_, countries, isolated

ONTOLOGY = "http://purl.obolibrary.org/obo/"
DISEASES = {  # vocabulary -> what stands before the number in an address
    "MONDO": ONTOLOGY + "MONDO_",
    "HP": ONTOLOGY + "HP_",
    "ICD10": "https://icd.who.int/browse10/2019/en#/",
    "ORPHA": "http://www.orpha.net/ORDO/Orphanet_",
}


class Use(NamedTuple):
    """One rule of use."""

    icon: str
    title: str
    text: str
    codes: List[Tuple[str, str]]  # [(code, address or "")]


# code -> (icon, title, text, text where the field is there that says what the code leaves open)
USES: Dict[str, Tuple[str, str, str, str]] = {
    "DUO:0000004": ("ok", N_("No restriction"), N_("The data may be used for any purpose."), ""),
    "DUO:0000042": ("flask", N_("Research of any kind"), N_("The question does not have to be about health."), ""),
    "DUO:0000006": (
        "steth",
        N_("Research on health and medicine"),
        N_("This includes biomedical research, but not the study of origins or ancestry."),
        "",
    ),
    "DUO:0000007": (
        "steth",
        N_("Research on certain diseases only"),
        N_("Ask the contact which diseases are meant."),
        N_("The diseases are named by their codes, which lead to their names."),
    ),
    "DUO:0000011": (
        "people",
        N_("Research on origins or ancestry only"),
        N_("The data may be used for nothing else."),
        "",
    ),
    "DUO:0000012": (
        "flask",
        N_("Research on certain topics only"),
        N_("Ask the contact which topics are meant."),
        N_("These are: %(values)s."),
    ),
    "DUO:0000015": (
        "no",
        N_("No development of methods"),
        N_("The data may not be used to develop software, algorithms or other methods."),
        "",
    ),
    "DUO:0000016": (
        "flask",
        N_("Genetic studies only"),
        N_("A study has to include genotypes; it may include phenotypes, too."),
        "",
    ),
    "DUO:0000018": (
        "coin",
        N_("Not for profit and not commercially"),
        N_("Only organisations that do not work for profit may use the data, and not commercially."),
        "",
    ),
    "DUO:0000019": ("book", N_("Results have to be published"), N_("Other researchers can read what was found."), ""),
    "DUO:0000020": (
        "people",
        N_("Together with those who made the data"),
        N_("You agree with them to work together."),
        "",
    ),
    "DUO:0000021": ("shield", N_("With an ethics approval"), N_("Your project has an approval of its own."), ""),
    "DUO:0000022": (
        "globe",
        N_("In certain countries only"),
        N_("Ask the contact which countries are meant."),
        N_("These are: %(values)s."),
    ),
    "DUO:0000024": (
        "book",
        N_("No publication before a certain day"),
        N_("Ask the contact which day is meant."),
        N_("Results wait until %(values)s."),
    ),
    "DUO:0000025": (
        "cal",
        N_("For a limited time"),
        N_("Ask the contact how long a permit lasts."),
        N_("A permit lasts %(values)s."),
    ),
    "DUO:0000026": (
        "user",
        N_("Certain users only"),
        N_("The conditions of access say who these are."),
        "",
    ),
    "DUO:0000027": (
        "file",
        N_("Certain projects only"),
        N_("Ask the contact which projects are meant."),
        N_("These are: %(values)s."),
    ),
    "DUO:0000028": (
        "pin",
        N_("Certain institutions only"),
        N_("Ask the contact which institutions are meant."),
        N_("These are: %(values)s."),
    ),
    "DUO:0000029": (
        "back",
        N_("Results come back"),
        N_("Data that you derive are handed to the resource that the data come from."),
        "",
    ),
    "DUO:0000043": ("steth", N_("Use in patient care"), N_("The data may be used in the care of patients, too."), ""),
    "DUO:0000044": (
        "no",
        N_("No research on origins or ancestry"),
        N_("The data may not be used for it."),
        "",
    ),
    "DUO:0000045": (
        "coin",
        N_("Not for profit"),
        N_("Only organisations that do not work for profit may use the data."),
        "",
    ),
    "DUO:0000046": ("coin", N_("Not commercially"), N_("No commercial use, whoever asks."), ""),
}


def uses(sensitive: Dict[str, Any], language: str) -> List[Use]:
    """The rules of use in the order of the codes; one for each code, also for one that is unknown here."""
    return [_use(code, sensitive, language) for code in sensitive.get("duo_codes") or []]


def permit(sensitive: Dict[str, Any], language: str) -> str:
    """The time that a permit lasts, or "" where it is not stated."""
    months = sensitive.get("duo_months")
    if not isinstance(months, int):
        return ""
    if months % 12 == 0:
        return translate_number(language, N_("%(number)s year"), N_("%(number)s years"), months // 12)
    return translate_number(language, N_("%(number)s month"), N_("%(number)s months"), months)


def _use(code, sensitive, language):
    name = labels.label("sensitive.duo_codes", code)
    if code not in USES:
        return Use("info", translate(language, name), "", [(code, "")])
    icon, title, text, told = USES[code]
    values = _values(code, sensitive, language)
    if code == DS and not values:  # diseases without a code
        values, told = _values(RS, sensitive, language), USES[RS][3]
    if told and values:
        text = told
    # the ontology's own short name stands at the end of the label
    codes = [("%s (%s)" % (code, name.rpartition("(")[2].rstrip(")")), ONTOLOGY + code.replace(":", "_"))]
    if code == "DUO:0000007":
        codes += [(one, _disease(one)) for one in sensitive.get("duo_diseases") or []]
    text = translate(language, text)
    return Use(icon, translate(language, title), text % {"values": values} if values else text, codes)


def _disease(code):
    vocabulary, _, number = code.partition(":")
    return DISEASES[vocabulary] + number if vocabulary in DISEASES else ""


def _values(code, sensitive, language):
    given = sensitive.get(NEEDS.get(code, ""))
    if given in (None, "", []):
        return ""
    if code == "DUO:0000022":
        return countries(given, language)
    if code == "DUO:0000024":
        return format_date(given, language)
    if code == "DUO:0000025":
        return permit(sensitive, language)
    return listed([isolated(one) for one in given], language)
