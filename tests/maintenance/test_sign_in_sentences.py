import datetime

import pytest

from secureb2share_ext.maintenance import sign_in
from secureb2share_ext.maintenance.sign_in import Facts, Observed
from secureb2share_ext.sign_in import settings
from secureb2share_ext.sign_in.rules import ACTIONS

MFA = "https://refeds.org/profile/mfa"
ISSUER = "https://idp.example.org/realms/catalogue"
KEYCLOAK, B2ACCESS = {"issuer": ISSUER}, {"userinfo": "https://b2access.example.org/userinfo", "method": "B2ACCESS"}
STRONG = {"acr": [MFA], "amr": ["otp"], "max_age": 900}
GROUPS = {"claims": {"groups": ["/mfa"]}, "max_age": 900}
TIMED = dict(GROUPS, time="ours")
OURS = {"keycloak": "", "b2access": ""}
SINCE = datetime.datetime(2026, 11, 20, 7, 30, 5, 7)
RULES = "SECUREB2SHARE_SIGN_IN['rules'] "


def facts(rules=(STRONG,), providers=("keycloak",), mode="on", **more):
    known = {"keycloak": KEYCLOAK, "b2access": B2ACCESS}
    given = {
        "mode": mode,
        "providers": {name: known[name] for name in providers},
        "rules": rules if isinstance(rules, dict) else list(rules),
    }
    found = settings.read({"SECUREB2SHARE_SIGN_IN": given, "SECUREB2SHARE_DEMO": False, "SECUREB2SHARE_SOURCES": {}})
    return Facts(settings=found, **dict({"remotes": {name: "" for name in providers}}, **more))


def everywhere(number):
    return RULES + ", ".join("%s[%d]" % (action, number) for action in ACTIONS)


