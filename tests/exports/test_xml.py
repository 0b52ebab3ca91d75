import pytest

pytest.importorskip("lxml")
pytest.importorskip("dcxml")
pytest.importorskip("datacite")

from datacite import schema45  # noqa: E402
from lxml import etree  # noqa: E402
from samples import (  # noqa: E402
    ACCESS,
    ACCESS_URL,
    CHECKSUM,
    HOSTILE,
    NAME,
    NEW,
    OLD,
    RECORD_URL,
    SIZE,
    STATES,
    given,
    shown,
)
from xml_schemas import LANG, NS, faults, texts  # noqa: E402

from secureb2share_ext.exports import datacite, dublin_core, marcxml, oai_datacite  # noqa: E402
from secureb2share_ext.exports.xml_text import for_xml  # noqa: E402

EMPTY = "<oai_datacite xmlns='%s'/>" % NS["od"]


def of_datacite(seen):
    root = etree.fromstring(datacite.xml(seen).encode())
    assert faults("kernel-4", root) == []
    rights = root.findall("d:rightsList/d:rights", NS)
    other = texts(root, "d:descriptions/d:description[@descriptionType='Other']")
    issued, collected, *dates = root.findall("d:dates/d:date", NS)
    assert [issued.get("dateType"), collected.get("dateType")] == ["Issued", "Collected"]
    wanted = [date.text for date in dates if date.get("dateInformation").startswith("Access can be requested")]
    stated = [
        {"date": d.text, "dateType": d.get("dateType"), "dateInformation": d.get("dateInformation")} for d in dates
    ]
    return root, {
        "terms": tuple(right.get("rightsURI") for right in rights[:3]),
        "coar label": rights[0].text,
        "label": rights[3].text,
        "link": rights[3].get("rightsURI"),
        "from": wanted[0] if wanted else None,
        "in words": other[0] if other else None,
        "state date": next((date for date in stated if date["date"] not in wanted), None),
    }


def of_oai_datacite(seen):
    root = etree.fromstring(oai_datacite.xml(seen).encode())
    assert faults("oai_datacite", root) == [] and texts(root, "od:schemaVersion") == ["4.5"]
    (resource,) = root.findall("od:payload/d:resource", NS)
    assert faults("kernel-4", resource) == [] and texts(root, "od:datacentreSymbol") == ["tsd"]
    return root, of_datacite(seen)[1]


def of_dublin_core(seen):
    root = etree.fromstring(dublin_core.xml(seen).encode())
    assert faults("oai_dc", root) == []
    info_eu_repo, coar, eu, label, link = texts(root, "dc:rights")[:5]
    words = texts(root, "dc:description")[:-2]
    return root, {
        "terms": (coar, info_eu_repo, eu), "label": label, "link": link, "in words": words[0] if words else None
    }  # fmt: skip


@pytest.mark.parametrize("describe_files", ["labels", "full"])
@pytest.mark.parametrize("state", sorted(set(STATES) - {"withdrawn"}))  # whose tombstone has a test of its own
@pytest.mark.parametrize("access", sorted(ACCESS))
@pytest.mark.parametrize("read", [of_datacite, of_oai_datacite, of_dublin_core])
def test_xml_is_valid_and_says_the_same_truth(read, access, state, describe_files):
    _, _, _, terms, coar_label, label, requests_from, _ = ACCESS[access]
    instead, in_words, date, _ = STATES[state]
    truth = {
        "terms": terms, "coar label": coar_label, "label": instead or label, "link": ACCESS_URL, "from": requests_from,
        "in words": in_words, "state date": date,
    }  # fmt: skip
    root, found = read(shown(access, state, describe_files, related=True))
    assert found == {name: truth[name] for name in found}
    text = etree.tostring(root, encoding="unicode")
    assert not [word for word in (NAME, CHECKSUM, str(SIZE), "embargoedAccess", "openAccess", "c_f1cf") if word in text]
    assert OLD in text and NEW in text


# what hosts say of access before it is corrected: (tag, second indicator, {code: text})
OF_HOSTS = [
    ("506", " ", {"a": "restricted", "f": "restricted"}),
    ("540", " ", {"a": "info:eu-repo/semantics/openAccess"}),
    ("542", " ", {"l": "closed"}),
    ("856", " ", {"u": "https://catalogue.example.org/a.sav"}),
    ("856", "2", {"a": "10.1234/related"}),
]


