import copy
import json
from pathlib import Path

import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from marshmallow import Schema, ValidationError  # noqa: E402
from marshmallow.schema import SchemaMeta  # noqa: E402
from strategies import DESCRIPTIONS, JSON, MANY, WORDS  # noqa: E402

from secureb2share_ext.descriptions import schema  # noqa: E402
from secureb2share_ext.hosts.rdm.fields import creators, definitions, deposit_form, error_paths, html, mapping, names  # noqa: E402

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "docs" / "examples").glob("*.json"))
METADATA = st.dictionaries(
    st.sampled_from(
        ["title", "additional_titles", "description", "creators", "publisher", "publication_date", "subjects"]
        + ["languages", "version", "rights", "contributors"]
    ),
    JSON | st.lists(st.dictionaries(st.sampled_from(["title", "id", "person_or_org", "subject"]), JSON, max_size=3)),
    max_size=8,
)
FIELDS = st.dictionaries(
    st.sampled_from([field.name for field in definitions.definitions()] + ["other:station", "access_right"]),
    JSON,
    max_size=8,
)


def test_creators_whom_rdm_does_not_tell_apart_keep_their_order():
    description = json.loads(EXAMPLES[0].read_text())["dataset"]
    description["core"]["creators"] = [
        {"name": "A"}, {"name": "A", "family_name": "A"}, {"name": "B", "affiliation": "C"},
        {"name": "B", "affiliation": "C", "affiliation_ror": "https://ror.org/00j9c2840"}, {"name": "A"},
    ]  # fmt: skip
    record = json.loads(json.dumps(mapping.to_record(description)))
    assert mapping.from_record(record) == description


@MANY
@given(DESCRIPTIONS)
def test_a_record_holds_a_whole_description(description):
    before = copy.deepcopy(description)
    record = json.loads(json.dumps(mapping.to_record(description)))
    assert mapping.from_record(record) == before == description
    record["custom_fields"] = mapping.write(record["custom_fields"], "https://e.org/api/access/1", "active", "a/b")
    record["custom_fields"]["other:station"] = 5
    record["metadata"]["rights"] = [{"id": "cc-by-4.0"}]
    assert mapping.from_record(record) == before
    assert mapping.updated(record, before) == record
    assert mapping.reconciled(record) == record["custom_fields"]
    assert set(record["custom_fields"]) - {"other:station"} <= {field.name for field in definitions.definitions()}
    assert len(record["metadata"]["title"].strip()) >= 3


@MANY
@given(METADATA, FIELDS, DESCRIPTIONS)
def test_another_description_takes_its_place_and_the_rest_is_kept(metadata, custom_fields, description):
    record = {"metadata": metadata, "custom_fields": custom_fields}
    before = copy.deepcopy(record)
    after = mapping.updated(record, description)
    assert record == before and mapping.from_record(after) == description
    for part, name in (("metadata", "rights"), ("metadata", "contributors"), ("custom_fields", "other:station")):
        assert after[part].get(name) == before[part].get(name)


@MANY
@given(st.fixed_dictionaries({}, optional={"metadata": METADATA | JSON, "custom_fields": FIELDS | JSON}) | JSON)
def test_whatever_json_is_read(record):
    found = mapping.from_record(record)
    assert set(found) <= {"core", "sensitive", "files", "version"}
    schema.description_faults(found, "full")


@MANY
@given(WORDS | st.text(max_size=60))
def test_a_text_survives_html_and_stays_text(text):
    written = html.of_text(text)
    assert html.to_text(written) == text
    assert "<script" not in written


@pytest.mark.parametrize(
    "given, text",
    [
        ("plain", "plain"),
        ("<p>One</p>\n<p>Two<br>lines</p>\n", "One\n\nTwo\nlines"),
        ("<h2>Head</h2><p>a &amp; <b>b</b></p><ul><li>x</li><li>y</li></ul>", "Head\n\na & b\n\nx\ny"),
    ],
)
def test_an_editors_html_is_read_as_text(given, text):
    assert html.to_text(given) == text


def test_an_editors_texts_are_read_composed():
    description = json.loads(EXAMPLES[0].read_text(encoding="utf-8"))["dataset"]
    description["core"]["titles"] = [{"lang": "en", "text": "Café"}]
    description["core"]["creators"] = [{"name": "Café"}]
    record = mapping.to_record(description)
    record["metadata"].update(title="Cafe\u0301")
    record["metadata"]["creators"][0]["person_or_org"]["name"] = "Cafe\u0301"
    # where nothing else changed, the creator is still the one without a kind
    assert mapping.from_record(record) == description
    record["metadata"]["description"] = "<p>e&#769;</p>"
    assert mapping.from_record(record)["core"]["descriptions"][0]["text"] == "é"


PERSON = {"name": "Fornavn Etternavn", "family_name": "Etternavn", "given_name": "Fornavn"}
ROR = "https://ror.org/01ggx4157"


