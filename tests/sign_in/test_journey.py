"""The journey of a second factor over HTTP: sign-in, step-up, and what waits meanwhile."""

import concurrent.futures
import json
import re
import time
import uuid

import bad_tokens
import pytest
import requests
from html_form import Page
from served import example
from signing import Person, link, make_late

from secureb2share_ext.sign_in import kept

REVIEW, OPERATE = "/secureb2share/review/", "/secureb2share/operate/"
TYPED = 'Nåværende tittel mangler.\nЗаглавие & <b>"navn"</b>'


def fields(response):
    """{name: text} that the form of a page would send."""
    return dict(Page(response.text).sent)


def held(served):
    """The path of the page of a registration that waits."""
    answer = served[0].source.register("sign-in/" + uuid.uuid4().hex, example())
    assert answer["result"] == "held"
    (number,) = served[0].execute("SELECT max(dataset_id) FROM secureb2share_held")[0]
    return "%s%d" % (REVIEW, number)


@pytest.fixture
def too_old(monkeypatch):
    return make_late(monkeypatch)


def refuse(curator, path):
    """Fill in the form of a registration's page and send it."""
    page = curator.open(path)
    assert page.status_code == 200
    return dict(fields(page), decision="refuse", reason=TYPED)


def test_second_factor_alone_is_asked_for_after_the_password(curator):
    assert curator.sign_in("/").status_code == 200 and curator.asked == ["password"]
    page = curator.open(REVIEW)
    assert (page.status_code, curator.asked, page.url) == (200, ["otp"], curator.catalogue.base + REVIEW)
    assert curator.open(OPERATE).status_code == 200 and curator.asked == []


def test_age_asks_for_both_and_the_form_waits_for_a_button(served, curator, too_old):
    path = held(served)
    curator.sign_in(REVIEW)
    form = refuse(curator, path)
    too_old()
    page = curator.open(path, data=form)
    assert (page.status_code, curator.asked) == (200, ["password", "otp"])
    assert "Nothing was sent yet" in page.text and page.headers["Cache-Control"] == "no-store"
    assert "Заглавие &amp; &lt;b&gt;" in page.text, "what was written is not shown"
    assert served[0].count("secureb2share_held", "reason IS NOT NULL") == 0, "it was sent by itself"
    again = fields(page)
    assert again.pop("csrf_token") and form.pop("csrf_token")
    assert {name: text.replace("\r\n", "\n") for name, text in again.items()} == form
    sent = curator.open(path, data=fields(page))
    assert sent.status_code == 200
    assert served[0].execute("SELECT reason FROM secureb2share_held WHERE reason IS NOT NULL") == [(TYPED,)]
    served[0].execute("DELETE FROM secureb2share_held")


def test_where_the_provider_says_no_what_was_written_is_a_link_away(served, curator, too_old):
    path = held(served)
    curator.sign_in(REVIEW)
    form, other = refuse(curator, path), Person(*served, "curator")
    too_old()
    curator.browser.secret = None
    page = curator.open(path, data=form)
    assert page.status_code == 403 and "Sign-in not accepted" in page.text
    (back,) = re.findall(r'href="([^"]*/sign-in/back/[^"]*)"', page.text)
    assert 'name="reason"' not in page.text and "Заглавие &amp; &lt;b&gt;" in curator.open(back).text
    url = page.url
    assert back not in other.http.get(url).text, "another browser"
    # a start is good once
    assert curator.http.get(url).status_code == 403
    served[0].execute("DELETE FROM secureb2share_held")


def test_a_weak_answer_is_not_taken_for_the_last_one(served, curator):
    curator.sign_in("/")
    bad_tokens.serve(served[1], "amrlow")
    assert curator.open(REVIEW).status_code == 403
    bad_tokens.serve(served[1], None)
    page = curator.open(REVIEW)
    # the provider has its level, and would give the same answer for as long as it remembers it
    assert (page.status_code, curator.asked) == (200, ["password", "otp"])


@pytest.mark.parametrize("name", ["noauthtime", "authtimetext"])
def test_everything_anew_has_a_time(served, curator, too_old, name):
    assert curator.sign_in(REVIEW).status_code == 200
    too_old()
    bad_tokens.serve(served[1], name)
    page = curator.open(REVIEW)
    bad_tokens.serve(served[1], None)
    assert page.status_code == 403 and "Sign-in not accepted" in page.text


