import datetime

import pytest

from secureb2share_ext.exports import rights

BEFORE, ON, AFTER = (datetime.date(2026, 2, 28), datetime.date(2026, 3, 1), datetime.date(2027, 1, 1))
RESTRICTED = ("http://purl.org/coar/access_right/c_16ec", "info:eu-repo/semantics/restrictedAccess")
CLOSED = ("http://purl.org/coar/access_right/c_14cb", "info:eu-repo/semantics/closedAccess")
NON_PUBLIC = "http://publications.europa.eu/resource/authority/access-right/NON_PUBLIC"
NOW, NEVER = ("Access can be requested", "Access cannot be requested")
LATER = "Access can be requested from 2026-03-01"
TABLE = [
    ("controlled", BEFORE, "controlled", RESTRICTED, NOW),
    ("controlled", AFTER, "controlled", RESTRICTED, NOW),
    ("embargoed", BEFORE, "embargoed", RESTRICTED, LATER),
    ("embargoed", ON, "controlled", RESTRICTED, NOW),
    ("embargoed", AFTER, "controlled", RESTRICTED, NOW),
    ("metadata-only", BEFORE, "metadata-only", CLOSED, NEVER),
    ("metadata-only", AFTER, "metadata-only", CLOSED, NEVER),
]


@pytest.mark.parametrize("given, today, value, terms, label", TABLE)
def test_a_right_in_every_vocabulary(given, today, value, terms, label):
    sensitive = {"access_right": given}
    if given == "embargoed":
        sensitive["embargo_until"] = "2026-03-01"
    right = rights.right_of(sensitive, today)
    assert (right.value, right.coar, right.info_eu_repo, right.eu) == (value,) + terms + (NON_PUBLIC,)
    assert rights.label_of(right, sensitive) == label


def test_no_vocabulary_promises_open_access():
    said = " ".join(" ".join(right) for right in rights.RIGHTS.values())
    assert set(rights.RIGHTS) == {"controlled", "embargoed", "metadata-only"}
    assert not [word for word in ("openAccess", "embargoedAccess", "c_abf2", "c_f1cf") if word in said]


def test_the_day_is_that_of_utc():
    assert rights.today_utc(datetime.datetime(2026, 2, 28, 23, 59, 59)) == BEFORE
    assert rights.today_utc(datetime.datetime(2026, 3, 1)) == ON
