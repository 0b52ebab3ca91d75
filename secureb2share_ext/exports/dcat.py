"""DCAT-AP of access, as a Published says it.

dct:accessRights has the EU's value, which DCAT-AP allows once; the other vocabularies, the words and the conditions
are dct:rights. There is no distribution: nothing can be downloaded.
"""

from typing import Any

from lxml import etree

from .published import Published
from .xml_text import for_xml

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
DCT = "http://purl.org/dc/terms/"
DCAT = "http://www.w3.org/ns/dcat#"
XML = "http://www.w3.org/XML/1998/namespace"
ABOUT, RESOURCE = "{%s}about" % RDF, "{%s}resource" % RDF
HOSTS = tuple("{%s}%s" % (DCT, name) for name in ("accessRights", "license", "rights")) + (
    "{%s}distribution" % DCAT,
    "{%s}landingPage" % DCAT,
)


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


def _state(dataset, address, labels):
    rights = etree.SubElement(dataset, "{%s}rights" % DCT)
    statement = etree.SubElement(rights, "{%s}RightsStatement" % DCT)
    statement.set(ABOUT, address)
    for text, language in labels:
        label = etree.SubElement(statement, "{%s}label" % RDFS)
        label.text = for_xml(text)
        if language:
            label.set("{%s}lang" % XML, language)
