import collections
import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DESCRIPTIONS, HOSTILE, MANY

from secureb2share_ext.describing import buttons, faults, fields, groups, names, values
from secureb2share_ext.describing.form import Form
from secureb2share_ext.descriptions import countries, duo, rules, schema, wanted
from secureb2share_ext.pages import language

TEXTS = st.sampled_from(HOSTILE) | st.text(max_size=30)


def _controls(field):
    inside = [inner.name for inner in field.inner]
    numbered = field.kind in ("texts", "parts")
    names = ["%s.%d.%s" % (field.name, n, one) for n in (0, 1, 7) for one in inside] if numbered else []
    own = [prefix[:-1] for prefix, _, _ in field.prefixes]
    names += ["%s.%s" % (field.name, word) for word in fields.SUFFIXES.get(field.kind, ()) + tuple(own)]
    return names if numbered else names + [field.name]


CONTROLS = [name for field in fields.FIELDS.values() for name in _controls(field)]
FILLED = st.lists(st.tuples(st.sampled_from(CONTROLS), TEXTS), max_size=40)


def through_a_browser(value):
    if isinstance(value, dict):
        return {name: through_a_browser(one) for name, one in value.items()}
    if isinstance(value, list):
        return [through_a_browser(one) for one in value]
    if not isinstance(value, str):
        return value
    # the form reads every text composed
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))


