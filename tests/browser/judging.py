"""What holds for a page that is open, whoever wrote it: checks in the browser, and those of axe-core (WCAG 2.2 AA)."""

import os
import time

import axe_playwright_python
from visitor import BUDGET, FOCUS, INSPECTION

with open(os.path.join(os.path.dirname(axe_playwright_python.__file__), "axe.min.js"), encoding="utf-8") as file:
    AXE = file.read()
RUN = """async (tags) => {
    const found = await axe.run(document, {
        runOnly: {type: "tag", values: tags},
        rules: {"target-size": {enabled: true}},
        resultTypes: ["violations"],
    });
    return found.violations.flatMap(({id, nodes}) => nodes.map((node) => id + ": " + node.html.slice(0, 160)));
}"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
LOOKS = {
    "wide": {"width": 1280, "scheme": "light", "language": "en-GB"},
    "narrow": {"width": 360, "scheme": "dark", "language": "nb-NO"},
}
LATE = 0.2  # seconds by which a script comes after the first paint
ENLARGE = "(percent) => document.documentElement.style.setProperty('font-size', percent)"


def faults(page, look, weight):
    """[sentence] of what is wrong with a page in one of LOOKS; weight: bytes that it may have."""
    found = page.evaluate(BUDGET, weight)
    if any("moved" in fault for fault in found) or page.locator("script[src]").count():
        # a page that arrives in parts on a busy machine moves once; one that moves by itself or by a script does again
        page.route("**/*.js*", lambda route: (time.sleep(LATE), route.continue_()))
        page.reload()
        moved = [fault for fault in page.evaluate(BUDGET, weight) if "moved" in fault]
        found = [fault for fault in found if "moved" not in fault] + moved
        page.unroute("**/*.js*")
    page.keyboard.press("Tab")  # a ring is for those who use the keyboard
    found += page.evaluate(FOCUS)
    page.evaluate(AXE)
    found += page.evaluate(RUN, TAGS)
    if look == "wide":
        page.evaluate(ENLARGE, "200%")
        found += ["at 200 %: " + fault for fault in page.evaluate(INSPECTION) if fault.startswith("wider")]
    else:
        page.set_viewport_size({"width": 320, "height": 800})
        found += ["at 320 px: " + fault for fault in page.evaluate(INSPECTION)]
        page.set_viewport_size({"width": 360, "height": 800})
    return found