@pytest.mark.parametrize("namespace", ["", "{http://www.loc.gov/MARC21/slim}"])
@pytest.mark.parametrize("state", sorted(set(STATES) - {"withdrawn"}))
@pytest.mark.parametrize("access", sorted(ACCESS))
def test_marc_says_one_right_in_one_field(access, state, namespace):
    _, _, _, (coar, info_eu_repo, eu), coar_label, label, _, _ = ACCESS[access]
    instead, in_words = STATES[state][:2]
    root = etree.Element(namespace + "record")
    for tag, second, values in OF_HOSTS:
        field = etree.SubElement(root, namespace + "datafield", tag=tag, ind1=" ", ind2=second)
        for code, text in values.items():
            etree.SubElement(field, namespace + "subfield", code=code).text = text
    marcxml.correct(root, shown(access, state))
    found = [(field.get("tag"), {part.get("code"): part.text for part in field}) for field in root]
    assert {tag for tag, _ in found} == {"506", "540", "856"} and found[0] == ("856", {"a": "10.1234/related"})
    first, *words = [values for tag, values in found if tag == "506"]
    assert first == {"a": instead or label, "f": coar_label, "u": coar, "2": "COAR Access Rights"}
    assert words == ([{"a": in_words}] if in_words else [])
    assert found[-1] == ("856", {"u": ACCESS_URL, "y": instead or label})
    assert [values for tag, values in found if tag == "540"][0] == {"a": info_eu_repo, "u": eu}


def test_the_schemas_refuse_what_they_should():
    # a validator that accepts anything would make the tests above say nothing
    datacite_xml = etree.fromstring(datacite.xml(shown()).encode())
    datacite_xml.remove(datacite_xml.find("d:identifier", NS))
    assert faults("kernel-4", datacite_xml) and faults("oai_datacite", etree.fromstring(EMPTY))
    dc = etree.fromstring(dublin_core.xml(shown()).encode())
    etree.SubElement(dc, "{%s}nothing" % NS["dc"])
    assert faults("oai_dc", dc)


@pytest.mark.parametrize("state", sorted(set(STATES) - {"withdrawn"}))  # whose tombstone has a test of its own
@pytest.mark.parametrize("access", sorted(ACCESS))
def test_datacite_json_is_valid(access, state):
    assert list(schema45.validator.iter_errors(datacite.document(shown(access, state, related=True)))) == []


def test_a_record_without_a_doi_is_identified_by_its_page():
    seen = shown()
    (identifier,) = etree.fromstring(datacite.xml(seen).encode()).findall("d:identifier", NS)
    assert (identifier.text, identifier.get("identifierType")) == (RECORD_URL, "URL")
    named = seen._replace(dataset=seen.dataset._replace(pid="10.23728/abc"))
    root = etree.fromstring(datacite.xml(named).encode())
    (identifier,) = root.findall("d:identifier", NS)
    assert (identifier.text, identifier.get("identifierType")) == ("10.23728/abc", "DOI")
    assert faults("kernel-4", root) == []


def test_titles_keep_their_languages():
    titles = etree.fromstring(datacite.xml(shown()).encode()).findall("d:titles/d:title", NS)
    assert [(title.get(LANG), title.get("titleType")) for title in titles] == [("nb", None), ("en", "TranslatedTitle")]


@pytest.mark.parametrize("code", [0x00, 0x08, 0x0B, 0x1F, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF])
def test_what_xml_cannot_hold_is_replaced(code):
    assert for_xml({"a": ["x" + chr(code) + "\t\n" + chr(0x10FFFF), 7]}) == {"a": ["x\ufffd\t\n" + chr(0x10FFFF), 7]}

    def spoil(description):
        description["core"]["titles"][0]["text"] = "x" + chr(code)

    for write in (datacite.xml, dublin_core.xml, oai_datacite.xml):
        assert "x\ufffd" in write(shown(change=spoil))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_survives_xml(text):
    seen = given(text)
    root = etree.fromstring(datacite.xml(seen).encode("utf-8"))
    assert faults("kernel-4", root) == []
    assert (
        texts(root, "d:titles/d:title")[0] == (text * 2)[:500]
        and texts(root, "d:creators/d:creator/d:creatorName")[0] == text
    )
    assert texts(root, "d:alternateIdentifiers/d:alternateIdentifier")[0] == text
    assert texts(root, "d:rightsList/d:rights")[4] == text and texts(root, "d:subjects/d:subject")[0] == text[:100]
    dc = etree.fromstring(dublin_core.xml(seen).encode("utf-8"))
    assert faults("oai_dc", dc) == []
    assert texts(dc, "dc:title")[0] == (text * 2)[:500] and texts(dc, "dc:identifier")[2] == text
    assert texts(dc, "dc:description")[0] == "Suspended since 2026-01-31: " + text
