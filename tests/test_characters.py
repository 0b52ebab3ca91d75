import sys
import unicodedata

import pytest

from secureb2share_ext import characters

SIGNS = "\u0600\u0601\u0602\u0603\u0604\u0605\u0890\u0891\u06dd\u070f\u08e2"  # seen, though Unicode calls them Cf
NEEDED = {
    "Persian": "می\u200cخواهم",
    "Hindi": "क्\u200dष",
    "Malayalam at the end of a word": "അവന്\u200d വന്നു",
    "Sinhala": "ශ්\u200dරී",
    "Arabic number sign": "\u0600 12",
    "Mongolian": "\u182e\u180b",
    "a scientist": "\U0001f469\u200d\U0001f52c",
    "a heart": "❤\ufe0f",
    "a keycap": "1\ufe0f\u20e3",
    "a Japanese name": "葛\U000e0100",
    "braille": "\u2801\u2800\u2803",
}
OPEN = {
    "Finnish": "sosiaalihuoltolainsäädäntöuudistus, työ–elämä",
    "accents put together": "e\u0301",
    "Hebrew, Arabic, Thai": "שלום العربية ภาษาไทย",
    "spaces": "a\u00a0b\u202fc\u3000d",
}
HIDDEN = {
    "bidi": "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    "zero width": "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e",
    "tags": "\U000e0001\U000e0041\U000e007f",
    "blanks": "\u2800\ufffc\U0001d159",
    "fillers and selectors": "\u115f\u3164\uffa0\ufe0f\U000e0100",
}


def test_every_character_of_category_cf_is_hidden():
    found = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) == "Cf"]
    assert len(found) > 140
    assert [one for one in found if not characters.hidden_in_name("a%sb" % one)] == []
    assert [one for one in found if one not in SIGNS and not characters.hidden_in_prose("a%sb" % one)] == []


@pytest.mark.parametrize("kind", HIDDEN)
def test_what_nobody_sees_stands_in_no_text(kind):
    for one in HIDDEN[kind]:
        for text in ("a%sb" % one, one, "a " + one, one + " a", "é%s日" % one):
            assert characters.hidden_in_name(text) and characters.hidden_in_prose(text), ascii(text)


def test_what_a_font_alone_gives_a_form_stands_in_no_name():
    for one in "\ue000\uf0b7\uf8ff\U000f0000\U0010fffd":
        assert characters.hidden_in_name(one) and not characters.hidden_in_prose(one + " a bullet")


@pytest.mark.parametrize("script", NEEDED)
def test_prose_keeps_what_a_script_needs_and_names_do_without(script):
    assert not characters.hidden_in_prose(NEEDED[script])
    assert characters.hidden_in_name(NEEDED[script])
    # the same characters elsewhere carry something else
    for one in set(NEEDED[script]):
        if characters.hidden_in_name(one) and one not in SIGNS:
            assert characters.hidden_in_prose("a%sb" % one) and characters.hidden_in_prose(NEEDED[script] + one * 2)


@pytest.mark.parametrize("kind", OPEN)
def test_characters_that_are_seen_may_stand_everywhere(kind):
    assert not characters.hidden_in_name(OPEN[kind]) and not characters.hidden_in_prose(OPEN[kind])


def test_what_looks_alike_is_composed_once():
    assert characters.is_composed("é a") and characters.is_composed("日本")
    assert not characters.is_composed("e\u0301") and not characters.is_composed("\u212b")
