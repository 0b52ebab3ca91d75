from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secureb2share_ext import client
from secureb2share_ext.access import link, providers, reference
from secureb2share_ext.dataset import Dataset, identifier_fault
from secureb2share_ext.errors import ConfigError

SETTINGS = {
    "form": {"provider": "template", "url": "https://forms.example.org/a?dataset={identifier}&ref={reference}"},
    "tsd": {"provider": "nettskjema", "form": 1234, "codes": {"dataset": "identifier", "ref": "reference"}},
    "csc": {"provider": "rems", "url": "https://rems.example.org"},
}
# which parameter of each kind's link is the identifier
PARAMETER = {"form": "dataset", "tsd": "CBdataset", "csc": "resource"}
IDENTIFIERS = [
    "a&LCKdataset=false", "a&resource=b", "a#b", "a?b", "a+b", "a b", "100%", "%26", 'a"b', "a'b", "<script>",
    "שלום/عربي", "æøå 日本", "\U0001f512" * 255, "&" * 255, "{pid}", "a;b", "a=b",
]  # fmt: skip


def read(settings, demo=False):
    return providers.read({"SECUREB2SHARE_ACCESS": settings, "SECUREB2SHARE_DEMO": demo})


KNOWN = read(SETTINGS)


def values(identifier):
    return {
        "identifier": identifier, "pid": "3qx8w-b9k10", "source": "tsd", "revision": 7, "reference": "a.b-c.d_e",
        "record_url": "https://catalogue.example.org/records/3qx8w-b9k10",
    }  # fmt: skip


def check_intact(name, identifier):
    url, plain = (KNOWN[name].expand(values(text), ["nb"]) for text in (identifier, "x"))
    assert all("!" <= letter <= "~" and letter not in "\"'<>" for letter in url)
    asked = parse_qs(urlsplit(url).query, keep_blank_values=True, strict_parsing=True)
    assert asked == dict(parse_qs(urlsplit(plain).query), **{PARAMETER[name]: [identifier]})
    assert urlsplit(url)._replace(query="") == urlsplit(plain)._replace(query="")


@pytest.mark.parametrize("identifier", IDENTIFIERS)
@pytest.mark.parametrize("name", sorted(PARAMETER))
def test_a_hostile_identifier_arrives_intact(name, identifier):
    assert identifier_fault(identifier) is None
    check_intact(name, identifier)


@pytest.mark.parametrize("name", sorted(PARAMETER))
@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=255))
def test_any_identifier_arrives_intact(name, identifier):
    check_intact(name, identifier)


def test_who_signs():
    assert {name: provider.signs for name, provider in KNOWN.items()} == {"form": True, "tsd": True, "csc": False}


def test_the_longest_link_fits_into_the_request_line_of_common_servers():
    # 8190 bytes is Apache's limit, 8 kB nginx's
    private = client.new_key()[0]
    identifier = "\U0001f512" * 255
    dataset = Dataset("s" * 100, identifier, {}, pid="p" * 255, revision=10**9, updated=10**10)
    issuer = "https://catalogue.example.org"
    token = reference.mint(private, issuer, dataset)
    for name in ("form", "tsd"):
        url = KNOWN[name].expand(dict(values(identifier), reference=token))
        assert 5000 < len(url) < 6000, len(url)
    common = reference.mint(private, issuer, dataset._replace(source="tsd", identifier="p11/moba", pid="3qx8w-b9k10"))
    assert len(KNOWN["tsd"].expand(dict(values("p11/moba"), reference=common))) < 500


@pytest.mark.parametrize(
    "settings, word",
    [
        ({}, "provider"),
        ({"provider": "mail"}, "provider"),
        ({"provider": None}, "provider"),
        ({"provider": "rems"}, "url"),
        ({"provider": "nettskjema"}, "codes"),
        ({"provider": "template"}, "url"),
    ],
)
def test_what_is_no_provider_is_refused(settings, word):
    with pytest.raises(ConfigError) as error:
        read({"form": settings})
    assert "SECUREB2SHARE_ACCESS['form']" in str(error.value) and word in str(error.value)


def test_settings_are_left_as_they_are():
    settings = {"csc": {"provider": "rems", "url": "https://rems.example.org"}}
    read(settings)
    assert settings == {"csc": {"provider": "rems", "url": "https://rems.example.org"}}
    assert read({}) == {}


def test_no_title_and_no_person_can_travel():
    assert sorted(link.PLACES) == ["identifier", "pid", "pid_url", "record_url", "reference", "revision", "source"]
