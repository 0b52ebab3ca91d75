import re

import pytest
import requests
from flask import Flask, session

from secureb2share_ext.pages import language
from secureb2share_ext.pages.render import Names


class Host:
    """As much of Invenio-I18N as is asked: the tags that a site offers, and the one that it chose."""

    def __init__(self, chosen, *offered):
        self.language, self.offered = chosen, offered

    def get_languages(self):
        return [(tag, tag) for tag in self.offered or (self.language,)]


def app(host=None, **config):
    made = Flask("a")
    made.secret_key = "of this test"
    made.config.update(config)
    if host is not None:
        made.extensions["invenio-i18n"] = host
    return made


@pytest.mark.parametrize(
    "tags, expected",
    [
        (["nb"], "nb"),
        (["no"], "nb"),
        (["nn"], "nn"),
        (["nb-NO"], "nb"),
        (["nn_NO"], "nn"),
        (["sv-FI"], "sv"),
        (["FI"], "fi"),
        (["it-CH", "en"], "it"),
        (["de", "sv"], "sv"),
        (["de"], "en"),
        (["en-US", "nb"], "en"),
        (["", "x-klingon", "*"], "en"),
        ([], "en"),
    ],
)
def test_tags_lead_to_a_language(tags, expected):
    assert language.supported(tags) == expected


@pytest.mark.parametrize(
    "host, current, offered, tag",
    [
        (Host("en"), "en", ["en"], "en"),
        (Host("no", "en", "no"), "nb", ["en", "nb"], "no"),
        (Host("no", "en", "no", "nb"), "nb", ["en", "nb"], "nb"),
        (Host("nn", "en", "no", "nn"), "nn", ["en", "nb", "nn"], "nn"),
        (Host("sv", "en", "sv-FI"), "sv", ["en", "sv"], "sv-FI"),
        (Host("de", "de", "fi", "it"), "en", ["en", "fi", "it"], "en"),
        (Host("fi", "de", "fi", "it"), "fi", ["fi", "it"], "fi"),
    ],
)
def test_host_chooses_and_offers(host, current, offered, tag):
    # a browser's wish counts only as far as the host lets it
    with app(host).test_request_context(headers={"Accept-Language": "it"}):
        assert language.current() == current
        assert [code for code, _ in language.offered()] == offered
        assert language.tag_of_site(current) == tag


@pytest.mark.parametrize(
    "path, accepted, expected",
    [
        ("/", "", "en"),
        ("/", "no", "nb"),
        ("/", "nn-NO,nb;q=0.9,en;q=0.8", "nn"),
        ("/", "de,sv-FI;q=0.9,fi;q=0.5", "sv"),
        ("/", "fi;q=0,it", "it"),
        ("/?ln=fi", "it", "fi"),
        ("/?ln=klingon", "it", "it"),
        ("/?ln=", "it", "it"),
    ],
)
def test_without_a_host_the_address_and_the_browser_choose(path, accepted, expected):
    with app().test_request_context(path, headers={"Accept-Language": accepted}):
        assert language.current() == expected
        assert [code for code, _ in language.offered()] == list(language.LANGUAGES)


def test_outside_of_a_request_pages_are_english():
    with app().app_context():
        assert language.current() == "en"


@pytest.mark.parametrize("key", ["language", "of-the-site"])
def test_a_language_that_was_asked_for_stays(key):
    with app(Host("fi", "en", "fi"), I18N_SESSION_KEY=key).test_request_context("/?ln=fi"):
        language.remember()
        assert session[key] == "fi"


@pytest.mark.parametrize("path", ["/", "/?ln=klingon", "/?ln=sv"])
def test_nothing_is_remembered_that_was_not_asked_for_or_is_not_offered(path):
    with app(Host("fi", "en", "fi")).test_request_context(path):
        language.remember()
        assert not session


def test_a_remembered_language_counts_before_the_browser():
    with app().test_request_context("/", headers={"Accept-Language": "it"}):
        session["language"] = "sv"
        assert language.current() == "sv"


def test_an_app_without_a_secret_remembers_nothing_and_goes_on():
    plain = app()
    plain.secret_key = None
    with plain.test_request_context("/?ln=sv"):
        language.remember()
        assert language.current() == "sv"


