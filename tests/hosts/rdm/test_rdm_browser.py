"""By hand, against a whole instance with its built web interface and this package: see NEEDS."""

import json
import os
import shutil
import uuid

import pytest
import requests

mapping = pytest.importorskip(
    "secureb2share_ext.hosts.rdm.fields.mapping", reason="InvenioRDM's libraries are not installed"
)
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright for Python is not installed")

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
# a JSON file: base, password, emails and tokens {role: text}, communities {slug: id}, and datasets {what: PID} of
# published records of a source
NEEDS = "SECUREB2SHARE_TEST_RDM_WEB"
SHOTS = os.environ.get("SECUREB2SHARE_TEST_SHOTS")  # a folder for pictures, where they are wanted
DATASETS = {
    "open": "can ask to work with these data",
    "hostile": "can ask to work with these data",
    "suspended": "No new requests for the time being",
}
WIDTHS = (1200, 390)
COMMUNITY = "sensitive"
# the host's text editor says so of some descriptions, also in drafts that have nothing of ours
OF_EDITOR = "e.replace is not a function"
CONTACT = "custom_fields.secureb2share:contact_name"
EXAMPLE = os.path.join(os.path.dirname(__file__), "../../../docs/examples/moba.json")
SECTIONS = ("Basic information", "Recommended information", "Funding", "Alternate identifiers", "Related works")
# of our parts of a page: what reaches out of the window; what was scripted in by a text
FAULTS = """(parts) => [...document.querySelectorAll(parts)].flatMap((part) => [part, ...part.querySelectorAll("*")])
    .filter((e) => e.getBoundingClientRect().right > innerWidth || e.matches("script, img, iframe"))
    .map((e) => e.outerHTML.slice(0, 200))"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium was found, and CHROMIUM does not name one"),
    pytest.mark.skipif(not os.environ.get(NEEDS), reason="%s: a built InvenioRDM with accounts" % NEEDS),
]


@pytest.fixture(scope="module")
def site():
    with open(os.environ[NEEDS], encoding="utf-8") as file:
        return json.load(file)


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(params=WIDTHS)
def page(request, chromium):
    context = chromium.new_context(viewport={"width": request.param, "height": 900}, locale="en")
    opened = context.new_page()
    opened.set_default_timeout(30000)
    opened.thrown = []
    opened.on("pageerror", lambda error: opened.thrown.append("%s: %s" % (opened.url, error)))
    opened.on("dialog", lambda dialog: opened.thrown.append("dialog"))
    yield opened
    context.close()


def log_in(page, site, role="curator"):
    page.goto(site["base"] + "/login/")
    page.fill("input[name=email]", site["emails"][role])
    page.fill("input[name=password]", site["password"])
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def keep(page, name, whole=False):
    if SHOTS:
        path = os.path.join(SHOTS, "rdm-%s-%d.png" % (name, page.viewport_size["width"]))
        page.screenshot(path=path, full_page=whole)


@pytest.mark.parametrize("name", DATASETS)
def test_a_record_page_leads_to_the_request(page, site, name):
    page.goto("%s/records/%s" % (site["base"], site["datasets"][name]))
    page.wait_for_load_state("networkidle")
    box = page.locator("#secureb2share-access")
    playwright.expect(box).to_contain_text(DATASETS[name])
    button = box.locator("aside").get_by_role("link", name="Request access", exact=True)
    if name == "suspended":
        playwright.expect(button).to_have_count(0)
    else:
        playwright.expect(button).to_have_attribute("href", "%s/api/access/%s" % (site["base"], site["datasets"][name]))
    assert page.locator("#record-files, #request-access-form, [id*=access-request-form]").count() == 0
    assert page.evaluate(FAULTS, "#secureb2share-access, #secureb2share-data") == []
    assert page.thrown == []
    box.scroll_into_view_if_needed()
    keep(page, "landing-" + name)
    keep(page, "landing-%s-whole" % name, whole=True)


def test_a_curator_describes_and_publishes_without_a_file(page, site):
    log_in(page, site)
    page.goto("%s/uploads/new?community=%s" % (site["base"], COMMUNITY))
    note = page.locator("#secureb2share-closed")
    playwright.expect(note).to_contain_text("Nothing can be uploaded here")
    playwright.expect(page.locator("#deposit-form").get_by_text("Basic information").first).to_be_visible()
    keep(page, "deposit")
    assert page.locator("#files-section").count() == 1, "the form's part for files has another name"
    playwright.expect(page.locator("#files-section")).to_be_hidden()
    for section in SECTIONS:
        playwright.expect(page.locator("#deposit-form").get_by_text(section, exact=True).first).to_be_visible()
    assert page.locator("#deposit-form input[type=file]").filter(visible=True).count() == 0
    assert page.evaluate(FAULTS, "#secureb2share-closed") == []

    assert page.thrown == []


def test_a_fault_stands_beside_its_field_and_a_mended_draft_is_published(page, site):
    pid = drafted(site)
    log_in(page, site)
    page.goto("%s/uploads/%s" % (site["base"], pid))
    submit(page)
    # the section with the fault is marked, and opens
    playwright.expect(page.locator("#deposit-form .message.negative").first).to_contain_text("Sensitive data")
    page.locator("#deposit-form .accordion .title").filter(has_text="Sensitive data").first.click()
    contact = page.locator("[name='%s']" % CONTACT)
    contact.scroll_into_view_if_needed()
    beside = page.locator(".field.error").filter(has=contact).first
    playwright.expect(beside).to_contain_text("required")
    keep(page, "deposit-fault")

    contact.fill("Access committee")
    submit(page)
    page.wait_for_url("**/requests/**")
    # what a curator decides is the host's own page, unchanged
    path = "%s/api/requests/%s/actions/accept" % (site["base"], page.url.rstrip("/").split("/")[-1].partition("?")[0])
    accepted = requests.post(path, json={}, headers=bearer(site))
    assert accepted.status_code == 200, accepted.text
    page.goto("%s/records/%s" % (site["base"], pid))
    box = page.locator("#secureb2share-access")
    playwright.expect(box).to_contain_text("Access committee")
    button = box.locator("aside").get_by_role("link", name="Request access", exact=True)
    playwright.expect(button).to_have_attribute("href", "%s/api/access/%s" % (site["base"], pid))
    assert [error for error in page.thrown if not error.endswith(OF_EDITOR)] == []


def drafted(site):
    """The PID of a draft in the community that lacks its contact's name."""
    with open(EXAMPLE, encoding="utf-8") as file:
        description = json.load(file)["dataset"]
    description["core"]["titles"][0]["text"] = "By hand " + uuid.uuid4().hex[:8]
    body = dict(mapping.to_record(description), files={"enabled": False})
    body.update(access={"record": "public", "files": "public"})
    body["metadata"].pop("languages", None)  # a site's vocabulary may have others
    del body["custom_fields"][CONTACT.partition(".")[2]]
    made = requests.post(site["base"] + "/api/records", json=body, headers=bearer(site))
    assert made.status_code == 201, made.text
    review = {"receiver": {"community": site["communities"][COMMUNITY]}, "type": "community-submission"}
    path = "%s/api/records/%s/draft/review" % (site["base"], made.json()["id"])
    assert requests.put(path, json=review, headers=bearer(site)).status_code == 200
    return made.json()["id"]


def bearer(site):
    return {"Authorization": "Bearer " + site["tokens"]["curator"]}


def submit(page):
    page.get_by_role("button", name="Submit for review").first.click()
    for checkbox in page.locator(".modal .checkbox").all():
        checkbox.click()
    page.get_by_role("button", name="Submit record for review").click()
