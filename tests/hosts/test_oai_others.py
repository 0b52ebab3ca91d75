"""The records of OAI-PMH that are no datasets of ours, read from pages of the host that may have ours alone."""

import datetime

import pytest
from lxml import etree

from secureb2share_ext.hosts import oai_others
from secureb2share_ext.hosts.oai_arguments import Window

GIVEN = {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"}
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
    "pages, names, token",
    [
        ([["a"], ["ours"]], ["a"], ""),
        ([["ours"]] * 11 + [["a"], ["b"]], ["a"], "12"),
        ([["ours"]] * 9 + [["a"], ["b"]], ["a"], "10"),
        ([["ours"]] * 12, [], ""),
    ],
)
def test_a_page_has_a_record_as_long_as_there_is_one(monkeypatch, pages, names, token):
    monkeypatch.setattr(oai_others, "_host_page", served(pages))
    monkeypatch.setattr(oai_others, "_ours", lambda identifiers: {"ours"} & set(identifiers))
    found, following = oai_others.page(GIVEN, SPAN, "")
    assert ([one.findtext(oai_others.OAI + "identifier") for one in found], following) == (names, token)