@pytest.mark.parametrize(
    "creator",
    [PERSON, dict(PERSON, orcid="0000-0002-1825-0097", affiliation="A", affiliation_ror=ROR)],
    ids=["bare", "all"],
)
def test_a_creator_stays_as_said_where_rdms_form_saves_it_anew(creator):
    description = json.loads(EXAMPLES[0].read_text(encoding="utf-8"))["dataset"]
    description["core"]["creators"] = [creator]
    record = mapping.to_record(description)
    record["metadata"]["creators"][0]["person_or_org"]["name"] = "Etternavn, Fornavn"
    assert mapping.from_record(record) == description
    record["metadata"]["creators"][0]["person_or_org"].update(name="Etternavn, Annet", given_name="Annet")
    said = {name: value for name, value in creator.items() if name != "affiliation_ror"}
    edited = dict(said, name="Etternavn, Annet", given_name="Annet", kind="person")
    assert mapping.from_record(record)["core"]["creators"] == [edited]


@pytest.mark.parametrize("identifier, ror", [("01ggx4157", {"affiliation_ror": ROR}), ("own", {})], ids=["ror", "own"])
def test_an_affiliation_that_an_editor_chose_is_kept_with_its_name(identifier, ror):
    description = json.loads(EXAMPLES[0].read_text(encoding="utf-8"))["dataset"]
    description["core"]["creators"] = [PERSON, {"name": "B"}]
    record = mapping.to_record(description)
    record["metadata"]["creators"][0]["affiliations"] = [{"id": identifier}, {"name": "Another"}]
    assert creators.affiliation_ids(record["metadata"]) == [identifier]
    record["custom_fields"] = creators.with_affiliations(record, {identifier: "CERN"})
    first = dict(PERSON, affiliation="CERN", **ror)
    assert mapping.from_record(record)["core"]["creators"] == [first, {"name": "B"}]
    # as an index has it
    read = copy.deepcopy(record)
    read["metadata"]["creators"][0]["affiliations"][0]["name"] = "CERN"
    assert mapping.from_record(read) == mapping.from_record(record)
    # what the source or our own form says next
    description["core"]["creators"][0] = first
    assert mapping.updated(record, description)["metadata"] == record["metadata"]
    assert mapping.from_record(mapping.updated(record, description)) == description
    renamed = creators.with_affiliations(record, {identifier: "Renamed"})
    assert renamed["secureb2share:creators"][0] == dict(first, affiliation="Renamed")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples(path):
    description = json.loads(path.read_text(encoding="utf-8"))["dataset"]
    record = mapping.to_record(description)
    assert mapping.from_record(record) == description
    assert record["metadata"]["title"] == description["core"]["titles"][0]["text"]


def test_every_fault_has_a_place_in_a_draft():
    description = {"core": {}, "sensitive": {}, "files": [{}], "version": {"label": ""}}
    faults = [field for field, _ in schema.description_faults(description)]
    assert len(faults) > 14  # the fields that every description needs, and those of a file and a version
    assert all(error_paths.of(field).startswith(("metadata.", "custom_fields.secureb2share:")) for field in faults)


def test_form_asks_for_every_field_once():
    asked = [field["field"] for field in deposit_form.section()["fields"]]
    needed = {names.full(name) for name in names.SENSITIVE if name not in names.ROWS} | {
        names.full(name) for name in names.CONTACT
    }
    assert len(asked) == len(set(asked)) and needed <= set(asked)
    assert set(asked) <= {field.name for field in definitions.definitions()}
    for field in deposit_form.section()["fields"]:
        options = field["props"].get("options", [{"id": "x", "title_l10n": "x"}])
        assert options and all(option["title_l10n"] for option in options)


def test_printed_configuration_defines_the_same_fields():
    lines = "\n".join(definitions.as_configuration())
    found = {}
    exec(compile(lines, "invenio.cfg", "exec"), found)
    ours = definitions.definitions()
    assert [field.name for field in found["RDM_CUSTOM_FIELDS"]] == [field.name for field in ours]
    assert [field.mapping for field in found["RDM_CUSTOM_FIELDS"]] == [field.mapping for field in ours]
    assert found["RDM_NAMESPACES"] == {names.NAMESPACE: names.NAMESPACE_URL}


def test_a_list_of_objects_makes_its_schema_once(monkeypatch):
    (files,) = [field for field in definitions.definitions() if field.name == names.full(names.FILES)]
    made, new = [], SchemaMeta.__new__
    monkeypatch.setattr(SchemaMeta, "__new__", lambda *args, **kwargs: made.append(args[1]) or new(*args, **kwargs))
    assert files.field is files.field and files.ui_field is files.field and made == []
    # as the host binds it, once for each request
    first, second = (Schema.from_dict({"files": files.field})() for _ in range(2))
    assert first.fields["files"] is not second.fields["files"]
    said = {"files": [{"label": "A", "key": "Request access: A", "size": 3}]}
    assert first.load(said) == second.load(said) == {"files": [{"label": "A", "size": 3}]}
    with pytest.raises(ValidationError):
        first.load({"files": [{"size": "many"}]})
