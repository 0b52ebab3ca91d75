"""The rules of the Data Use Ontology: which of its codes fit each other, and what they need beside them.

Facts: http://purl.obolibrary.org/obo/duo.owl; what a code needs as in REMS. A code that the ontology calls a permission
says for which research the data may be used at all; the others narrow that down.
"""

from typing import Any, Dict, Iterator, Tuple

from .tolerant import entries, is_missing

NRES, HMB, DS, POA, GRU = ("DUO:00000%s" % number for number in ("04", "06", "07", "11", "42"))
PERMISSIONS = (NRES, GRU, HMB, DS, POA)
MODIFIERS = tuple("DUO:00000%d" % n for n in (12, 15, 16, 18, 19, 20, 21, 22, 24, 25, 26, 27, 28, 29, 43, 44, 45, 46))
RS = "DUO:0000012"
NPUNCU, NPOA, NPU, NCU = ("DUO:00000%d" % number for number in (18, 44, 45, 46))

# a code -> the field that says what it leaves open; collaborators ask at the role contact, and users are persons, of
# whom the conditions of access speak without names
NEEDS = {
    DS: "duo_diseases",
    RS: "duo_topics",
    "DUO:0000022": "duo_countries",
    "DUO:0000024": "duo_until",
    "DUO:0000025": "duo_months",
    "DUO:0000027": "duo_projects",
    "DUO:0000028": "duo_institutions",
}


def permission(sensitive: Dict[str, Any]) -> Iterator[Tuple[str, str]]:
    """`duo_codes` hold at most one permission: `DUO:0000004`, `DUO:0000042`, `DUO:0000006`,
    `DUO:0000007` or `DUO:0000011`.
    """
    if len(entries(sensitive, "duo_codes") & set(PERMISSIONS)) > 1:
        yield "duo_codes", "must hold at most one permission (%s); the other codes modify it" % ", ".join(PERMISSIONS)


def contradictions(sensitive: Dict[str, Any]) -> Iterator[Tuple[str, str]]:
    """`DUO:0000004` (no restriction) stands alone; `DUO:0000011` and `DUO:0000044` exclude each other; `DUO:0000018`
    makes `DUO:0000045` and `DUO:0000046` superfluous.
    """
    codes = entries(sensitive, "duo_codes")
    if NRES in codes and codes & set(MODIFIERS):
        yield "duo_codes", "%s (no restriction) has no modifiers" % NRES
    if {POA, NPOA} <= codes:
        yield "duo_codes", "%s (ancestry research only) and %s (no ancestry research) exclude each other" % (POA, NPOA)
    if NPUNCU in codes and codes & {NPU, NCU}:
        yield "duo_codes", "%s says what %s and %s say; leave these out" % (NPUNCU, NPU, NCU)


def needs(sensitive: Dict[str, Any]) -> Iterator[Tuple[str, str]]:
    """The field that the table names for a code says what the code leaves open, and stands with its code only; diseases
    that have no code stand in words in `duo_topics`, unless `DUO:0000012` needs these.
    """
    codes = entries(sensitive, "duo_codes")
    in_words = DS in codes and RS not in codes and not is_missing(sensitive, NEEDS[RS])
    for code, field in NEEDS.items():
        if code in codes and is_missing(sensitive, field) and not (code == DS and in_words):
            yield field, "is required, for duo_codes hold %s" % code
        if code not in codes and not is_missing(sensitive, field) and not (code == RS and in_words):
            yield field, "is only for datasets whose duo_codes hold %s" % code


def commerce(sensitive: Dict[str, Any]) -> Iterator[Tuple[str, str]]:
    """`purposes_allowed` has no `CommercialResearch` beside `DUO:0000018` or `DUO:0000046`, non-commercial use only."""
    forbidden = entries(sensitive, "duo_codes") & {NPUNCU, NCU}
    if forbidden and "CommercialResearch" in entries(sensitive, "purposes_allowed"):
        yield "purposes_allowed", "cannot hold CommercialResearch, for duo_codes allow non-commercial use only"


RULES = (permission, contradictions, needs, commerce)
