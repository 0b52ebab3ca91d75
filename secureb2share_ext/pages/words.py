"""The words for what a description holds as codes and numbers: one sentence for each, in every language. Pure.

A description may be older than the schema: a code that the schema does not know stands for itself.
"""

import unicodedata
from typing import Any, Dict, List, Optional, Tuple

from ..descriptions import labels
from ..exports.published import Published
from .language import country, format_date, format_number, listed, translate, translate_number
from .marking import N_

State = Tuple[str, str, str]  # kind of a badge (ok, wait, stop or ""), name of an icon, text

ELIGIBILITY, ELECTRONIC_IDENTITY, AFFILIATED = "sensitive.access_eligibility", "national-eid:", "affiliated:"
NEUTRAL = ("L", "EN", "ES", "ET", "CS", "NSM", "BN", "B", "S", "WS", "ON", "")  # classes of Unicode's bidi algorithm
BANDS = ("sensitive.participants_band", "sensitive.records_band")


NOT_STATED = N_("Not stated")
STATES = {
    "suspended": ("wait", "pause", N_("Paused for the time being")),
    "superseded": ("", "newer", N_("Replaced by a newer version")),
    "withdrawn": ("stop", "stop", N_("Withdrawn")),
}
RIGHTS = {
    "controlled": ("ok", "ok", N_("Access can be requested")),
    "embargoed": ("wait", "clock", N_("Requests from %(date)s")),
    "metadata-only": ("", "lock", N_("No access for research")),
}
NOT_OPEN = ("wait", "clock", N_("Not open yet"))
WHO = {
    "any": N_("Anybody can ask to work with these data."),
    "not-stated": N_("Ask the owner whether you can work with these data."),
    "adequacy-country": N_(
        "Researchers in a country with an adequate level of data protection can ask to work with these data."
    ),
    "researcher-eea": N_("Researchers in the EEA can ask to work with these data."),
    ELECTRONIC_IDENTITY: N_("People with a national electronic identity (%(name)s) can ask to work with these data."),
    AFFILIATED: N_("People with this affiliation can ask to work with these data: %(name)s."),
}
GROUPS = {
    "adequacy-country": N_("researchers in a country with an adequate level of data protection"),
    "researcher-eea": N_("researchers in the EEA"),
    ELECTRONIC_IDENTITY: N_("people with a national electronic identity (%(name)s)"),
    AFFILIATED: N_("people with this affiliation: %(name)s"),
}
THESE = N_("Whoever belongs to one of these groups can ask to work with these data: %(groups)s.")
NO_REQUESTS = {
    "suspended": N_("No new requests for the time being."),
    "superseded": N_("You are looking at an older version."),
    "withdrawn": N_("These data were withdrawn."),
}
NOT_FOR_RESEARCH = N_("These data are not available for research.")
OPENS_ON = N_("Requests open on %(date)s.")
OPENS_LATER = N_("Access cannot be requested yet.")


def state(shown: Published, language: str) -> State:
    """The state of access as a badge."""
    right = shown.right.value
    if shown.dataset.state in STATES:
        kind, icon, text = STATES[shown.dataset.state]
    elif right == "controlled" and not shown.is_open:
        kind, icon, text = NOT_OPEN
    else:
        kind, icon, text = RIGHTS[right]
    text = translate(language, text)
    return kind, icon, text % {"date": format_date(shown.requests_from, language)} if right == "embargoed" else text


def lead(shown: Published, language: str) -> str:
    """The first sentence about access: who can ask, or why nobody can now."""
    if shown.dataset.state in NO_REQUESTS:
        return translate(language, NO_REQUESTS[shown.dataset.state])
    if shown.right.value == "metadata-only":
        return translate(language, NOT_FOR_RESEARCH)
    if shown.right.value == "embargoed":
        return translate(language, OPENS_ON) % {"date": format_date(shown.requests_from, language)}
    return who(shown.dataset.sensitive, language) if shown.is_open else translate(language, OPENS_LATER)


def who(sensitive: Dict[str, Any], language: str) -> str:
    """The sentence that says who can ask for access."""
    codes = _eligible(sensitive)
    if len(codes) == 1:
        return _of_kind(WHO, codes[0], language) or translate(language, THESE) % {"groups": codes[0]}
    groups = "; ".join(_of_kind(GROUPS, code, language) or code for code in codes)
    return translate(language, THESE) % {"groups": groups}


