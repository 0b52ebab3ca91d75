"""A dataset's page, made by the shared pieces of what the schema allows."""

import copy
import datetime
import re

import pytest
import strategies
from exports.samples import HOSTILE, MOBA, NEW, shown
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from secureb2share_ext.dataset import TRANSITIONS
from secureb2share_ext.descriptions import schema
from secureb2share_ext.pages import language, permitted, render, timeline, views, words
from secureb2share_ext.pages.dataset_page import DatasetPage
from secureb2share_ext.pages.language import LANGUAGES

SENSITIVE = schema.SCHEMA["properties"]["sensitive"]["properties"]
TEMPLATE = (
    "{%- extends frame -%}{%- import 'secureb2share_ext/dataset/whole.html' as dataset with context -%}"
    "{%- import 'secureb2share_ext/dataset/tombstone.html' as stone with context -%}"
    "{% block title %}{{ page.title.text }}{% endblock %}{% block main %}"
    "{% if page.dataset.state == 'withdrawn' %}{{ stone.tombstone(page) }}{% else %}{{ dataset.whole(page, '/?q=') }}"
    "{% endif %}{% endblock %}"
)
# said by the state of access and by the sentences about it, each tested by itself
SAID_OTHERWISE = ("access_right", "embargo_until", "access_conditions", "min_age", "max_age")


@pytest.fixture(scope="module")
def app():
    made = Flask("pages")
    made.register_blueprint(views.blueprint)
    made.secret_key = "of the test"
    return made


def drawn(app, page):
    """The page as its text and its tree."""
    with app.test_request_context("/records/7", headers={"Accept-Language": page.language}):
        text = app.jinja_env.from_string(TEMPLATE).render(page=page, **render.context())
    return text, html.document_fromstring(text)


def said(tree):
    return " ".join(tree.find("body").text_content().split())


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_code_of_permitted_use_has_a_rule_of_its_own(code):
    codes = SENSITIVE["duo_codes"]["items"]["enum"]
    assert set(permitted.USES) == set(codes)
    found = permitted.uses({"duo_codes": codes}, code)
    assert [use.codes[0][0].split(" ")[0] for use in found] == codes
    assert all(use.title and use.text and "%(" not in use.text for use in found)
    assert len({use.title for use in found}) == len(codes)


@pytest.mark.parametrize(
    "sensitive, told, more",
    [
        ({"duo_codes": ["DUO:0000022"], "duo_countries": ["FI", "NO"]}, "These are: Finland and Norway.", []),
        ({"duo_codes": ["DUO:0000024"], "duo_until": "2027-06-30"}, "Results wait until 30 June 2027.", []),
        ({"duo_codes": ["DUO:0000025"], "duo_months": 36}, "A permit lasts 3 years.", []),
        ({"duo_codes": ["DUO:0000025"], "duo_months": 1}, "A permit lasts 1 month.", []),
        ({"duo_codes": ["DUO:0000012"], "duo_topics": ["50 % off"]}, "These are: 50 % off.", []),
        (
            {"duo_codes": ["DUO:0000007"], "duo_diseases": ["MONDO:0005147", "ICD10:E10.5", "ORPHA:558"]},
            "The diseases are named by their codes, which lead to their names.",
            [
                ("MONDO:0005147", "http://purl.obolibrary.org/obo/MONDO_0005147"),
                ("ICD10:E10.5", "https://icd.who.int/browse10/2019/en#/E10.5"),
                ("ORPHA:558", "http://www.orpha.net/ORDO/Orphanet_558"),
            ],
        ),
        ({"duo_codes": ["DUO:0000007"], "duo_topics": ["Heart failure"]}, "These are: Heart failure.", []),
        ({"duo_codes": ["DUO:9"]}, "", []),
    ],
)
def test_what_a_code_leaves_open_is_said(sensitive, told, more):
    (use,) = permitted.uses(sensitive, "en")
    assert (use.text, use.codes[1:]) == (told, more)


def values(name, node):
    """A few values of a member of `sensitive`: every code, and a text or an address of each form."""
    if node["type"] == "array" and "enum" in node["items"]:
        return [node["items"]["enum"]]
    if node["type"] == "array":
        if node["items"]["type"] == "object":
            return [[dict({"name": "A text"}, lang="en", text="A text")]]
        return [[OF_FORM.get(name, "A")]]
    if "enum" in node:
        return node["enum"]
    return {"integer": [OF_FORM.get(name, node.get("maximum"))], "boolean": [True, False]}.get(node["type"]) or [
        OF_FORM.get(name, "A text")
    ]


