"""A small RDF graph, and its three forms: Turtle, JSON-LD and RDF/XML.

A graph is {subject: {predicate: [Iri or Literal]}}; subjects and predicates are absolute IRIs, no blank nodes.
Predicates and classes are of the namespaces of PREFIXES. Forms: RDF 1.1 Turtle, JSON-LD 1.1, RDF 1.1 XML Syntax.
"""

import json
from typing import Any, Dict, List, NamedTuple, Optional, Union
from urllib.parse import quote

from .xml_text import for_xml

PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "csvw": "http://www.w3.org/ns/csvw#",
    "cv": "http://data.europa.eu/m8g/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "eli": "http://data.europa.eu/eli/ontology#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geodcatap": "http://data.europa.eu/930/",
    "healthdcatap": "http://healthdataportal.eu/ns/health#",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
IN_ADDRESS = "!#$%&'()*+,-./:;=?@[]_~"  # characters that stand in an IRI as they are; all others are percent-encoded
ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
TYPE = PREFIXES["rdf"] + "type"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class Iri(NamedTuple):
    """A resource."""

    address: str


class Literal(NamedTuple):
    """A text, with its language or its datatype (an XSD name such as "date")."""

    text: str
    lang: Optional[str] = None
    datatype: Optional[str] = None


Value = Union[Iri, Literal]
Graph = Dict[str, Dict[str, List[Value]]]


def name(short: str) -> str:
    """The IRI of a prefixed name, such as "dct:title"."""
    prefix, _, local = short.partition(":")
    return PREFIXES[prefix] + local


def iri(address: str) -> Iri:
    """The Iri of an address, in which nothing ends a form early."""
    return Iri(quote(address, safe=IN_ADDRESS, errors="replace"))


def add(graph: Graph, subject: Iri, predicate: str, *values: Value) -> None:
    """Add statements, each once; predicate: a prefixed name."""
    if not values:
        return
    known = graph.setdefault(subject.address, {}).setdefault(name(predicate), [])
    known.extend(value for value in dict.fromkeys(values) if value not in known)


def typed(graph: Graph, subject: Iri, *classes: str) -> Iri:
    """Say of which classes (prefixed names) a subject is, and return it."""
    add(graph, subject, "rdf:type", *(Iri(name(one)) for one in classes))
    return subject


def text(value: str, lang: Optional[str] = None) -> Literal:
    """The Literal of a text, without what XML cannot carry, so that all forms say the same."""
    return Literal(for_xml(value), lang)


def merge(graph: Graph, other: Graph) -> None:
    """Add the statements of another graph."""
    for subject, said in other.items():
        known = graph.setdefault(subject, {})
        for predicate, values in said.items():
            there = known.setdefault(predicate, [])
            there.extend(value for value in values if value not in there)


def turtle(graph: Graph) -> str:
    """The graph as Turtle."""
    lines = ["@prefix %s: <%s> ." % pair for pair in PREFIXES.items()]
    for subject, said in graph.items():
        rows = [
            "    %s %s" % (_predicate(p), ", ".join(map(_class if p == TYPE else _turtle, values)))
            for p, values in said.items()
        ]
        lines += ["", "<%s>" % subject, " ;\n".join(rows) + " ."]
    return "\n".join(lines) + "\n"


def json_ld(graph: Graph) -> Dict[str, Any]:
    """The graph as JSON-LD (dict), with a context of its own: nothing has to be fetched."""
    return {"@context": dict(PREFIXES), "@graph": [_node(subject, said) for subject, said in graph.items()]}


def json_ld_text(graph: Graph) -> str:
    """The graph as JSON-LD (text)."""
    return json.dumps(json_ld(graph), ensure_ascii=False, indent=1) + "\n"


def xml(graph: Graph) -> str:
    """The graph as RDF/XML."""
    from lxml import etree

    rdf, xsd = PREFIXES["rdf"], PREFIXES["xsd"]
    root = etree.Element("{%s}RDF" % rdf, nsmap=PREFIXES)
    for subject, said in graph.items():
        node = etree.SubElement(root, "{%s}Description" % rdf)
        node.set("{%s}about" % rdf, subject)
        for predicate, values in said.items():
            prefix, _, local = _short(predicate).partition(":")
            for value in values:
                element = etree.SubElement(node, "{%s}%s" % (PREFIXES[prefix], local))
                if isinstance(value, Iri):
                    element.set("{%s}resource" % rdf, value.address)
                    continue
                element.text = value.text
                if value.lang:
                    element.set(XML_LANG, value.lang)
                elif value.datatype:
                    element.set("{%s}datatype" % rdf, xsd + value.datatype)
    return str(etree.tostring(root, encoding="unicode", pretty_print=True))


def _short(address):
    for prefix, namespace in PREFIXES.items():
        if address.startswith(namespace) and address[len(namespace) :].isalnum():
            return "%s:%s" % (prefix, address[len(namespace) :])
    raise ValueError("%s is in no namespace of PREFIXES" % address)


def _predicate(address):
    short = _short(address)
    return "a" if short == "rdf:type" else short


def _class(value):
    return _short(value.address)


def _turtle(value):
    if isinstance(value, Iri):
        return "<%s>" % value.address
    quoted = '"%s"' % "".join(ESCAPES.get(letter, letter) for letter in value.text)
    if value.lang:
        return "%s@%s" % (quoted, value.lang)
    return "%s^^xsd:%s" % (quoted, value.datatype) if value.datatype else quoted


def _node(subject, said):
    node: Dict[str, Any] = {"@id": subject}
    for predicate, values in said.items():
        short = _short(predicate)
        if short == "rdf:type":
            node["@type"] = [_short(value.address) for value in values]
        else:
            node[short] = [_json_value(value) for value in values]
    return node


def _json_value(value):
    if isinstance(value, Iri):
        return {"@id": value.address}
    if value.lang:
        return {"@value": value.text, "@language": value.lang}
    # a number of JSON would be an xsd:integer, which HealthDCAT-AP refuses
    return {"@value": value.text, "@type": "xsd:" + value.datatype} if value.datatype else {"@value": value.text}