def who_in_short(sensitive: Dict[str, Any], language: str) -> str:
    """The groups that can ask for access, in as few words as a list has room for."""
    return "; ".join(label(ELIGIBILITY, code, language) for code in _eligible(sensitive))


def ways(sensitive: Dict[str, Any], language: str) -> str:
    """The ways in which one works with the data, or that they are not stated."""
    found = [label("sensitive.access_mode", code, language) for code in sensitive.get("access_mode") or []]
    return "; ".join(found) or translate(language, NOT_STATED)


def decision(sensitive: Dict[str, Any], language: str) -> str:
    """The usual time until a decision, or that it is not stated."""
    days = sensitive.get("expected_decision_days")
    if not isinstance(days, int):
        return translate(language, NOT_STATED)
    return translate_number(language, N_("About %(number)s day"), N_("About %(number)s days"), days)


def participants(sensitive: Dict[str, Any], language: str) -> Optional[str]:
    """About how many persons are in the data, or None where it is not stated."""
    code = sensitive.get("participants_band")
    return label("sensitive.participants_band", code, language) if code else None


def ages(sensitive: Dict[str, Any], language: str) -> Optional[str]:
    """The ages of the persons in the data, or None where neither end is stated."""
    youngest, oldest = sensitive.get("min_age"), sensitive.get("max_age")
    values = {"youngest": youngest, "oldest": oldest}
    if oldest is not None and oldest >= 90:  # as the schema says
        oldest = None
    if youngest is None and oldest is None:
        return None
    if oldest is None:
        return translate(language, N_("aged %(youngest)s or over")) % values if youngest else None
    if youngest is None:
        return translate(language, N_("aged up to %(oldest)s")) % values
    return translate(language, N_("aged %(youngest)s to %(oldest)s")) % values


def years(sensitive: Dict[str, Any], language: str) -> Optional[str]:
    """The years of the data, or None where they are not stated."""
    first, last = (str(sensitive.get(name) or "")[:4] for name in ("temporal_start", "temporal_end"))
    if first and last:
        return first if first == last else "%s–%s" % (first, last)
    if first:
        return translate(language, N_("Since %(year)s")) % {"year": first}
    return translate(language, N_("Until %(year)s")) % {"year": last} if last else None


def label(field: str, code: Any, language: str) -> str:
    """A code in words, or the code itself; `field` is a path as in descriptions.labels."""
    if not isinstance(code, str):
        return str(code)
    if field in BANDS:
        return _band(code, language) or code
    kind, colon, rest = code.partition(":")
    head = labels.label(field, kind + colon) if rest else code
    if rest and head != kind + colon:
        return "%s %s" % (translate(language, head), _name(kind + colon, rest, language))
    return translate(language, labels.label(field, code))


def title(field: str, language: str) -> str:
    """A field's title in words; `field` is a path as in descriptions.labels."""
    return translate(language, labels.title(field))


def countries(codes: List[str], language: str) -> str:
    """The names of countries as one list."""
    return listed([country(code, language) for code in codes], language)


def isolated(text: str) -> str:
    """An owner's text for a place inside a sentence: the direction of its letters does not turn the rest around."""
    turns = any(unicodedata.bidirectional(letter) not in NEUTRAL for letter in text)
    return "\u2068%s\u2069" % text if turns else text


def _eligible(sensitive):
    codes = sensitive.get("access_eligibility") or ["not-stated"]
    if "any" in codes:
        return ["any"]
    return [code for code in codes if code != "not-stated"] or ["not-stated"]


def _of_kind(table, code, language):
    kind, colon, rest = code.partition(":")
    text = table.get(kind + colon)
    if text is None:
        return None
    return (
        translate(language, text) % {"name": _name(kind + colon, rest, language)} if rest else translate(language, text)
    )


def _name(kind, rest, language):
    return country(rest, language) if kind == ELECTRONIC_IDENTITY else isolated(rest)


def _band(code, language):
    if code.startswith("<"):
        return translate(language, N_("Fewer than %(number)s")) % {"number": _number(code[1:], language)}
    if code.startswith(">="):
        return translate(language, N_("%(number)s or more")) % {"number": _number(code[2:], language)}
    least, dash, most = code.partition("-")
    return "%s–%s" % (_number(least, language), _number(most, language)) if dash else None


def _number(text, language):
    return format_number(int(text), language) if text.isdecimal() else text
