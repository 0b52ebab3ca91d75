import datetime

import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from secureb2share_ext.dataset import TRANSITIONS, Dataset
from secureb2share_ext.descriptions import labels, schema
from secureb2share_ext.exports.published import Published
from secureb2share_ext.pages import words
from secureb2share_ext.pages.language import LANGUAGES

SENSITIVE = schema.SCHEMA["properties"]["sensitive"]["properties"]
KINDS = ("ok", "wait", "stop", "")
ELIGIBLE = ["any", "not-stated", "adequacy-country", "researcher-eea", "national-eid:NO", "affiliated:An institute"]


def published(sensitive, state="active", is_open=True, core=None):
    core = core or {"titles": [{"lang": "en", "text": "A"}]}
    dataset = Dataset("tsd", "a", {"core": core, "sensitive": sensitive}, "7", state=state)
    return Published(dataset, "https://c/records/7", "https://c/access/7", datetime.date(2026, 1, 1), is_open=is_open)


def is_text(said):
    return isinstance(said, str) and said.strip() and "%(" not in said


@strategies.MANY
@given(
    strategies.values_of(schema.SCHEMA["properties"]["sensitive"]),
    st.sampled_from(sorted(LANGUAGES)),
    st.sampled_from(sorted(TRANSITIONS)),
    st.booleans(),
)
def test_whatever_the_schema_allows_is_said_in_every_language(sensitive, language, state, is_open):
    sensitive.setdefault("embargo_until", "2031-01-01")
    shown = published(sensitive, state, is_open)
    kind, icon, text = words.state(shown, language)
    assert kind in KINDS and icon and is_text(text)
    assert is_text(words.lead(shown, language))
    for say in (words.who, words.who_in_short, words.ways, words.decision):
        assert is_text(say(sensitive, language)), say.__name__
    for say in (words.participants, words.ages, words.years):
        said = say(sensitive, language)
        assert said is None or is_text(said), say.__name__
    assert (words.participants(sensitive, language) is None) == ("participants_band" not in sensitive)
    assert (words.years(sensitive, language) is None) == (not {"temporal_start", "temporal_end"} & set(sensitive))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SENSITIVE)
def test_every_field_has_a_title_and_every_code_a_label(name, language):
    field, node = "sensitive." + name, SENSITIVE[name]
    assert is_text(words.title(field, language))
    for code in node.get("enum") or node.get("items", {}).get("enum") or ():
        said = words.label(field, code, language)
        assert is_text(said) and (said != code or labels.label(field, code) == code)
        assert language != "en" or name.endswith("_band") or said == labels.label(field, code)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_eligible_group_has_a_sentence_of_its_own(language):
    sentences = {words.who({"access_eligibility": [code]}, language) for code in ELIGIBLE}
    assert len(sentences) == len(ELIGIBLE)
    shorts = {words.who_in_short({"access_eligibility": [code]}, language) for code in ELIGIBLE}
    assert len(shorts) == len(ELIGIBLE) and "national-eid" not in "".join(shorts)


@pytest.mark.parametrize(
    "codes, said",
    [
        (["researcher-eea"], "Researchers in the EEA can ask to work with these data."),
        (
            ["national-eid:NO"],
            "People with a national electronic identity (Norway) can ask to work with these data.",
        ),
        (["any", "researcher-eea"], "Anybody can ask to work with these data."),
        (["not-stated", "researcher-eea"], "Researchers in the EEA can ask to work with these data."),
        (
            ["researcher-eea", "national-eid:NO", "affiliated:A: 100 %"],
            "Whoever belongs to one of these groups can ask to work with these data: researchers in the EEA; people"
            " with a national electronic identity (Norway); people with this affiliation: A: 100 %.",
        ),
        (
            ["of another schema"],
            "Whoever belongs to one of these groups can ask to work with these data: of another schema.",
        ),
        ([], "Ask the owner whether you can work with these data."),
        (None, "Ask the owner whether you can work with these data."),
    ],
)
def test_who_can_ask(codes, said):
    assert words.who({"access_eligibility": codes}, "en") == said


@pytest.mark.parametrize(
    "right, state, is_open, badge",
    [
        ("controlled", "active", True, ("ok", "ok", "Access can be requested")),
        ("controlled", "active", False, ("wait", "clock", "Not open yet")),
        ("embargoed", "active", True, ("wait", "clock", "Requests from 1 January 2031")),
        ("embargoed", "active", False, ("wait", "clock", "Requests from 1 January 2031")),
        ("metadata-only", "active", True, ("", "lock", "No access for research")),
        ("controlled", "suspended", True, ("wait", "pause", "Paused for the time being")),
        ("embargoed", "superseded", True, ("", "newer", "Replaced by a newer version")),
        ("controlled", "withdrawn", False, ("stop", "stop", "Withdrawn")),
    ],
)
def test_a_state_is_one_icon_and_one_text(right, state, is_open, badge):
    shown = published({"access_right": right, "embargo_until": "2031-01-01"}, state, is_open)
    assert words.state(shown, "en") == badge


@pytest.mark.parametrize(
    "say, sensitive, said",
    [
        (words.decision, {"expected_decision_days": 30}, "About 30 days"),
        (words.decision, {"expected_decision_days": 1}, "About 1 day"),
        (words.decision, {}, "Not stated"),
        (words.ways, {}, "Not stated"),
        (
            words.ways,
            {"access_mode": ["secure-environment-only", "remote-query"]},
            "Inside the secure environment only; By queries that are answered inside",
        ),
        (words.participants, {"participants_band": "1000-9999"}, "1,000–9,999"),
        (words.participants, {"participants_band": "<10"}, "Fewer than 10"),
        (words.participants, {"participants_band": ">=1000000"}, "1,000,000 or more"),
        (words.participants, {"participants_band": "many"}, "many"),
        (words.participants, {"participants_band": ">=²"}, "² or more"),
        (words.participants, {"participants_band": "①-٣"}, "①–3"),
        (words.participants, {}, None),
        (words.years, {"temporal_start": "2019", "temporal_end": "2024-03-31"}, "2019–2024"),
        (words.years, {"temporal_start": "2019-01", "temporal_end": "2019-02"}, "2019"),
        (words.years, {"temporal_start": "2005-03"}, "Since 2005"),
        (words.years, {"temporal_end": "2005"}, "Until 2005"),
        (words.years, {}, None),
        (words.ages, {"min_age": 0, "max_age": 40}, "aged 0 to 40"),
        (words.ages, {"min_age": 20, "max_age": 90}, "aged 20 or over"),
        (words.ages, {"min_age": 0, "max_age": 90}, None),
        (words.ages, {"max_age": 17}, "aged up to 17"),
        (words.ages, {}, None),
    ],
)
def test_numbers_in_words(say, sensitive, said):
    assert say(sensitive, "en") == said