@pytest.mark.parametrize(
    "path, expected",
    [
        ("/", "?ln=no"),
        ("/?q=a+b&type=1&type=2", "?q=a+b&type=1&type=2&ln=no"),
        ("/?ln=fi&q=%C3%A5", "?q=%C3%A5&ln=no"),
    ],
)
def test_link_to_a_language_keeps_the_rest_of_the_address(path, expected):
    with app(Host("en", "en", "no", "fi")).test_request_context(path):
        assert Names().language_url("nb") == expected


def test_link_goes_by_the_route_of_the_host_where_it_has_one():
    made = app(Host("en", "en", "no"), I18N_SET_LANGUAGE_URL="/lang")
    made.add_url_rule("/lang/<code>", "lang", lambda code: "")
    with made.test_request_context("/a?q=b&ln=en", base_url="http://localhost/api"):
        assert Names().language_url("nb") == "/api/lang/no?next=/api/a%3Fq%3Db"


def test_texts_in_a_language_and_what_has_no_translation():
    assert language.translate("nb", "Data controller") == "Behandlingsansvarlig"
    assert language.translate("nn", "Data controller") == "Behandlingsansvarleg"
    assert language.translate("en", "Data controller") == "Data controller"
    for code in language.LANGUAGES:
        assert language.translate(code, "Nobody has translated this.") == "Nobody has translated this."
        assert language.translate(code, "") == ""


def test_dates_numbers_and_countries_are_the_readers():
    for code, date, number, country in (
        ("en", "1 January 2031", "10,000", "Finland"),
        ("nb", "1. januar 2031", "10\xa0000", "Finland"),
        ("nn", "1. januar 2031", "10\xa0000", "Finland"),
        ("fi", "1. tammikuuta 2031", "10\xa0000", "Suomi"),
        ("sv", "1 januari 2031", "10\xa0000", "Finland"),
        ("it", "1 gennaio 2031", "10.000", "Finlandia"),
    ):
        assert language.format_date("2031-01-01T12:00:00", code) == date
        assert language.format_number(10000, code).replace("\u202f", "\xa0") == number
        assert language.country("FI", code) == country
        assert language.country("XX", code) == "XX" and language.format_date("2031", code) == "2031"


def test_texts_of_owners_in_the_language_of_a_reader():
    texts = [{"lang": tag, "text": tag} for tag in ("en", "nn", "sv-FI")]
    chosen = [([entry["text"] for entry in language.in_language(texts, tags)]) for tags in (["nb"], ["sv"], ["de"])]
    assert chosen == [["nn"], ["sv-FI"], ["en", "nn", "sv-FI"]]


PAGE = "/api/secureb2share/uploads"
HEADINGS = {
    "nb": "Ingenting kan lastes opp her",
    "fi": "Tänne ei voi ladata mitään",
    "en": "Nothing can be uploaded here",
}


def _read(session, base_url, **asked):
    answer = session.get(base_url + PAGE, timeout=30, **asked)
    assert answer.status_code == 200
    (lang,) = re.findall(r'<html lang="([^"]*)"', answer.text)
    (heading,) = re.findall(r"<h1[^>]*>([^<]*)</h1>", answer.text)
    return lang, heading


def test_a_page_is_in_the_language_of_its_reader_and_says_which(tmp_path):
    running = pytest.importorskip("instance").running
    with running("sqlite", tmp_path) as instance, requests.Session() as session:
        url = instance.base_url
        for accepted, code in (("nb-NO,nb;q=0.9,en;q=0.5", "nb"), ("fi", "fi"), ("de", "en")):
            assert _read(session, url, headers={"Accept-Language": accepted}) == (code, HEADINGS[code])
        # the link beats the browser, and holds on the next page
        finnish = {"headers": {"Accept-Language": "fi"}}
        assert _read(session, url, params={"ln": "nb"}, **finnish) == ("nb", HEADINGS["nb"])
        assert _read(session, url, **finnish) == ("nb", HEADINGS["nb"])


def test_a_site_that_offers_english_alone_shows_english(tmp_path):
    running = pytest.importorskip("instance").running
    with running("sqlite", tmp_path, I18N_LANGUAGES=[]) as instance, requests.Session() as session:
        asked = {"params": {"ln": "nb"}, "headers": {"Accept-Language": "fi"}}
        assert _read(session, instance.base_url, **asked) == ("en", HEADINGS["en"])
