"""A person with a browser, who notes whatever it complains about."""

import os
import shutil
import time
from pathlib import Path
from urllib.parse import urlsplit

from playwright import sync_api as playwright

from secureb2share_ext.pages import language

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HERE = Path(__file__).parent
INSPECTION, BUDGET, FOCUS = ((HERE / name).read_text() for name in ("inspection.js", "budget.js", "focus.js"))
playwright.expect.set_options(timeout=20000)
PERSON = ("A researcher", "researcher@example.org", "To compare.")


def launch(driver):
    """The browser of all visitors."""
    return driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


def until(look, seconds=15):
    """The first true value of look()."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, "it did not happen within %d s" % seconds
        time.sleep(0.3)


class Visitor:
    """One person in one browser context.

    language: BCP 47, what the browser asks for; script: whether pages may run scripts; width: px; scheme: light, dark.
    """

    def __init__(self, browser, site, language="en-GB", script=True, width=1280, scheme="light"):
        self.site, self.language = site, language
        self.complaints = []
        self.drafts = {}  # of the registration form: {what it is about: its address}
        self.refused = []  # (status, path) of the answers from 400 on
        self.context = browser.new_context(
            viewport={"width": width, "height": 800},
            locale=language,
            java_script_enabled=script,
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        self.context.add_init_script(
            "document.addEventListener('securitypolicyviolation',"
            " (e) => console.error('policy', e.violatedDirective, e.blockedURI))"
        )
        self.context.on("console", self._said)
        self.context.on("request", self._asks)
        self.context.on("requestfailed", self._failed)
        self.context.on("response", self._answered)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.context.on("dialog", self._asked)
        self.page = self.context.new_page()
        self.page.set_default_timeout(20000)
        self.heading = self.page.locator("h1")

    def _said(self, message):
        # such an answer is in self.refused, but for the icon that browsers look for where a page names none
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def _asks(self, request):
        # a person follows links to another origin; a page has nothing of another one in it
        if request.is_navigation_request():
            return
        page = request.frame.url
        if page != "about:blank" and _origin(request.url) != _origin(page):
            self.complaints.append("%s asks for %s" % (page, request.url))

    def _failed(self, request):
        # the browser's own doing: a download ends its navigation, and a reader who goes on leaves an icon behind
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append("%s %s" % (request.url, request.failure))

    def _answered(self, response):
        if response.status >= 400:
            self.refused.append((response.status, urlsplit(response.url).path))

    def _asked(self, dialog):
        self.complaints.append("a dialog: " + dialog.message)
        dialog.dismiss()

    def say(self, text, **values):
        """A text of the pages in this person's language."""
        said = language.translate(language.supported([self.language]), text)
        return said % values if values else said

    def open(self, address, heading=None):
        self.page.goto(address)
        self.arrive(heading)

    def arrive(self, heading=None):
        """Look at the page that came: its heading, in this person's language, and its structure."""
        if heading is None:
            playwright.expect(self.heading).to_have_count(1)
        else:
            playwright.expect(self.heading).to_have_text(self.say(heading))
        self.page.wait_for_load_state()  # without its styles a page is wider
        faults = self.page.evaluate(INSPECTION)
        assert not faults, "\n".join([self.page.url, *faults])

    def follow(self, name, heading=None, exact=True):
        self.page.get_by_role("link", name=self.say(name), exact=exact).first.click()
        self.arrive(heading)

    def press(self, name, heading=None, exact=True):
        self.page.get_by_role("button", name=self.say(name), exact=exact).first.click()
        self.arrive(heading)

    def fill(self, values):
        """Fill in controls by their ids; a choice is named by its value."""
        for name, text in values.items():
            control = self.page.locator('[id="%s"]' % name)
            if control.evaluate("(e) => e.tagName") == "SELECT":
                control.select_option(text)
            else:
                control.fill(text)

    def opened(self, summary):
        """Open what is folded under this name."""
        self.page.locator("summary", has_text=self.say(summary)).first.click()

    def find(self, words):
        """Search from the page that is open; returns the titles that are found."""
        self.page.locator("#q").fill(words)
        self.page.locator("#q").press("Enter")
        playwright.expect(self.page.locator("h1")).to_have_text(self.say("Datasets"))
        self.arrive("Datasets")
        return self.page.locator(".hits h3").all_inner_texts()

    def sees(self, text, within="main", **values):
        """Expect a text of the pages somewhere on this one."""
        playwright.expect(self.page.locator(within).first).to_contain_text(self.say(text, **values))

    def log_in(self, role):
        """As the curator, or as the owner of a secure environment; a reader does not log in."""
        name, address = {
            "curator": ("curator", self.site.catalogue + "/login/"),
            "owner": ("owner-tsd", self.site.secure + "/login"),
            "second": ("owner-csc", self.site.second + "/login"),
            "third": ("owner-cineca", self.site.third + "/login"),
        }.get(role, (None, None))
        if name:
            self.open(address)
            self.sign_in(name)

    def sign_in(self, name):
        """Follow the link to the identity provider, and give it what it asks of somebody: password and code."""
        self.page.get_by_role("link", name=self.say("Sign in with two factors"), exact=True).click()
        self.fill({"username": name, "password": self.site.people[name]["password"]})
        self.page.keyboard.press("Enter")
        # the demo's provider shows what an authenticator would
        self.page.locator("#otp").fill(self.page.locator("output").inner_text())
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: _origin(url) != _origin(self.site.identity_provider))

    def tab_through(self):
        """The names of everything that the Tab key reaches, in that order."""
        found = []
        for _ in range(400):
            self.page.keyboard.press("Tab")
            focused = self.focused()
            if focused == "body" or focused in found[:1]:
                return found
            # the parts of a date are one input
            if focused not in found[-1:]:
                found.append(focused)
        raise AssertionError(found)

    def focused(self):
        return self.page.evaluate(
            "[document.activeElement].map((e) => e === document.body ? 'body' : e.id || e.innerText)[0]"
        )


def _origin(address):
    return urlsplit(address)[:2]
