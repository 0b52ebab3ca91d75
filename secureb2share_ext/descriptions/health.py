"""The rules of data about health: what they have to say, and who decides on access to them.

Facts: HealthDCAT-AP Release 8, NON_PUBLIC shapes; Regulation (EU) 2025/327, Art. 55: each country designates health
data access bodies. Implementing Regulation (EU) 2026/2098 asks for one in a description from 26 March 2029.
"""

from typing import Any, Dict, Iterator, List, Tuple

from .countries import EEA
from .tolerant import entries, is_missing, member

Fault = Tuple[str, str]

HEALTH = (
    "Health",
    "MentalHealth",
    "PhysicalHealth",
    "MedicalHealth",
    "HealthRecord",
    "Disability",
    "Genetic",
    "DNACode",
)
NEEDS = ("health_categories", "has_structured_data", "provenance")
BODY = ("hdab_name", "hdab_contact")
STATUS = "hdab_status"
BY_LAW = "is required for health data of the EU and EEA (Regulation (EU) 2025/327)"
LACKS = "is missing, while HealthDCAT-AP asks for it in health data"
NO_COLUMNS = "says that the data are structured, while no columns are described: HealthDCAT-AP asks for them"


def is_health(sensitive: Dict[str, Any]) -> bool:
    """Whether the description says that the data are about health."""
    return bool(entries(sensitive, "health_categories") or entries(sensitive, "special_categories") & set(HEALTH))


def body(description: Any) -> Iterator[Fault]:
    """`hdab_name` and `hdab_contact` stand together, and not beside an `hdab_status` of `not-designated`."""
    sensitive = member(description, "sensitive")
    named = [name for name in BODY if not is_missing(sensitive, name)]
    if sensitive.get(STATUS) == "not-designated" and named:
        yield "sensitive." + STATUS, "says that no body is designated, while one is named"
    if len(named) == 1:
        other = BODY[1 - BODY.index(named[0])]
        yield "sensitive." + other, "is required with %s" % named[0]


def by_law(description: Any) -> Iterator[Fault]:
    """From the day in `SECUREB2SHARE_HDAB_FROM` on, health data whose `controller_country` is in the European Economic
    Area have `health_categories`, `has_structured_data` and `provenance`, and name their health data access body; and
    all health data whose controller is stated say its country.
    Before it, and elsewhere, they need none of these. They are health data, if `health_categories` is not empty, or
    `special_categories` has one of `Health`, `MentalHealth`, `PhysicalHealth`, `MedicalHealth`, `HealthRecord`,
    `Disability`, `Genetic`, `DNACode`.
    """
    sensitive = member(description, "sensitive")
    if not is_health(sensitive):
        return
    if is_missing(sensitive, "controller_country") and sensitive.get("controller_name") != "not-stated":
        yield "sensitive.controller_country", BY_LAW
    country = sensitive.get("controller_country")
    if isinstance(country, str) and country in EEA:
        for name in NEEDS + BODY:
            if is_missing(sensitive, name):
                yield "sensitive." + name, BY_LAW
        if not is_missing(sensitive, STATUS):
            yield "sensitive." + STATUS, "is over: each country of the EU and EEA has a body by now, so name it"


def advice(description: Any) -> List[Fault]:
    """What a description of health data lacks without being wrong: [(field, what it lacks)].

    The official shapes ask for these; hardly any real description has the columns.
    """
    sensitive = member(description, "sensitive")
    if not is_health(sensitive):
        return []
    found = [("sensitive." + name, LACKS) for name in NEEDS if is_missing(sensitive, name)]
    lacks_columns = sensitive.get("has_structured_data") is True and is_missing(sensitive, "columns")
    return found + [("sensitive.has_structured_data", NO_COLUMNS)] * lacks_columns


RULES = (body,)