OF_FORM = {
    "access_eligibility": "national-eid:NO",
    "controller_country": "NO",
    "controller_ror": "https://ror.org/046nvst19",
    "storage_country": "FI",
    "duo_countries": "SE",
    "spatial": "IT",
    "duo_diseases": "MONDO:0005147",
    "duo_until": "2031-01-31",
    "retention_until": "2041-01-31",
    "retention_review": "2040-01-31",
    "temporal_start": "2005-03",
    "temporal_end": "2005-03-31",
    "access_protocol_url": "https://example.org/rules",
    "hdab_contact": "https://example.org/body",
    "dpo_contact": "https://example.org/officer",
    "applicable_legislation": "https://example.org/eli/1",
    "formats": "text/csv",
    "participants_rounded": 890,
    "records_rounded": 780,
    "terms_url": "https://example.org/terms",
    "controller_contact": "https://example.org/controller",
    "regions": "NO07",
}


@pytest.mark.parametrize(
    "name, value",
    [(name, value) for name in SENSITIVE if name not in SAID_OTHERWISE for value in values(name, SENSITIVE[name])],
)
def test_whatever_a_description_says_stands_on_its_page(app, name, value):
    bare = {key: MOBA["sensitive"][key] for key in schema.SCHEMA["properties"]["sensitive"]["required"]}
    needed = {field: code for code, field in permitted.NEEDS.items()}

    def change(description):
        description["sensitive"] = dict(bare, **{name: value})
        if name in needed:
            description["sensitive"]["duo_codes"] = [needed[name]]

    tree = drawn(app, DatasetPage(shown(change=change), "en"))[1]
    found, addresses = said(tree), tree.xpath("//a/@href")
    for entry in value if isinstance(value, list) else [value]:
        wanted = entry["text"] if isinstance(entry, dict) else expected(name, entry)
        assert wanted in found or wanted in addresses


def test_the_fold_of_the_description_tells_its_materials_and_names_classifications_by_code():
    def change(dataset):
        dataset["sensitive"].update(health_categories=[], materials=["WHOLE_BLOOD", "DNA"], coding_systems=["LOINC"])

    fold = next(one for one in DatasetPage(shown(change=change), "en").folds if one.id == "form")
    assert fold.gist == "Whole blood, DNA"
    assert [one.code for one in dict(fold.rows)["Coding systems"]] == ["LOINC"]


def expected(name, entry):
    if name == "expected_decision_days":
        return "About %s day" % language.format_number(entry, "en")
    if name == "duo_months":
        return permitted.permit({"duo_months": entry}, "en")
    if name == "duo_codes":
        return "%s (" % entry
    if name == "duo_until" or "retention" in name or name.startswith("temporal"):
        return language.format_date(entry, "en") if isinstance(entry, str) else entry
    if name in ("duo_countries", "spatial") or name.endswith("_country"):
        return language.country(entry, "en")
    if isinstance(entry, bool):
        return "Yes" if entry else "No"
    return words.label("sensitive." + name, entry, "en")


@pytest.mark.parametrize("text", HOSTILE + ["javascript:alert(1)", "\u202e\u202d turned", "w" * 250])
@pytest.mark.parametrize("state", TRANSITIONS)
def test_hostile_texts_stay_texts(app, state, text):
    def change(description):
        given = {"lang": "en", "text": text}
        description["core"].update(
            titles=[given], descriptions=[given], creators=[{"name": text}], publisher=text, keywords=[text[:100]],
            contact={"name": text, "url": text, "email": "access@example.org"},
        )  # fmt: skip
        description["sensitive"].update(
            access_conditions=[given], fees=[given], provenance=[given], population_coverage=[given],
            retention_basis=[given], controller_name=text, dpo_contact=text, hdab_contact=text, variables=[text],
            access_protocol_url=text, access_eligibility=["affiliated:" + text], applicable_legislation=[text],
            duo_codes=["DUO:0000012", "DUO:0000007"], duo_topics=[text], duo_diseases=[text], coding_systems=[text],
        )  # fmt: skip
        description["files"] = [{"label": text, "media_type": text}]
        description["version"] = {"label": text}

    seen = shown(state=state, change=change)
    seen = seen._replace(dataset=seen.dataset._replace(reason=seen.dataset.reason and text, identifier=text))
    page = DatasetPage(seen, "en", chosen=text, links=[("BibTeX", "/cite")])
    raw, tree = drawn(app, page)
    assert tree.xpath("//script | //img | //iframe | //@style | //@*[starts-with(name(), 'on')]") == []
    allowed = ("http://", "https://", "mailto:access@example.org", "#", "?text=", "?ln=", "/")
    assert [url for url in tree.xpath("//@href") if not url.startswith(allowed)] == []
    assert text.split()[0] in tree.findtext(".//h1")
    assert len(tree.xpath("//h1")) == 1 and raw.count("<title>") == 1


