"""The data owner signs in to a secure environment with two factors, and nobody does so otherwise."""

import time
from urllib.parse import urlsplit

import pytest
from openid_browser import Browser

from demo.identity_provider import people
from demo.identity_provider.app import create_app as create_provider
from demo.secure_environment.app import create_app
from secureb2share_ext.testing.openid import OpenIdProvider

HOME = "http://localhost:5001"
BACK = {"tsd": HOME + "/login/back", "catalogue": "http://localhost:5000/oauth/authorized/idp/"}
LONG_AGO = 7200  # seconds


@pytest.fixture
def provider(tmp_path):
    with OpenIdProvider({}, people.people(str(tmp_path / "idp")), show_codes=True) as provider:
        yield provider


@pytest.fixture
def told(provider, tmp_path):
    """The path of the file that tells of the provider."""
    path = people.tell(str(tmp_path / "idp"), BACK, provider.issuer, subjects=people.subjects())
    provider.clients[people.CLIENT] = {"secret": people.read(path)["secret"], "redirect_uris": list(BACK.values())}
    return path


@pytest.fixture
def site(told, tmp_path):
    return create_app(str(tmp_path / "tsd"), "http://localhost:5000", None, "tsd", signs_in=told)


@pytest.fixture
def visitor(site):
    return site.test_client()


def at_provider(provider, address, name="owner-tsd"):
    """Where somebody's browser comes back who goes to an address of the provider, as a path."""
    person = provider.users[name]
    back = Browser(provider.issuer, name, person["password"], person["totp"]).sign_in(address)
    assert back.startswith(HOME), back
    return back[len(HOME) :]


def begin(visitor, wanted="/register"):
    started = visitor.get("/login/start", query_string={"next": wanted}, base_url=HOME)
    assert started.status_code == 303, started.text
    return started.location


def is_owner(visitor):
    return visitor.get("/inbox", headers={"Accept": "application/json"}, base_url=HOME).status_code == 200


@pytest.mark.parametrize("wanted, reached", [("/register", "/register"), ("//elsewhere.example.org", "/inbox")])
def test_the_owner_signs_in_and_out(provider, visitor, wanted, reached):
    page = visitor.get("/inbox", base_url=HOME)
    assert page.location == "/login?next=/inbox"
    assert 'href="/login/start?next=/inbox"' in visitor.get(page.location, base_url=HOME).text
    asked = begin(visitor, wanted)
    assert not is_owner(visitor)
    done = visitor.get(at_provider(provider, asked), base_url=HOME)
    assert (done.status_code, done.location) == (303, reached)
    assert is_owner(visitor)
    token = visitor.get("/inbox", base_url=HOME).text.split('name="csrf_token" value="')[1].split('"')[0]
    assert visitor.post("/logout", data={"csrf_token": token}, base_url=HOME).status_code == 303
    assert not is_owner(visitor)


def test_both_factors_are_asked_each_time(provider, visitor):
    person = provider.users["owner-tsd"]
    browser = Browser(provider.issuer, "owner-tsd", person["password"], person["totp"])
    for _ in range(2):
        browser.sign_in(begin(visitor))
        assert browser.asked == ["password", "otp"]


CLAIMS = {
    "password alone": lambda claims: claims.update(acr="password"),
    "no second factor": lambda claims: claims.update(amr=["pwd"]),
    "no level": lambda claims: claims.pop("acr"),
    "no time": lambda claims: claims.pop("auth_time"),
    "old": lambda claims: claims.update(auth_time=int(time.time()) - LONG_AGO),
    "before this sign-in": lambda claims: claims.update(auth_time=int(time.time()) - 300),
    "expired": lambda claims: claims.update(exp=int(time.time()) - LONG_AGO),
    "another client": lambda claims: claims.update(aud="another", azp="another"),
    "another issuer": lambda claims: claims.update(iss="https://elsewhere.example.org"),
    "another nonce": lambda claims: claims.update(nonce="of another sign-in"),
    "somebody else": lambda claims: claims.update(sub=people.subjects()["csc"]),
}


@pytest.mark.parametrize("change", CLAIMS.values(), ids=CLAIMS)
def test_a_token_that_proves_less_is_refused(provider, visitor, change):
    provider.tamper = lambda header, claims: change(claims)
    refused = visitor.get(at_provider(provider, begin(visitor)), base_url=HOME)
    assert refused.status_code == 403 and 'role="alert"' in refused.text
    assert not is_owner(visitor)


@pytest.mark.parametrize("name", ["curator", "owner-csc"])
def test_another_person_of_the_demo_is_no_owner_here(provider, visitor, name):
    assert visitor.get(at_provider(provider, begin(visitor), name), base_url=HOME).status_code == 403
    assert not is_owner(visitor)


def test_the_way_back_is_for_one_browser_and_once(provider, site, visitor):
    back, other = at_provider(provider, begin(visitor)), site.test_client()
    begin(other)
    for path in (back, back.replace("state=", "state=x"), "/login/back", "/login/back?state=x&code=y"):
        assert other.get(path, base_url=HOME).status_code == 403
    assert not is_owner(other)
    mixed = back.replace("&iss=", "&iss=https://elsewhere.example.org/")
    for path in (mixed, back.replace("&iss=", "x&iss=")):
        assert path != back and visitor.get(path, base_url=HOME).status_code == 403
    name = "sign_in_tsd_" + back.split("state=")[1][:12]
    proof = visitor.get_cookie(name, path="/login").value
    assert visitor.get(back, base_url=HOME).status_code == 303
    assert visitor.get_cookie(name, path="/login") is None
    # whoever has copied everything comes too late: the provider gives a token once
    thief = site.test_client()
    thief.set_cookie(name, proof, path="/login")
    assert thief.get(back, base_url=HOME).status_code == 403 and not is_owner(thief)


def test_two_tabs_sign_in_both(provider, visitor):
    first, second = begin(visitor, "/register"), begin(visitor, "/archive")
    for asked, reached in ((first, "/register"), (second, "/archive")):
        assert visitor.get(at_provider(provider, asked), base_url=HOME).location == reached


def test_a_password_opens_nothing(site, visitor):
    # it is there for an environment without a provider
    page = visitor.post(
        "/login",
        data={"password": site.extensions["environment"].password},
        headers={"Accept": "application/json"},
        base_url=HOME,
    )
    assert page.status_code == 403 and not is_owner(visitor)


def test_a_provider_that_is_down_stops_the_sign_in_alone(told, tmp_path):
    path = people.tell(str(tmp_path / "down"), BACK, "http://127.0.0.1:9/openid", subjects=people.subjects())
    visitor = create_app(str(tmp_path / "tsd"), "http://localhost:5000", None, "tsd", signs_in=path).test_client()
    refused = visitor.get("/login/start", base_url=HOME)
    assert refused.status_code == 503 and "does not answer" in refused.text
    assert visitor.get("/", base_url=HOME).status_code == 200


def test_the_demo_serves_the_provider_in_its_own_look(told, tmp_path):
    app = create_provider(people.people(str(tmp_path / "idp")), people.read(told))
    visitor = app.test_client()
    assert visitor.get("/health").json == {"ok": True}
    page = visitor.get(urlsplit(people.read(told)["issuer"]).path + "/logout")
    assert 'href="/style.css"' in page.text and ".sb{" in visitor.get("/style.css").text
    assert "style-src 'self'" in page.headers["Content-Security-Policy"]
    assert "form-action" not in page.headers["Content-Security-Policy"]
