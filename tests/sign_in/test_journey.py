"""The journey of a second factor over HTTP: sign-in, step-up, and what waits meanwhile."""

import pytest
from html_form import Page
from signing import MFA, Person, signing
from served import example

REVIEW, OPERATE = "/secureb2share/review/", "/secureb2share/operate/deliveries"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with signing("sqlite", tmp_path_factory.mktemp("sign-in")) as found:
        yield found


@pytest.fixture
def curator(served):
    return Person(*served, "curator")


def test_only_the_second_factor_is_asked_for_after_a_sign_in_with_the_password(curator):
    assert curator.sign_in("/secureb2share/review/").status_code == 200
    assert curator.asked == ["password", "otp"]
