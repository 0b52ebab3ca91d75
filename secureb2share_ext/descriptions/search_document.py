"""What a search knows of a description: its words, the values that narrow a list down, and what a list is sorted by.

Letters are folded here and not by a search engine, so that every engine finds the same.
"""

import re
import unicodedata
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Tuple

from .rules import DETAILS
from .tolerant import entries, member

# name of a facet -> what it is of, in the order in which a list offers them
FACETS = ("who", "access", "way", "country", "kind", "use", "participants", "years", "controller")
MAX_TERMS = 12
SHORTEST_BEGINNING = 3  # letters
MAX_DECADES = 40

# what is no letter with an accent by Unicode, and is written so by whoever lacks its key
LETTERS = {ord(letter): plain for letter, plain in zip("øæœđðþłħıŋ", "o ae oe d d th l h i n".split())}
QUOTES = {ord(quote): '"' for quote in "“”„«»‟"}
IDEOGRAPH = re.compile("([\u3040-\u30ff\u3400-\u9fff])")  # some engines take each for a word

Labels = Callable[[str, str], Iterable[str]]  # (a field such as "sensitive.duo_codes", its code) -> its words


def fold(text: str) -> str:
    """The words of a text in small letters without accents and signs: ``Tromsø 1-7`` is ``tromso 1 7``."""
    # twice: a sign such as that of a service mark is made of capital letters
    for _ in range(2):
        text = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    bare = "".join(letter for letter in text if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W_]+", IDEOGRAPH.sub(r" \1 ", bare)))


def terms(query: str) -> List[str]:
    """[term] of a query, folded, each once: a word, or words in quotes or joined by signs, such as ``icd 10``.

    A text is found when it has every term; see is_beginning.
    """
    parts = re.findall(r'"([^"]*)"|([^\s,;]+)', query.translate(QUOTES))
    folded = [fold(quoted or bare) for quoted, bare in parts]
    return list(dict.fromkeys(term for term in folded if term))[:MAX_TERMS]


def is_beginning(term: str) -> bool:
    """Whether the last word of a term may be the beginning of a longer one: a shorter one would find too much."""
    return len(term.split(" ")[-1]) >= SHORTEST_BEGINNING


def document(description: Mapping[str, Any], state: str, names: Iterable[str], labels: Labels) -> Dict[str, Any]:
    """Return {"text": folded words; one list of values per facet; "days" and "opens" where they are known}.

    The description may have any form. state: of the dataset; names: more texts that find it, such as its PID.
    """
    found: Dict[str, Any] = {"text": _text(description, names, labels)}
    found.update(facets(description, state))
    sensitive = member(description, "sensitive")
    if isinstance(sensitive.get("expected_decision_days"), int):
        found["days"] = sensitive["expected_decision_days"]
    if found["access"] == ["embargoed"] and isinstance(sensitive.get("embargo_until"), str):
        found["opens"] = sensitive["embargo_until"]
    return found


def facets(description: Mapping[str, Any], state: str) -> Dict[str, List[str]]:
    """{facet: [value]} of a description in any form; values are codes, decades such as ``1990``, or names."""
    sensitive = member(description, "sensitive")
    kind = entries(sensitive, "special_categories") | entries(sensitive, "health_categories")
    values = {
        "access": [state] if state != "active" else _text_of(sensitive, "access_right"),
        "who": {_kind_of(code) for code in entries(sensitive, "access_eligibility")},
        "way": entries(sensitive, "access_mode"),
        "country": countries(sensitive),
        "kind": kind,
        "use": entries(sensitive, "duo_codes"),
        "participants": _text_of(sensitive, "participants_band"),
        "years": _decades(member(description, "core"), sensitive),
        "controller": _text_of(sensitive, "controller_name"),
    }
    return {facet: sorted(values[facet]) for facet in FACETS}


def countries(sensitive: Mapping[str, Any]) -> List[str]:
    """[ISO 3166-1 code] of where the data were collected, or of their controller where that is not said."""
    return sorted(entries(dict(sensitive), "spatial")) or _text_of(sensitive, "controller_country")


def is_requestable(access: str, opens: Any, today: str) -> bool:
    """Whether a value of the facet ``access`` means today that access can be requested; days are YYYY-MM-DD."""
    return access == "controlled" or (access == "embargoed" and opens is not None and opens <= today)


def _text(description, names, labels):
    parts = list(names)
    for field, value in _leaves(description):
        parts.append(value)
        parts.extend(labels(field, value))
    return fold("\n".join(dict.fromkeys(parts)))


def _leaves(value: Any, field: str = "") -> Iterator[Tuple[str, str]]:
    # (field, text) of all that is said; a file's details may tell more than its label
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name != "lang" and not (field == "files" and name in DETAILS):
                yield from _leaves(inner, field + "." + name if field else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, field)
    elif isinstance(value, str):
        yield field, value
    elif field == "core.publication_year":
        yield field, str(value)


def _text_of(values, name):
    return [values[name]] if isinstance(values.get(name), str) else []


def _kind_of(code):
    # one value for all countries, and for all organisations
    kind, colon, _ = code.partition(":")
    return kind + colon


def _decades(core, sensitive):
    start, end = sensitive.get("temporal_start"), sensitive.get("temporal_end")
    if start and not end:
        # data that are still collected reach the year of their publication
        end = core.get("publication_year")
    known = [year for year in (_year(start), _year(end)) if year is not None]
    decades = range(min(known) // 10 * 10, max(known) + 1, 10) if known else ()
    return ["%04d" % decade for decade in decades][-MAX_DECADES:]


def _year(value):
    found = re.match(r"[0-9]{4}", str(value or ""))
    return int(found.group()) if found else None
