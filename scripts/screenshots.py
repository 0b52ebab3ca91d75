"""Make a picture of every type of page, wide and narrow, in docs/images/pages.

Run it as `.venv-tests/bin/python scripts/screenshots.py [--dark] [--png] [FOLDER]`. It starts the demo with new data,
and stops it. The table of the types is tests/browser/page_types.py, which the tests in a browser read as well. The exit
code is 1 where a page has a fault, or answers with another status than its type says; these are named at the end.
"""

import argparse
import base64
import sys
import tempfile
from pathlib import Path

from playwright import sync_api as playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "browser")]

from page_types import PAGE_TYPES, go  # noqa: E402
from scene import make  # noqa: E402
from started import started  # noqa: E402
from visitor import Visitor, launch  # noqa: E402

WIDTHS = (1280, 360)
# which pages the documentation shows in the dark, too
DARK = ("start", "search", "record", "status", "review", "inbox")
BYTES = 40_000  # of a picture, where its quality can go down that far
QUALITIES = (0.5, 0.35, 0.2, 0.1)
HIGHEST = 2600  # pixels of a page that are shown; the rest of a longer one is more of the same
# Chromium writes WebP from a canvas, so that no other library is needed
WEBP = """async ([png, width, highest, qualities, bytes]) => {
    const image = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
    const scale = width / image.width, canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = Math.round(Math.min(image.height, highest) * scale);
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, width, image.height * scale);
    let encoded;
    for (const quality of qualities) {
        encoded = canvas.toDataURL("image/webp", quality).split(",")[1];
        if (encoded.length * 0.75 < bytes) break;
    }
    return encoded;
}"""


def main(arguments=None):
    """Make the pictures; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs" / "images" / "pages")
    parser.add_argument("--dark", action="store_true", help="every page in the dark as well")
    parser.add_argument("--png", action="store_true", help="PNG of full size, not compressed")
    parser.add_argument("--language", default="en-GB", help="what the browser asks for (default: en-GB)")
    parser.add_argument("--only", metavar="WORD", default="", help="only types that have the word in their names")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    faults = []
    with tempfile.TemporaryDirectory() as data, started(Path(data)) as site, playwright.sync_playwright() as driver:
        browser = launch(driver)
        scene = make(site, "plain")
        encoder = browser.new_page()
        for width in WIDTHS:
            for scheme in ("light", "dark"):
                visitors = {}
                for kind in PAGE_TYPES:
                    if options.only not in kind.name or scheme == "dark" and not (options.dark or kind.name in DARK):
                        continue
                    if kind.role not in visitors:
                        setting = {"width": width, "scheme": scheme, "language": options.language}
                        visitors[kind.role] = Visitor(browser, site, **setting)
                        visitors[kind.role].log_in(kind.role)
                    name = "%s-%d%s" % (kind.name, width, "-dark" if scheme == "dark" else "")
                    # a picture of a page with faults is wanted most
                    fault = fault_of(visitors[kind.role], scene, kind)
                    faults += ["%s: %s" % (name, fault)] * bool(fault)
                    print(name, save(visitors[kind.role].page, encoder, options, name), flush=True)
                for visitor in visitors.values():
                    visitor.context.close()
        browser.close()
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def fault_of(visitor, scene, kind):
    """What is wrong with a page to which a visitor is brought, or ""."""
    visitor.refused = []
    try:
        go(visitor, scene, kind)
    except Exception as error:
        return str(error)[:300] or type(error).__name__
    statuses = [status for status, _ in visitor.refused]
    return (
        "" if statuses == [kind.status] * (kind.status != 200) else "it answered %s, not %d" % (statuses, kind.status)
    )


def save(page, encoder, options, name):
    """Write the picture of a page; returns its bytes."""
    png = page.screenshot(full_page=True, animations="disabled")
    path, content = options.folder / (name + ".png"), png
    if not options.png:
        shown = min(page.viewport_size["width"], 720)
        encoded = encoder.evaluate(WEBP, [base64.b64encode(png).decode(), shown, HIGHEST, QUALITIES, BYTES])
        path, content = options.folder / (name + ".webp"), base64.b64decode(encoded)
    path.write_bytes(content)
    return len(content)


if __name__ == "__main__":
    sys.exit(main())
