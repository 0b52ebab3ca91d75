"""A second factor in B2SHARE's own web interface, which follows no 401 and has no entrance of its own."""

import os

import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import b2access  # noqa: E402
from b2access import LOGIN, REVIEW, begin  # noqa: E402
from signing import RULE, Person  # noqa: E402
from test_b2share2_browser import NEEDS, PUBLISH, SUBMIT, pytestmark, visit  # noqa: E402, F401

ACCOUNT = "text=curator@catalogue.example.org"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    settings = {"ui": os.environ[NEEDS[0]], "rules": [RULE]}
    folder = tmp_path_factory.mktemp("sign-in")
    with b2access.signing(folder, "openid email", lambda issuer: {"issuer": issuer}, **settings) as found:
        found[1].show_codes = True
        yield found


def test_form_says_where_the_second_factor_is_asked_for_and_goes_on_where_it_was_left(served):
    catalogue, provider = served
    writer = Person(*served, "curator")
    writer.open(LOGIN + REVIEW)
    assert writer.open(REVIEW).status_code == 200
    pid = begin(writer, "sensitive").json()["id"]
    password = provider.users["curator"]["password"]
    # as the interface's own link leads there, with the password alone
    log_in = [["open", "/api/oauth/login/b2access"], ["fill", "input[name=username]", "curator"]]
    log_in += [["fill", "input[name=password]", password], ["press", "button"], ["see", ACCOUNT]]
    refused = [["open", "/records/%s/edit" % pid], ["see", PUBLISH], ["press", SUBMIT], ["press", PUBLISH]]
    refused.append(["see", ".alert-danger"])
    step_up = [["tab"], ["open", REVIEW], ["see", "input[name=otp]"], ["copy", "output", "input[name=otp]"]]
    step_up += [["press", "button"], ["see", "h1"]]
    again = [["first"], ["press", PUBLISH], ["arrive", "/records/" + pid], ["see", ".metadata-main"]]
    seen = visit(catalogue, log_in + refused + step_up + again)
    # the drop zone's own sentence is there too
    assert any(catalogue.base + REVIEW in said for said in seen[len(log_in + refused) - 1])
    assert seen[len(log_in + refused + step_up) - 1] == ["Review"]
    assert seen[-1]["banners"] == []
    assert catalogue.call("GET", "/api/records/" + pid).status_code == 200
