"""A form that waits for a second factor: only one that this catalogue's pages have sent, and what is said of it."""

import re
import uuid
from pathlib import Path

import pytest
from html_form import Page
from served import example
from signing import Person, make_late

import secureb2share_ext
from secureb2share_ext.sign_in import buttons, gate, kept

REVIEW, ORDERS = "/secureb2share/review/", "/secureb2share/operate/orders"
WAITS = "Nothing was sent yet"


@pytest.fixture(scope="module")
def path(served):
    """The path of the page of a registration that waits."""
    assert served[0].source.register("held/" + uuid.uuid4().hex, example())["result"] == "held"
    (number,) = served[0].execute("SELECT max(dataset_id) FROM secureb2share_held")[0]
    return "%s%d" % (REVIEW, number)


def form_of(person, path):
    """What the form of a page would send, with its token."""
    page = person.open(path)
    assert page.status_code == 200
    return dict(Page(page.text).sent, decision="refuse", reason="A reason")


# name -> (whether the token is this session's, headers, whether the form waits); {} is the catalogue
FORMS = {
    "token": (True, {}, True),
    "token-and-null": (True, {"Origin": "null"}, True),
    "origin": (False, {"Origin": "{}"}, True),
    "referer": (False, {"Referer": "{}/secureb2share/review/"}, True),
    "nothing": (False, {}, False),
    "null": (False, {"Origin": "null", "Referer": "{}/"}, False),
    "other-site": (False, {"Origin": "https://evil.example.org"}, False),
    "other-port": (False, {"Origin": "{}0"}, False),
    "other-referer": (False, {"Referer": "https://evil.example.org/{}/"}, False),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_waits_only_if_it_is_of_this_catalogue(served, path, monkeypatch, name):
    is_own, headers, waits = FORMS[name]
    curator, other = Person(*served, "curator"), Person(*served, "curator")
    for person in (curator, other):
        person.sign_in(REVIEW)
    form = form_of(curator if is_own else other, path)
    make_late(monkeypatch)()
    base = served[0].base
    page = curator.open(path, data=form, headers={key: text.replace("{}", base) for key, text in headers.items()})
    assert page.status_code == 200
    assert (WAITS in page.text, page.url == base + path) == (waits, not waits)


def test_what_was_typed_is_shown_where_another_tab_has_logged_out(served, path):
    curator = Person(*served, "curator")
    curator.sign_in(REVIEW)
    form = dict(form_of(curator, path), reason="<b>Why")
    curator.open("/logout/")
    page = curator.http.post(served[0].base + path, data=form, headers={"Origin": served[0].base})
    assert (page.status_code, page.headers["Cache-Control"]) == (401, "no-store")
    assert "&lt;b&gt;Why" in page.text and "/login/?next=" in page.text
    # after the next sign-in, with both factors, the page is there, and nothing was sent by itself
    assert curator.sign_in(path).status_code == 200 and curator.open(path).url == served[0].base + path
    assert served[0].count("secureb2share_held", "reason IS NOT NULL") == 0
    assert curator.open(path, data=dict(form_of(curator, path), reason="<b>Why")).status_code == 200
    assert served[0].execute("SELECT reason FROM secureb2share_held WHERE reason IS NOT NULL") == [("<b>Why",)]
    served[0].execute("UPDATE secureb2share_held SET reason = NULL")


def test_an_order_of_another_site_leads_to_a_page_that_can_be_read(served, monkeypatch):
    curator = Person(*served, "curator")
    curator.sign_in("/secureb2share/operate/")
    make_late(monkeypatch)()
    page = curator.open(ORDERS, data={"order": "retry-target", "name": "tsd"})
    assert (page.status_code, page.url) == (200, served[0].base + "/secureb2share/operate/")


def test_the_age_of_a_token_is_not_looked_at(served, path, monkeypatch):
    curator = Person(*served, "curator")
    curator.sign_in(REVIEW)
    form = form_of(curator, path)
    monkeypatch.setitem(served[0].app.config, "WTF_CSRF_TIME_LIMIT", -1)
    make_late(monkeypatch)()
    assert WAITS in curator.open(path, data=form).text


@pytest.mark.parametrize("decision, said", [("refuse", "Refuse"), ("release", "Yes, publish the dataset")])
def test_what_a_form_would_do_is_said(served, path, monkeypatch, decision, said):
    curator = Person(*served, "curator")
    curator.sign_in(REVIEW)
    form = dict(form_of(curator, path), decision=decision)
    make_late(monkeypatch)()
    text = curator.open(path, data=form).text
    assert WAITS in text
    assert "<dd>%s</dd>" % path in text and "<dd>%s</dd>" % said in text


@pytest.mark.parametrize("query", ["?a=b?", "?a=%3F", ""])
def test_the_address_of_a_page_is_kept_as_it_was(served, query):
    curator = Person(*served, "curator")
    curator.sign_in("/")
    assert curator.open(REVIEW + query).url == served[0].base + REVIEW + query and "otp" in curator.asked


@pytest.mark.parametrize("limit", ["FIELDS", "LONGEST"])
def test_what_is_too_long_to_wait_is_shown(served, path, monkeypatch, limit):
    curator = Person(*served, "curator")
    curator.sign_in(REVIEW)
    form = form_of(curator, path)
    monkeypatch.setattr(gate if limit == "FIELDS" else kept, limit, 1)
    make_late(monkeypatch)()
    page = curator.http.post(served[0].base + path, data=dict(form, reason="<b>Why"))
    assert (page.status_code, page.headers["Cache-Control"]) == (413, "no-store")
    assert "&lt;b&gt;Why" in page.text and 'href="%s"' % path in page.text


def test_every_button_has_its_words():
    package, found = Path(secureb2share_ext.__file__).parent, set()
    for template in package.glob("*/templates/**/*.html"):
        text = template.read_text(encoding="utf-8")
        found |= {(template, *one) for one in re.findall(r'<button[^>]* name="(\w+)" value="([\w-]+)"', text)}
    assert len(found) > 10
    for template, name, value in found:
        assert buttons.of("", [(name, value)]), (template, name, value)
    assert buttons.of("secureb2share_describe.withdraw", []) == ("Yes, withdraw it for good", {})
    assert buttons.of("", [("order", "hold"), ("name", "tsd")]) == ("Hold %(target)s", {"target": "tsd"})
    assert buttons.of("", [("order", "unknown")]) is None
