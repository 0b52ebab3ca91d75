"""The countries of ISO 3166-1 alpha-2, and those of the European Union and the European Economic Area."""

from typing import Any, Dict, Iterator, Tuple

from .tolerant import member

CODES = frozenset(
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA"
    " CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA"
    " GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP"
    " KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS"
    " MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS"
    " RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW"
    " TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW XK".split()
)  # and XK, which the EU gives to Kosovo
EEA = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split())
INSTEAD = {"UK": "GB", "EL": "GR"}  # what others write, and what is meant by it
FIELDS = ("controller_country", "storage_country", "spatial", "duo_countries")


def known(description: Any) -> Iterator[Tuple[str, str]]:
    """Every country is one of ISO 3166-1 (`GB`, not `UK`; `GR`, not `EL`) or `XK`."""
    sensitive: Dict[str, Any] = member(description, "sensitive")
    for name in FIELDS:
        value = sensitive.get(name)
        is_list = isinstance(value, list)
        for number, code in enumerate(value[: len(CODES)] if isinstance(value, list) else [value]):
            # what is no code at all the schema tells
            if isinstance(code, str) and len(code) == 2 and code.isupper() and code not in CODES:
                yield "sensitive.%s%s" % (name, "[%d]" % number if is_list else ""), _message(code)


def _message(code):
    if code in INSTEAD:
        return "must be %s, the country's code in ISO 3166-1" % INSTEAD[code]
    if code == "EU":
        return "must be a country: name each, for the European Union is none"
    return "must be a code of ISO 3166-1 alpha-2"


RULES = (known,)
