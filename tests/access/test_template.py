from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from secureb2share_ext.access import link, providers
from secureb2share_ext.access.template import Template
from secureb2share_ext.errors import ConfigError

FORM = "https://forms.example.org/apply"


def read(url, demo=False, **settings):
    settings = dict({"provider": "template", "url": url}, **settings)
    return providers.read({"SECUREB2SHARE_ACCESS": {"form": settings}, "SECUREB2SHARE_DEMO": demo})["form"]


HOSTILE = [
    "a&b=c", "a;b", 'a"onclick="x', "a'b", "<script>", "100%", "%26", "%2e%2e%2f", "a#b", "a?b", "a+b", "a b",
    " a ", "a/../b", "a\\b", "a\r\nX-Injected: b", "\u202eabc\u200f", "æøå 日本 \U0001f512", "{pid}",
    "{0.__class__}", "}{", "https://evil.example.org/", "//evil.example.org", "@evil.example.org", "",
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_survives_in_the_query_and_changes_nothing_else(value):
    places = dict.fromkeys(link.PLACES, value)
    provider = read(
        FORM + "?id={identifier}&pid={pid}&from={source}&v={revision}&url={record_url}&ref={reference}&last=1"
    )
    url = provider.expand(places)
    assert url.startswith(FORM + "?id=") and url.isprintable() and " " not in url
    asked = parse_qs(urlsplit(url).query, keep_blank_values=True, strict_parsing=True)
    assert asked == dict(dict.fromkeys(["id", "pid", "from", "v", "url", "ref"], [value]), last=["1"])


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_in_the_path_stays_one_segment(value):
    parts = urlsplit(read(FORM + "/{identifier}/form?x={identifier}").expand({"identifier": value}))
    start, apply, segment, form = parts.path.split("/")
    assert (parts.scheme, parts.netloc, start, apply, form) == ("https", "forms.example.org", "", "apply", "form")
    assert unquote(segment) == value and not parts.fragment


def test_numbers_braces_and_unused_values():
    provider = read(FORM + "/{{x}}?v={revision}&v={revision}")
    assert provider.expand({"revision": 7, "pid": "a b", "title": "secret"}) == FORM + "/{x}?v=7&v=7"
    assert read(FORM).expand({"pid": "x"}) == FORM


def test_only_a_template_with_the_place_for_a_reference_signs():
    assert read(FORM + "?r={reference}").signs
    assert not read(FORM + "?r={identifier}").signs


NONSENSE = {
    "{title}": [FORM + "?t={title}"],
    "{}": [FORM + "?t={}"],
    "{0}": [FORM + "?t={0}"],
    "{identifier.__class__}": [FORM + "?t={identifier.__class__}"],
    "{identifier[0]}": [FORM + "?t={identifier[0]}"],
    "{identifier}": [FORM + t for t in ("?t={identifier!r}", "?t={identifier:>99}", "?t={identifier:{pid}}")],
    "brace": [FORM + "?t={identifier", FORM + "?t=identifier}"],
    "url": [
        "https://{source}.example.org/", "https://{identifier}", "https://forms.example.org{identifier}/",
        "https://forms.example.org:{revision}/", "{record_url}", "//forms.example.org/{pid}", FORM + "#{pid}",
        "", "http://forms.example.org/{pid}", "http://localhost/{pid}", "javascript:alert('{pid}')",
        "https://user:pass@forms.example.org/{pid}",
    ],
}  # fmt: skip


@pytest.mark.parametrize("word, url", [(word, url) for word, row in NONSENSE.items() for url in row])
def test_a_template_that_makes_no_sense_is_refused(word, url):
    with pytest.raises(ConfigError) as error:
        read(url)
    assert "SECUREB2SHARE_ACCESS['form']" in str(error.value) and word in str(error.value)


@pytest.mark.parametrize("settings", [{}, {"url": None}, {"url": FORM, "signed": True}, {"url": FORM, "form": 1}])
def test_other_settings_are_refused(settings):
    with pytest.raises(ConfigError, match="SECUREB2SHARE_ACCESS"):
        Template.read("SECUREB2SHARE_ACCESS['form']", settings, False)


def test_http_on_loopback_is_for_the_demo():
    assert read("http://localhost:5001/{pid}", demo=True).expand({"pid": "x"}) == "http://localhost:5001/x"
    with pytest.raises(ConfigError):
        read("http://forms.example.org/{pid}", demo=True)
