import datetime
import re

import pytest
from hypothesis import given as holds
from hypothesis import strategies as st
from samples import shown
from strategies import MANY

from secureb2share_ext.exports import embargo

TEXTS = st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=200)
SIGNS = st.text(alphabet='\\;,:"\n\rnN å😀\u0007', max_size=120)


def read(calendar):
    """[(name with its parameters, value)] of a calendar, unfolded as section 3.1 of RFC 5545 says."""
    assert calendar.endswith("\r\n") and "\n" not in calendar.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in calendar.split("\r\n"))
    lines = calendar.replace("\r\n ", "").split("\r\n")[:-1]
    return [tuple(line.split(":", 1)) for line in lines]


def unescaped(value):
    """A TEXT as it was written; a comma or semicolon that ends it early is a fault."""
    assert re.match(r"(?:[^\\;,]|\\[\\;,n])*\Z", value)
    return re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found.group(1), found.group(1)), value)


@MANY
@holds(TEXTS | SIGNS, SIGNS)
def test_whatever_is_said_is_read_again(summary, description):
    said = dict(read(embargo.calendar(shown("embargoed"), summary, description)))
    for name, text in (("SUMMARY", summary), ("DESCRIPTION", description)):
        text = re.sub("\r\n?", "\n", text)
        assert unescaped(said[name]) == re.sub("[\x00-\x08\x0b-\x1f\x7f]", "", text)


def test_the_event_is_the_whole_day_on_which_requests_open():
    seen = shown("embargoed")._replace(today=datetime.date(2026, 2, 3))
    said = read(embargo.calendar(seen, "Open", "A form opens."))
    assert said == [
        ("BEGIN", "VCALENDAR"),
        ("VERSION", "2.0"),
        ("PRODID", "-//Secure B2SHARE//embargo//EN"),
        ("BEGIN", "VEVENT"),
        ("UID", "embargo-7@catalogue.example.org"),
        ("DTSTAMP", "20260203T000000Z"),
        ("DTSTART;VALUE=DATE", "20260301"),
        ("SUMMARY", "Open"),
        ("DESCRIPTION", "A form opens."),
        ("URL", "https://catalogue.example.org/records/7"),
        ("TRANSP", "TRANSPARENT"),
        ("END", "VEVENT"),
        ("END", "VCALENDAR"),
    ]


@pytest.mark.parametrize("letter", ["a", "å", "😀"])
def test_a_line_is_as_long_as_it_may_be_and_no_longer(letter):
    parts = embargo.folded(letter * 200).split("\r\n")
    full = [len(part.encode()) for part in parts[:-1]]
    assert all(75 - len(letter.encode()) < size <= 75 for size in full) and len(parts) > 2
