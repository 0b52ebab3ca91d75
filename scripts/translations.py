#!/usr/bin/env python3
"""Writer of the translations of the pages' texts.

`python scripts/translations.py` reads the texts of templates, Python and the schema into secureb2share.pot, adds what
is new to the secureb2share.po of each language, drops what no source has any more, compiles them to secureb2share.mo,
and names what has no translation; its exit code is 1 then. With `--check` it writes nothing, and 1 says that something
would change or lacks a translation.
"""

import ast
import copy
import datetime
import io
import json
import sys
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "secureb2share_ext/translations"
MAPPING = FOLDER / "babel.cfg"
TEMPLATE = FOLDER / "secureb2share.pot"
LANGUAGES = ("nb", "nn", "fi", "sv", "it")
KEYWORDS = {"t": None, "tn": (1, 2), "gettext": None, "ngettext": (1, 2), "N_": None, "translate": (2,)}
DAY = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
HEADER = "# Texts of the pages of secureb2share_ext; scripts/translations.py writes this file."


def po(language):
    """The path of a language's texts; the compiled ones lie beside it."""
    return FOLDER / language / "LC_MESSAGES/secureb2share.po"


def of_schema(file, keywords, comments, options):
    """Yield the titles, descriptions and labels of codes of a JSON Schema, as an extractor of Babel does."""
    for text in _of_node(json.load(file)):
        yield 1, None, text, []


def _of_node(node):
    for key in ("title", "description"):
        if key in node:
            yield node[key]
    yield from node.get("x-labels", {}).values()
    inner = list(node.get("properties", {}).values())
    for one in inner + [node["items"]] if "items" in node else inner:
        yield from _of_node(one)


def of_words(file, keywords, comments, options):
    """Yield the texts of a module that is a table of words: whatever begins with a capital letter and is no key."""
    tree = ast.parse(file.read())
    bare = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    bare += [key for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in bare:
            if node.value[:1].isupper():
                yield node.lineno, None, node.value, []


def extracted():
    """The texts of the sources, as a Catalog."""
    sys.path.insert(0, str(ROOT))
    with MAPPING.open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file, str(MAPPING))
    catalog = Catalog(project="secureb2share_ext", header_comment=HEADER, charset="utf-8")
    found = extract_from_dir(str(ROOT), methods, options, KEYWORDS, directory_filter=_is_source)
    for name, _, text, _, context in found:
        catalog.add(text, locations=[(name, None)], context=context)
    return catalog


def _is_source(folder):
    parts = Path(folder).relative_to(ROOT).parts
    return not parts or (parts[0] in ("secureb2share_ext", "demo") and not parts[-1].startswith((".", "_")))


def updated(language, template):
    """The texts of a language after a merge with those of the sources, as a Catalog; nothing is guessed."""
    catalog = read(language)
    # a copy, for Babel takes the new messages themselves, and every language would write into the same ones
    catalog.update(copy.deepcopy(template), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def read(language):
    """The texts of a language as its file has them, as a Catalog."""
    if not po(language).exists():
        return Catalog(locale=language, domain="secureb2share", header_comment=HEADER)
    with po(language).open("rb") as file:
        return read_po(file, locale=language, domain="secureb2share")


def written(catalog):
    """A catalog as the bytes of its file, the same for the same texts: without times and lines."""
    target = io.BytesIO()
    write_po(target, catalog, width=120, omit_header=True, sort_by_file=True, include_lineno=False)
    header = [HEADER, 'msgid ""', 'msgstr ""', r'"Content-Type: text/plain; charset=utf-8\n"']
    if catalog.locale:
        header.append(r'"Language: %s\n"' % catalog.locale)
        header.append(r'"Plural-Forms: nplurals=%d; plural=%s;\n"' % (catalog.num_plurals, catalog.plural_expr))
    return ("\n".join(header) + "\n\n").encode() + target.getvalue()


def compiled(catalog):
    """A catalog as the bytes of its compiled file."""
    target = io.BytesIO()
    plain = read_po(io.BytesIO(written(catalog)), locale=catalog.locale)
    # the header would have the time of this run
    plain.creation_date = plain.revision_date = DAY
    write_mo(target, plain)
    return target.getvalue()


def lacking(catalog):
    """The texts of a catalog that have no whole translation, or one that nobody has looked at."""
    return [
        message.id
        for message in catalog
        if message.id and (message.fuzzy or not all(message.string if message.pluralizable else [message.string]))
    ]


def files():
    """{path: the bytes that it should hold}, {language: [text without a translation]}"""
    template = extracted()
    wanted, open_ = {TEMPLATE: written(template)}, {}
    for language in LANGUAGES:
        catalog = updated(language, template)
        wanted[po(language)], wanted[po(language).with_suffix(".mo")] = written(catalog), compiled(catalog)
        open_[language] = lacking(catalog)
    return wanted, open_


def main(arguments):
    """Run the program; the result is its exit code."""
    wanted, open_ = files()
    stale = [path for path, content in wanted.items() if not path.exists() or path.read_bytes() != content]
    for path in stale:
        print("%s %s" % ("stale:" if "--check" in arguments else "written:", path.relative_to(ROOT)))
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wanted[path])
    for language, texts in open_.items():
        for text in texts:
            print("%s lacks: %s" % (language, text if isinstance(text, str) else text[0]))
    return 1 if any(open_.values()) or ("--check" in arguments and stale) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
