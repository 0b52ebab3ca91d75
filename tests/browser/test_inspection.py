"""Each check of a page goes red on a page with that fault, and says nothing of one without any."""

import pytest
from visitor import BUDGET, FOCUS, INSPECTION

GOOD = '<!doctype html><html lang="en"><title>T</title><body><h1>H</h1><p>{}</p></body></html>'
FAULTS = {
    "no lang": GOOD.replace(' lang="en"', ""),
    "no title": GOOD.replace("<title>T</title>", ""),
    "not one h1": GOOD.replace("h1", "h2"),
    "no label": GOOD.format('<input name="a">'),
    "no alt": GOOD.format('<img src="">'),
    "cannot be reached or has no name": GOOD.format('<a href="/"></a>'),
    "inline": GOOD.format('<b style="color: red">b</b>'),
    "inline: <script": GOOD.format("<script>1</script>"),
    "a program: <a": GOOD.format('<a href=" JavaScript:alert(1)">a</a>'),
    "a program: <b": GOOD.format('<b onclick="1">b</b>'),
    "JSON-LD": GOOD.format('<script type="application/ld+json">{"a": </script>'),
    "id twice": GOOD.format('<b id="a">b</b><b id="a">b</b>'),
    "wider": GOOD.format("w" * 500),
}
UNSEEN = {
    "no ring": GOOD.format('<a href="/" class="a">a</a>') + "<style>a:focus { outline: none }</style>",
    "no ring around the focus: <summary": GOOD.format("<details><summary>s</summary></details>")
    + "<style>summary { outline: none }</style>",
}


@pytest.fixture(scope="module")
def page(chromium):
    page = chromium.new_page(viewport={"width": 400, "height": 400})
    yield page
    page.close()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_seen(page, fault):
    page.set_content(FAULTS[fault])
    (found,) = page.evaluate(INSPECTION)
    assert found.startswith(fault)


@pytest.mark.parametrize("fault", UNSEEN)
def test_a_focus_that_cannot_be_seen_is_found(page, fault):
    page.set_content(UNSEEN[fault])
    page.keyboard.press("Tab")
    (found,) = page.evaluate(FOCUS)
    assert found.startswith(fault)


def test_weight_and_movement_are_seen(page, tmp_path):
    (tmp_path / "page.html").write_text(GOOD.format("p") + "<p>%s</p>" % ("w " * 500))
    page.goto((tmp_path / "page.html").as_uri())
    assert page.evaluate(BUDGET, 10**6) == []
    page.evaluate(
        "document.body.prepend(Object.assign(document.createElement('p'), {textContent: 'first '.repeat(99)}))"
    )
    page.wait_for_timeout(100)
    weight, moved = page.evaluate(BUDGET, 500)
    assert (weight.split(":")[0], moved.split(":")[0]) == ("heavier than 500 bytes", "it moved by itself")


def test_nothing_is_said_of_a_good_page(page, tmp_path):
    good = '<a href="/">a</a> <label>l <input></label> <label><input type="radio"> r</label>'
    (tmp_path / "page.html").write_text(GOOD.format(good))
    page.goto((tmp_path / "page.html").as_uri())
    assert page.evaluate(INSPECTION) + page.evaluate(BUDGET, 10**6) == []
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS) == []
