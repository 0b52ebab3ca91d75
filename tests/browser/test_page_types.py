"""What holds for every type of page, at two widths, in two languages and in both colour schemes."""

import os
import time

import axe_playwright_python
import pytest
from page_types import PAGE_TYPES, described, go, names
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


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("kind", PAGE_TYPES, ids=names())
def test_a_page_can_be_read_by_everybody(people, scene, kind, look):
    visitor = people(kind.role, **LOOKS[look])
    visitor.complaints, visitor.refused = [], []
    page = visitor.page
    go(visitor, scene, kind)
    assert [status for status, _ in visitor.refused] == ([] if kind.status == 200 else [kind.status])
    faults = page.evaluate(BUDGET, kind.weight)
    if any("moved" in fault for fault in faults) or page.locator("script[src]").count():
        # a page that arrives in parts on a busy machine moves once; one that moves by itself or by a script does again
        page.route("**/*.js*", lambda route: (time.sleep(LATE), route.continue_()))
        page.reload()
        moved = [fault for fault in page.evaluate(BUDGET, kind.weight) if "moved" in fault]
        faults = [fault for fault in faults if "moved" not in fault] + moved
        page.unroute("**/*.js*")
    page.keyboard.press("Tab")  # a ring is for those who use the keyboard
    faults += page.evaluate(FOCUS)
    page.evaluate(AXE)
    faults += page.evaluate(RUN, TAGS)
    if look == "wide":
        page.evaluate(ENLARGE, "200%")
        faults += ["at 200 %: " + fault for fault in page.evaluate(INSPECTION) if fault.startswith("wider")]
    else:
        page.set_viewport_size({"width": 320, "height": 800})
        faults += ["at 320 px: " + fault for fault in page.evaluate(INSPECTION)]
        page.set_viewport_size({"width": 360, "height": 800})
    assert not faults, "\n".join([page.url, *faults])
    assert page.locator("html").get_attribute("lang") == LOOKS[look]["language"][:2]
    assert visitor.complaints == []


@pytest.mark.parametrize("kind", described(), ids=lambda kind: kind.name)
def test_a_hostile_description_does_no_harm(people, hostile_scene, kind):
    visitor = people(kind.role, width=320)
    visitor.complaints, visitor.refused = [], []
    go(visitor, hostile_scene, kind)
    assert visitor.page.locator("#harm").count() == 0
    assert [status for status, _ in visitor.refused] == ([] if kind.status == 200 else [kind.status])
    assert visitor.complaints == []
