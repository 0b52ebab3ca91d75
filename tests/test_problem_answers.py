import json

import pytest
from flask import Flask

from secureb2share_ext.errors import NotStrong
from secureb2share_ext.problems import problem_response

MFA = "https://refeds.org/profile/mfa"


# RFC 9470, 3: acr_values is there where a level is asked for, and else it would name the level ""
@pytest.mark.parametrize(
    "levels, asked, told",
    [
        ([], "", None),
        ([MFA, "level3"], ' acr_values="%s level3",' % MFA, MFA + " level3"),
        (['a"\\b'], ' acr_values="ab",', 'a"\\b'),
    ],
    ids=["none", "two", "quote"],
)
def test_levels_of_a_step_up_are_told_where_there_are_any(levels, asked, told):
    with Flask("problems").app_context():
        answer = problem_response(NotStrong(levels, 900))
    challenge = 'Bearer error="insufficient_user_authentication",%s max_age="900"' % asked
    assert answer.headers["WWW-Authenticate"] == challenge
    body = json.loads(answer.get_data().decode("utf-8"))
    assert (body.get("acr_values"), body["max_age"]) == (told, 900)