@pytest.mark.parametrize(
    "access, state, buttons",
    [
        ("controlled", "active", ["https://catalogue.example.org/api/access/7"]),
        ("embargoed", "active", []),
        ("metadata-only", "active", []),
        ("controlled", "suspended", []),
        ("controlled", "superseded", ["https://catalogue.example.org/records/8"]),
        ("controlled", "withdrawn", []),
    ],
)
def test_a_page_has_one_main_button_and_nothing_that_looks_like_a_download(app, access, state, buttons):
    raw, tree = drawn(
        app, DatasetPage(shown(access, state), "en", counts={"open": 1, "approved": 2, "denied": 0, "closed": 0})
    )
    assert [one.get("href") for one in tree.xpath("//a[contains(@class, 'btn-main')]")] == buttons
    leading = tree.xpath("//a[@href='https://catalogue.example.org/api/access/7']")
    assert bool(leading) == (access == "controlled" and state == "active")
    assert {"".join(one.itertext()).split(":")[0].strip() for one in leading} <= {"Request access"}
    assert "download" not in raw.replace("Nothing can be downloaded here", "").lower().replace("download after an", "")
    assert ("Requests so far: 1 open, 2 approved, 0 denied, 0 ended." in said(tree)) == (
        access != "metadata-only" and state in ("active", "suspended")
    )


@pytest.mark.parametrize("access", ["controlled", "embargoed", "metadata-only"])
def test_an_older_version_leads_to_the_newer_one_and_can_be_asked_for_still(app, access):
    page = DatasetPage(shown(access, related=True), "en", site="forms.example.org")
    tree = drawn(app, page)[1]
    assert [one.get("href") for one in tree.xpath("//a[contains(@class, 'btn')]")] == [NEW]
    assert "".join(tree.xpath("//header/span[contains(@class, 'badge')]")[0].itertext()) == "Older version"
    links = {"".join(one.itertext()): one.get("href") for one in tree.xpath("//aside//a[not(@class)]")}
    asking = links.get("Request access to this version")
    assert asking == ("https://catalogue.example.org/api/access/7" if access == "controlled" else None)
    told = {
        "embargoed": "Requests open on 1 March 2026.",
        "metadata-only": "These data are not available for research.",
    }
    assert told.get(access, "There is a newer version of this dataset.") in said(tree)


def test_the_site_of_the_form_is_named_before_one_leaves(app):
    found = said(drawn(app, DatasetPage(shown(), "en", site="forms.example.org"))[1])
    assert "You go on to forms.example.org, where the request form is." in found
    assert "opens on another site. Nothing" in said(drawn(app, DatasetPage(shown(), "en"))[1])


def test_the_calendar_file_stands_beside_the_day(app):
    tree = drawn(app, DatasetPage(shown("embargoed"), "en", calendar="/calendar/7"))[1]
    assert tree.xpath("//aside//a[@href='/calendar/7']")


@pytest.mark.parametrize(
    "version, related, history, title",
    [
        (None, False, [], None),
        ({"label": "12"}, False, [], "Versions"),
        (None, True, [], "Versions"),
        (None, False, [timeline.Change("2026-01-01", "1 January 2026", "It began.")], "History"),
    ],
)
def test_a_single_version_without_a_name_is_not_listed(app, version, related, history, title):
    def change(description):
        description.pop("version", None)
        if version:
            description["version"] = version

    page = DatasetPage(shown(change=change, related=related), "en", history=history)
    tree = drawn(app, page)[1]
    assert [one.text for one in tree.xpath("//section[@id='versions']/h2")] == ([title] if title else [])
    assert [one.text for one in tree.xpath("//nav[@class='tabs']/a[@href='#versions']")] == ([title] if title else [])
    assert bool(tree.xpath("//ol[@class='versions']")) == (title == "Versions")


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_page_is_whole_in_every_language(app, code):
    raw, tree = drawn(app, DatasetPage(shown(related=True), code, ["nb"], links=[("RIS", "/cite")]))
    assert tree.get("lang") == code and "%(" not in raw and "None" not in said(tree)
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {url[1:] for url in tree.xpath("//a/@href") if url.startswith("#")} <= set(ids)


