"""DataCite metadata over OAI-PMH, in DataCite's own envelope (https://schema.datacite.org/oai/)."""

from typing import Any, Dict, Optional

from . import datacite
from .published import Published

NAMESPACE = "http://schema.datacite.org/oai/oai-1.1/"
SCHEMA = NAMESPACE + "oai.xsd"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"


def xml(shown: Published, whole: Optional[Dict[str, Any]] = None) -> str:
    """The envelope with the record's DataCite XML; the authority that assigned its identifier is the centre.

    whole: its DataCite JSON, where a host adds to that of datacite.py.
    """
    from lxml import etree

    root = etree.Element("{%s}oai_datacite" % NAMESPACE, nsmap={None: NAMESPACE, "xsi": _XSI})
    root.set("{%s}schemaLocation" % _XSI, "%s %s" % (NAMESPACE, SCHEMA))
    etree.SubElement(root, "{%s}schemaVersion" % NAMESPACE).text = datacite.VERSION
    etree.SubElement(root, "{%s}datacentreSymbol" % NAMESPACE).text = shown.dataset.source
    payload = etree.SubElement(root, "{%s}payload" % NAMESPACE)
    said = datacite.document(shown) if whole is None else whole
    payload.append(etree.fromstring(datacite.as_xml(said).encode("utf-8")))
    return etree.tostring(root, encoding="utf-8", xml_declaration=True).decode("utf-8")
