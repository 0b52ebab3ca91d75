"""Curators sign in with a second factor at a real Keycloak, and at the provider of tests: what they do is the same."""

import pytest
from playwright.sync_api import expect
from second_factor import UNENROLLED
from signing import make_late

STEP_UPS = 30
# another tab of the same browser, whose requests come and go with the session of the sign-in
BESIDE = """() => {
    window.answered = 0;
    setInterval(() => fetch("/", {cache: "no-store"}).then(() => window.answered++), 250);
}"""
REVIEW = "/secureb2share/review/"
REASON = 'Die Prüfung fehlt: Übersicht.\n<b id="harm">Заглавие</b> & mer'


@pytest.fixture
def held(two_factors):
    with two_factors.held() as path:
        yield path


def test_a_curator_is_asked_for_the_second_factor_where_it_is_needed(two_factors, curator):
    assert curator.sign_in() == 200
    assert (curator.asked, curator.page.url) == (["password"], two_factors.catalogue + "/")
    assert curator.go(REVIEW) == 200
    assert (curator.asked, curator.page.url) == (["otp"], two_factors.catalogue + REVIEW)
    curator.arrive("Review")
    assert curator.go(REVIEW + "decided") == 200 and curator.asked == []
    curator.arrive("Review")
    assert curator.refused == []


def test_what_was_typed_waits_for_a_button_when_the_second_factor_is_too_old(
    two_factors, held, meet_two_factors, setting, monkeypatch
):
    curator = meet_two_factors(**setting)
    curator.sign_in(held)
    curator.go(held)
    curator.arrive()
    curator.fill({"reason": REASON})
    make_late(monkeypatch)()
    assert curator.send("Refuse") == 200
    assert curator.asked == ["password", "otp"]
    curator.arrive("Nothing was sent yet")
    shown = curator.page.locator("main dd", has_text="Prüfung")
    assert shown.inner_text().splitlines() == REASON.splitlines()
    assert curator.page.locator("#harm").count() == 0
    assert two_factors.refused() == [], "it was sent by itself"
    curator.press("Send it now", "Review")
    # browsers end the lines of a form so
    assert two_factors.refused() == [REASON.replace("\n", "\r\n")]
    assert curator.refused == []


def test_who_has_no_second_factor_sees_nothing_of_the_catalogue(two_factors, held, meet_two_factors):
    curator = meet_two_factors(name=UNENROLLED)
    assert curator.sign_in() == 200 and curator.asked == ["password"]
    for path in (REVIEW, held, REVIEW):
        status = curator.go(path)
        assert curator.asked == []
        if two_factors.provider:
            assert status == 403
            curator.arrive("A second factor is needed")
        else:
            assert status == 400 and curator.is_away()
            expect(curator.page.locator("body")).to_contain_text("credential setup required", ignore_case=True)
        answer = curator.context.request.get(two_factors.catalogue + path, max_redirects=0)
        assert answer.status == 303 and "/oauth/login/keycloak/" in answer.headers["location"]


@pytest.mark.parametrize("two_factors", ["at_provider_of_tests"], ids=["tests"], indirect=True)
def test_no_step_up_is_lost_beside_other_requests(two_factors, curator, monkeypatch):
    too_old, review = make_late(monkeypatch), two_factors.catalogue + REVIEW
    curator.sign_in(REVIEW)
    tab = curator.context.new_page()
    tab.goto(two_factors.catalogue + "/")
    tab.evaluate(BESIDE)
    for number in range(STEP_UPS):
        too_old()
        status = curator.go(REVIEW)
        assert (status, curator.asked, curator.page.url) == (200, ["password", "otp"], review), number
    assert tab.evaluate("window.answered") > STEP_UPS
    assert curator.refused == []


def test_nothing_of_the_pages_is_left_after_the_sign_out(two_factors, held, curator):
    curator.sign_in(held)
    curator.go(held)
    curator.arrive()
    title = curator.heading.inner_text()
    curator.follow("Log out")
    for _ in range(3):
        curator.page.go_back()
        if curator.page.url == "about:blank":
            break
        expect(curator.page.locator("body")).not_to_contain_text(title)
        assert curator.page.get_by_label("Reason").count() == 0
        if held in curator.page.url:
            assert curator.page.locator("#password").count() == 1
