from urllib.parse import parse_qsl, urlsplit

import pytest

from secureb2share_ext.access.nettskjema import Nettskjema
from secureb2share_ext.errors import ConfigError

KEY = "SECUREB2SHARE_ACCESS['tsd']"
CODES = {"ref": "reference", "dataset": "identifier"}
VALUES = {"identifier": "p11/søvn & helse", "reference": "a.b.c", "pid": "x1", "revision": 2, "source": "tsd"}


def read(demo=False, **settings):
    return Nettskjema.read(KEY, dict({"form": 127835, "codes": CODES}, **settings), demo)


LINKS = [
    (
        {},
        "https://nettskjema.no/a/127835?CBref=a.b.c&LCKref=true"
        "&CBdataset=p11%2Fs%C3%B8vn%20%26%20helse&LCKdataset=true",
    ),
    ({"form": "apply-now_2", "codes": {"d": "pid"}}, "https://nettskjema.no/a/apply-now_2?CBd=x1&LCKd=true"),
    ({"lock": ["ref"], "codes": {"ref": "reference", "v": "revision"}},
     "https://nettskjema.no/a/127835?CBref=a.b.c&LCKref=true&CBv=2"),
    ({"lock": [], "codes": {"a.b-C_1": "source"}}, "https://nettskjema.no/a/127835?CBa.b-C_1=tsd"),
    ({"url": "https://forms.example.org/", "codes": {"d": "pid"}, "lock": []},
     "https://forms.example.org/a/127835?CBd=x1"),
]  # fmt: skip


@pytest.mark.parametrize("settings, url", LINKS)
def test_a_link_fills_in_and_locks(settings, url):
    assert read(**settings).expand(VALUES, ["en"]) == url


def test_every_parameter_stands_once_behind_one_question_mark():
    hostile = dict(VALUES, identifier="x?CBref=forged&LCKref=false", reference="a&b")
    parts = urlsplit(read().expand(hostile))
    assert parts.query.count("?") == 0 and parts.path == "/a/127835"
    assert parse_qsl(parts.query, strict_parsing=True) == [
        ("CBref", "a&b"), ("LCKref", "true"), ("CBdataset", "x?CBref=forged&LCKref=false"), ("LCKdataset", "true"),
    ]  # fmt: skip


FORMS = {"nb": 1, "en": 2, "zh-Hant": "three"}
LANGUAGES = [
    ([], "1"),
    (["*"], "1"),
    (["fr", "de-AT"], "1"),
    (["en"], "2"),
    (["EN-gb", "nb"], "2"),
    (["fr", "en", "nb"], "2"),
    (["nb-NO", "en"], "1"),
    (["zh-hant-TW"], "three"),
    (["zh", "en"], "2"),
    (["n", "e"], "1"),
    (["en/../../evil", ""], "1"),
]


@pytest.mark.parametrize("languages, form", LANGUAGES)
def test_the_form_is_in_the_readers_language(languages, form):
    provider = Nettskjema.read(KEY, {"forms": FORMS, "codes": CODES}, False)
    assert urlsplit(provider.expand(VALUES, languages)).path == "/a/" + form


def test_only_a_code_for_the_reference_signs():
    assert read().signs and read(lock=[]).signs and not read(codes={"ref": "identifier"}).signs


FAULTS = [
    ("codes", {"codes": {}}),
    ("codes", {"codes": ["ref"]}),
    ("codes", {"codes": {"a b": "pid"}}),
    ("codes", {"codes": {"a&x": "pid"}}),
    ("codes", {"codes": {"a\n": "pid"}}),
    ("codes", {"codes": {"æ": "pid"}}),
    ("codes", {"codes": {"": "pid"}}),
    ("twice", {"codes": {"ref": "reference", "Ref": "pid"}}),
    ("title", {"codes": {"title": "title"}}),
    ("identifier", {"codes": {"d": "{identifier}"}}),
    ("lock", {"lock": ["other"]}),
    ("lock", {"lock": True}),
    ("lock", {"lock": "ref"}),
    ("form", {"form": 0.5}),
    ("form", {"form": True}),
    ("form", {"form": "1?x=y"}),
    ("form", {"form": "../x"}),
    ("form", {"form": ""}),
    ("form", {"form": -3}),
    ("either", {"forms": {"en": 1}}),
    ("url", {"url": "http://nettskjema.no"}),
    ("url", {"url": "https://nettskjema.no/?a=b"}),
    ("title", {"title": "x"}),
]


@pytest.mark.parametrize("word, settings", FAULTS)
def test_settings_that_make_no_sense_are_refused(word, settings):
    with pytest.raises(ConfigError) as error:
        read(**settings)
    assert KEY in str(error.value) and word in str(error.value)


@pytest.mark.parametrize("forms", [{}, [], 5, {"": 1}, {"english": 1}, {"en_GB": 1}, {"en": 1, "EN": 2}, {"en": "?"}])
def test_forms_that_make_no_sense_are_refused(forms):
    with pytest.raises(ConfigError, match="form"):
        Nettskjema.read(KEY, {"forms": forms, "codes": CODES}, False)


def test_a_form_is_needed():
    with pytest.raises(ConfigError, match="either form, or forms"):
        Nettskjema.read(KEY, {"codes": CODES}, False)
    assert read(demo=True, url="http://localhost:5001").expand(VALUES).startswith("http://localhost:5001/a/127835?")
