import pytest
from hypothesis import given
from hypothesis import strategies as st

from secureb2share_ext.access.rems import Rems
from secureb2share_ext.access.rems_resource import Resource
from secureb2share_ext.errors import ConfigError

KEY, SECRET = "SECUREB2SHARE_ACCESS['csc']", "s" * 24
TEMPLATES = ["{identifier}", "{pid}", "urn:{source}:{identifier}", "a{{b}}{source}/{record_url}#{source}", "}}{pid}{{"]


def read(**settings):
    return Rems.read(KEY, dict({"url": "https://rems.example.org", "events": SECRET}, **settings), False)


@given(st.sampled_from(TEMPLATES), st.text(min_size=1), st.sampled_from(["tsd", "c{s}c", "ts", "sd:"]))
def test_a_resource_is_read_back(template, value, source):
    provider = read(resource=template)
    made = template.format(source=source, **{provider.backwards.place: value})
    assert provider.backwards.value(made, source) == value
    assert provider.backwards.value(made[1:], source) in (None, value[1:])


def test_another_resource_is_none():
    found = Resource.read(KEY, "urn:{source}:{pid}/x")
    for text in ("", "urn:tsd:", "urn:tsd:/x", "urn:csc:1/x", "urn:tsd:1", "x:urn:tsd:1/x"):
        assert found.value(text, "tsd") is None
    assert Resource.read(KEY, "aa{pid}aa").value("aaa", "tsd") is None


@pytest.mark.parametrize("template", ["{pid}{pid}", "{pid}{identifier}", "{identifier}/{revision}"])
def test_a_template_that_cannot_be_read_back_is_refused_where_events_come(template):
    Rems.read(KEY, {"url": "https://rems.example.org", "resource": template}, False)
    with pytest.raises(ConfigError, match="one place of"):
        read(resource=template)


@pytest.mark.parametrize("given", ["", "short", None, 5, [], ["s" * 23], "s" * 23 + " ", "s" * 24 + "ø", [SECRET, 5]])
def test_secrets_that_cannot_be_are_refused(given):
    with pytest.raises(ConfigError, match="events must be a secret") as error:
        read(events=given)
    assert KEY in str(error.value) and SECRET not in str(error.value)


def test_one_secret_or_several():
    assert read().events == (SECRET,) and read(events=[SECRET, "t" * 30]).events == (SECRET, "t" * 30)
    without = Rems.read(KEY, {"url": "https://rems.example.org"}, False)
    assert (without.events, without.backwards) == ((), None)
