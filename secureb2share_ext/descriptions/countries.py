"""The rule of countries: every code is one of ISO 3166-1 alpha-2 (https://www.iso.org/iso-3166-country-codes.html)."""

import re
from typing import Any, Iterator, Tuple

from .tolerant import member

CODES = frozenset(
    (
        "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ"
        " CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM"
        " FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS"
        " IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML"
        " MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN"
        " PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG"
        " TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
    ).split()
)
# of the European Economic Area, the European Union among them
EEA = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split())
INSTEAD = {
    "UK": "write GB for the United Kingdom",
    "EL": "write GR for Greece",
    "EU": "the European Union is no country: name its countries",
    "AN": "write BQ, CW or SX: the Netherlands Antilles are no longer a country",
    "SU": "name the countries of today",
    "YU": "name the countries of today",
    "CS": "name the countries of today",
    "DD": "write DE for Germany",
    "XK": "Kosovo has no code in ISO 3166-1: leave it out, or name it in words",
}
UNKNOWN = "is no country of ISO 3166-1"
FIELDS = ("controller_country", "storage_country", "spatial", "duo_countries", "access_eligibility")
_NATIONAL = "national-eid:"


def country(description: Any) -> Iterator[Tuple[str, str]]:
    """Every country is one of ISO 3166-1: `GB` and not `UK`, `GR` and not `EL`."""
    sensitive = member(description, "sensitive")
    for name in FIELDS:
        given = sensitive.get(name)
        for place, code in _codes("sensitive." + name, given):
            if code not in CODES:
                yield place, "%s: %s" % (UNKNOWN, INSTEAD.get(code, "write its code of two letters, such as NO"))


def _codes(field, given):
    # (field, code) of what has the form of a code; the schema tells the others
    if isinstance(given, str):
        given = {field: given}
    elif isinstance(given, list):
        given = {"%s[%d]" % (field, number): entry for number, entry in enumerate(given)}
    else:
        return
    for place, entry in given.items():
        if field.endswith(".access_eligibility"):
            if not isinstance(entry, str) or not entry.startswith(_NATIONAL):
                continue
            entry = entry[len(_NATIONAL) :]
        if isinstance(entry, str) and re.match(r"[A-Z]{2}\Z", entry):
            yield place, entry


RULES = (country,)
