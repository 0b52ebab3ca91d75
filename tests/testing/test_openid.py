import base64
import hashlib
import hmac
import json
import threading
import time

import bad_tokens
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from html_form import Page
from jwt import exceptions
from jwt.api_jws import PyJWS
from openid_browser import Browser, Relying, said

from secureb2share_ext.testing.openid import OpenIdProvider
from secureb2share_ext.testing.openid_requests import MFA, PASSWORD
from secureb2share_ext.testing.openid_tokens import ALGORITHMS, Signer, totp

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # that of RFC 6238, in Base32
CALLBACK, LEFT = "http://127.0.0.1:9/back?app=1", "http://127.0.0.1:9/left"
CLIENTS = {
    "site": {"secret": "s: +%", "redirect_uris": [CALLBACK], "post_logout_redirect_uris": [LEFT]},
    "other": {"secret": "other", "redirect_uris": [CALLBACK]},
}
USERS = {
    "curator": {
        "password": "of the curator",
        "totp": SECRET,
        "email": "curator@example.org",
        "name": "The curator",
        "groups": ["curators", "reviewers"],
    },
    "plain": {"password": "å simple one", "email": "plain@example.org", "email_verified": False},
}
CODE_OF_LEVEL = {PASSWORD: ["pwd"], MFA: ["pwd", "otp", "mfa"]}


def essential(*levels):
    return json.dumps({"id_token": {"acr": {"essential": True, "values": list(levels)}}})


class World:
    """A provider whose clock stands still until it is told otherwise."""

    def __init__(self, **settings):
        self.at = float(int(time.time()))
        self.provider = OpenIdProvider(CLIENTS, USERS, now=lambda: self.at, **settings)

    def browser(self, name="curator", **changed):
        user = dict(USERS[name], **changed)
        return Browser(self.provider.issuer, name, user["password"], user.get("totp"), now=lambda: self.at)

    def relying(self, client="site", secret=None):
        return Relying(self.provider.issuer, client, secret or CLIENTS[client]["secret"], CALLBACK)

    def token(self, browser, **asked):
        """The id token of a sign-in, or the error that the site is told."""
        relying = self.relying()
        answer = said(browser.sign_in(relying.url(**asked)))
        assert answer["state"] == relying.state and answer["iss"] == self.provider.issuer and answer["app"] == "1"
        if "error" in answer:
            return answer["error"]
        return relying.redeem(answer["code"]).json()["id_token"]

    def claims(self, browser, **asked):
        token = self.token(browser, **asked)
        return token if "." not in token else part(token, 1)


def part(token, number):
    text = token.split(".")[number]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("utf-8"))


def number(text):
    return int.from_bytes(base64.urlsafe_b64decode(text + "=="), "big")


def public_key(jwk):
    if jwk["kty"] == "EC":
        return ec.EllipticCurvePublicNumbers(number(jwk["x"]), number(jwk["y"]), ec.SECP256R1()).public_key()
    return rsa.RSAPublicNumbers(number(jwk["e"]), number(jwk["n"])).public_key()


@pytest.fixture(scope="module")
def world():
    world = World()
    with world.provider:
        yield world


@pytest.fixture(scope="module", params=ALGORITHMS)
def algorithm(request):
    world = World(algorithm=request.param)
    with world.provider:
        yield world


