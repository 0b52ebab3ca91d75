"""The records of OAI-PMH that are no datasets of ours, read from pages of the host that may have ours alone."""

import datetime

import pytest
from lxml import etree

from secureb2share_ext.hosts import oai_others
from secureb2share_ext.hosts.oai_arguments import Window

GIVEN = {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"}
OURS = {"ours": "active", "gone": "withdrawn"}
SPAN = Window(None, datetime.datetime(2026, 1, 31))


def served(pages):
    """A function in place of the host's view: page 0 first, and then the page that the token names."""

    def page(given, span, token):
        number = int(token or 0)
        root = etree.Element(oai_others.OAI + "OAI-PMH")
        parent = etree.SubElement(root, oai_others.OAI + "ListIdentifiers")
        for name in pages[number]:
            header = etree.SubElement(parent, oai_others.OAI + "header")
            etree.SubElement(header, oai_others.OAI + "identifier").text = name
        if number + 1 < len(pages):
            etree.SubElement(parent, oai_others.OAI + "resumptionToken").text = str(number + 1)
        return root

    return page


@pytest.mark.parametrize(
    "pages, begun, names, token",
    [
        ([["a"], ["ours"]], "", ["a"], ""),
        ([["ours"]] * 11 + [["a"], ["b"]], "", ["ours"], "10"),
        ([["ours"]] * 11 + [["a"], ["b"]], "10", ["a", "b"], ""),
        ([["gone"]] * 11 + [["ours"], ["a"]], "", ["ours"], "12"),
        ([["ours"]] * 9 + [["a"], ["b"]], "", ["a"], "10"),
        ([["ours"]] * 12, "", ["ours"], "10"),
        ([["ours"]] * 12, "10", ["ours"], ""),
        ([["ours"]] * 2, "", [], ""),
    ],
)
def test_no_page_that_goes_on_is_empty_and_each_has_an_end(monkeypatch, pages, begun, names, token):
    monkeypatch.setattr(oai_others, "_host_page", served(pages))
    monkeypatch.setattr(
        oai_others, "_ours", lambda identifiers: {name: OURS[name] for name in identifiers if name in OURS}
    )
    found, following = oai_others.page(GIVEN, SPAN, begun)
    assert ([one.findtext(oai_others.OAI + "identifier") for one in found], following) == (names, token)