def sent(there):
    """What a browser sends of a form: every text with its own line ends."""
    return [
        (name, text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n"))
        for name, texts in there.items()
        for text in texts
    ]


@MANY
@given(DESCRIPTIONS)
def test_every_description_comes_back_from_the_form(description):
    there = values.to_values(description)
    assert values.from_values(there) == description
    assert [name for name in there if fields.place(name) is None] == []
    assert values.from_values(values.submitted(sent(there))) == through_a_browser(description)


@MANY
@given(FILLED)
def test_nothing_that_was_typed_is_lost_whatever_the_schema_thinks_of_it(pairs):
    first = values.submitted(pairs)
    stored = values.from_values(first)
    again = values.to_values(stored)
    assert values.from_values(again) == stored
    kept = [text for texts in again.values() for one in texts for text in one.split("\n")]
    for name, texts in first.items():
        field, number, inside = fields.place(name)
        if field.kind == "rows":
            continue  # see test_rows.py
        # of what one control holds one text is sent
        single = (inside or field).kind not in values.MANY_TEXTS + ("lines",)
        for text in [one for one in texts if one.strip()][: 1 if single else None]:
            is_mark = name.endswith(".none") or (inside is not None and inside.name == "lang")
            number_of = str(int(text)) if field.kind == "number" and values._NUMBER.match(text) else text
            number_of = names.code(values.NAMED[field.kind], text) if field.kind in values.NAMED else number_of
            assert is_mark or all(any(line in one for one in kept) for line in number_of.split("\n")), (name, text)


@MANY
@given(DESCRIPTIONS, st.sampled_from(groups.GROUPS), DESCRIPTIONS)
def test_a_page_of_the_form_changes_its_own_group_alone(description, group, other):
    before, sent_now = values.to_values(description), values.to_values(other)
    mixed = dict(values.without_group(before, group.names), **values.of_group(sent_now, group.names))
    for one in groups.GROUPS:
        wanted = sent_now if one is group else before
        assert values.of_group(mixed, one.names) == values.of_group(wanted, one.names)


def test_every_field_of_a_description_is_in_one_group():
    paths = ["core.titles", "sensitive.storage_country", "files", "version", "sensitive.of_an_older_schema"]
    Shown = collections.namedtuple("Shown", "path")
    found = groups.grouped(map(Shown, paths))
    assert [(group.key, [one.path for one in own]) for group, own in found] == [
        ("what", ["core.titles", "version", "sensitive.of_an_older_schema"]),
        ("where", ["sensitive.storage_country"]),
        ("files", ["files"]),
    ]


def test_every_field_of_the_schema_has_its_place_once():
    named = [name for group in groups.GROUPS for name in group.names]
    assert sorted(named) == sorted(fields.FIELDS)
    kinds = {field.kind for field in fields.FIELDS.values()}
    assert kinds == {
        "texts", "parts", "text", "long", "number", "day", "period", "url", "code", "choice", "choices",
        "open", "countries", "languages", "country", "lines", "yesno", "rows",
    } - {"long"}  # fmt: skip
    assert all(field.title and field.title != field.name for field in fields.FIELDS.values())


def test_names_of_countries_and_languages_are_read_in_every_language_and_as_codes():
    assert {language.main(one) for one in names.LANGUAGES} == set(language.LANGUAGES)
    for kind, control in (("country", "sensitive.storage_country"), ("language", "core.titles.0.lang")):
        for tongue in names.LANGUAGES:
            for code, name in names.LISTS[kind](tongue):
                # no name stands for two, in whichever language it is
                for text in (name, code, " %s\u00a0" % name.upper()):
                    assert values.submitted([(control, text)]) == {control: [code]}, (tongue, text)
                assert names.name(kind, code, tongue) == name
        for text in ("Norwegia", "QQ", "x-y", ""):
            assert values.submitted([(control, text)]) == {control: [text]} and names.name(kind, text, "nb") == text
    there = values.submitted([
        ("sensitive.spatial", "FI"), ("sensitive.spatial", "suomi"), ("sensitive.spatial", "aland"),
        ("sensitive.access_eligibility.national-eid", "Norge"), ("sensitive.access_eligibility.affiliated", "Norge"),
        ("core.languages", "Nordsamisk"), ("core.publisher", "Norge"),
    ])  # fmt: skip
    found = values.from_values(there)
    assert found["core"] == {"publisher": "Norge", "languages": ["se"]}
    assert found["sensitive"]["spatial"] == ["FI", "FI", "AX"]
    assert found["sensitive"]["access_eligibility"] == ["national-eid:NO", "affiliated:Norge"]
    told = schema.description_faults(
        {"core": {}, "sensitive": {"storage_country": "Norwegia", "spatial": ["Norwegia"]}}
    )
    by_field = faults.faults_by_field(told)
    for name in ("sensitive.storage_country", "sensitive.spatial"):
        assert [fault.text[:24] for fault in by_field[name]] == ["No country has this name"]


def test_hostile_names_and_thousands_of_fields_are_bounded():
    hostile = [
        "__proto__", "core", "core.", "core.titles", "core.titles.-1.text", "core.titles.0", "core.titles.0.text.0",
        "core.titles.01.text", "core.titles.99999999999.text", "core.titles.٣.text", "core.titles.0.nothing",
        "sensitive.access_right.none", "secureb2share.identifier", "files.2001.label", "." * 5000, "", "csrf_token",
        "core.contacts.0.nope", "sensitive.access_eligibility.any",
    ]  # fmt: skip
    assert list(values.submitted((name, "x") for name in hostile)) == ["core.titles"]
    assert values.from_values({"core.titles": ["x"]}) == {"core": {}, "sensitive": {}}
    many = [("files.%d.label" % number, "x") for number in range(fields.LARGEST)]
    assert len(values.from_values(values.submitted(many))["files"]) == fields.LARGEST
    try:
        values.submitted(("core.publisher", str(number)) for number in range(10**9))
    except values.Invalid as refused:
        assert refused.extra["errors"]
    else:
        raise AssertionError("a form without end was read")


def test_buttons_add_and_remove_parts():
    one = values.to_values({"core": {"creators": [{"name": "A"}, {"name": "B", "orcid": "x"}, {"name": "C"}]}})
    assert buttons.parts(one, "core.creators") == [0, 1, 2]
    more = buttons.press(one, "add", "core.creators")
    assert buttons.parts(more, "core.creators") == [0, 1, 2, 3] and values.from_values(more) == values.from_values(one)
    less = buttons.press(more, "remove", "core.creators.1")
    assert [part["name"] for part in values.from_values(less)["core"]["creators"]] == ["A", "C"]
    for button, target in (
        ("add", "core.publisher"), ("add", "core.nothing"), ("remove", "core.creators.9"), ("remove", "core.creators"),
        ("remove", "core"), ("remove", ""), ("burn", "core.creators"), ("remove", "core.creators.1.name"),
    ):  # fmt: skip
        assert buttons.press(one, button, target) == one
    full = {"core.titles.%d.text" % number: ["x"] for number in range(30)}
    assert buttons.press(full, "add", "core.titles") == full


def test_a_group_says_where_it_stands():
    group = groups.find("people")
    nothing = groups.standing(group, {}, ["sensitive.special_categories"])
    assert (nothing.state, nothing.filled) == ("empty", 0)
    begun = groups.standing(group, {"sensitive.min_age": ["1"]}, ["sensitive.special_categories", "core.titles"])
    assert (begun.state, begun.faults, begun.filled) == ("faults", 1, 1)
    assert groups.standing(group, {"sensitive.special_categories.none": ["yes"]}).state == "whole"
    assert groups.group_of("core.titles.0.text").key == "what" and groups.group_of("nothing") is None
    assert groups.after(groups.find("files")) is None and groups.after(group).key == "law"


@MANY
@given(DESCRIPTIONS, st.randoms())
def test_the_order_of_the_controls_does_not_matter(description, order: random.Random):
    there = list(values.to_values(description).items())
    order.shuffle(there)
    assert values.from_values(dict(there)) == description


def check_told(found):
    told = faults.faults_by_field(found)
    form = Form({}, told)
    for path, message in found:
        # what another answer makes necessary is not labelled as something that may always stay empty
        field = fields.FIELDS.get(path)
        if message.startswith("is required") and field is not None and not field.is_required:
            assert form.needed_if(field), path
    for control, entries in told.items():
        assert fields.place(control) or control in fields.FIELDS or groups.group_of(control), control
        assert fields.place(form.anchor(control)) is not None, control
        for fault in entries:
            assert fault.control == control and fault.text % fault.values and "%(message)s" not in fault.text, fault
    listed = [fault for group in groups.GROUPS for fault in faults.in_order(told, group.names)]
    assert sorted(map(str, listed)) == sorted(str(fault) for entries in told.values() for fault in entries)


@MANY
@given(FILLED)
def test_each_fault_stands_beside_its_control_in_words(pairs):
    check_told(schema.description_faults(values.from_values(values.submitted(pairs))))


@MANY
@given(DESCRIPTIONS)
def test_so_does_each_fault_of_the_rules(description):
    check_told(schema.description_faults(description, "labels"))


def test_the_words_of_faults():
    codes = [duo.NRES, duo.POA, *duo.MODIFIERS]
    wrong = {
        "duo_codes": codes,
        "purposes_allowed": ["CommercialResearch"],
        "duo_months": 0,
        "min_age": 9,
        "max_age": 2,
    }
    wrong.update(special_categories=[3], legal_basis_art6=["A6-1-a"], consent_type="waived", deidentification="nothing")
    wrong.update(access_right="embargoed", retention_until="2020-02-31", ethics_approval_reference="x" * 101)
    found = schema.description_faults(
        {"core": {"titles": [{"lang": "en"}], "contacts": [{"name": " "}]}, "sensitive": wrong}
    )
    check_told(found)
    told = {
        name: [fault.text % fault.values for fault in entries]
        for name, entries in faults.faults_by_field(found).items()
    }
    assert told["core.titles.0.text"] == ["Fill in this field."]
    assert told["core.contacts.0.name"] == ["Fill in this field."]
    assert told["sensitive.duo_months"] == ["The number must be at least 1."]
    assert told["sensitive.ethics_approval_reference"] == ["Write at most 100 characters."]
    assert len(told["sensitive.duo_codes"]) == 4
    lines = schema.description_faults({"core": {}, "sensitive": {"formats": ["text/csv", "csv"]}})
    (fault,) = faults.faults_by_field(lines)["sensitive.formats"]
    assert fault.values == {"line": 2} and fault.text.startswith("Write each format as a file type")


@pytest.mark.parametrize(
    "name, given, words",
    [
        ("controller_country", "UK", "The code of the United Kingdom is GB."),
        ("storage_country", "EL", "The code of Greece is GR."),
        ("spatial", ["EU"], "The European Union is not a country"),
        ("spatial", ["SU"], "This country is no more"),
        ("spatial", ["XK"], "Kosovo has no code"),
        ("spatial", ["XX"], "No country has this code."),
        ("max_age", 95, "Write 90 for 90 and above."),
        ("participants_rounded", 42, "Leave this empty where there are fewer than 100"),
        ("records_rounded", "10 000", "Write a whole number in digits, without spaces"),
        ("regions", ["NO07", "Northern Norway"], "Write each region as a code of NUTS"),
        ("duo_diseases", ["diabetes mellitus of any type"], "Write each disease as a code of MONDO"),
    ],
)
def test_a_usual_mistake_is_told_with_what_to_write_instead(name, given, words):
    found = schema.description_faults({"core": {}, "sensitive": {name: given}})
    told = [fault.text for fault in faults.faults_by_field(found)["sensitive." + name]]
    assert any(text.startswith(words) for text in told), told


def test_classifications_are_named_with_the_abbreviations_by_which_people_look_for_them():
    form = Form({})
    systems, standards, materials = (
        fields.FIELDS["sensitive." + name] for name in ("coding_systems", "standards", "materials")
    )
    for code in ("ATC", "LOINC", "SNOMED-CT", "ICD-10"):
        assert form.shown_code(systems, code) == code
    # words that hold the code already, and codes that are but the words once more
    assert form.shown_code(standards, "DICOM") == "DICOM" and form.shown_code(standards, "HL7-CCOW") == "HL7-CCOW"
    assert form.shown_code(standards, "CDA") == form.shown_code(materials, "WHOLE_BLOOD") == ""


def test_all_lines_and_rows_with_the_same_mistake_are_told_at_once():
    columns = [{"name": "v%d" % number, "datatype": "text" if number % 10 == 3 else "string"} for number in range(130)]
    given = {"formats": ["csv", "PDF", "docx"], "columns": columns}
    told = faults.faults_by_field(schema.description_faults({"core": {}, "sensitive": given}))
    (lines,), (rows,) = told["sensitive.formats"], told["sensitive.columns"]
    assert lines.values == {"line": 1, "more": [1, 3]}
    assert rows.values == {"row": 4, "more": list(range(4, 130, 10))} and rows.inside == "Datatype"


def test_no_sentence_is_for_a_rule_that_is_no_more():
    import inspect

    from secureb2share_ext import characters, dataset
    from secureb2share_ext.datasets import curation, versions, ways
    from secureb2share_ext.descriptions import countries, dates, health, people, related, role_address, tables, volume

    told = "".join(
        map(
            inspect.getsource,
            (schema, rules, duo, dates, role_address, versions, ways, curation, dataset, values, characters, volume)
            + (countries, health, tables, people, related, wanted),
        )
    )
    told = told.replace("%s", "*")
    for start in faults.RULES:
        start = start.replace(countries.UNKNOWN + ": ", "")
        for name in ("DUO:0000004", "DUO:0000011", "DUO:0000018", "max_age", "hdab_name", "hdab_contact"):
            start = start.replace(name, "*")
        for name, text in (
            ("beside any", "beside *"),
            ("beside not-stated", "beside *"),
        ):
            start = start.replace(name, text)
        for last in ("temporal_end", "retention_until"):
            start = start.replace(last, "*")
        assert start in told, start


def test_the_form_offers_the_countries_that_are_accepted():
    assert {code for code, _ in names.countries("en")} == countries.CODES
