"""What a real Keycloak 26 answers, as far as the rules for the strength of a sign-in rely on it."""

import json
import os
import time

import pytest
from keycloak_browser import KeycloakBrowser, one_time_code

from scripts.keycloak_realm import MFA, PEOPLE

KEYCLOAK = os.environ.get("SECUREB2SHARE_TEST_KEYCLOAK")
with_keycloak = pytest.mark.skipif(not KEYCLOAK, reason="no Keycloak: SECUREB2SHARE_TEST_KEYCLOAK is not set")
PASSWORD, BOTH = ["pwd"], ["pwd", "otp"]
ESSENTIAL = json.dumps({"id_token": {"acr": {"essential": True, "values": [MFA]}}})
CODES = [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]


@pytest.fixture
def curator():
    return KeycloakBrowser(KEYCLOAK, "curator")


@pytest.fixture
def strong(curator):
    """A session of the curator that has the second level."""
    answer = curator.sign_in(acr_values=MFA)
    assert (answer.asked, answer["acr"], answer["amr"]) == (["password", "otp"], MFA, BOTH)
    return curator


def wait_until_older_than(answer, seconds):
    """Wait until the authentication of an id token lies more than that many whole seconds back."""
    while time.time() < answer["auth_time"] + seconds + 1:
        time.sleep(0.1)


# RFC 6238, appendix B, the last six of its eight digits
@pytest.mark.parametrize("now, code", CODES, ids=[str(now) for now, _ in CODES])
def test_a_one_time_code_is_that_of_the_rfc(now, code):
    assert one_time_code("12345678901234567890", now) == code


@with_keycloak
def test_the_second_factor_alone_is_asked_beside_a_password_and_renews_the_time(curator):
    weak = curator.sign_in()
    assert (weak.asked, weak["acr"], weak["amr"]) == (["password"], "password", PASSWORD)
    wait_until_older_than(weak, 1)
    answer = curator.sign_in(acr_values=MFA)
    assert (answer.asked, answer["acr"], answer["amr"]) == (["otp"], MFA, BOTH)
    assert answer["auth_time"] > weak["auth_time"]


@with_keycloak
@pytest.mark.parametrize("client", ["catalogue", "other"])
def test_a_session_keeps_the_level_and_the_time_for_every_client(strong, client):
    first = strong.sign_in()
    wait_until_older_than(first, 1)
    answer = strong.sign_in(client)
    assert (answer.asked, answer["acr"], answer["amr"]) == ([], MFA, BOTH)
    assert answer["auth_time"] == first["auth_time"] and answer.age > 0


@with_keycloak
def test_amr_alone_does_not_prove_the_level_that_was_asked_for(strong):
    answer = strong.sign_in(acr_values="password")
    assert (answer.asked, answer["acr"], answer["amr"]) == ([], "password", BOTH)


@with_keycloak
@pytest.mark.parametrize("wish", [{"max_age": 0}, {"prompt": "login"}], ids=["max_age", "prompt"])
def test_both_factors_are_asked_when_they_have_to_be_fresh(strong, wish):
    before = strong.sign_in()
    wait_until_older_than(before, 1)
    answer = strong.sign_in(acr_values=MFA, **wish)
    assert (answer.asked, answer["acr"], answer["amr"]) == (["password", "otp"], MFA, BOTH)
    assert answer["auth_time"] > before["auth_time"]


@with_keycloak
def test_auth_time_is_that_of_any_level_so_that_acr_and_max_age_prove_no_fresh_second_factor(strong):
    before = strong.sign_in()
    # so many that a busy machine answers within them
    wait_until_older_than(before, 5)
    strong.sign_in("other", acr_values="password", prompt="login")
    # the one-time code lies further back than this, the password does not
    answer = strong.sign_in(acr_values=MFA, max_age=int(time.time()) - before["auth_time"] - 1)
    # only the amr tells that no one-time code was given in that time
    assert (answer.asked, answer["acr"], answer["amr"]) == ([], MFA, PASSWORD)
    assert answer["auth_time"] > before["auth_time"]


@with_keycloak
def test_prompt_none_answers_with_a_level_that_is_held(strong):
    answer = strong.sign_in(acr_values=MFA, prompt="none")
    assert (answer.asked, answer["acr"], answer["amr"]) == ([], MFA, BOTH)


@with_keycloak
@pytest.mark.parametrize("wish", [{}, {"acr_values": MFA}], ids=["no-session", "no-level"])
def test_prompt_none_without_what_it_needs_is_an_error(curator, wish):
    if wish:
        curator.sign_in()
    answer = curator.sign_in(prompt="none", **wish)
    assert (answer.asked, answer.error) == ([], "login_required")


@with_keycloak
def test_an_unknown_level_is_answered_with_a_password_and_no_error(curator):
    answer = curator.sign_in(acr_values="https://example.org/unknown")
    assert (answer.asked, answer["acr"], answer["amr"]) == (["password"], "password", PASSWORD)


@with_keycloak
@pytest.mark.parametrize("wish", [{"acr_values": MFA}, {"claims": ESSENTIAL}], ids=["acr_values", "essential"])
def test_who_has_no_second_factor_cannot_enrol_one_and_stays_at_a_page_of_keycloak(wish):
    answer = KeycloakBrowser(KEYCLOAK, "unenrolled").sign_in(**wish)
    assert (answer.asked, answer.claims, answer.status) == (["password"], None, 400)
    assert "credential setup required" in answer.page


@with_keycloak
def test_who_asks_for_the_enrolment_is_sent_back_with_the_password_alone():
    unenrolled = KeycloakBrowser(KEYCLOAK, "unenrolled")
    for asked in (["password"], []):
        answer = unenrolled.sign_in(kc_action="CONFIGURE_TOTP")
        assert (answer.asked, answer["acr"], answer["amr"]) == (asked, "password", PASSWORD)


@with_keycloak
def test_a_request_without_a_code_challenge_is_refused(curator):
    answer = curator.sign_in(with_pkce=False)
    assert (answer.asked, answer.error) == ([], "invalid_request")


@with_keycloak
@pytest.mark.parametrize("person", sorted(PEOPLE))
def test_the_groups_of_a_person_are_in_the_id_token(person):
    assert KeycloakBrowser(KEYCLOAK, person).sign_in()["groups"] == PEOPLE[person][0]
