"""The rule of countries: every code is one of ISO 3166-1 alpha-2 (https://www.iso.org/iso-3166-country-codes.html)."""

import re
from typing import Any, Iterator, Tuple

from .tolerant import member

_ALPHA_3 = """
    AD:AND AE:ARE AF:AFG AG:ATG AI:AIA AL:ALB AM:ARM AO:AGO AQ:ATA AR:ARG AS:ASM AT:AUT AU:AUS AW:ABW AX:ALA AZ:AZE
    BA:BIH BB:BRB BD:BGD BE:BEL BF:BFA BG:BGR BH:BHR BI:BDI BJ:BEN BL:BLM BM:BMU BN:BRN BO:BOL BQ:BES BR:BRA BS:BHS
    BT:BTN BV:BVT BW:BWA BY:BLR BZ:BLZ CA:CAN CC:CCK CD:COD CF:CAF CG:COG CH:CHE CI:CIV CK:COK CL:CHL CM:CMR CN:CHN
    CO:COL CR:CRI CU:CUB CV:CPV CW:CUW CX:CXR CY:CYP CZ:CZE DE:DEU DJ:DJI DK:DNK DM:DMA DO:DOM DZ:DZA EC:ECU EE:EST
    EG:EGY EH:ESH ER:ERI ES:ESP ET:ETH FI:FIN FJ:FJI FK:FLK FM:FSM FO:FRO FR:FRA GA:GAB GB:GBR GD:GRD GE:GEO GF:GUF
    GG:GGY GH:GHA GI:GIB GL:GRL GM:GMB GN:GIN GP:GLP GQ:GNQ GR:GRC GS:SGS GT:GTM GU:GUM GW:GNB GY:GUY HK:HKG HM:HMD
    HN:HND HR:HRV HT:HTI HU:HUN ID:IDN IE:IRL IL:ISR IM:IMN IN:IND IO:IOT IQ:IRQ IR:IRN IS:ISL IT:ITA JE:JEY JM:JAM
    JO:JOR JP:JPN KE:KEN KG:KGZ KH:KHM KI:KIR KM:COM KN:KNA KP:PRK KR:KOR KW:KWT KY:CYM KZ:KAZ LA:LAO LB:LBN LC:LCA
    LI:LIE LK:LKA LR:LBR LS:LSO LT:LTU LU:LUX LV:LVA LY:LBY MA:MAR MC:MCO MD:MDA ME:MNE MF:MAF MG:MDG MH:MHL MK:MKD
    ML:MLI MM:MMR MN:MNG MO:MAC MP:MNP MQ:MTQ MR:MRT MS:MSR MT:MLT MU:MUS MV:MDV MW:MWI MX:MEX MY:MYS MZ:MOZ NA:NAM
    NC:NCL NE:NER NF:NFK NG:NGA NI:NIC NL:NLD NO:NOR NP:NPL NR:NRU NU:NIU NZ:NZL OM:OMN PA:PAN PE:PER PF:PYF PG:PNG
    PH:PHL PK:PAK PL:POL PM:SPM PN:PCN PR:PRI PS:PSE PT:PRT PW:PLW PY:PRY QA:QAT RE:REU RO:ROU RS:SRB RU:RUS RW:RWA
    SA:SAU SB:SLB SC:SYC SD:SDN SE:SWE SG:SGP SH:SHN SI:SVN SJ:SJM SK:SVK SL:SLE SM:SMR SN:SEN SO:SOM SR:SUR SS:SSD
    ST:STP SV:SLV SX:SXM SY:SYR SZ:SWZ TC:TCA TD:TCD TF:ATF TG:TGO TH:THA TJ:TJK TK:TKL TL:TLS TM:TKM TN:TUN TO:TON
    TR:TUR TT:TTO TV:TUV TW:TWN TZ:TZA UA:UKR UG:UGA UM:UMI US:USA UY:URY UZ:UZB VA:VAT VC:VCT VE:VEN VG:VGB VI:VIR
    VN:VNM VU:VUT WF:WLF WS:WSM YE:YEM YT:MYT ZA:ZAF ZM:ZMB ZW:ZWE
"""
ALPHA_3 = dict(pair.split(":") for pair in _ALPHA_3.split())  # alpha-2 -> alpha-3
CODES = frozenset(ALPHA_3)
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
