"""Agents and contacts in a DCAT document: FOAF, vCard and the EU's Core Vocabularies (cv:ContactPoint)."""

from typing import Dict, Optional
from urllib.parse import quote

from . import concepts
from .graph import Graph, Iri, add, iri, text, typed

KINDS = {"person": ("foaf:Person",), "organisation": ("foaf:Organization",)}


def agent(graph: Graph, node: Iri, name: str, kind: Optional[str] = None, field: str = "") -> Iri:
    """An organisation; kind: code of HealthDCAT-AP's list publisher-type, which `field` of a description holds."""
    add(graph, typed(graph, node, "foaf:Agent"), "foaf:name", text(name))
    if kind:
        add(graph, node, "dct:type", concepts.of_field(graph, concepts.HEALTH + "publisher-type", field, kind))
    return node


def creator(graph: Graph, node: Iri, one: Dict[str, str]) -> Iri:
    """A creator or contributor of a description, named by ORCID or ROR where there is one, else by `node`."""
    if one.get("orcid"):
        node = iri("https://orcid.org/" + one["orcid"])
    elif one.get("ror"):
        node = iri(one["ror"])
    typed(graph, node, "foaf:Agent", *KINDS.get(one.get("kind", ""), ()))
    add(graph, node, "foaf:name", text(one["name"]))
    for predicate, field in (("foaf:givenName", "given_name"), ("foaf:familyName", "family_name")):
        if one.get(field):
            add(graph, node, predicate, text(one[field]))
    return node


def contact_point(graph: Graph, owner: Iri, node: Iri, address: Optional[str]) -> None:
    """Give an agent its contact: a web page (https) or a role's address."""
    if not address:
        return
    typed(graph, node, "cv:ContactPoint")
    if address.startswith("https:"):
        add(graph, node, "cv:contactPage", iri(address))
    else:
        add(graph, node, "cv:email", text(address))
    add(graph, owner, "cv:contactPoint", node)


def vcard(graph: Graph, node: Iri, contact: Dict[str, str]) -> Iri:
    """A role contact {name, email?, url?} of a dataset."""
    add(graph, typed(graph, node, "vcard:Kind"), "vcard:fn", text(contact["name"]))
    if contact.get("email"):
        add(graph, node, "vcard:hasEmail", iri("mailto:" + quote(contact["email"], "@")))
    if contact.get("url"):
        add(graph, node, "vcard:hasURL", iri(contact["url"]))
    return node
