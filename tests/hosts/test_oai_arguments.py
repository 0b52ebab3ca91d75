import datetime

import pytest

from secureb2share_ext.hosts.oai_arguments import Fault, Window, check_names, single, window

DAY, NEXT = datetime.datetime(2026, 11, 27), datetime.datetime(2026, 11, 28)
NOON = datetime.datetime(2026, 11, 27, 12)
SECOND = datetime.timedelta(seconds=1)
RIGHT = [
    (None, None, Window()),
    ("2026-11-27", None, Window(DAY)),
    (None, "2026-11-27", Window(None, NEXT)),
    ("2026-11-27", "2026-11-27", Window(DAY, NEXT)),
    ("2026-11-27T12:00:00Z", "2026-11-27T12:00:00Z", Window(NOON, NOON + SECOND)),
    ("0001-01-01", "9999-12-31", Window(datetime.datetime(1, 1, 1))),
    (None, "9999-12-31T23:59:59Z", Window()),
]
WRONG = [
    ("2026-11-27", "2026-11-27T12:00:00Z"),
    ("2026-11-27T12:00:00Z", "2026-11-28"),
    ("2026-11-28", "2026-11-27"),
    ("", None),
    (None, "2026"),
    (None, "2026-11"),
    ("2026-02-30", None),
    ("0000-01-01", None),
    ("yesterday", None),
    ("2026-11-27T12:00:00", None),
    ("2026-11-27T12:00:00+01:00", None),
    ("2026-11-27T12:00:00.5Z", None),
    ("2026-11-27T25:00:00Z", None),
    ("2026-11-27\n", None),
    ("２０２６-11-27", None),
    ("20261127", None),
]


@pytest.mark.parametrize("number", range(len(RIGHT)))
def test_until_is_in_the_window_as_a_whole(number):
    start, until, expected = RIGHT[number]
    assert window(start, until) == expected


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_every_other_date_is_a_bad_argument(number):
    with pytest.raises(Fault) as fault:
        window(*WRONG[number])
    assert fault.value.args[0] == "badArgument" and fault.value.args[1].endswith(".")


@pytest.mark.parametrize(
    "given", [{"verb": ["A"], "set": ["a", "b"]}, {"verb": ["A"]}, {"metadataPrefix": ["x"], "what": ["1"]}]
)
def test_arguments_are_known_and_stand_once(given):
    with pytest.raises(Fault):
        check_names(single(given))
