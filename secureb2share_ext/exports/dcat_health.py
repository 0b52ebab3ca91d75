"""What HealthDCAT-AP Release 8 adds to the DCAT of a dataset, and the privacy terms (DPV) that it shares with others.

Numbers: the elements of Annex B of Implementing Regulation (EU) 2026/2098.
"""

import re
from typing import Any, Callable, Dict

from . import concepts
from .authority import CODING_SYSTEMS, STANDARDS
from .concepts import EU, HEALTH
from .dcat_agents import agent, contact_point
from .graph import Graph, Iri, Literal, add, iri, text, typed
from .published import Published

EHDS = "http://data.europa.eu/eli/reg/2025/327/oj"
# the shapes of Release 8 refuse the present namespace
PERSONAL_DATA = {True: "https://w3id.org/dpv/dpv-pd#", False: "https://w3id.org/dpv/pd#"}
GDPR = "https://w3id.org/dpv/legal/eu/gdpr#"
DPV = "https://w3id.org/dpv#"
PLAIN = re.compile(r"[A-Za-z]+\Z")
NUMBERS = (
    ("healthdcatap:numberOfRecords", "records_rounded"),  # 19
    ("healthdcatap:numberOfUniqueIndividuals", "participants_rounded"),  # 20
    ("healthdcatap:minTypicalAge", "min_age"),
    ("healthdcatap:maxTypicalAge", "max_age"),
)


def privacy(graph: Graph, dataset: Iri, sensitive: Dict[str, Any], health: bool) -> None:
    """Say which personal data there are, on which basis they are processed and for which purposes they may be used."""
    stated = [term for term in sensitive.get("special_categories", []) if term != "not-stated"]
    terms = stated + sensitive.get("personal_data", [])
    bases = sensitive.get("legal_basis_art6", []) + sensitive.get("legal_basis_art9", [])
    purposes = [code for code in sensitive.get("purposes_allowed", []) if PLAIN.match(code)]
    for predicate, kind, addresses in (
        ("dpv:hasPersonalData", "dpv:PersonalData", [PERSONAL_DATA[health] + term for term in terms]),  # 11
        ("dpv:hasLegalBasis", "dpv:LegalBasis", [GDPR + code for code in bases]),
        ("dpv:hasPurpose", "dpv:Purpose", [DPV + code for code in purposes]),
    ):
        add(graph, dataset, predicate, *(typed(graph, iri(address), kind) for address in addresses))


def health(graph: Graph, shown: Published, dataset: Iri, part: Callable[[Published, str], Iri]) -> None:
    """Say what HealthDCAT-AP asks of health data; part: makes a node that belongs to the dataset."""
    sensitive = shown.dataset.sensitive
    add(graph, dataset, "dcat:theme", concepts.concept(graph, EU + "data-theme", "HEAL", "Health"))
    for predicate, name, field, known, classes in (
        ("healthdcatap:healthCategory", "healthcategories", "health_categories", None, ()),  # 13
        ("healthdcatap:healthTheme", "health-theme", "health_themes", None, ()),  # 14
        ("healthdcatap:hasCodingSystem", "coding-system", "coding_systems", CODING_SYSTEMS, ("dct:Standard",)),  # 4
        ("dct:conformsTo", "standard", "standards", STANDARDS, ("dct:Standard",)),  # 6
    ):
        codes = [code for code in sensitive.get(field, []) if known is None or code in known]
        found = [concepts.of_field(graph, HEALTH + name, field, code, *classes) for code in codes]
        add(graph, dataset, predicate, *found)
    add(graph, dataset, "healthdcatap:hasCodeValues", *map(text, sensitive.get("code_values", [])))  # 3
    if "has_structured_data" in sensitive:
        said = "true" if sensitive["has_structured_data"] else "false"
        add(graph, dataset, "healthdcatap:hasStructuredData", Literal(said, datatype="boolean"))  # 16
    for predicate, field in NUMBERS:
        if sensitive.get(field) is not None:
            add(graph, dataset, predicate, Literal(str(sensitive[field]), datatype="nonNegativeInteger"))
    covered = sensitive.get("population_coverage", [])
    add(graph, dataset, "healthdcatap:populationCoverage", *(text(one["text"], one["lang"]) for one in covered))
    for number, code in enumerate(sensitive.get("health_activities", []), 1):
        activity = typed(graph, part(shown, "activity-%d" % number), "prov:Activity")
        kind = concepts.of_field(graph, HEALTH + "health-activity", "health_activities", code)
        add(graph, activity, "dct:type", kind)
        add(graph, dataset, "prov:wasGeneratedBy", activity)  # 27
    if sensitive.get("hdab_name"):
        body = agent(graph, part(shown, "hdab"), sensitive["hdab_name"])
        contact_point(graph, body, part(shown, "hdab-contact"), sensitive.get("hdab_contact"))
        add(graph, dataset, "healthdcatap:hdab", body)  # 12
    _variables(graph, shown, dataset, part)


def _variables(graph, shown, dataset, part):
    columns, title = shown.dataset.sensitive.get("columns", []), shown.dataset.core["titles"][0]
    if not columns:
        return
    group = typed(graph, part(shown, "variables"), "csvw:TableGroup")
    add(graph, group, "dct:title", text(title["text"], title["lang"]))
    tables: Dict[str, Iri] = {}
    for number, row in enumerate(columns, 1):
        name = row.get("table", "")
        if name not in tables:
            table = tables[name] = typed(graph, part(shown, "table-%d" % (len(tables) + 1)), "csvw:Table")
            add(graph, table, "dct:title", text(name) if name else text(title["text"], title["lang"]))
            add(graph, group, "csvw:table", table)
        column = typed(graph, part(shown, "column-%d" % number), "csvw:Column")
        add(graph, tables[name], "csvw:column", column)
        add(graph, column, "csvw:name", text(row["name"]))
        add(graph, column, "csvw:title", text(row.get("title") or row["name"]))
        add(graph, column, "dct:description", text(row.get("description") or row.get("title") or row["name"]))
        add(graph, column, "csvw:datatype", text(row.get("datatype") or "string"))  # CSVW's own default
    add(graph, dataset, "healthdcatap:hasVariables", group)  # 26
