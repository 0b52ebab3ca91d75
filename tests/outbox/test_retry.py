import datetime

from tables import for_each

from secureb2share_ext.outbox.retry import Delivered, Park, Pause, Retry, decide, rest, wish
from secureb2share_ext.targets.answer import Answer

NOW = datetime.datetime(2026, 1, 31, 12)
# Standard Webhooks 1.0.0, after the first attempt
WAITS = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
TABLE = {
    Delivered: [200, 201, 202, 204, 299],
    Pause: [300, 301, 302, 304, 307, 308, 399, 401, 403, 404, 410, "EgressRefused", "NoSigningKey"],
    Park: [400, 409, 413, 422],
    Retry: [100, 199, 402, 405, 408, 411, 415, 418, 425, 429, 451, 499, 500, 501, 502, 503, 504, 599, 999]
    + ["ConnectionError", "ConnectTimeout", "ReadTimeout", "SSLError", "ContentDecodingError"],
}


@for_each([(kind, given) for kind, row in TABLE.items() for given in row], range(12))
def test_what_follows_from_an_answer(kind, given, attempts):
    said = given if isinstance(given, str) else "status %d" % given
    expected = {Delivered: Delivered(), Pause: Pause(900, said), Park: Park(said)}.get(kind)
    # no answer, or one that says that the target takes nothing now
    is_down = isinstance(given, str) or given in (429, 502, 503, 504)
    if kind is Retry and attempts < 9:
        expected = Retry(WAITS[attempts], said, is_down, isinstance(given, str) or given >= 500)
    elif kind is Retry:
        expected = Park("given up after %d attempts, last: %s" % (attempts + 1, said), is_down)
    outcome = decide(Answer(error=given) if given == said else Answer(given), attempts, NOW, 0)
    assert (type(outcome), outcome) == (type(expected), expected)


def test_the_plan_lasts_for_three_days_and_a_bit():
    waits = [decide(Answer(503), attempts, NOW, 0).seconds for attempts in range(9)]
    assert sum(waits) == 75 * 3600 + 35 * 60 + 5


def test_jitter_adds_a_tenth_at_most():
    for jitter, waits in ((0, [5, 300, 86400]), (0.5, [5, 315, 90720]), (1, [5, 330, 95040])):
        assert [decide(Answer(500), attempts, NOW, jitter).seconds for attempts in (0, 1, 8)] == waits


ASKED = {
    5: ["", "0", "4", "-5", "+60", "1.5e3", " ", "soon", "²", "120, 60", "\x00", "Oct a.b , 2015 GMT"]
    + ["Sat, 31 Jan 2026 11:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Sat, 31 Feb 2026 12:10:00 GMT"]
    + ["Sat, 31 Jan 99999999999999999999 12:10:00 GMT"],
    6: ["6"],
    120: ["120", "000120"],
    600: ["Sat, 31 Jan 2026 12:10:00 GMT", "Saturday, 31-Jan-26 12:10:00 GMT", "Sat Jan 31 12:10:00 2026"],
    86400: ["86400", "86401", "9" * 9, "9" * 5000, "Fri, 31 Dec 9999 23:59:59 GMT"],
}
ROWS = [(seconds, text) for seconds, row in ASKED.items() for text in row]


def test_what_only_this_message_waits_for_says_nothing_of_its_target():
    assert decide(Answer(meaning="later", reason="held"), 0, NOW, 0) == Retry(5, "held")
    assert decide(Answer(error="TimeoutError"), 0, NOW, 0) == Retry(5, "TimeoutError", True, True)


@for_each(ROWS, [429, 503])
def test_retry_after_lengthens_the_wait_and_never_shortens_it(seconds, text, status):
    answer = Answer(status, retry_after=text)
    # a time that the target has named is kept when it answers earlier
    wakes = status == 503 and wish(text, NOW) == 0
    assert decide(answer, 0, NOW, 0) == Retry(seconds, "status %d" % status, True, wakes)
    assert decide(answer, 8, NOW, 0).seconds == 86400
    assert type(decide(answer, 9, NOW, 0)) is Park


def test_rest_of_a_target_grows_with_each_trial_and_ends():
    assert [rest(failures, 0) for failures in range(9)] == [5, 10, 20, 40, 80, 160, 320, 640, 900]
    assert rest(10**9, 0) == 900 and rest(0, 3600) == 3600 and rest(9, 1) == 900
