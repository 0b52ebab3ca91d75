"""DCAT-AP of a dataset, and of access to it, as a Published says it.

dct:accessRights has the EU's value, which DCAT-AP allows once; the other vocabularies, the words and the conditions
are dct:rights. There is no distribution: nothing can be downloaded.
"""

from typing import Any
from urllib.parse import quote

from lxml import etree

from .published import Published
from .xml_text import for_xml

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
DCT = "http://purl.org/dc/terms/"
DCAT = "http://www.w3.org/ns/dcat#"
FOAF = "http://xmlns.com/foaf/0.1/"
VCARD = "http://www.w3.org/2006/vcard/ns#"
XSD = "http://www.w3.org/2001/XMLSchema#"
XML = "http://www.w3.org/XML/1998/namespace"
PREFIXES = {"rdf": RDF, "rdfs": RDFS, "dct": DCT, "dcat": DCAT, "foaf": FOAF, "vcard": VCARD}
ABOUT, RESOURCE = "{%s}about" % RDF, "{%s}resource" % RDF
HOSTS = tuple("{%s}%s" % (DCT, name) for name in ("accessRights", "license", "rights")) + (
    "{%s}distribution" % DCAT,
    "{%s}landingPage" % DCAT,
)


def xml(shown: Published) -> str:
    """The RDF/XML of a record whose host writes none."""
    core = shown.dataset.core
    root = etree.Element("{%s}RDF" % RDF, nsmap=PREFIXES)
    dataset = etree.SubElement(root, "{%s}Dataset" % DCAT)
    dataset.set(ABOUT, shown.record_url)
    _said(dataset, DCT + "identifier", shown.dataset.pid)
    for name in ("title", "description"):
        for entry in core[name + "s"]:
            _said(dataset, DCT + name, entry["text"], entry["lang"])
    for keyword in core.get("keywords", []):
        _said(dataset, DCAT + "keyword", keyword)
    year = _said(dataset, DCT + "issued", str(core["publication_year"]))
    year.set("{%s}datatype" % RDF, XSD + "gYear")
    for kind, name in [("publisher", core["publisher"])] + [("creator", one["name"]) for one in core["creators"]]:
        _said(_inside(dataset, DCT + kind, FOAF + "Agent"), FOAF + "name", name)
    contact = _inside(dataset, DCAT + "contactPoint", VCARD + "Kind")
    _said(contact, VCARD + "fn", shown.dataset.contact["name"])
    if shown.dataset.contact.get("email"):
        address = "mailto:" + quote(shown.dataset.contact["email"], "@")
        etree.SubElement(contact, "{%s}hasEmail" % VCARD).set(RESOURCE, address)
    if shown.version_label:
        _said(dataset, DCAT + "version", shown.version_label)
    correct(root, shown)
    return str(etree.tostring(root, encoding="unicode", pretty_print=True))


def correct(root: Any, shown: Published) -> None:
    """Let the rdf:RDF element of a record (lxml, changed in place) say of access what `shown` says."""
    dataset = root[0]
    for child in list(dataset):
        if child.tag in HOSTS:
            dataset.remove(child)
    if ABOUT not in dataset.attrib:
        dataset.set(ABOUT, shown.record_url)
    etree.SubElement(dataset, "{%s}landingPage" % DCAT).set(RESOURCE, shown.record_url)
    right = shown.right
    etree.SubElement(dataset, "{%s}accessRights" % DCT).set(RESOURCE, right.eu)
    _state(dataset, right.coar, [(right.coar_label, "en")])
    _state(dataset, right.info_eu_repo, [(right.info_eu_repo.rpartition("/")[2], None)])
    words = [(text, "en") for text in (shown.label, shown.state_text) if text]
    words += [(condition["text"], condition["lang"]) for condition in shown.dataset.sensitive["access_conditions"]]
    _state(dataset, shown.access_url, words)


def _said(parent, name, text, language=None):
    element = etree.SubElement(parent, _tag(name))
    element.text = for_xml(text)
    if language:
        element.set("{%s}lang" % XML, language)
    return element


def _inside(parent, name, kind):
    return etree.SubElement(etree.SubElement(parent, _tag(name)), _tag(kind))


def _tag(name):
    namespace, sign = (name.rpartition("#") if "#" in name else name.rpartition("/"))[:2]
    return "{%s%s}%s" % (namespace, sign, name[len(namespace) + 1 :])


def _state(dataset, address, labels):
    rights = etree.SubElement(dataset, "{%s}rights" % DCT)
    statement = etree.SubElement(rights, "{%s}RightsStatement" % DCT)
    statement.set(ABOUT, address)
    for text, language in labels:
        label = etree.SubElement(statement, "{%s}label" % RDFS)
        label.text = for_xml(text)
        if language:
            label.set("{%s}lang" % XML, language)
