"""Each field of a description at a real B2SHARE: entered in its own interface, and found wherever it is served."""

import os
import uuid
from xml.etree import ElementTree

import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import real_instance  # noqa: E402
from served import EXAMPLES  # noqa: E402

from secureb2share_ext.descriptions.schema import SCHEMA  # noqa: E402
from secureb2share_ext.hosts.b2share2 import block, mapping  # noqa: E402

NAMES = sorted(name[: -len(".json")] for name in os.listdir(EXAMPLES) if name.endswith(".json"))
ORCID, ROR = "0000-0002-1825-0097", "https://ror.org/00j9c2840"
CREATORS = [
    {
        "name": "Etternavn, Fornavn",
        "kind": "person",
        "given_name": "Fornavn",
        "family_name": "Etternavn",
        "orcid": ORCID,
        "affiliation": "Esimerkkiyliopisto",
        "affiliation_ror": "https://ror.org/05xg72x27",
    },
    {"name": "Esimerkkilaitos", "kind": "organisation", "ror": ROR},
]
# what the example of the register says, and that of the wearables does not
BORROWED = ("regions", "coding_systems", "code_values", "periodicity", "standards", "health_activities", "columns")
# what a search finds -> a query for it; the fields stand in the community's block
QUERIES = {
    "creator": 'creators.creator_name:"Etternavn, Fornavn"',
    "contributor": "{block}.contributors.name:Esimerkkisairaala",
    "funder": '{block}.funders.award_number:"EX-2021-17"',
    "related": '{block}.related.identifier:"10.5555/12345678"',
    "alternate": '{block}.alternate_identifiers.value:"UNI-2021"',
    "contact": '{block}.more_contacts.url:"https://example.org/requests"',
    "licence": '{block}.metadata_license:"CC-BY-4.0"',
    "region": "{block}.regions:FI1B",
    "coding system": '{block}.coding_systems:"ICD-10"',
    "code": '{block}.code_values:"ICD-10:N17-N19"',
    "periodicity": "{block}.periodicity:ANNUAL",
    "column": '{block}.columns.name:diagnosis AND {block}.columns.table:"Peritoneal dialysis"',
    "not stated": '{block}.deidentification:"not-stated"',
    "words alone": "Comorbidity",
}
# export -> texts that it has; on B2SHARE the serialisers of the host write all but the first two
TEXTS = {
    "dcat": (
        ORCID,
        ROR,
        "FI1B",
        "ICD-10:N17-N19",
        "frequency/ANNUAL",
        "Peritoneal dialysis",
        "UNI-2021",
        "10.5555/12345678",
    ),
    "linkset": ("https://orcid.org/" + ORCID, ROR, "https://spdx.org/licenses/CC-BY-4.0"),
    "oai_dc": ("Esimerkkisairaala", "Esimerkkirahasto", "UNI-2021", "10.5555/12345678", "FI1B", "Etternavn, Fornavn"),
    "eudatcore": ("Esimerkkisairaala", "Esimerkkirahasto", "UNI-2021", "10.5555/12345678", "FI1B", "EX-2021-17"),
    "eudatextended": (
        "DataCurator",
        "Esimerkkirahasto",
        "Project register",
        "IsDerivedFrom",
        "FI1B",
        "https://example.org/grants/EX-2021-17",
        "Collected",
        "Methods",
    ),
    "marcxml": ("Esimerkkisairaala", "UNI-2021", "Etternavn, Fornavn"),
    "datacite": (
        "Personal",
        ORCID,
        ROR.rpartition("/")[2],
        "DataCurator",
        "Esimerkkirahasto",
        "EX-2021-17",
        "UNI-2021",
        "IsDerivedFrom",
        "FI1B",
        'dateType="Collected"',
        'descriptionType="Methods"',
        'xml:lang="fi"',
        "<size>",
        "<format>",
        "<language>fi</language>",
    ),
    "bibtex": ("Etternavn, Fornavn", "{Esimerkkilaitos}", "doi = {10.5072/", "url = {https://doi.org/10.5072/"),
    "ris": ("AU  - Etternavn, Fornavn", "AU  - Esimerkkilaitos", "DO  - 10.5072/", "UR  - https://doi.org/10.5072/"),
    "csl": ('"family": "Etternavn"', '"literal": "Esimerkkilaitos"', '"DOI": "10.5072/'),
}


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    with real_instance.running(tmp_path_factory.mktemp("fields")) as found:
        yield found


def rich():
    """A description that has each of the fields above."""
    found, register = real_instance.example("sleep-wearables"), real_instance.example("kidney-register")
    found["core"]["creators"] = CREATORS
    found["sensitive"].update((name, register["sensitive"][name]) for name in BORROWED)
    found["sensitive"]["deidentification"] = "not-stated"
    return found


@pytest.fixture(scope="module", params=["source", "curator"])
def made(request, instance):
    """(PID, path of its block in the index) of a dataset that says it all."""
    if request.param == "source":
        pid = instance.source.register("fields/" + uuid.uuid4().hex, rich())["pid"]
    else:
        answer = instance.curate(rich())
        assert answer.status_code == 201, answer.text
        pid = answer.json()["id"]
    instance.index()
    (name,) = read(instance, pid)["community_specific"]
    return pid, "community_specific." + name