NO_TOKENS = "b2access has no id tokens, and nothing else proves %s: ask for other claims of it, such as its groups."
# name: (facts, its findings)
WRONG = {
    "all-well": (facts(), []),
    "no-remote": (
        facts(remotes={"github": "OAuthRemoteApp"}),
        [
            "SECUREB2SHARE_SIGN_IN['providers']['keycloak']: there is no remote app 'keycloak', so that nobody can sign"
            " in there; add it to OAUTHCLIENT_REMOTE_APPS, as secureb2share_ext.sign_in.entry.remote_app makes it."
        ],
    ),
    "foreign": (
        facts(remotes={"keycloak": "OAuthRemoteApp"}),
        [
            "SECUREB2SHARE_SIGN_IN['providers']['keycloak']: the remote app 'keycloak' is a OAuthRemoteApp, which"
            " verifies nothing that comes back; set OAUTHCLIENT_REMOTE_APPS['keycloak']['remote_app'] to"
            " 'secureb2share_ext.sign_in.remote_app:RemoteApp'."
        ],
    ),
    "down": (
        facts(down={"keycloak": "ConnectionError"}),
        [
            "SECUREB2SHARE_SIGN_IN['providers']['keycloak']: the issuer %s cannot be read now (ConnectionError), so"
            " that nobody can sign in there; look whether it answers, and whether issuer is as its discovery document"
            " has it." % ISSUER
        ],
    ),
    "tables": (
        facts(tables=["b", "a"]),
        ["The tables a, b of invenio-oauthclient are missing: run `invenio alembic upgrade`."],
    ),
    "shared": (
        facts(shared=[["keycloak", "partners"]]),
        [
            "The remote apps keycloak and partners have one consumer_key, by which invenio-oauthclient keeps who is"
            " linked where: register a client with a name of its own for each."
        ],
    ),
    "acr-amr": (
        facts([STRONG], ["b2access"]),
        [everywhere(0) + ": no provider can satisfy this rule. " + NO_TOKENS % "acr and amr"],
    ),
    "acr-claim": (
        facts([dict(TIMED, claims={"acr": ["x"], "auth_time": ["1"]})], ["b2access"]),
        [everywhere(0) + ": no provider can satisfy this rule. " + NO_TOKENS % "acr and auth_time"],
    ),
    "no-time": (
        facts([TIMED, GROUPS], ["b2access"]),
        [
            everywhere(1) + ": no provider can satisfy this rule. b2access tells no time of a sign-in: set time to"
            " 'ours' in a rule for it."
        ],
    ),
    "not-meant": (
        facts(
            dict({action: [STRONG] for action in ACTIONS}, erase=[STRONG, dict(STRONG, providers=["b2access"])]),
            ["b2access", "keycloak"],
        ),
        [
            RULES
            + "erase[1]: no provider can satisfy this rule. %s It is not meant for keycloak."
            % (NO_TOKENS % "acr and amr")
        ],
    ),
    "timed-b2access": (facts([TIMED], ["b2access"]), []),
    "either": (facts([STRONG, TIMED], ["b2access", "keycloak"]), []),
    "keycloak-groups": (facts([GROUPS]), []),
}
OBSERVING = (
    "Sign-in is observed: nobody is asked for a second factor. Set mode of SECUREB2SHARE_SIGN_IN to 'on' when these"
    " counts are what you expect."
)
LINK = (
    " no identity at a provider of ours, and cannot decide: run `secureb2share sign-in link ADDRESS --provider NAME"
    " --subject SUB` for each; `secureb2share who` lists them."
)
# name: (facts, its notes)
TOLD = {
    "nothing": (facts(), []),
    "password": (
        facts([STRONG, TIMED], ["b2access", "keycloak"], has_password=True, holders=1),
        [
            "An account that logs in by password has to link an identity at b2access or keycloak before it can decide:"
            " the password alone satisfies no rule."
        ],
    ),
    "password-of-readers": (facts(has_password=True), []),
    "others": (
        facts(remotes={"orcid": "OAuthRemoteApp", "keycloak": "", "github": ""}),
        [
            "Who signs in by github or orcid satisfies no rule: it is no provider of SECUREB2SHARE_SIGN_IN. Such a"
            " sign-in reads, and its accounts link an identity of ours before they decide."
        ],
    ),
    "unlinked-one": (facts(holders=3, unlinked=1), ["1 account with rights, of 3, has" + LINK]),
    "unlinked": (facts(holders=3, unlinked=2), ["2 accounts with rights, of 3, have" + LINK]),
    "weak-provider": (
        facts(dict({action: [STRONG] for action in ACTIONS}, review=[TIMED]), ["b2access", "keycloak"]),
        [
            "Who signs in at b2access can never curate or operate or erase: add a rule that it can satisfy, or link"
            " those accounts elsewhere.",
        ],
    ),
    "vain": (
        facts(vain=["OAUTHCLIENT_KEYCLOAK_AUD"]),
        ["OAUTHCLIENT_KEYCLOAK_AUD has no effect: SECUREB2SHARE_SIGN_IN decides what is verified. Remove it."],
    ),
    "observed": (
        facts(mode="observe", observed={"operate": Observed(0, 1, SINCE), "curate": Observed(12, 3, SINCE)}),
        [
            OBSERVING,
            "In observe since 2026-11-20T07:30:05Z: 15 requests to curate would have been stopped, 3 of them for the"
            " age of the sign-in alone.",
            "In observe since 2026-11-20T07:30:05Z: 1 request to operate would have been stopped, 1 of them for the"
            " age of the sign-in alone.",
        ],
    ),
    "observed-nothing": (
        facts(mode="observe", observed={"operate": Observed()}),
        [OBSERVING, "No request since observing began would have been stopped."],
    ),
    "observed-before": (facts(observed={"curate": Observed(12, 3, SINCE)}), []),
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_whatever_stops_a_sign_in_is_a_finding(name):
    given, expected = WRONG[name]
    assert sign_in.findings(given) == expected


@pytest.mark.parametrize("name", sorted(TOLD))
def test_what_an_operator_should_know_is_told(name):
    given, expected = TOLD[name]
    assert sign_in.notes(given) == expected


def test_every_action_has_its_line_while_it_is_observed():
    every = {action: Observed(1, 0, SINCE) for action in ACTIONS}
    lines = sign_in.notes(facts(mode="observe", observed=every))[1:]
    assert [line.split(" would ")[0].rsplit(" ", 1)[1] for line in lines] == list(ACTIONS)


def test_a_stock_handler_reads_its_addresses_and_checks_nothing_that_counts():
    ours, stock = (sign_in.of_handlers("keycloak", is_ours) for is_ours in (True, False))
    assert stock == tuple("OAUTHCLIENT_KEYCLOAK_" + one for one in ("VERIFY_AUD", "VERIFY_EXP", "AUD"))
    assert set(stock) < set(ours) and "OAUTHCLIENT_KEYCLOAK_REALM_URL" in ours