@pytest.mark.parametrize(
    "at, code",
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(at, code):
    assert totp(SECRET, at) == totp(SECRET.lower(), at) == code


# in one browser, one after the other: (seconds since the row before, asked, pages, level, age of auth_time)
LEVELS = [
    (0, {"prompt": "none"}, [], "login_required", None),
    (0, {}, ["password"], PASSWORD, 0),
    (3, {}, [], PASSWORD, 3),
    (0, {"acr_values": MFA, "prompt": "none"}, [], "login_required", None),
    (0, {"acr_values": "unknown"}, [], PASSWORD, 3),
    (0, {"acr_values": MFA}, ["otp"], MFA, 3),
    (3, {}, [], MFA, 6),
    (0, {"acr_values": PASSWORD}, [], MFA, 6),
    (0, {"claims": essential(PASSWORD)}, [], PASSWORD, 6),
    (0, {"acr_values": MFA, "prompt": "none"}, [], MFA, 6),
    (0, {"acr_values": MFA, "max_age": "10"}, [], MFA, 6),
    (0, {"acr_values": MFA, "max_age": "5"}, ["password"], MFA, 3),
    (3, {"acr_values": MFA, "max_age": "5"}, ["otp"], MFA, 3),
    (3, {"max_age": "4"}, ["password"], MFA, 3),
    (3, {"max_age": "4"}, [], PASSWORD, 3),
    (0, {"acr_values": MFA, "max_age": "1"}, ["password", "otp"], MFA, 0),
    (0, {"acr_values": MFA, "max_age": "0"}, ["password", "otp"], MFA, 0),
    (0, {"acr_values": MFA, "prompt": "login"}, ["password", "otp"], MFA, 0),
    (0, {"prompt": "login"}, ["password"], PASSWORD, 0),
    (9, {"claims": essential(MFA), "max_age": "5"}, ["password", "otp"], MFA, 0),
    (9, {"claims": essential("unknown", MFA)}, [], MFA, 9),
    (0, {"claims": essential("unknown")}, [], "unmet_authentication_requirements", None),
    (0, {"claims": json.dumps({"id_token": {"acr": {"value": MFA}}})}, [], MFA, 9),
    (0, {"claims": '{"userinfo": null}', "prompt": "consent"}, [], MFA, 9),
]


def test_levels_and_ages_are_those_that_were_asked_for(world):
    browser, seen, sids = world.browser(), [], set()
    for seconds, asked, _, _, _ in LEVELS:
        world.at += seconds
        claims = world.claims(browser, **asked)
        if isinstance(claims, str):
            seen.append((seconds, asked, browser.asked, claims, None))
            continue
        assert claims["amr"] == CODE_OF_LEVEL[claims["acr"]]
        sids.add(claims["sid"])
        seen.append((seconds, asked, browser.asked, claims["acr"], int(world.at) - claims["auth_time"]))
    assert seen == LEVELS and len(sids) == 1


@pytest.mark.parametrize(
    "asked, end",
    [({"acr_values": MFA}, PASSWORD), ({"claims": essential(MFA)}, "unmet_authentication_requirements")],
    ids=["wish", "essential"],
)
def test_whoever_has_no_second_factor_does_not_reach_its_level(world, asked, end):
    browser = world.browser("plain")
    claims = world.claims(browser, **asked)
    assert (claims if isinstance(claims, str) else claims["acr"]) == end and browser.asked == ["password"]


def test_the_claims_are_those_of_the_person_and_of_userinfo(world):
    relying = world.relying()
    answer = relying.redeem(said(world.browser().sign_in(relying.url()))["code"]).json()
    claims = part(answer["id_token"], 1)
    assert {name: claims[name] for name in ("iss", "aud", "azp", "nonce", "iat", "exp")} == {
        "iss": world.provider.issuer,
        "aud": "site",
        "azp": "site",
        "nonce": relying.nonce,
        "iat": world.at,
        "exp": world.at + 300,
    }
    person = {
        "sub": hashlib.sha256(b"curator").hexdigest()[:32],
        "email": "curator@example.org",
        "email_verified": True,
        "preferred_username": "curator",
        "name": "The curator",
        "groups": ["curators", "reviewers"],
    }
    assert {name: claims[name] for name in person} == person
    url, bearer = world.provider.issuer + "/userinfo", {"Authorization": "Bearer " + answer["access_token"]}
    assert requests.get(url, headers=bearer, timeout=10).json() == person
    world.at += 301
    for headers in (bearer, {}, {"Authorization": "Bearer other"}):
        refused = requests.get(url, headers=headers, timeout=10)
        assert refused.status_code == 401 and refused.headers["WWW-Authenticate"].startswith("Bearer")
    plain = world.claims(world.browser("plain"), nonce=None)
    assert (plain["groups"], plain["email_verified"], "nonce" in plain) == ([], False, False)


@pytest.mark.parametrize(
    "asked, error",
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "always"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"claims": "{"}, "invalid_request"),
        ({"claims": "[]"}, "invalid_request"),
        ({"claims": '{"id_token": {"acr": {"values": "x"}}}'}, "invalid_request"),
    ],
)
def test_a_request_that_is_none_is_refused_at_the_site(world, asked, error):
    browser = world.browser()
    assert world.claims(browser, **asked) == error and browser.asked == []