def read(instance, pid):
    answer = instance.call("GET", "/api/records/" + pid)
    assert answer.status_code == 200, answer.text
    return answer.json()["metadata"]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_that_a_curator_enters_is_read_back_whole(instance, name):
    description = real_instance.example(name)
    answer = instance.curate(description)
    assert answer.status_code == 201, answer.text
    metadata = read(instance, answer.json()["id"])
    (held,) = metadata["community_specific"]
    assert mapping.from_record(metadata, held) == description


def test_what_a_curator_enters_is_kept_composed(instance):
    description, word = real_instance.example("union-survey-1987"), "x" + uuid.uuid4().hex[:12]
    description["core"]["titles"][0]["text"] = "cafe\u0301%s" % word
    answer = instance.curate(description)
    assert answer.status_code == 201, answer.text
    assert read(instance, answer.json()["id"])["titles"][0]["title"] == "caf\u00e9" + word
    instance.index()
    found = instance.call("GET", "/api/records/", params={"q": "caf\u00e9" + word}).json()["hits"]["hits"]
    assert [hit["id"] for hit in found] == [answer.json()["id"]]


def test_the_form_has_every_field(instance):
    from secureb2share_ext.hosts.b2share2 import communities

    with instance.app.app_context():
        held, _ = communities.current_block(instance.communities["sensitive"])
    # the web interface builds its form of this
    served = instance.call("GET", "/api/schemas/%s/versions/last" % held).json()["json_schema"]
    fields = set(SCHEMA["properties"]["sensitive"]["properties"]) | set(block.MORE)
    assert served["properties"] == block.schema()["properties"] and fields <= set(served["properties"])
    shown = served["b2share"]["presentation"]
    assert fields <= set(shown["major"] + shown["minor"])


@pytest.mark.parametrize("what", sorted(QUERIES))
def test_a_search_finds_it_by(instance, made, what):
    pid, held = made
    query = {"q": QUERIES[what].replace("{block}", held), "size": "25", "sort": "mostrecent"}
    answer = instance.call("GET", "/api/records/", params=query)
    assert answer.status_code == 200, answer.text
    assert pid in [hit["id"] for hit in answer.json()["hits"]["hits"]], answer.text[:500]


@pytest.mark.parametrize("what", sorted(TEXTS))
def test_it_stands_in(instance, made, what):
    said = export(instance, made[0], what)
    assert [text for text in TEXTS[what] if text not in said] == [], said


def test_no_export_says_a_field_that_4_4_of_datacite_does_not_know(instance):
    description = rich()
    description["core"]["related"] = [
        {"relation": "Collects", "identifier": "10.5555/event", "scheme": "DOI"},
        {"relation": "References", "identifier": "10.5555/scanner", "scheme": "DOI", "kind": "Instrument"},
    ]
    said = export(instance, instance.source.register("fields/" + uuid.uuid4().hex, description)["pid"], "datacite")
    assert "10.5555/scanner" in said and "Instrument" not in said and "10.5555/event" not in said


def test_as_much_as_may_be_said_is_kept_served_and_found(instance):
    description, last = rich(), "z" + uuid.uuid4().hex
    creators = [{"name": "Institute %d" % number, "kind": "organisation"} for number in range(1000)]
    columns = [{"table": "t%d" % (number % 12), "name": "c%d" % number, "datatype": "string"} for number in range(1999)]
    description["core"]["creators"] = creators
    description["sensitive"]["columns"] = columns + [{"table": "t12", "name": last}]
    pid = instance.source.register("fields/" + uuid.uuid4().hex, description)["pid"]
    metadata = read(instance, pid)
    (held,) = metadata["community_specific"]
    assert mapping.from_record(metadata, held) == description
    instance.index()
    query = {"q": "community_specific.%s.columns.name:%s" % (held, last)}
    assert [hit["id"] for hit in instance.call("GET", "/api/records/", params=query).json()["hits"]["hits"]] == [pid]
    assert export(instance, pid, "oai_dc").count("<dc:creator>") == export(instance, pid, "datacite").count("<creator>")
    assert export(instance, pid, "dcat").count("csvw:name") == 2000


def test_its_page_shows_it(instance, made):
    page = instance.call("GET", "/api/secureb2share/access/" + made[0]).text
    shown = ("Esimerkkisairaala", "Esimerkkirahasto", "EX-2021-17", "UNI-2021", "FI1B", "Peritoneal dialysis")
    assert [text for text in shown if text not in page] == []


def export(instance, pid, what):
    if what == "datacite":
        return datacite(instance, pid)
    if what == "linkset":
        return instance.call("GET", "/api/linkset/%s/json" % pid).text
    if what in ("dcat", "bibtex", "ris", "csl"):
        name = "dcat-ttl" if what == "dcat" else what
        return instance.call("GET", "/api/secureb2share/cite/%s?format=%s" % (pid, name)).text
    ((identifier,),) = instance.execute(
        "SELECT pid_value FROM pidstore_pid WHERE pid_type = 'oai' AND pid_value LIKE :like", like="%" + pid
    )
    path = "/api/oai2d?verb=GetRecord&metadataPrefix=%s&identifier=%s" % (what, identifier)
    said = instance.call("GET", path).text
    assert ElementTree.fromstring(said) is not None
    return said


def datacite(instance, pid):
    from b2share.modules.records.serializers import datacite_v44

    from secureb2share_ext.datasets import store
    from secureb2share_ext.hosts.b2share2 import records

    with instance.app.app_context():
        row = store.by_pid(pid)
        with records.canonical():
            return datacite_v44.serialize(None, records.get(row))
