import copy
import functools
import gettext
import importlib.util
import io
import re
import string
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MEND = "run: python scripts/translations.py"
MARKUP = re.compile(r"</?(a|abbr|b|br|code|div|em|i|kbd|li|ol|p|small|span|strong|ul)\b|&#?\w+;")
PLACES = re.compile(r"%\((\w+)\)[sd]")


@pytest.fixture(scope="module")
def translations():
    pytest.importorskip("babel.messages.frontend")
    spec = importlib.util.spec_from_file_location("translations", ROOT / "scripts/translations.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.read = functools.lru_cache(maxsize=None)(module.read)
    return module


@pytest.fixture(scope="module")
def template(translations):
    return translations.extracted()


def messages(catalog):
    return [message for message in catalog if message.id]


def both(value):
    """The texts of an id or of a translation, which are several where a number decides."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def ids(catalog):
    return [message.id for message in messages(catalog)]


def test_texts_of_templates_python_and_schema_are_found(template):
    found = {text for one in ids(template) for text in both(one)}
    assert {"Skip to the content", "Data controller", "Task in the public interest (Art. 6(1)(e))"} <= found
    assert "The address in the Research Organization Registry, such as https://ror.org/046nvst19." in found


def test_template_and_every_file_are_fresh(translations):
    wanted, _ = translations.files()
    translations.read.cache_clear()
    stale = [path.name for path, content in wanted.items() if not path.exists() or path.read_bytes() != content]
    assert stale == [], MEND


def test_a_text_that_no_file_has_is_noticed(translations, template):
    changed = copy.deepcopy(template)
    changed.add("Nobody has written this.")
    assert "Nobody has written this." in translations.lacking(translations.updated("nb", changed))
    translations.read.cache_clear()  # for an update changes what was read


def test_no_sentence_is_the_same_in_languages_that_are_not_alike(translations):
    # what is the same everywhere, such as a name of a register, is so in English too
    texts = {
        language: {str(one.id): both(one.string) for one in messages(translations.read(language))}
        for language in ("nb", "nn", "fi", "sv", "it")
    }
    wrong = []
    for one, other in (
        ("it", "nb"),
        ("it", "nn"),
        ("it", "fi"),
        ("it", "sv"),
        ("fi", "nb"),
        ("fi", "nn"),
        ("fi", "sv"),
    ):
        for text, translated in texts[one].items():
            is_long = len(translated[0]) >= 12 and translated[0] not in text
            if is_long and translated == texts[other].get(text):
                wrong.append((one, other, text))
    assert wrong == []


def test_a_new_text_belongs_to_one_language_alone(translations, template):
    changed = copy.deepcopy(template)
    changed.add("Nobody has written this.")
    catalogs = [translations.updated(language, changed) for language in ("nb", "it")]
    translations.read.cache_clear()
    catalogs[0]["Nobody has written this."].string = "Ingen har skrevet dette."
    assert not catalogs[1]["Nobody has written this."].string


@pytest.mark.parametrize("language", ["nb", "nn", "fi", "sv", "it"])
class TestLanguage:
    def test_every_text_has_a_translation(self, translations, template, language):
        catalog = translations.read(language)
        assert set(map(str, ids(template))) - set(map(str, ids(catalog))) == set(), MEND
        assert translations.lacking(catalog) == [], "translate these in the .po file, then " + MEND

    def test_numbers_have_all_their_forms(self, translations, language):
        catalog = translations.read(language)
        counted = [message for message in messages(catalog) if message.pluralizable]
        assert [one.id for one in counted if len(both(one.string)) != catalog.num_plurals] == []

    def test_places_are_those_of_the_source(self, translations, language):
        wrong = []
        for message in messages(translations.read(language)):
            sources, texts = both(message.id), both(message.string)
            for text in texts:
                # where a number decides, each form may have the places of either
                allowed = [set(PLACES.findall(source)) for source in sources]
                unknown = PLACES.sub("", text).replace("%%", "") if allowed[-1] else ""
                if set(PLACES.findall(text)) not in allowed or "%" in unknown:
                    wrong.append((sources[0], text))
        assert wrong == []

    def test_compiled_texts_are_those_of_the_source(self, translations, language):
        catalog = translations.read(language)
        with translations.po(language).with_suffix(".mo").open("rb") as file:
            compiled = gettext.GNUTranslations(file)
        expected = gettext.GNUTranslations(io.BytesIO(translations.compiled(catalog)))
        assert compiled._catalog == expected._catalog, MEND

    def test_translations_have_no_markup_and_end_as_the_source(self, translations, language):
        # a sentence's end or a colon that is lost is a slip
        wrong = []
        for message in messages(translations.read(language)):
            for text in both(message.string):
                source = both(message.id)[0]
                if MARKUP.search(text) or text != text.strip() or (source[-1] in ".:…?") != (text[-1:] in ".:…?"):
                    wrong.append((source, text))
        assert wrong == []


def test_ids_have_no_markup_and_no_bare_edges(template):
    texts = [text for one in ids(template) for text in both(one)]
    assert [text for text in texts if MARKUP.search(text) or text != text.strip()] == []
    assert MARKUP.search("a <b>word</b>") and MARKUP.search("a&nbsp;b")
    assert not MARKUP.search("affiliated:<organisation>")


def test_places_in_ids_have_names(template):
    bare = re.compile(r"%[sd]|{\w*}")
    texts = [text for one in ids(template) for text in both(one)]
    assert [text for text in texts if bare.search(text)] == []


def test_no_text_is_a_place_alone(template):
    # what has no words needs no translation
    letters = set(string.ascii_letters)
    texts = [text for one in ids(template) for text in both(one)]
    assert [text for text in texts if not letters & set(PLACES.sub("", text))] == []
