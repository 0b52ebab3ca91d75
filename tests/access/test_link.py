from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secureb2share_ext import config
from secureb2share_ext.access import link
from secureb2share_ext.errors import ConfigError


@given(st.one_of(st.text(st.characters(blacklist_categories=["Cs"])), st.integers()))
def test_an_encoded_value_has_no_character_that_an_address_could_mean(value):
    encoded = link.encoded(value)
    assert unquote(encoded) == str(value)
    assert not set(encoded) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%")


@pytest.mark.parametrize(
    "settings, word",
    [({}, "url"), ({"url": ""}, "url"), ({"url": "x", "signed": True}, "signed"), ({"url": "x", "key": 1}, "key")],
)
def test_settings_are_those_that_are_known(settings, word):
    with pytest.raises(ConfigError, match="the entry .*" + word):
        config.check_settings("the entry", settings, ("url",), ("lock",))
    config.check_settings("the entry", {"url": "x"}, ("url",), ("lock",))


BASES = [
    "http://rems.example.org", "//rems.example.org", "rems.example.org", "https://", "https:///a",
    "https://u:p@rems.example.org", "https://rems.example.org/#a", "https://rems.example.org/?",
    "https://rems.example.org/?a=b", "https://rems.example.org/{pid}", "https://{pid}/", "javascript:alert(1)",
    "ftp://rems.example.org", "https://rems.example.org:port", "http://localhost:1", 5, None,
]  # fmt: skip


@pytest.mark.parametrize("url", BASES)
def test_an_address_of_a_service_is_https_and_nothing_else(url):
    with pytest.raises(ConfigError, match="the entry: url"):
        link.check_base("the entry", url, False)


def test_an_address_of_a_service_may_have_a_path_and_in_the_demo_be_local():
    assert link.check_base("x", "https://host.example.org/rems/", False) == "https://host.example.org/rems"
    assert link.check_base("x", "http://localhost:5001/", True) == "http://localhost:5001"
