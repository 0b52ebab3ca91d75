"""Goes through pages in headless Chromium and prints what is there: visit.py, with a plan as JSON on standard input.

Runs in a Python of its own, for Playwright needs a newer one than B2SHARE. A plan is {"chromium": path, "base": URL,
"cookie": [name, value] or null, "steps": [[verb, argument, ...]]}; the answer is a list with what each step saw, and as
its last member {"thrown": [uncaught exceptions], "banners": [...]}.
"""

import json
import sys

from playwright.sync_api import sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


class Visit:
    def __init__(self, context, base):
        self.base, self.thrown = base, []
        context.on("weberror", lambda error: self.thrown.append(str(error.error)))
        self.context, self.pages = context, []
        self.tab()

    def tab(self):
        """Go on in a new tab."""
        self.page = self.context.new_page()
        self.page.set_default_timeout(30000)
        self.pages.append(self.page)

    def first(self):
        """Go on in the first tab, as it was left."""
        self.page = self.pages[0]
        self.page.bring_to_front()

    def open(self, path):
        self.page.goto(self.base + path)

    def see(self, selector):
        # the web interface asks for one thing after the other
        self.page.locator(selector).first.wait_for(state="attached")
        self.page.wait_for_timeout(1500)
        return self.page.locator(selector).all_inner_texts()

    def count(self, selector):
        return self.page.locator(selector).count()

    def links(self, selector):
        return [[link.inner_text(), link.get_attribute("href")] for link in self.page.locator(selector).all()]

    def fill(self, selector, text):
        self.page.locator(selector).first.fill(text)

    def copy(self, selector, to):
        """Type into a field what a page shows."""
        self.fill(to, self.page.locator(selector).first.inner_text())

    def press(self, selector):
        # help texts above come and go with the focus, so that a mouse may miss
        self.page.locator(selector).first.evaluate("(element) => element.click()")

    def arrive(self, path):
        self.page.wait_for_url(self.base + path)


def main():
    plan = json.load(sys.stdin)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=plan["chromium"], args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 1200, "height": 900}, locale="en-GB")
        if plan["cookie"]:
            name, value = plan["cookie"]
            context.add_cookies([{"name": name, "value": value, "url": plan["base"]}])
        visit = Visit(context, plan["base"])
        seen = [getattr(visit, verb)(*given) for verb, *given in plan["steps"]]
        print(json.dumps(seen + [{"thrown": visit.thrown, "banners": visit.page.locator(".alert").all_inner_texts()}]))
        browser.close()


if __name__ == "__main__":
    main()
