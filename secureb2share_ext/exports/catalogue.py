"""One page of the catalogue as DCAT: its datasets, the records of them, and the way to the next page (Hydra).

A withdrawn dataset is a record whose ADMS status is `deleted`. Hydra Core Vocabulary: PartialCollectionView, and
PagedCollection, the name that older harvesters look for.
"""

from typing import Optional, Sequence

from ..descriptions.health import is_health
from . import dcat, dcat_health
from .graph import Graph, add, iri, merge, text, typed
from .published import Published

WORDS = "Descriptions of datasets that stay in secure environments. Each says how access can be requested."


def page(
    name: str, base_url: str, collection: str, here: str, following: Optional[str], shown: Sequence[Published]
) -> Graph:
    """The graph of one page.

    name, base_url: of the catalogue; collection: URL of the first page; here, following: URLs of this page and of the
    next one (None: this is the last); shown: what stands on this page.
    """
    graph: Graph = {}
    catalogue = typed(graph, iri(collection + "#catalogue"), "dcat:Catalog")
    publisher = typed(graph, iri(collection + "#publisher"), "foaf:Agent")
    add(graph, catalogue, "dct:title", text(name))
    add(graph, catalogue, "dct:description", text(WORDS, "en"))
    add(graph, catalogue, "foaf:homepage", typed(graph, iri(base_url), "foaf:Document"))
    add(graph, catalogue, "dct:publisher", publisher)
    add(graph, publisher, "foaf:name", text(name))
    law = typed(graph, iri(dcat_health.EHDS), "eli:LegalResource")
    for one in shown:
        merge(graph, dcat.document(one))
        add(graph, catalogue, "dcat:record", dcat.record_of(one))
        if one.dataset.state != "withdrawn":
            add(graph, catalogue, "dcat:dataset", dcat.subject(one))
            if is_health(one.dataset.sensitive):
                add(graph, catalogue, "dcatap:applicableLegislation", law)
    view = typed(graph, iri(here), "hydra:PartialCollectionView", "hydra:PagedCollection")
    add(graph, typed(graph, iri(collection), "hydra:Collection"), "hydra:view", view)
    add(graph, view, "hydra:first", iri(collection))
    if following:
        add(graph, view, "hydra:next", iri(following))
    return graph