def test_texts_are_in_the_language_chosen_and_the_others_are_one_click_away(app):
    page = DatasetPage(shown(), "fi", ["en"])
    assert page.title["lang"] == "en" and page.others == [("nb", "Norsk bokmål")]
    raw, tree = drawn(app, DatasetPage(shown(), "fi", ["en"], chosen="nb"))
    assert tree.xpath("//h1/@lang") == ["nb"] and tree.get("lang") == "fi"
    assert tree.xpath("//p[contains(@class, 'record-langs')]//a/@href") == ["?text=en"]
    # nobody reads what is not there: the first language stands in
    assert DatasetPage(shown(), "it", ["de"], chosen="sv").title["lang"] == "en"


def test_names_sizes_and_checksums_are_shown_where_the_source_says_so(app):
    for setting, is_there in (("labels", False), ("full", True)):
        found = said(drawn(app, DatasetPage(shown(describe_files=setting), "en"))[1])
        assert [("mother.sav" in found), ("sha256" in found), ("7,654,321,987 bytes" in found)] == [is_there] * 3


def test_history_says_which_fields_changed():
    first = copy.deepcopy(MOBA)
    second = copy.deepcopy(first)
    second["sensitive"]["expected_decision_days"] = 10
    second["files"] = []
    days = [datetime.datetime(2025, 3, day) for day in (1, 2, 3)]
    found = timeline.changes(list(zip(days, (first, second, second))), "en")
    assert [(one.date, one.text) for one in found] == [
        ("2025-03-03", "The state changed, or a newer or older version was named."),
        ("2025-03-02", "Changed: Days until a decision and Files."),
        ("2025-03-01", "The description was published."),
    ]
    assert timeline.changes(list(zip(days, (first, second, second))), "en", is_whole=False) == found[:2]


@strategies.MANY
@given(strategies.DESCRIPTIONS, st.sampled_from(sorted(LANGUAGES)))
def test_whatever_the_schema_allows_has_a_page(app, description, code):
    description["sensitive"].setdefault("embargo_until", "2031-01-01")
    seen = shown()
    page = DatasetPage(seen._replace(dataset=seen.dataset._replace(description=description)), code)
    raw, tree = drawn(app, page)
    assert not re.search(r"%\((\w+)\)", re.sub(r"<[^>]*>", "", raw)) or "%(" in str(description)
    assert page.summary and len(tree.xpath("//h1")) == 1


def test_contacts_parts_grants_and_resources_stand_on_the_page(app):
    ror = "https://ror.org/046nvst19"
    said = {
        "contacts": [
            {"name": "First office", "email": "first@example.org"},
            {"name": "Second", "url": "https://e.org/s"},
        ],
        "contributors": [{"role": "DataCollector", "name": "A hospital"}],
        "funders": [{"name": "A fund", "award_number": "17-B", "award_url": "https://e.org/17"}],
        "alternate_identifiers": [{"scheme": "EGA", "value": "EGAD1"}],
        "related": [
            {"relation": "IsCitedBy", "scheme": "DOI", "identifier": "10.5072/a b", "title": "An article"},
            {"relation": "Cites", "scheme": "URL", "identifier": "javascript:alert(1)"},
        ],
        "publisher_ror": ror,
        "publisher_type": "public-health-institute",
        "metadata_license": "CC-BY-4.0",
    }
    text, tree = drawn(app, DatasetPage(shown(change=lambda description: description["core"].update(said)), "en"))
    words = " ".join(tree.text_content().split())
    for part in (
        "First office", "Second", "A hospital", "Data collector", "A fund", "17-B", "EGAD1", "EGA", "An article",
        "Is cited by", "javascript:alert(1)", "Public health institute", "CC BY 4.0",
    ):  # fmt: skip
        assert part in words, part
    links = set(tree.xpath("//a/@href"))
    assert {
        "mailto:first@example.org",
        "https://e.org/s",
        "https://e.org/17",
        "https://doi.org/10.5072/a%20b",
        ror,
    } <= links
    assert not [link for link in links if link.startswith("javascript")]


def test_what_nobody_states_is_said_once_and_in_a_sentence():
    said = {"access_mode": ["not-stated"], "deidentification": "not-stated"}
    page = DatasetPage(shown(change=lambda description: description["sensitive"].update(said)), "en")
    assert page.steps[-1][1].startswith("The description of the dataset does not state how one works with the data.")
    assert {"text": "Not stated"} not in page.glance[0].more
