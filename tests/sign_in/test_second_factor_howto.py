"""docs/howto/second-factor.md: its settings make remote apps of ours, its rules hold for what a provider says."""

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("invenio_oauthclient")

from demo.catalogue.app import create_app  # noqa: E402
from demo.catalogue.config import settings as demo_settings  # noqa: E402
from scripts import keycloak_realm  # noqa: E402
from secureb2share_ext import client  # noqa: E402
from secureb2share_ext.maintenance import sign_in  # noqa: E402
from secureb2share_ext.maintenance.sign_in import Facts, Observed  # noqa: E402
from secureb2share_ext.sign_in import rules, settings  # noqa: E402
from secureb2share_ext.sign_in.remote_app import RemoteApp  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "howto" / "second-factor.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
SECTIONS = {
    title: blocks[0]
    for title, blocks in ((part.split("\n")[0], BLOCK.findall(part)) for part in PAGE.split("\n## ")[1:])
    if blocks
}
MFA, NOW = "https://refeds.org/profile/mfa", 1800000000
MEDIUM = "https://refeds.org/assurance/IAP/medium"
# section: (provider, claims that hold, {claim: value with which they do not})
SAYS = {
    "Keycloak": ("keycloak", {"acr": MFA, "amr": ["pwd", "otp"]}, {"acr": "password", "amr": ["pwd"]}),
    "B2ACCESS": ("b2access", {"groups": ["/", "/catalogue/second-factor"]}, {"groups": ["/catalogue"]}),
    "TSD": ("tsd", {"acr": "level3", "amr": ["password", "totp"]}, {"acr": "level1", "amr": ["password"]}),
    "Life Science Login and eduGAIN": (
        "lslogin",
        {"acr": MFA, "eduperson_assurance": [MEDIUM]},
        {"acr": "https://refeds.org/profile/sfa", "eduperson_assurance": ["https://refeds.org/assurance/IAP/low"]},
    ),
    "Any other, by discovery": ("staff", {"acr": MFA, "amr": ["pwd", "otp"]}, {"acr": "password", "amr": ["hwk"]}),
}
TITLES = sorted(SAYS)


def configured(title):
    """The keys that a section sets, but for what it imports."""
    found = {}
    exec(SECTIONS[title], found)
    return {name: value for name, value in found.items() if name.isupper()}


def read(title):
    given = dict(configured(title), SECUREB2SHARE_DEMO=False, SECUREB2SHARE_SOURCES={})
    return settings.read(given)


def missing(title, provider, claims):
    """What is missing for each action in a moment, for a sign-in that says this."""
    found = read(title)
    proved = rules.strength_of("7", provider, dict(claims, auth_time=NOW - 60), found.every_rule(), NOW - 30)
    return {action: rules.missing(proved, "7", found.rules[action], NOW) for action in rules.ACTIONS}


def test_every_section_is_held_against_claims():
    assert sorted(SECTIONS) == TITLES


@pytest.mark.parametrize("title", TITLES, ids=str.split)
def test_rules_hold_for_what_the_provider_says_and_for_nothing_less(title):
    provider, claims, weaker = SAYS[title]
    assert set(missing(title, provider, claims).values()) == {None}
    for name, value in weaker.items():
        assert set(missing(title, provider, dict(claims, **{name: value})).values()) == {rules.LEVEL}
        left = {other: one for other, one in claims.items() if other != name}
        assert set(missing(title, provider, left).values()) == {rules.LEVEL}


@pytest.mark.parametrize("title", TITLES, ids=str.split)
def test_settings_make_remote_apps_of_ours(title, tmp_path):
    found = configured(title)
    base = demo_settings(str(tmp_path), 5000, "http://localhost:5001", client.new_key()[1])
    app = create_app(dict(base, **found))
    remotes = app.extensions["oauthlib.client"].remote_apps
    providers = found["SECUREB2SHARE_SIGN_IN"]["providers"]
    assert set(providers) == set(found["OAUTHCLIENT_REMOTE_APPS"]) <= set(remotes)
    for name in providers:
        assert isinstance(remotes[name], RemoteApp) and sign_in.findings(_facts(title)) == []
        with app.app_context():
            assert remotes[name].consumer_key and remotes[name].consumer_secret
            if "userinfo" in providers[name]:
                assert remotes[name].authorize_url.endswith("/oauth2-authz")
                assert remotes[name].access_token_url.endswith("/oauth2/token")


def _facts(title, **more):
    found = read(title)
    return Facts(settings=found, remotes={name: "" for name in found.providers}, **more)


def test_check_says_what_the_page_shows():
    (shown,) = re.findall(r"^ *\$ invenio secureb2share check\n(.*?)^ *```$", PAGE, re.M | re.S)
    first, *lines = [line.strip() for line in shown.splitlines()]
    assert first == "All is in place (MODE on)."
    told = sign_in.notes(_facts("Keycloak", has_password=True, holders=2, observed={"curate": Observed()}))
    assert lines == told
    (weak,) = (line for line in sign_in.notes(_facts("Any other, by discovery")) if "partners" in line)
    assert weak.startswith("Who signs in at partners can never curate or operate or erase:")


def test_the_realm_for_trials_has_what_the_page_asks_for():
    realm = keycloak_realm.realm()
    (rule,) = read("Keycloak").rules["curate"]
    levels = json.loads(realm["attributes"]["acr.loa.map"])
    assert {name: levels[name] for name in sorted(rule.acr)} == {MFA: 2} and levels["password"] == 1
    configs = {one["alias"]: one["config"] for one in realm["authenticatorConfig"]}
    assert {configs[form]["default.reference.value"] for form in ("password", "otp")} == {"pwd"} | rule.amr
    mappers = {mapper["protocolMapper"] for one in realm["clients"] for mapper in one["protocolMappers"]}
    assert "oidc-amr-mapper" in mappers
    (enrolment,) = (one for one in realm["requiredActions"] if one["alias"] == "CONFIGURE_TOTP")
    assert enrolment["enabled"] is False
    assert all(one["attributes"]["pkce.code.challenge.method"] == "S256" for one in realm["clients"])
    assert ("ten hours" in PAGE) is (configs["level 2"]["loa-max-age"] == str(10 * 3600))
