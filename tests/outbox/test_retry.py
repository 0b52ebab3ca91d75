import datetime

import pytest

from secureb2share_ext.outbox import retry
from secureb2share_ext.targets.answer import Answer

NOW = datetime.datetime(2026, 1, 31, 12)
DELIVERED, RETRY, PAUSE, PARK = retry.Delivered, retry.Retry, retry.Pause, retry.Park
WAITS = [
    5,
    300,
    1800,
    7200,
    18000,
    36000,
    50400,
    72000,
    86400,
]  # Standard Webhooks 1.0.0, after the first attempt


def decide(answer, attempts=0, jitter=0.0):
    outcome = retry.decide(answer, attempts, NOW, jitter)
    assert type(outcome) in (DELIVERED, RETRY, PAUSE, PARK)
    return outcome


TABLE = {
    DELIVERED: [200, 201, 202, 204, 299],
    PAUSE: [300, 301, 302, 304, 307, 308, 399, 401, 403, 404, 410, "EgressRefused"],
    PARK: [400, 409, 413, 422],
    RETRY: [
        100, 199, 402, 405, 406, 408, 411, 414, 415, 418, 425, 429, 451, 499, 500, 501, 502, 503, 504, 599,
        999,
    ]
    + ["ConnectionError", "ConnectTimeout", "ReadTimeout", "SSLError", "ContentDecodingError"],
}


def answer_of(given):
    return Answer(error=given) if isinstance(given, str) else Answer(given)


@pytest.mark.parametrize("attempts", range(12))
@pytest.mark.parametrize("kind, given", [(kind, given) for kind, row in TABLE.items() for given in row])
def test_what_follows_from_an_answer(kind, given, attempts):
    outcome = decide(answer_of(given), attempts)
    said = given if isinstance(given, str) else "status %d" % given
    if kind is DELIVERED:
        assert outcome == DELIVERED()
    elif kind is PAUSE:
        assert outcome == PAUSE(900, said)
    elif kind is PARK:
        assert outcome == PARK(said)
    elif attempts < 9:
        assert outcome == RETRY(WAITS[attempts], said)
    else:
        assert type(outcome) is PARK and outcome.reason == "given up after %d attempts, last: %s" % (
            attempts + 1, said,
        )


def test_the_plan_lasts_for_three_days_and_a_bit():
    waits = [decide(Answer(503), attempts).seconds for attempts in range(9)]
    assert waits == WAITS and sum(waits) == 75 * 3600 + 35 * 60 + 5


@pytest.mark.parametrize(
    "jitter, first, second, last", [(0, 5, 300, 86400), (0.5, 5, 315, 90720), (1, 5, 330, 95040)]
)
def test_jitter_adds_a_tenth_at_most(jitter, first, second, last):
    assert [decide(Answer(500), n, jitter).seconds for n in (0, 1, 8)] == [first, second, last]


ASKED = [
    ("", 5),
    ("0", 5),
    ("4", 5),
    ("6", 6),
    ("120", 120),
    ("000120", 120),
    ("86400", 86400),
    ("86401", 86400),
    ("9" * 9, 86400),
    ("9" * 5000, 86400),
    ("Sat, 31 Jan 2026 12:10:00 GMT", 600),
    ("Saturday, 31-Jan-26 12:10:00 GMT", 600),
    ("Sat Jan 31 12:10:00 2026", 600),
    ("Sat, 31 Jan 2026 11:00:00 GMT", 5),
    ("Thu, 01 Jan 1970 00:00:00 GMT", 5),
    ("Fri, 31 Dec 9999 23:59:59 GMT", 86400),
    ("Sat, 31 Feb 2026 12:10:00 GMT", 5),
    ("-5", 5),
    ("+60", 5),
    ("1.5e3", 5),
    (" ", 5),
    ("soon", 5),
    ("²", 5),
    ("120, 60", 5),
    ("\x00", 5),
    ("Sat, 31 Jan 99999999999999999999 12:10:00 GMT", 5),
    ("Oct a.b , 2015 GMT", 5),
]


@pytest.mark.parametrize("text, seconds", ASKED, ids=[text[:30] for text, _ in ASKED])
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_lengthens_the_wait_and_never_shortens_it(status, text, seconds):
    assert decide(Answer(status, retry_after=text)) == RETRY(seconds, "status %d" % status)
    assert decide(Answer(status, retry_after=text), 8).seconds == 86400
    assert type(decide(Answer(status, retry_after=text), 9)) is PARK
