"""The parts that people and organisations had in a dataset, and what it comes from: PROV and DCMI Terms in DCAT.

A part (prov:Attribution, DCAT 3 section 14) has a role of DataCite's list contributorType, described in the document.
"""

import re
from typing import Any, Dict, Iterable, Tuple

from . import coverage
from .graph import Graph, Iri, add, iri, text, typed

# relations of DataCite that have a property; dct:relation stands for every one
RELATIONS = {
    "Cites": "dct:references",
    "References": "dct:references",
    "IsCitedBy": "dct:isReferencedBy",
    "IsReferencedBy": "dct:isReferencedBy",
    "IsDerivedFrom": "prov:wasDerivedFrom",
    "IsPartOf": "dct:isPartOf",
    "HasPart": "dct:hasPart",
    "Requires": "dct:requires",
    "IsRequiredBy": "dct:isRequiredBy",
}


def attributions(graph: Graph, dataset: Iri, parts: Iterable[Tuple[Iri, str]]) -> None:
    """Say each part that somebody had in a dataset; parts: [(agent in the graph, role)]."""
    for number, (agent, role) in enumerate(parts, 1):
        kind = typed(graph, _of(dataset, "role-" + role), "dcat:Role")
        add(graph, kind, "skos:prefLabel", text(re.sub("(?<=[a-z])(?=[A-Z])", " ", role).lower(), "en"))
        node = typed(graph, _of(dataset, "attribution-%d" % number), "prov:Attribution")
        add(graph, node, "prov:agent", agent)
        add(graph, node, "dcat:hadRole", kind)
        add(graph, dataset, "prov:qualifiedAttribution", node)


def related(graph: Graph, dataset: Iri, core: Dict[str, Any]) -> None:
    """Say the related resources of a description that have an address."""
    for one in core.get("related", []):
        address = coverage.address(one["identifier"], one["scheme"])
        if address:
            for predicate in ("dct:relation", RELATIONS.get(one["relation"], "dct:relation")):
                add(graph, dataset, predicate, iri(address))


def _of(dataset, fragment):
    return iri("%s#%s" % (dataset.address, fragment))
