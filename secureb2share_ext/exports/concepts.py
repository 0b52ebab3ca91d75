"""The concepts that a DCAT document names, each described in the document itself.

A validator then needs no list, and a code that its frozen lists lack yet (PERSONAL_DATA) passes.
Vocabularies: authority tables of the EU's Publications Office; lists of HealthDCAT-AP Release 8.
"""

from typing import Any, Dict, Optional

from babel import Locale

from ..descriptions.countries import ALPHA_3
from ..descriptions.schema import SCHEMA
from .authority import LANGUAGES
from .graph import Graph, Iri, Literal, add, iri, text, typed

EU = "http://publications.europa.eu/resource/authority/"
HEALTH = "https://hdeu-dcat.data.health.europa.eu/resource/authority/"
SCHEMES = {
    EU + "access-right": "Access right",
    EU + "country": "Country",
    EU + "data-theme": "Data theme",
    EU + "dataset-type": "Dataset type",
    EU + "file-type": "File type",
    EU + "frequency": "Frequency",
    EU + "language": "Language",
    HEALTH + "coding-system": "Coding Systems",
    HEALTH + "health-activity": "Health Activities",
    HEALTH + "health-theme": "Health Themes",
    HEALTH + "healthcategories": "Health Categories",
    HEALTH + "publisher-type": "Publisher Types",
    HEALTH + "standard": "Standards",
    "http://purl.org/adms/changetype": "Change type",
}
NUTS = "http://data.europa.eu/nuts/code/"


def concept(graph: Graph, scheme: str, code: str, label: str, *classes: str) -> Iri:
    """The concept of a code, described in the graph; scheme: a key of SCHEMES."""
    found = typed(graph, iri("%s/%s" % (scheme, code)), "skos:Concept", *classes)
    # one page may hold the concept twice
    if not graph[found.address].get("http://www.w3.org/2004/02/skos/core#prefLabel"):
        add(graph, found, "skos:prefLabel", text(label, "en"))
    add(graph, found, "skos:inScheme", Iri(scheme))
    add(graph, typed(graph, Iri(scheme), "skos:ConceptScheme"), "dct:title", Literal(SCHEMES[scheme], "en"))
    return found


def of_field(graph: Graph, scheme: str, field: str, code: str, *classes: str) -> Iri:
    """The concept of a code that a field of a description holds, with the schema's label."""
    return concept(graph, scheme, code, label_of(field, code), *classes)


def label_of(field: str, code: str) -> str:
    """The English label that the schema gives a code of `sensitive` or `core`; the code itself without one."""
    for part in ("sensitive", "core"):
        node: Dict[str, Any] = SCHEMA["properties"][part]["properties"].get(field, {})
        labels = node.get("x-labels") or node.get("items", {}).get("x-labels") or {}
        if code in labels:
            return str(labels[code])
    return code


def country(graph: Graph, code: str) -> Optional[Iri]:
    """The country of an ISO 3166-1 alpha-2 code, which the EU's table has by its alpha-3 code; None for any other."""
    if code not in ALPHA_3:
        return None
    label = Locale("en").territories.get(code, code)
    return concept(graph, EU + "country", ALPHA_3[code], label, "dct:Location")


def language(graph: Graph, tag: str) -> Optional[Iri]:
    """The language of a BCP 47 tag, without region and script, or None for one that has no code of three letters."""
    primary = tag.split("-")[0].lower()
    code = LANGUAGES.get(primary) or (primary.upper() if len(primary) == 3 else None)
    if code is None:
        return None
    return concept(graph, EU + "language", code, Locale("en").languages.get(primary, code), "dct:LinguisticSystem")


def region(graph: Graph, node: Iri, code: str) -> Iri:
    """The region of a NUTS code, or of an ISO 3166-2 code (with a dash), which has no address: then `node` is it."""
    place = typed(graph, node if "-" in code else iri(NUTS + code), "dct:Location")
    add(graph, place, "skos:prefLabel", text(code))
    return place
