"""MARC 21 of access: 506 restrictions on access, 540 terms of use, 856 where to request it."""

from typing import Any

from lxml import etree

from .published import Published
from .xml_text import for_xml

# the host says the status of access where MARC has terms of use and the status of copyright, and links files in 856
HOSTS = ("506", "540", "542", "856")


def correct(root: Any, shown: Published) -> None:
    """Let the MARCXML element of a record (lxml, changed in place) say of access what `shown` says."""
    for field in list(root.iter(_name(root, "datafield"))):
        if field.get("tag") in HOSTS and not _is_related(field):
            field.getparent().remove(field)
    right = shown.right
    _add(
        root, "506", " ", [("a", shown.label), ("f", right.coar_label), ("u", right.coar), ("2", "COAR Access Rights")]
    )
    if shown.state_text:
        _add(root, "506", " ", [("a", shown.state_text)])
    _add(root, "540", " ", [("a", right.info_eu_repo), ("u", right.eu)])
    for condition in shown.dataset.sensitive["access_conditions"]:
        _add(root, "540", " ", [("a", condition["text"]), ("u", shown.access_url)])
    _add(root, "856", "4", [("u", shown.access_url), ("y", shown.label)])


def _is_related(field):
    # 856 with the second indicator 2 is another resource
    return field.get("tag") == "856" and field.get("ind2") == "2"


def _add(root, tag, first, values):
    field = etree.SubElement(root, _name(root, "datafield"), tag=tag, ind1=first, ind2=" ")
    for code, value in values:
        etree.SubElement(field, _name(root, "subfield"), code=code).text = for_xml(value)


def _name(root, tag):
    # one host writes MARCXML without its namespace
    namespace = etree.QName(root).namespace
    return "{%s}%s" % (namespace, tag) if namespace else tag
