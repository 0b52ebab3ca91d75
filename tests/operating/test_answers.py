import http.client
import socket
import ssl

import pytest

from secureb2share_ext import errors
from secureb2share_ext.operating import answers
from secureb2share_ext.outbox import retry


def kept(error):
    """What targets.answer keeps of an error."""
    return type(error).__name__


@pytest.mark.parametrize(
    "outcome, cause",
    [
        ("status 401", "401"),
        ("status 403", "401"),
        ("status 404", "404"),
        ("status 410", "410"),
        ("status 413", "413"),
        ("status 418", "4"),
        ("status 422", "4"),
        ("status 429", "429"),
        ("status 500", "5"),
        ("status 599", "5"),
        ("status 302", "3"),
        ("status 202", "2"),
        ("status 999", "silent"),
        (kept(socket.timeout()), "silent"),
        (kept(ConnectionResetError()), "silent"),
        (kept(http.client.RemoteDisconnected()), "silent"),
        (kept(ConnectionRefusedError()), "refused"),
        (kept(ConnectionError()), "nameless"),
        (kept(ssl.SSLError()), "tls"),
        (kept(ssl.SSLEOFError()), "tls"),
        ("SSLCertVerificationError", "tls"),
        ("CertificateError", "tls"),
        (kept(errors.EgressRefused()), "egress"),
        (kept(errors.NoSigningKey()), "keyless"),
        ("given up after 10 attempts, last: status 503", "5"),
        ("given up after 10 attempts, last: ConnectionRefusedError", "refused"),
    ],
)
def test_the_cause_of_an_answer(outcome, cause):
    assert answers.cause(outcome) == cause
    assert answers.meaning(outcome, "pending") == answers.ANSWERS[cause][0]
    assert answers.advice(outcome, "pending") == answers.ANSWERS[cause][1]


def test_every_answer_that_stops_something_has_one_sentence_of_advice():
    statuses = retry.OF_TARGET + retry.OF_MESSAGE + retry.BUSY
    assert "silent" not in {answers.cause("status %d" % status) for status in statuses}
    assert "silent" not in {answers.cause(name) for name in retry.OF_US}
    for meaning, advice in answers.ANSWERS.values():
        assert meaning.endswith(".") and advice.endswith(".") and advice.count(". ") == 0


@pytest.mark.parametrize(
    "state, told", [("acknowledged", ""), ("discarded", ""), ("sending", ""), ("parked", "Ask the")]
)
def test_advice_is_for_what_can_still_be_mended(state, told):
    assert answers.advice("status 422", state).startswith(told) and bool(answers.advice("status 422", state)) == bool(
        told
    )
    assert answers.advice("", state) == answers.meaning("", state) == ""
    # the reason of an operator, whatever it looks like
    assert answers.meaning("status 422", "discarded") == ""