def test_what_waits_is_for_the_same_browser_and_account(served, curator, too_old):
    path = held(served)
    curator.sign_in(REVIEW)
    form = refuse(curator, path)
    too_old()
    page = curator.open(path, data=form)
    back = page.url
    assert "/sign-in/back/" in back
    other = Person(*served, "curator")
    other.sign_in(REVIEW)
    assert other.open(back).status_code == 404
    curator.open("/logout/")
    assert curator.open(back).status_code == 404, "whoever comes after them reads what they wrote"


def test_session_is_renewed_at_a_step_up(curator):
    def cookie():
        return {one.value for one in curator.http.cookies if one.name == "session"}

    curator.sign_in("/")
    before = cookie()
    assert before and curator.open(REVIEW).status_code == 200
    assert not before & cookie()


def test_log_out_ends_the_strength(served, curator):
    curator.sign_in(REVIEW)
    curator.open("/logout/")
    assert curator.open(REVIEW).url.startswith(curator.catalogue.base + "/login/")


def test_password_of_the_catalogue_opens_nothing(served, curator):
    with open(served[0].data + "/curator.json") as file:
        login = json.load(file)
    curator.open("/login/", data=dict(fields(curator.open("/login/")), **login))
    assert curator.open("/account/settings/applications/").status_code == 200
    page = curator.open(REVIEW)
    assert (page.status_code, curator.asked) == (200, ["password", "otp"])


def test_no_sign_in_is_lost_beside_other_requests(served, curator):
    curator.sign_in("/")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for _ in range(10):
            curator.http.cookies.clear(domain="127.0.0.1")
            beside = [pool.submit(curator.http.get, curator.catalogue.base + "/") for _ in range(4)]
            assert curator.sign_in(REVIEW).status_code == 200
            for one in beside:
                one.result()


def test_without_the_second_factor_no_page_opens(served):
    person = Person(*served, "curator")
    person.sign_in("/")
    person.browser.secret = None
    page = person.open(REVIEW)
    assert set(person.asked) == {"otp"} and "Waiting" not in page.text and page.url == person.catalogue.base + "/"
    assert person.open("/").status_code == 200


def test_what_is_kept_ends(served, monkeypatch):
    app = served[0].app
    with app.test_request_context("/"):
        mine = kept.keep("step", {"a": 1})
    headers = {"Cookie": "%s=%s" % (kept.COOKIE, mine.proof)}
    with app.test_request_context("/", headers=headers):
        assert kept.find("step", mine.key) == {"a": 1}
        assert kept.find("flow", mine.key) is None
        monkeypatch.setattr(time, "time", lambda clock=time.time: clock() + kept.LIFE + 1)
        assert kept.find("step", mine.key) is None
    for key in ("", None, 7, mine.key.upper(), mine.key + "\n", "../" + mine.key, mine.key[:-1]):
        with app.test_request_context("/", headers=headers):
            assert kept.find("step", key) is None


@pytest.mark.parametrize("how", ["logout", "unlink"])
def test_an_ended_session_that_a_request_has_saved_again_is_not_strong(served, how):
    catalogue, provider = served
    curator = Person(catalogue, provider, "curator")
    assert curator.sign_in(REVIEW).status_code == 200
    ended = requests.Session()
    ended.cookies.update(curator.http.cookies)
    (name,) = [one.value for one in curator.http.cookies if one.name == "session"]
    store = catalogue.app.kvsession_store
    name = name.rpartition(".")[0]
    # as a request does that had read it before it was ended, and has changed it
    data = store.get(name)
    if how == "logout":
        curator.open("/logout/")
    else:
        address = curator.user["email"]
        result = catalogue.run_cli("sign-in", "unlink", address, "--provider", "keycloak")
        assert result.exit_code == 0, result.output
        link(catalogue, "curator")
    assert name not in store
    store.put(name, data)
    answer = ended.get(catalogue.base + REVIEW, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"].startswith("/oauth/login/")) == (303, True)
