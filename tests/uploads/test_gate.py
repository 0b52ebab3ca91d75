import pytest
from flask import Flask

from secureb2share_ext.errors import Invalid
from secureb2share_ext.uploads import gate, refusal

REFUSED, FORM, LONG, UNSIZED = "upload-refused", "form-data-refused", "body-too-long", "body-unsized"
LONGEST = 1000
READING = ("GET", "HEAD", "OPTIONS", "TRACE")
WRITING = ("POST", "PUT", "PATCH", "COPY", "MKCOL", "get", "")


@pytest.mark.parametrize("method", READING)
@pytest.mark.parametrize("takes_content", [True, False])
def test_reading_goes_on(method, takes_content):
    for mimetype in ("", "multipart/form-data", "application/octet-stream"):
        for length, is_chunked in ((None, False), (None, True), (0, False), (10**15, False)):
            assert gate.decide(method, takes_content, mimetype, length, is_chunked, LONGEST) is None


@pytest.mark.parametrize("method", WRITING)
def test_no_method_writes_to_a_route_that_carries_content(method):
    for mimetype in ("", "application/json", "multipart/form-data", "image/png"):
        for length, is_chunked in ((None, False), (None, True), (0, False), (1, False), (10**15, False)):
            assert gate.decide(method, True, mimetype, length, is_chunked, LONGEST) == REFUSED


@pytest.mark.parametrize(
    "method, takes_content", [(method, False) for method in WRITING + ("DELETE",)] + [("DELETE", True)]
)
@pytest.mark.parametrize(
    "mimetype, length, is_chunked, code",
    [
        ("", None, False, None),
        ("", 0, False, None),
        ("application/json", 1000, False, None),
        ("application/json", 1001, False, LONG),
        ("application/json", 10**15, True, LONG),
        ("application/json", None, True, UNSIZED),
        ("application/json", 5, True, None),
        ("application/octet-stream", 1001, False, LONG),
        ("application/octet-stream", 1000, False, None),
        ("application/x-www-form-urlencoded", 1000, False, None),
        ("application/x-www-form-urlencoded", None, True, UNSIZED),
        ("multipart/form-data", 0, False, FORM),
        ("multipart/form-data", None, False, FORM),
        ("multipart/form-data", None, True, FORM),
        ("multipart/form-data", 1001, False, FORM),
    ],
)
def test_elsewhere_the_form_and_the_length_decide(method, takes_content, mimetype, length, is_chunked, code):
    assert gate.decide(method, takes_content, mimetype, length, is_chunked, LONGEST) == code


def test_the_gate_stands_first_and_once():
    flask = Flask("a")
    assert not gate.is_first(flask)
    flask.before_request(test_the_gate_stands_first_and_once)
    gate.install(flask)
    gate.install(flask)
    assert gate.is_first(flask) and len(flask.before_request_funcs[None]) == 2
    flask.before_request_funcs[None].insert(0, print)
    assert not gate.is_first(flask)
    gate.install(flask)
    assert gate.is_first(flask) and len(flask.before_request_funcs[None]) == 3


class Brings:
    """A host that answers as it is told."""

    def __init__(self, answer):
        self.answer = answer

    def brings_content(self):
        if self.answer is None:
            raise Invalid([("(body)", "is not strict JSON in UTF-8")])
        return self.answer


@pytest.mark.parametrize("answer, code", [(True, REFUSED), (False, None), (None, "body-unreadable")])
def test_a_body_that_nobody_can_read_is_refused(answer, code):
    assert gate._code_of_body(Brings(answer)) == code
    if code:
        assert refusal.refuse(code, "https://example.org/help").status == 403
