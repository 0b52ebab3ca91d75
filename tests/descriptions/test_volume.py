import base64
import gzip
import json
import random
from pathlib import Path

import pytest
from test_schema import changed, full, full_faults

from secureb2share_ext.descriptions import schema, volume

ROOT = Path(__file__).resolve().parents[2]
CHANCE = random.Random(15)
BYTES = CHANCE.getrandbits(8 * 420000).to_bytes(420000, "big")
ENCODED = {
    "base64": base64.b64encode(BYTES),
    "base64url": base64.urlsafe_b64encode(BYTES),
    "hex": base64.b16encode(BYTES).lower(),
    "HEX": base64.b16encode(BYTES),
    "base32": base64.b32encode(BYTES),
    "gzip": base64.b64encode(gzip.compress(BYTES)),
    "program": base64.b64encode(Path(json.__file__).read_bytes() * 30),
}


def pick(*words):
    return lambda: CHANCE.choice(words)


def number(most):
    return CHANCE.randrange(most)


# lists that descriptions have, 9,000 characters each
WORDS = {
    "SNPs": lambda: "rs%d" % number(10**9),
    "positions": lambda: "chr%d:%d:%s:%s" % (number(23), number(10**8), CHANCE.choice("ACGT"), CHANCE.choice("ACGT")),
    "ICD-10": lambda: "%s%02d.%d" % (CHANCE.choice("ABCDEFGHIJ"), number(100), number(10)),
    "codes": lambda: "%05d-%d N06AB%02d SNOMED:%d" % (number(99999), number(9), number(99), number(10**9)),
    "accessions": lambda: "EGAD%011d SAMEA%d ENSG%011d" % (number(10**6), number(10**8), number(10**6)),
    "sequences": lambda: "".join(CHANCE.choice("ACGT") for _ in range(60)),
    "HGVS": lambda: "NM_%06d.3(BRCA2):c.%dA>G (p.Arg%dHis)" % (number(10**6), number(9999), number(3000)),
    "variables": lambda: "q%d_sleep_w%d_score2a BMIAtBirthGrams%d" % (number(99), number(9), number(99)),
    "compounds": pick(
        "sosiaalihuoltolainsäädäntöuudistuksessa",
        "lentokonesuihkuturbiinimoottoriapumekaanikkoaliupseerioppilas",
        "Krankenversicherungsunternehmensbeteiligungsgesellschaft",
        "menneskerettighetsorganisasjonene",
    ),
    "addresses": lambda: "https://doi.org/10.5281/zenodo.%d https://a.org/%032x" % (number(10**7), number(2**128)),
    "other scripts": pick("健康調査データ", "здравоохранения", "الصحة", "υγειονομική"),
}  # fmt: skip


def test_no_example_is_too_much():
    for path in sorted((ROOT / "docs" / "examples").glob("*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))["dataset"]
        assert volume.faults(found) == volume.encoded_faults(dict(schema.texts(found))) == [], path.name


def test_no_page_of_the_documentation_is_taken_for_encoded_content():
    pages = sorted((ROOT / "docs").rglob("*.md")) + [ROOT / "README.md", ROOT / "CHANGES.md"]
    assert len(pages) > 30
    assert [path.name for path in pages if volume.encoded(path.read_text(encoding="utf-8")) > 1000] == []


@pytest.mark.parametrize("kind", WORDS)
def test_a_long_list_is_no_encoded_content(kind):
    text = ""
    while len(text) < 9000:
        text += WORDS[kind]() + ", "
    assert volume.encoded(text) < 500
    assert full_faults({"core.descriptions[0].text": text}) == []


@pytest.mark.parametrize("width", [20, 24, 40, 76, 255])
@pytest.mark.parametrize("kind", ENCODED)
@pytest.mark.parametrize("between", [" ", "\n", ", "])
def test_pieces_of_encoded_content_are_refused_however_they_are_broken(kind, width, between):
    body = ENCODED[kind][:9000].decode("ascii")
    text = between.join(body[start : start + width] for start in range(0, len(body), width))
    assert full_faults({"core.descriptions[0].text": text}) == [("core.descriptions[0].text", volume.PIECES)]
    # over many texts too
    parts = [
        {"lang": "en", "text": text[start : start + len(text) // 15]} for start in range(0, len(text), len(text) // 15)
    ]
    assert volume.PIECES in [fault for _, fault in full_faults({"core.descriptions": parts})]


def test_a_file_is_no_description():
    body = ENCODED["base64"].decode("ascii")[:560000]
    text = " ".join(body[start : start + 255] for start in range(0, len(body), 255))
    parts = [{"lang": "en", "text": text[start : start + 20000]} for start in range(0, 400000, 20000)]
    for words in (parts, [{"lang": "en", "text": "word " * 4000}] * 20):
        (fault,) = [fault for field, fault in full_faults({"core.descriptions": words}) if "too long" in fault]
        assert "400" in fault and "at most 64000 (core.titles" in fault and "core.descriptions" in fault


@pytest.mark.parametrize(
    "field, entry, most",
    [
        ("core.creators", lambda size: [{"name": "é" * (size // 400)}] * 200, 128000),
        ("sensitive.variables", lambda size: ["é" * (size // 400)] * 200, 64000),
        ("files", lambda size: [{"label": "é" * (size // 400)}] * 200, 128000),
        ("sensitive.provenance", lambda size: [{"lang": "en", "text": "é" * (size // 400)}] * 200, 64000),
    ],
)  # fmt: skip
def test_each_kind_has_a_limit_in_bytes(field, entry, most):
    lean = changed(full(), {"core.titles": [], "core.descriptions": []})
    for name in ("access_conditions", "fees", "population_coverage", "retention_basis", "provenance"):
        lean["sensitive"][name] = []
    assert volume.faults(changed(lean, {field: entry(most)})) == []
    ((named, fault),) = volume.faults(changed(lean, {field: entry(most + 400)}))
    assert named == field and fault.startswith("is too long") and "%d bytes of at most %d" % (most + 400, most) in fault


def test_an_address_is_one_word():
    text = "https://example.org/" + "a" * 300
    assert schema.content_faults(text) == []
    assert schema.content_faults(text + " and more") == [schema.ENCODED]
    hidden = "https://example.org/" + ENCODED["base64"][:9000].decode("ascii")
    assert schema.content_faults(hidden) == [schema.ENCODED] and volume.encoded(hidden) > volume.MOST_ENCODED


def test_whatever_json_it_is_no_limit_is_an_error():
    for value in (
        None,
        7,
        "a",
        [],
        {},
        {"core": []},
        {"core": {"titles": "a"}},
        {"files": [[], 7, None, {"label": 1}]},
    ):
        assert volume.faults(value) == []
