import pytest

pytest.importorskip("lxml")

from lxml import etree  # noqa: E402
from samples import ACCESS_URL, HOSTILE, RECORD_URL, STATES, given, shown  # noqa: E402

from secureb2share_ext.exports import dcat  # noqa: E402
from secureb2share_ext.exports.xml_text import for_xml  # noqa: E402


def read(seen):
    root = etree.fromstring(dcat.xml(seen).encode())
    assert len(root) == 1 and root[0].tag == "{%s}Dataset" % dcat.DCAT
    return root[0]


def texts(dataset, name):
    return [(one.text, one.get("{%s}lang" % dcat.XML)) for one in dataset.findall(name, dcat.PREFIXES)]


@pytest.mark.parametrize("state", sorted(STATES))
def test_a_dataset_says_what_it_is_and_how_access_is_had(state):
    seen = shown(state=state)
    dataset, core = read(seen), seen.dataset.core
    assert dataset.get(dcat.ABOUT) == RECORD_URL
    for name in ("title", "description"):
        assert texts(dataset, "dct:" + name) == [(one["text"], one["lang"]) for one in core[name + "s"]]
    assert [word for word, _ in texts(dataset, "dcat:keyword")] == core["keywords"]
    assert texts(dataset, "dct:publisher/foaf:Agent/foaf:name") == [(core["publisher"], None)]
    assert [n for n, _ in texts(dataset, "dct:creator/foaf:Agent/foaf:name")] == [c["name"] for c in core["creators"]]
    assert texts(dataset, "dcat:contactPoint/vcard:Kind/vcard:fn") == [(core["contacts"][0]["name"], None)]
    (words,) = dataset.findall("dct:rights/dct:RightsStatement[@rdf:about='%s']" % ACCESS_URL, dcat.PREFIXES)
    said = [one.text for one in words]
    assert [text for text in (seen.label, seen.state_text) if text] == said[: 1 if state == "active" else 2]
    # nothing can be downloaded
    assert dataset.findall("dcat:distribution", dcat.PREFIXES) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_an_element(text):
    plain = [one.tag for one in read(given("plain")).iter()]
    dataset = read(given(text))
    assert [one.tag for one in dataset.iter()] == plain
    assert texts(dataset, "dcat:keyword") == [(for_xml(text[:100]), None)]
