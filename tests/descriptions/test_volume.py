import base64
import gzip
import json
import random
import re
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
UNEVEN = {
    "base85": base64.b85encode(BYTES),
    "decimal": b"".join(b"%03d" % byte for byte in BYTES[:8000]),
    "letters": bytes(97 + byte % 26 for byte in BYTES),
    "hex in letters": bytes(97 + (byte >> shift & 15) for byte in BYTES for shift in (4, 0)),
    "hex of a text": base64.b16encode(b"In 2019 there were 12,345 participants from 17 places. " * 999),
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
    "genes": pick(*"BRCA1 TP53 EGFR PTEN KRAS PIK3CA CDKN2A MLH1 PALB2 CHEK2 BRIP1 RAD51C SDHB MUTYH DNMT3A FLT3 NPM1"
        " SRSF2 ZRSR2 PTPN11 LDLR PCSK9 MYBPC3 TNNT2 KCNQ1 SCN5A CFTR HBB GJB2 SMN1 DMD FMR1 CACNA1A SHANK3".split()),
    "names of columns": pick(*"PASNR KJONN FODTAAR DIAGKD1 HDGNTYPE INNDATO KOMNR BYDEL HELSEREG NCRP1 ATCKODE DDD VEKT"
        " LENGDE HBA1C LDLKOL TRIGL KREAT SVGVARIG APGAR5 MORALD PARITET wbc_cnt mchc neutr_abs".split()),
    "abbreviations": pick(*"GDPR HDAB DPO REK NPR KPR SSB FHI SYSVAK MSIS ICD-10 ATC SNOMED CT LOINC OMOP CDM FHIR"
        " EEG ECG BMI HbA1c LDL CRP TSH PTSD ADHD WISC-V MMSE PHQ-9 GAD-7 EQ-5D-5L CBCL SDQ".split()),
    "countries": pick(*"NO SE DK FI IS DE IT FR ES PT NL BE LU GB IE PL CZ SK HU AT CH SI HR BG RO UA LT".split()),
    "ATC": lambda: "%s%02d%s%s%02d" % (pick(*"ABCDGHJLMNPRSV")(), number(16), *[pick(*"ABCDEFGX")()] * 2, number(60)),
    "people": lambda: "%s (https://orcid.org/0000-000%d-%04d-%04d)" % (
        pick("Hjördís Guðmundsdóttir", "Päivi Hyvönen", "Søren Kjærgård", "Wojciech Szczęsny", "Nguyễn Thị Hằng")(),
        number(4), number(9999), number(9999)),
    "DOIs": lambda: pick("https://doi.org/10.5281/zenodo.%d", "10.1016/j.jval.2020.%d", "10.1038/s41586-019-%d-4",
        "https://doi.org/10.17026/dans-x7f-%d", "https://hdl.handle.net/11304/a95d-%d")() % number(10**7),
    "pages": lambda: "https://www.%s/%s?id=%d" % (
        pick("helsedata.no", "fhi.no", "csc.fi", "thl.fi", "cineca.it", "ebi.ac.uk")(),
        pick("en/datasets", "no/variabler", "wp-content/hdr.pdf", "forskning/hunt")(), number(99999)),
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
    assert volume.encoded(text) < 500 and volume.unlike_words([text]) < volume.MOST_UNLIKE_WORDS
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


GERMAN = """
Die Studie begleitet seit 1998 Familien in vierzehn Gemeinden Südwestdeutschlands. Erhoben wurden Angaben zur
Gesundheit, zum Schlaf und zur Ernährung der Kinder, Einschätzungen der Lehrkräfte sowie Blutproben im Alter von sechs,
zehn und fünfzehn Jahren. Die Fragebögen wurden ins Türkische und ins Russische übersetzt; die Übersetzungen wurden von
zwei unabhängigen Fachleuten geprüft. Wer später fortzog, konnte schriftlich oder telefonisch weiterhin teilnehmen.
Zugang erhalten Forschende mit einem Vorhaben, das dem Zweck der Einwilligung entspricht, nach Prüfung durch den
Nutzungsausschuss und die zuständige Ethikkommission. Die Auswertung findet ausschließlich in der gesicherten Umgebung
statt; Ergebnisse werden vor der Ausgabe auf Rückschlüsse auf einzelne Personen geprüft. Kosten entstehen für die
Aufbereitung verknüpfter Registerdaten, etwa aus dem Krankenversicherungsunternehmensverzeichnis.
"""


def ordinary():
    """{language: long text} of what people wrote for readers."""
    found = {"de": GERMAN}
    for path in sorted((ROOT / "secureb2share_ext" / "translations").glob("*/LC_MESSAGES/*.po")):
        messages = re.findall(r'^msgstr ((?:".*"\n)+)', path.read_text(encoding="utf-8"), re.M)[1:]
        texts = ["".join(re.findall('"(.*)"', one)) for one in messages]
        found[path.parts[-3]] = re.sub(r"%\(\w+\)s|\\.", " ", " ".join(texts))
    pages = sorted((ROOT / "docs" / "howto").glob("*.md"))
    found["en"] = " ".join(re.sub("(?s)```.*?```|`[^`]*`", " ", path.read_text(encoding="utf-8")) for path in pages)
    return {language: " ".join(text.split())[:60000] for language, text in found.items()}


def test_ordinary_text_is_like_words():
    found = ordinary()
    assert set(found) >= {"nb", "nn", "fi", "sv", "it", "en", "de"} and min(map(len, found.values())) > 800
    for language, text in found.items():
        # a hundredth of what is refused, in as much text as a description may have
        assert volume.unlike_words([text]) < max(100, len(text) / 50), language
        listed = text[:40000] + "; ".join(WORDS[kind]() for kind in sorted(WORDS) for _ in range(10))
        parts = [{"lang": "en", "text": listed[start : start + 20000]} for start in range(0, len(listed), 20000)]
        assert full_faults({"core.descriptions": parts}) == [], language


SIGNS = [" ", "\n", ", ", "-", " ø ", "; 1 ", "/", "\u2003", "."]
WAYS = [(width, between) for width in (1, 2, 3, 5, 8, 12, 19) for between in (" ", "\n", ", ")]
WAYS += [(CHANCE.randrange(1, 20), CHANCE.choice(SIGNS)) for _ in range(20)] + [
    (200, " https://x/"),
    (12, " https://x/"),
]


@pytest.mark.parametrize("kind", list(ENCODED) + list(UNEVEN))
def test_short_pieces_of_encoded_content_are_refused_too(kind):
    body, passed = dict(ENCODED, **UNEVEN)[kind][:14000].decode("ascii"), []
    for width, between in WAYS:
        text = between.join(body[start : start + width] for start in range(0, len(body), width))[:60000]
        parts = [{"lang": "en", "text": text[start : start + 19000]} for start in range(0, len(text), 19000)]
        if not any(fault == volume.PIECES for _, fault in full_faults({"core.descriptions": parts})):
            passed.append((width, between))
    assert passed == []


def test_words_do_not_excuse_what_stands_beside_them():
    body, words = ENCODED["base64"][:14000].decode("ascii"), ordinary()["en"]
    behind = [words[:20000], body[:7000], words[20000:40000], body[7000:]]
    between = " ".join(body[at : at + 15] + " " + words[at : at + 15] for at in range(0, len(body), 15))
    for texts in (behind, [between[:20000], between[20000:]]):
        broken = [{"lang": "en", "text": re.sub("([^ ]{19})", r"\1 ", text)[:20000]} for text in texts]
        assert volume.PIECES in [fault for _, fault in full_faults({"core.descriptions": broken})]


@pytest.mark.parametrize(
    "field, entry",
    [
        ("sensitive.columns", lambda text: {"name": text}),
        ("core.keywords", lambda text: text),
        ("files", lambda text: {"label": text}),
        ("core.creators", lambda text: {"name": text, "affiliation": text}),
    ],
)
def test_lists_hide_no_file(field, entry):
    body = ENCODED["base64"][:16000].decode("ascii")
    pieces = [" ".join(body[at : at + 80][part : part + 16] for part in range(0, 80, 16)) for at in range(0, 16000, 80)]
    found = full_faults({field: [entry(piece) for piece in pieces]})
    assert (field, volume.PIECES) in found


@pytest.mark.parametrize("name", ["Q%d_1", "ICD10_%d", "v%d", "BMI%d", "sp\u00f8rsm\u00e5l_%d"])
def test_as_many_columns_as_a_survey_has_hide_no_file(name):
    columns = [{"table": "t%d" % (at % 12), "name": name % at, "datatype": "string"} for at in range(2000)]
    assert volume.faults({"sensitive": {"columns": columns}}) == full_faults({"sensitive.columns": columns}) == []


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
        ("sensitive.columns", lambda size: [{"name": "é" * (size // 400)}] * 200, 200000),
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


def leaves(node, path=""):
    """(field, whether it is in a list) of each text that the schema has."""
    if node.get("type") == "object":
        for name, member in node["properties"].items():
            yield from leaves(member, "%s.%s" % (path, name) if path else name)
    elif node.get("type") == "array":
        yield from leaves(node["items"], path + "[]")
    elif node.get("type") == "string" or "enum" in node:
        yield path


def test_every_text_counts():
    fields = [field for field in leaves(schema.SCHEMA) if "[]" in field]
    assert len(fields) > 30
    for field in fields:
        *inside, last = field.split(".")
        entry = "é" * 100 if last.endswith("[]") else {last: "é" * 100}
        place = (field if last.endswith("[]") else ".".join(inside)).replace("[]", "")
        found = volume.faults(changed({"core": {}, "sensitive": {}, "files": []}, {place: [entry] * 2000}))
        assert [named for named, _ in found] == [place], field
    # and all of them together
    most = {limit.fields[0]: limit for limit in volume.LIMITS}
    every = changed(
        {"core": {}, "sensitive": {}, "files": []},
        {
            "core.descriptions": [{"text": "a" * 60000}],
            "core.creators": [{"name": "a" * 120000}],
            "files": [{"label": "a" * 100000, "media_type": "a" * 40000}],
            "sensitive.columns": [{"name": "a" * 100000}],
        },
    )
    assert set(most) >= {"core.creators", "files"} and volume.MOST_OF_ALL == 400000
    ((field, fault),) = volume.faults(every)
    assert (field, "420000 bytes of at most 400000" in fault) == ("files", True)
    every["files"][0]["label"] = "a" * 80000
    assert volume.faults(every) == []


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
