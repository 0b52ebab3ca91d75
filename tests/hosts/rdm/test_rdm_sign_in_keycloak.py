"""A second factor at a real Keycloak on a real InvenioRDM, in Chromium: its buttons, pages, panel and deposit form."""

import os
import sys
import time

import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")
pytest.importorskip("playwright.sync_api", reason="Playwright for Python is not installed")
sys.path.append(os.path.join(os.path.dirname(__file__), "../../browser"))

import rdm_instance  # noqa: E402
from keycloak_browser import KeycloakBrowser, one_time_code  # noqa: E402
from playwright.sync_api import expect, sync_playwright  # noqa: E402
from second_factor import SOURCES, Person, TwoFactorSite  # noqa: E402
from served import example  # noqa: E402
from signing import TITLE, client_of, link, make_late  # noqa: E402
from visitor import CHROMIUM, launch  # noqa: E402

from scripts.keycloak_realm import PEOPLE as REALM  # noqa: E402
from scripts.keycloak_realm import client_secret  # noqa: E402

KEYCLOAK = os.environ.get("SECUREB2SHARE_TEST_KEYCLOAK")
REVIEW, OPERATE = "/secureb2share/review/", "/secureb2share/operate/"
REASON = 'Die Prüfung fehlt: Übersicht.\n<b id="harm">Заглавие</b> & mer'
# account of the catalogue: name at Keycloak
PEOPLE = {"curator": "curator", "superuser": "operator"}
# as the programs of RDM's pages ask its API
FETCH = """async ([method, path, body]) => {
    const headers = {"Content-Type": "application/json"}, sent = body ? {body: JSON.stringify(body)} : {};
    const answer = await fetch(path, {method, headers, ...sent});
    return {status: answer.status, asks: answer.headers.get("WWW-Authenticate"), said: await answer.json()};
}"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium was found, and CHROMIUM does not name one"),
    pytest.mark.skipif(not KEYCLOAK, reason="no Keycloak: SECUREB2SHARE_TEST_KEYCLOAK is not set"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    if rdm_instance.missing():
        pytest.skip("%s is not set" % rdm_instance.missing())
    more = client_of(KEYCLOAK, client_secret("catalogue"))
    with rdm_instance.running(tmp_path_factory.mktemp("keycloak"), SOURCES, **more) as catalogue:
        catalogue.base = catalogue.app.config["SITE_UI_URL"]
        for account, name in PEOPLE.items():
            link(catalogue, account, KeycloakBrowser(KEYCLOAK, name).sign_in()["sub"])
        yield TwoFactorSite(catalogue, KEYCLOAK)


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as driver:
        browser = launch(driver)
        yield browser
        browser.close()


@pytest.fixture
def come(chromium, site):
    """A function: somebody of PEOPLE, by the name at Keycloak, who has signed in with the password alone."""
    contexts = []

    def come(name="curator"):
        person = Person(chromium, site, name)
        contexts.append(person.context)
        person.page.goto(site.catalogue + "/login/")
        with person.page.expect_navigation() as sent:
            person.page.get_by_role("link", name=TITLE).click()
        assert person.go_on(sent.value) == 200
        assert (person.asked, person.is_away()) == (["password"], False)
        return person

    yield come
    for context in contexts:
        context.close()


def test_a_reviewer_is_asked_for_the_code_alone_and_what_was_typed_waits_for_a_button(site, come, monkeypatch):
    curator = come()
    with site.held() as held:
        assert curator.go(held) == 200
        assert (curator.asked, curator.page.url) == (["otp"], site.catalogue + held)
        curator.fill({"reason": REASON})
        make_late(monkeypatch)()
        assert curator.send("Refuse") == 200 and curator.asked == ["password", "otp"]
        expect(curator.heading).to_have_text("Nothing was sent yet")
        shown = curator.page.locator("main dd", has_text="Prüfung")
        assert shown.inner_text().splitlines() == REASON.splitlines()
        assert curator.page.locator("#harm").count() == 0
        assert site.refused() == [], "it was sent by itself"
        assert curator.send("Send it now") == 200 and curator.asked == []
        expect(curator.heading).to_have_text("Review")
        # browsers end the lines of a form so
        assert site.refused() == [REASON.replace("\n", "\r\n")]


def test_the_programs_of_rdm_are_told_and_the_page_before_them_asks(site, come):
    curator = come()
    catalogue = site.instance

    def fetch(method, path, body=None):
        return curator.page.evaluate(FETCH, [method, path, body])

    made = fetch("POST", "/api/records", catalogue.metadata(example(), "sign-in/keycloak"))
    assert made["status"] == 201, made
    draft = "/api/records/%s/draft" % made["said"]["id"]
    review = {"receiver": {"community": catalogue.communities["sensitive"]}, "type": "community-submission"}
    assert fetch("PUT", draft + "/review", review)["status"] == 200
    submit = ("POST", draft + "/actions/submit-review", {"require_review": False})
    told = fetch(*submit)
    assert (told["status"], told["said"]["status"]) == (401, 401)
    assert told["asks"].startswith('Bearer error="insufficient_user_authentication", acr_values="https://refeds.org/')
    assert fetch("GET", draft)["said"]["status"] == "draft_with_review"
    assert curator.go("/uploads/" + made["said"]["id"]) == 200 and curator.asked == ["otp"]
    expect(curator.page.locator("#secureb2share-closed")).to_contain_text("Nothing can be uploaded here")
    assert fetch(*submit)["status"] in (200, 202)
    assert come().go("/uploads/new?community=sensitive") == 200


def test_the_administration_asks_whoever_may_open_it(site, come):
    operator = come("operator")
    assert operator.go("/administration/users") == 200
    assert (operator.asked, operator.page.url) == (["otp"], site.catalogue + "/administration/users")
    assert operator.go(OPERATE) == 200 and operator.asked == []


def test_a_wrong_code_does_not_come_back(site, come):
    curator = come()
    curator.page.goto(site.catalogue + REVIEW)
    # Keycloak takes those of the steps before and after, too
    near = {one_time_code(REALM["curator"][1], time.time() + shift) for shift in (-60, -30, 0, 30, 60)}
    wrong = next(code for code in ("%06d" % number for number in range(len(near) + 1)) if code not in near)
    curator.page.locator("#otp").fill(wrong)
    curator.page.keyboard.press("Enter")
    expect(curator.page.locator("body")).to_contain_text("Invalid authenticator code")
    assert curator.is_away()
    answer = curator.context.request.get(site.catalogue + REVIEW, max_redirects=0)
    assert answer.status == 303 and "/oauth/login/keycloak/" in answer.headers["location"]
    assert curator.go(REVIEW) == 200 and curator.asked == ["otp"]