def test_a_parameter_that_is_there_twice_is_refused(world):
    answer = said(world.browser().sign_in(world.relying().url() + "&acr_values=a&acr_values=b"))
    assert answer["error"] == "invalid_request" and "acr_values" in answer["error_description"]


@pytest.mark.parametrize(
    "asked",
    [
        {"redirect_uri": CALLBACK + "&more=1"},
        {"redirect_uri": "https://evil.example.org/"},
        {"redirect_uri": None},
        {"client_id": "nobody"},
        {"client_id": None},
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_known(world, asked):
    browser = world.browser()
    response = browser.sign_in(world.relying().url(**asked))
    assert (response.status_code, browser.asked, "Location" in response.headers) == (400, [], False)


@pytest.mark.parametrize("basic", [True, False], ids=["basic", "form"])
def test_a_code_is_good_once_and_what_it_gave_ends_when_it_comes_again(world, basic):
    relying = world.relying()
    code = said(world.browser().sign_in(relying.url()))["code"]
    first = relying.redeem(code, basic)
    bearer = {"Authorization": "Bearer " + first.json()["access_token"]}
    assert (first.status_code, first.headers["Cache-Control"]) == (200, "no-store")
    assert requests.get(world.provider.issuer + "/userinfo", headers=bearer, timeout=10).status_code == 200
    again = relying.redeem(code)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
    assert requests.get(world.provider.issuer + "/userinfo", headers=bearer, timeout=10).status_code == 401


def test_of_many_who_have_one_code_one_gets_tokens(world):
    relying = world.relying()
    code = said(world.browser().sign_in(relying.url()))["code"]
    barrier, found = threading.Barrier(8), []

    def redeem():
        barrier.wait()
        found.append(relying.redeem(code).status_code)

    threads = [threading.Thread(target=redeem) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [200] + [400] * 7


@pytest.mark.parametrize(
    "given, seconds, status, error",
    [
        ({"code_verifier": "v" * 43}, 0, 400, "invalid_grant"),
        ({"code_verifier": None}, 0, 400, "invalid_grant"),
        ({"redirect_uri": None}, 0, 400, "invalid_grant"),
        ({"redirect_uri": LEFT}, 0, 400, "invalid_grant"),
        ({"client_id": "other", "client_secret": "other"}, 0, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 0, 401, "invalid_client"),
        ({"client_secret": None}, 0, 401, "invalid_client"),
        ({"client_id": "nobody", "client_secret": None}, 0, 401, "invalid_client"),
        ({"grant_type": "password"}, 0, 400, "unsupported_grant_type"),
        ({"grant_type": None}, 0, 400, "unsupported_grant_type"),
        ({"code": "other"}, 0, 400, "invalid_grant"),
        ({}, 61, 400, "invalid_grant"),
        ({}, 60, 200, None),
    ],
)
def test_tokens_are_given_for_a_whole_proof_alone(world, given, seconds, status, error):
    relying = world.relying()
    code = said(world.browser().sign_in(relying.url()))["code"]
    world.at += seconds
    answer = relying.redeem(**dict({"code": code}, **given))
    assert (answer.status_code, answer.json().get("error")) == (status, error)


def test_five_wrong_answers_end_a_sign_in(world):
    for browser, asked, otp in (
        (world.browser(password="wrong"), ["password"] * 5, None),
        (world.browser(), ["password"] + ["otp"] * 5, "000000"),
    ):
        assert world.provider.users["curator"]["totp"] and totp(SECRET, world.at) != "000000"
        relying = world.relying()
        answer = said(browser.sign_in(relying.url(acr_values=MFA), otp=otp))
        assert (answer["error"], browser.asked) == ("access_denied", asked)
        assert [_alerts(page) for page in browser.pages].count(1) == 4
        # the page is good no more
        ticket = dict(Page(browser.pages[-1].text).sent)["ticket"]
        typed = {"ticket": ticket, "username": "curator", "password": USERS["curator"]["password"]}
        late = browser.session.post(world.provider.issuer + "/authorize", data=typed, allow_redirects=False, timeout=10)
        assert (late.status_code, _alerts(late)) == (400, 1)


def _alerts(response):
    return response.text.count('role="alert"')


@pytest.mark.parametrize("late, is_right", [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_of_the_period_before_and_after_is_right(world, late, is_right):
    answer = said(world.browser().sign_in(world.relying().url(acr_values=MFA), otp=totp(SECRET, world.at + late)))
    assert ("code" in answer) is is_right


def test_a_page_is_good_for_ten_minutes(world):
    def opened():
        text = requests.get(world.relying().url(), timeout=10).text
        typed = {"username": "plain", "password": USERS["plain"]["password"]}
        return dict(dict(Page(text).sent), **typed)

    for seconds, status in ((600, 303), (601, 400)):
        typed = opened()
        world.at += seconds
        answer = requests.post(world.provider.issuer + "/authorize", data=typed, allow_redirects=False, timeout=10)
        assert answer.status_code == status


def test_each_factor_gives_another_cookie_and_the_one_before_is_worth_nothing(world):
    browser, cookies = world.browser(), []
    for asked in ({}, {"acr_values": MFA}):
        world.claims(browser, **asked)
        (cookie,) = browser.session.cookies
        cookies.append(cookie.value)
        assert (cookie.path, cookie.secure) == ("/openid", False)
        assert "HttpOnly" in cookie._rest and cookie._rest["SameSite"] == "Lax"
    assert len(set(cookies)) == 2
    thief = world.browser()
    thief.session.cookies.set(cookie.name, cookies[0], path="/openid")
    assert world.claims(thief, prompt="none") == "login_required"
    assert world.claims(browser, prompt="none")["acr"] == MFA


def test_somebody_else_at_the_same_browser_has_nothing_of_the_first_login(world):
    browser = world.browser()
    first = world.claims(browser, acr_values=MFA)
    browser.username, browser.password = "plain", USERS["plain"]["password"]
    second = world.claims(browser, prompt="login")
    assert (second["preferred_username"], second["acr"]) == ("plain", PASSWORD)
    assert second["sid"] != first["sid"]


def test_whoever_is_taken_away_is_signed_in_no_more(world):
    browser = world.browser("plain")
    world.claims(browser)
    world.provider.users = {"curator": USERS["curator"]}
    try:
        assert world.claims(browser, prompt="none") == "login_required"
    finally:
        world.provider.users = USERS


def test_a_sign_out_with_an_id_token_goes_back_and_one_without_asks(world):
    browser, url = world.browser(), world.provider.issuer + "/logout"
    token = world.token(browser)
    page = browser.session.get(url, timeout=10)
    assert "Sign out" in page.text and Page(page.text).faults() == []
    assert world.claims(browser, prompt="none") != "login_required"
    assert "You are signed out." in browser.session.post(url, timeout=10).text
    assert world.claims(browser, prompt="none") == "login_required"
    for place, end in ((LEFT, LEFT + "?state=s+1"), ("https://evil.example.org/", None)):
        token = world.token(browser)
        asked = {"id_token_hint": token, "post_logout_redirect_uri": place, "state": "s 1"}
        answer = browser.session.get(url, params=asked, allow_redirects=False, timeout=10)
        assert answer.headers.get("Location") == end
        assert world.claims(browser, prompt="none") == "login_required"
    asked = {"id_token_hint": "forged", "post_logout_redirect_uri": LEFT}
    assert browser.session.get(url, params=asked, allow_redirects=False, timeout=10).status_code == 200


def test_discovery_names_the_places_where_the_provider_is(algorithm):
    provider = algorithm.provider
    found = requests.get(provider.issuer + "/.well-known/openid-configuration", timeout=10).json()
    assert found["issuer"] == provider.issuer
    assert found["id_token_signing_alg_values_supported"] == [provider.signer.algorithm]
    assert found["code_challenge_methods_supported"] == ["S256"]
    for name, status in (("authorization", 400), ("token", 405), ("userinfo", 401), ("end_session", 200)):
        assert requests.get(found[name + "_endpoint"], timeout=10).status_code == status
    assert [key["kid"] for key in requests.get(found["jwks_uri"], timeout=10).json()["keys"]] == [provider.signer.kid]
    assert ("GET", "/openid/jwks") in provider.requests


def faults(world, token, relying):
    """{what is wrong with an id token}, as a client sees it that looks at everything."""
    (jwk,) = requests.get(world.provider.issuer + "/jwks", timeout=10).json()["keys"]
    try:
        PyJWS().decode(token, public_key(jwk), algorithms=[jwk["alg"]])
    except exceptions.InvalidAlgorithmError:
        return {"alg"}
    except exceptions.InvalidSignatureError:
        return {"signature", "kid"} if part(token, 0).get("kid") != jwk["kid"] else {"signature"}
    except exceptions.DecodeError:
        return {"form"}
    if part(token, 0).get("kid") != jwk["kid"]:
        return {"kid"}
    claims = part(token, 1)
    audience = claims.get("aud")
    is_number = {name: isinstance(claims.get(name), int) for name in ("exp", "iat", "auth_time")}
    good = {
        "iss": claims.get("iss") == world.provider.issuer,
        "aud": "site" in (audience if isinstance(audience, list) else [audience]),
        "azp": claims.get("azp") == "site",
        "nonce": claims.get("nonce") == relying.nonce,
        "sub": claims.get("sub") == hashlib.sha256(b"curator").hexdigest()[:32],
        "exp": is_number["exp"] and claims["exp"] > world.at,
        "iat": is_number["iat"] and claims["iat"] <= world.at,
        "auth_time": is_number["auth_time"] and world.at - 60 <= claims["auth_time"] <= world.at,
        "acr": claims.get("acr") == MFA,
        "amr": isinstance(claims.get("amr"), list) and "otp" in claims["amr"],
    }
    return {name for name, is_good in good.items() if not is_good}


BAD = {
    "aud": "aud", "audlist": "azp", "iss": "iss", "nonce": "nonce", "nononce": "nonce", "exp": "exp",
    "iatfuture": "iat", "none": "alg", "NoNe": "alg", "hs256": "alg", "wrongkey": "signature", "garbage": "form",
    "nokid": "kid", "sub": "sub", "azp": "azp", "noaud": "aud", "noiss": "iss", "noexp": "exp", "noiat": "iat",
    "nosub": "sub", "exptext": "exp", "otherkid": "kid", "embedded": "signature kid", "stale": "auth_time",
    "noauthtime": "auth_time", "noacr": "acr", "acrlist": "acr", "acrlow": "acr", "authtimetext": "auth_time",
    "authtimefuture": "auth_time", "noamr": "amr", "amrlow": "amr", "amrtext": "amr",
}  # fmt: skip


def bad(world, name):
    relying = world.relying()
    bad_tokens.serve(world.provider, name)
    try:
        code = said(world.browser().sign_in(relying.url(acr_values=MFA)))["code"]
        return relying, relying.redeem(code).json()["id_token"]
    finally:
        bad_tokens.serve(world.provider, None)


def test_a_token_that_nobody_touched_has_no_fault(algorithm):
    relying, token = bad(algorithm, None)
    assert faults(algorithm, token, relying) == set()
    assert part(token, 0) == {
        "alg": algorithm.provider.signer.algorithm,
        "kid": algorithm.provider.signer.kid,
        "typ": "JWT",
    }


def test_each_bad_token_has_the_fault_of_its_name_and_no_other(algorithm):
    assert set(BAD) == set(bad_tokens.TAMPERINGS)
    found = {}
    for name in BAD:
        relying, token = bad(algorithm, name)
        found[name] = faults(algorithm, token, relying)
    assert found == {name: set(fault.split()) for name, fault in BAD.items()}


def test_forged_tokens_are_good_for_whoever_takes_the_key_they_name(world):
    _, token = bad(world, "hs256")
    text, _, signature = token.rpartition(".")
    made = hmac.new(world.provider.signer.public_pem(), text.encode("ascii"), hashlib.sha256).digest()
    assert signature == base64.urlsafe_b64encode(made).decode("ascii").rstrip("=")
    _, token = bad(world, "embedded")
    jwk = part(token, 0)["jwk"]
    assert PyJWS().decode(token, public_key(jwk), algorithms=["RS256"])
    assert bad(world, "none")[1].endswith(".") and part(bad(world, "NoNe")[1], 0)["alg"] == "NoNe"


def test_other_keys_are_there_as_soon_as_they_sign(world):
    world.provider.signer = Signer("ES256")
    relying, token = bad(world, None)
    assert faults(world, token, relying) == set()
    world.provider.signer = Signer("RS256")
    assert faults(world, token, relying) == {"alg"}


def test_only_algorithms_that_are_known_sign():
    with pytest.raises(ValueError, match="RS256, ES256, PS256"):
        Signer("HS256")


def test_the_pages_name_their_controls_and_their_faults(world):
    browser = world.browser(password="wrong")
    browser.sign_in(world.relying().url())
    browser.password = USERS["curator"]["password"]
    pages, codes = browser.pages, world.browser()
    codes.sign_in(world.relying().url(acr_values=MFA), otp="")
    for response in pages + codes.pages + [browser.sign_in(world.relying().url(client_id="nobody"))]:
        page = Page(response.text)
        assert page.faults() == [] and page.title and "<h1>%s</h1>" % page.title in response.text
        assert '<html lang="en">' in response.text and response.text.count("<main ") == 1
        assert response.headers["X-Frame-Options"] == "DENY" and response.headers["Cache-Control"] == "no-store"
        assert "<output>" not in response.text and "stylesheet" not in response.text
    names = [[one["name"] for one in Page(page.text).controls] for page in (pages[0], codes.pages[-1])]
    assert names == [["username", "password", "ticket"], ["otp", "ticket"]]


def test_a_page_that_shows_codes_shows_the_one_that_is_right():
    world = World(show_codes=True, style="/static/a&b.css")
    with world.provider:
        browser = world.browser()
        world.claims(browser, acr_values=MFA)
        first, second = (page.text for page in browser.pages)
        assert "<output>%s</output>" % totp(SECRET, world.at) in second and "<output>" not in first
        assert '<link rel="stylesheet" href="/static/a&amp;b.css">' in first


def test_what_somebody_types_stays_text(world):
    browser = world.browser(password="wrong")
    browser.username = '"><script>alert(1)</script>'
    browser.sign_in(world.relying().url())
    assert len(browser.pages) == 5
    assert [dict(Page(page.text).sent)["username"] for page in browser.pages[1:]] == [browser.username] * 4
    assert "<script" not in "".join(page.text for page in browser.pages)


def test_the_issuer_may_be_where_another_server_shows_it():
    provider = OpenIdProvider(CLIENTS, USERS, issuer="https://idp.example.org/realms/one")
    client = provider.app.test_client()
    answer = client.get("/realms/one/.well-known/openid-configuration")
    found = json.loads(answer.get_data(as_text=True))
    assert found["jwks_uri"] == "https://idp.example.org/realms/one/jwks"
    assert client.get("/realms/one/jwks").status_code == 200 and client.get("/jwks").status_code == 404
