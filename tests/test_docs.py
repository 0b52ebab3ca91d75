"""The pages of docs/, README.md and their neighbours, held against the code and against one another."""

import importlib.util
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PACKAGE = ROOT / "secureb2share_ext"
LOOSE = [ROOT / name for name in ("README.md", "CHANGES.md", "CONTRIBUTING.md", "SECURITY.md")]
HOWTOS = sorted((DOCS / "howto").glob("*.md"))
BLOCK = re.compile(r"^( *)```.*?^\1```$", flags=re.M | re.S)


def everything():
    return sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts) + LOOSE


def read(path):
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def generate():
    pytest.importorskip("invenio_db")
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_the_code_decides_is_fresh(generate):
    names = [path.relative_to(ROOT).as_posix() for path in generate.stale()]
    assert names == [], "run: python docs/generate.py"


def test_a_page_that_differs_is_noticed_and_written_anew(generate):
    page = "Before.\n\n<!-- generated: states -->\n\nOld.\n\n<!-- end -->\n\nAfter.\n"
    done = generate.filled(page)
    assert done != page and "Old." not in done and "| `active` |" in done
    assert done.startswith("Before.\n") and done.endswith("\nAfter.\n") and generate.filled(done) == done
    assert generate.filled("<!-- generated: states -->\n<!-- end -->\n") != ""


def test_every_table_stands_on_a_page_and_every_mark_has_an_end(generate):
    text = "\n".join(read(path) for path in generate.pages())
    assert sorted(name for name, _ in generate.PART.findall(text)) == sorted(generate.TABLES)
    assert text.count("<!-- generated:") == text.count("<!-- end -->") == len(generate.TABLES)


def test_every_code_of_the_package_is_explained_in_the_reference():
    texts = [read(path) for path in PACKAGE.rglob("*.py")]
    known = {code for text in texts for code in re.findall(r'\bcode ?= ?"([a-z-]+)"', text)}
    pages = ("registration", "access", "locked-routes", "legacy-records")
    explained = "".join(read(DOCS / "reference" / (page + ".md")) for page in pages)
    # the classes' own, which every raise replaces
    inner = {"problem", "conflict", "no-access", "not-allowed"}
    assert len(known) > 20 and sorted(code for code in known - inner if "`%s`" % code not in explained) == []


def test_every_command_in_the_pages_is_there(generate):
    missing = []
    for path in everything():
        for words in re.findall(r"\bsecureb2share((?: [a-z][a-z-]*)+)", "\n".join(coded(read(path)))):
            first, *rest = words.split()
            command = generate.cli.secureb2share.commands.get(first)
            below = getattr(command, "commands", None)
            if command is None or (below is not None and rest and rest[0] not in below):
                missing.append((path.name, words))
    assert missing == []


def coded(text):
    """The blocks and the literals of a page."""
    yield from (found.group() for found in BLOCK.finditer(text))
    yield from re.findall(r"`([^`\n]+)`", BLOCK.sub("", text))


def anchors(text):
    """The anchors of a page's headings, as the site and the clone's viewer make them."""
    plain = BLOCK.sub("", text)
    headings = re.findall(r"^#+ (.+)$", plain, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_inside_the_project_leads_somewhere():
    broken = []
    for path in everything():
        for address in re.findall(r"\]\(([^)\s]+)\)", BLOCK.sub("", read(path))):
            if re.match(r"[a-z]+:", address):
                continue
            name, _, anchor = unquote(address).partition("#")
            there = (path.parent / name).resolve() if name else path
            if not there.exists() or (anchor and anchor not in anchors(read(there))):
                broken.append((path.name, address))
    assert broken == []


def test_every_test_that_the_threats_name_is_there():
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", read(DOCS / "explanation" / "threats.md"))
    there = {path: read(ROOT / "tests" / path) for path, _ in named if (ROOT / "tests" / path).is_file()}
    missing = [
        (path, name) for path, name in named if not re.search(r"^ *def %s\(" % name, there.get(path, ""), flags=re.M)
    ]
    assert len(named) > 40 and missing == []


def test_every_file_that_is_named_is_there():
    missing = []
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", DOCS / "howto" / "add-a-host.md"):
        for name in re.findall(r"`([\w.-]+/[\w/.-]*)`", read(path)):
            # what the site's build makes
            if name != "docs/_build/html" and not any(
                (base / name).exists() for base in (ROOT, PACKAGE, PACKAGE / "hosts")
            ):
                missing.append((path.name, name))
    assert missing == []


@pytest.mark.parametrize("path", HOWTOS, ids=lambda path: path.stem)
def test_a_howto_begins_with_what_is_needed(path):
    beginning = BLOCK.sub("", read(path)).split("\n## ")[0]
    assert beginning.startswith("# ") and re.search(r"^You need\b", beginning, flags=re.M)


def test_the_readme_is_short_and_shows_its_pictures():
    text = read(ROOT / "README.md")
    assert len(text.splitlines()) <= 120
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", text)
    assert len(pictures) >= 2 and all(len(words) > 30 for words, _ in pictures)


def test_the_version_is_the_same_everywhere():
    version = re.search(r'^__version__ = "(.+)"$', read(PACKAGE / "__init__.py"), flags=re.M).group(1)
    assert "\nversion: %s\n" % version in read(ROOT / "CITATION.cff")
    assert re.search(r"^## \[?Unreleased", read(ROOT / "CHANGES.md"), flags=re.M)


def test_add_a_host_names_only_questions_that_there_are(generate):
    page = read(DOCS / "howto" / "add-a-host.md")
    by_hand = generate.PART.sub("", page)
    known = set(re.findall(r"^    def (\w+)\(", read(ROOT / generate.HOST), flags=re.M))
    named = set(re.findall(r"`(\w+)\(\)`", by_hand))
    assert len(named) > 20 and named - known == set()
