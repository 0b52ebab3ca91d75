import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import JSON, MANY

from secureb2share_ext import config
from secureb2share_ext.errors import ConfigError
from secureb2share_ext.sign_in import settings
from secureb2share_ext.sign_in.rules import ACTIONS, Rule
from secureb2share_ext.sign_in.settings import Provider, SignIn

MFA = "https://refeds.org/profile/mfa"
ISSUER = "https://idp.example.org/realms/r"
USERINFO = "https://b2access.example.org/userinfo"
GIVEN = {
    "mode": "on",
    "providers": {
        "keycloak": {"issuer": ISSUER, "algorithms": ["ES256", "RS256"]},
        "b2access": {"userinfo": USERINFO, "method": "B2ACCESS"},
    },
    "rules": [
        {"acr": [MFA], "amr": ["otp"], "max_age": 600, "providers": ["keycloak"]},
        {"claims": {"groups": ["/curators"]}, "max_age": 900, "time": "ours", "providers": ("b2access",)},
    ],
    "token_age": 86400,
}
RULES = [
    Rule(frozenset([MFA]), frozenset(["otp"]), {}, 600, frozenset(["keycloak"])),
    Rule(frozenset(), frozenset(), {"groups": frozenset(["/curators"])}, 900, frozenset(["b2access"]), True),
]
KEYCLOAK = ("providers", "keycloak")
B2ACCESS = ("providers", "b2access")
RULE = ("rules", 0)
AWAY = object()


def read(value, is_demo=False):
    return settings.read({"SECUREB2SHARE_SIGN_IN": value, "SECUREB2SHARE_DEMO": is_demo})


def changed(*changes):
    """GIVEN with changes (path, value or AWAY)."""
    found = copy.deepcopy(GIVEN)
    for path, value in changes:
        inner = found
        for name in path[:-1]:
            inner = inner[name]
        if value is AWAY:
            del inner[path[-1]]
        else:
            inner[path[-1]] = value
    return found


def test_a_complete_configuration_is_read():
    found = read(GIVEN)
    providers = {
        "keycloak": Provider("keycloak", ISSUER, "", "keycloak", ("RS256", "ES256")),
        "b2access": Provider("b2access", "", USERINFO, "B2ACCESS"),
    }
    assert found == SignIn("on", providers, {action: RULES for action in ACTIONS}, 86400)
    assert found.every_rule() == RULES * 4


def test_defaults():
    found = read({"mode": "observe", "providers": {"a": {"issuer": ISSUER}}, "rules": [{"amr": ["otp"], "max_age": 1}]})
    assert found.providers == {"a": Provider("a", ISSUER, "", "a", ("RS256", "PS256", "ES256"))}
    assert found.rules["erase"] == [Rule(amr=frozenset(["otp"]), max_age=1)]
    assert (found.mode, found.token_age) == ("observe", 90 * 86400)
    # the documented default of the package
    assert read(config.SECUREB2SHARE_SIGN_IN) is None


def test_each_action_may_have_rules_of_its_own():
    rules = {action: [{"amr": [action], "max_age": age}] for age, action in enumerate(ACTIONS, 1)}
    assert read(changed((("rules",), rules))).rules == {
        action: [Rule(amr=frozenset([action]), max_age=age)] for age, action in enumerate(ACTIONS, 1)
    }


@pytest.mark.parametrize("value", [{}, {"mode": "off"}, dict(GIVEN, mode="off")], ids=["empty", "off", "full"])
def test_off_is_none(value):
    assert read(value) is None


def test_http_is_for_the_demo_on_loopback():
    for url, is_right in (("http://127.0.0.1:8080/realms/r", True), ("http://idp.example.org", False)):
        for member, path in (("issuer", KEYCLOAK), ("userinfo", B2ACCESS)):
            value = changed((path + (member,), url))
            for is_demo in (True, False):
                if is_demo and is_right:
                    assert getattr(read(value, True).providers[path[1]], member) == url
                else:
                    with pytest.raises(ConfigError, match="%s must be https" % member):
                        read(value, is_demo)


def test_two_clients_of_one_issuer_may_share_identities():
    other = (("providers", "second"), {"issuer": ISSUER, "method": "keycloak"})
    assert read(changed(other)).providers["second"].method == "keycloak"


KEY = "SECUREB2SHARE_SIGN_IN"
OF_KEYCLOAK, OF_B2ACCESS = KEY + "['providers']['keycloak']", KEY + "['providers']['b2access']"
OF_RULE = KEY + "['rules']['curate'][0]"
ONE_OF_BOTH = " needs issuer, or userinfo where the provider has no id tokens; not both."
AGE = ": max_age must be a whole number of seconds from 1 to 2592000."
LEVELS = " needs acr, amr or claims: a time alone says nothing of a second factor."
SHARED = (
    ": method %r is that of %r too, and people of the one would be taken for people of the other; give each its own."
)
# columns: id, the changes, the sentence
WRONG = [
    ("mode-none", [(("mode",), AWAY)], KEY + " needs mode."),
    ("mode", [(("mode",), "ON")], KEY + ": mode is 'ON'; it must be 'off', 'observe' or 'on'."),
    ("mode-true", [(("mode",), True)], KEY + ": mode is True; it must be 'off', 'observe' or 'on'."),
    ("mode-list", [(("mode",), ["on"])], KEY + ": mode is ['on']; it must be 'off', 'observe' or 'on'."),
    ("unknown", [(("rule",), [])], KEY + " has the unknown setting rule."),
    ("no-providers", [(("providers",), AWAY)], KEY + " needs providers."),
    ("0-providers", [(("providers",), {})], KEY + " needs providers."),
    ("providers-list", [(("providers",), ["a"])], KEY + "['providers'] must be a dict, with texts for keys."),
    ("name", [(("providers", 1), {})], KEY + "['providers'] must be a dict, with texts for keys."),
    ("name-empty", [(("providers", ""), {})], KEY + "['providers'] must be a dict, with texts for keys."),
    ("provider-text", [(KEYCLOAK, ISSUER)], OF_KEYCLOAK + " must be a dict, with texts for keys."),
    ("provider-more", [(KEYCLOAK + ("secret",), "x")], OF_KEYCLOAK + " has the unknown setting secret."),
    ("provider-name", [(KEYCLOAK + ("name",), "x")], OF_KEYCLOAK + " has the unknown setting name."),
    ("neither", [(KEYCLOAK + ("issuer",), AWAY)], OF_KEYCLOAK + ONE_OF_BOTH),
    ("issuer-empty", [(KEYCLOAK + ("issuer",), "")], OF_KEYCLOAK + ONE_OF_BOTH),
    ("both", [(KEYCLOAK + ("userinfo",), USERINFO)], OF_KEYCLOAK + ONE_OF_BOTH),
    ("issuer-list", [(KEYCLOAK + ("issuer",), [ISSUER])], OF_KEYCLOAK + ": issuer must be a text."),
    ("issuer-url", [(KEYCLOAK + ("issuer",), "https://[")], OF_KEYCLOAK + ": issuer is not a URL."),
    (
        "issuer-user",
        [(KEYCLOAK + ("issuer",), "https://a:b@idp.example.org")],
        OF_KEYCLOAK + ": issuer needs a host, and no user, password or fragment.",
    ),
    ("issuer-query", [(KEYCLOAK + ("issuer",), ISSUER + "?a=b")], OF_KEYCLOAK + ": issuer has a query."),
    ("userinfo-query", [(B2ACCESS + ("userinfo",), USERINFO + "?a")], OF_B2ACCESS + ": userinfo has a query."),
    (
        "userinfo-http",
        [(B2ACCESS + ("userinfo",), "http://b2access.example.org/userinfo")],
        OF_B2ACCESS + ": userinfo must be https (http only on loopback, with SECUREB2SHARE_DEMO).",
    ),
    ("method", [(KEYCLOAK + ("method",), 5)], OF_KEYCLOAK + ": method must be a text, and not empty."),
    ("method-empty", [(KEYCLOAK + ("method",), "")], OF_KEYCLOAK + ": method must be a text, and not empty."),
    ("method-shared", [(B2ACCESS + ("method",), "keycloak")], OF_B2ACCESS + SHARED % ("keycloak", "keycloak")),
    ("method-own", [(KEYCLOAK + ("method",), "B2ACCESS")], OF_B2ACCESS + SHARED % ("B2ACCESS", "keycloak")),
    (
        "algorithm",
        [(KEYCLOAK + ("algorithms",), ["RS256", "HS256"])],
        OF_KEYCLOAK + ": algorithms are some of RS256, PS256, ES256.",
    ),
    ("no-alg", [(KEYCLOAK + ("algorithms",), ["none"])], OF_KEYCLOAK + ": algorithms are some of RS256, PS256, ES256."),
    (
        "0-algorithms",
        [(KEYCLOAK + ("algorithms",), [])],
        OF_KEYCLOAK + ": algorithms must be a list of texts, and not empty.",
    ),
    (
        "algorithms-text",
        [(KEYCLOAK + ("algorithms",), "RS256")],
        OF_KEYCLOAK + ": algorithms must be a list of texts, and not empty.",
    ),
    ("no-rules", [(("rules",), AWAY)], KEY + " needs rules."),
    ("0-rules", [(("rules",), [])], KEY + " needs rules."),
    ("rules-text", [(("rules",), "acr")], KEY + "['rules'] must be a dict, with texts for keys."),
    (
        "action-forgotten",
        [(("rules",), {action: GIVEN["rules"] for action in ACTIONS[:-1]})],
        KEY + "['rules'] needs erase.",
    ),
    (
        "action-empty",
        [(("rules",), dict({action: GIVEN["rules"] for action in ACTIONS}, operate=[]))],
        KEY + "['rules'] needs operate.",
    ),
    (
        "action-unknown",
        [(("rules",), dict({action: GIVEN["rules"] for action in ACTIONS}, admin=[]))],
        KEY + "['rules'] has the unknown setting admin.",
    ),
    (
        "action-dict",
        [(("rules",), {action: GIVEN["rules"][0] for action in ACTIONS})],
        KEY + "['rules']['curate'] must be a list of rules.",
    ),
    ("rule-text", [(RULE, MFA)], OF_RULE + " must be a dict, with texts for keys."),
    ("rule-unknown", [(RULE + ("accr",), [MFA])], OF_RULE + " has the unknown setting accr."),
    ("no-age", [(RULE + ("max_age",), AWAY)], OF_RULE + " needs max_age."),
    ("age-0", [(RULE + ("max_age",), 0)], OF_RULE + " needs max_age."),
    ("age-negative", [(RULE + ("max_age",), -1)], OF_RULE + AGE),
    ("age-true", [(RULE + ("max_age",), True)], OF_RULE + AGE),
    ("age-float", [(RULE + ("max_age",), 60.0)], OF_RULE + AGE),
    ("age-text", [(RULE + ("max_age",), "60")], OF_RULE + AGE),
    ("age-long", [(RULE + ("max_age",), 30 * 86400 + 1)], OF_RULE + AGE),
    ("time", [(RULE + ("time",), "mine")], OF_RULE + ": time must be 'provider' or 'ours'."),
    ("acr-text", [(RULE + ("acr",), MFA)], OF_RULE + ": acr must be a list of texts, and not empty."),
    ("acr-empty", [(RULE + ("acr",), [])], OF_RULE + ": acr must be a list of texts, and not empty."),
    ("acr-null", [(RULE + ("acr",), None)], OF_RULE + ": acr must be a list of texts, and not empty."),
    ("acr-number", [(RULE + ("acr",), [2])], OF_RULE + ": acr must be a list of texts, and not empty."),
    ("amr-empty", [(RULE + ("amr",), [""])], OF_RULE + ": amr must be a list of texts, and not empty."),
    ("claims-list", [(RULE + ("claims",), ["a"])], OF_RULE + "['claims'] must be a dict, with texts for keys."),
    ("claims-key", [(RULE + ("claims",), {1: ["a"]})], OF_RULE + "['claims'] must be a dict, with texts for keys."),
    (
        "claims-text",
        [(RULE + ("claims",), {"groups": "a"})],
        OF_RULE + "['claims']: groups must be a list of texts, and not empty.",
    ),
    # no value could ever be among none
    (
        "claims-empty",
        [(RULE + ("claims",), {"groups": []})],
        OF_RULE + "['claims']: groups must be a list of texts, and not empty.",
    ),
    ("time-alone", [(RULE, {"max_age": 60})], OF_RULE + LEVELS),
    ("claims-none", [(RULE, {"max_age": 60, "claims": {}})], OF_RULE + LEVELS),
    (
        "for-nobody",
        [(RULE + ("providers",), [])],
        OF_RULE + ": providers must be a list of texts, and not empty.",
    ),
    (
        "for-unknown",
        [(RULE + ("providers",), ["keycloak", "tsd"])],
        OF_RULE + ": providers names 'tsd', which is not one of SECUREB2SHARE_SIGN_IN['providers'].",
    ),
    (
        "token-age",
        [(("token_age",), 0)],
        KEY + ": token_age must be a whole number of seconds from 1 to 315360000.",
    ),
    (
        "token-none",
        [(("token_age",), None)],
        KEY + ": token_age must be a whole number of seconds from 1 to 315360000.",
    ),
]


@pytest.mark.parametrize("changes, sentence", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_each_mistake_has_its_sentence(changes, sentence):
    with pytest.raises(ConfigError) as caught:
        read(changed(*changes))
    assert str(caught.value) == sentence


@pytest.mark.parametrize("value", [None, [], "on", True, 0, "", {1: 2}], ids=repr)
def test_the_key_is_a_dict(value):
    with pytest.raises(ConfigError, match="^SECUREB2SHARE_SIGN_IN must be a dict, with texts for keys.$"):
        read(value)


PATHS = [
    ("mode",), ("providers",), KEYCLOAK, KEYCLOAK + ("issuer",), KEYCLOAK + ("method",), KEYCLOAK + ("algorithms",),
    B2ACCESS + ("userinfo",), ("rules",), RULE, RULE + ("acr",), RULE + ("amr",), RULE + ("claims",),
    RULE + ("max_age",), RULE + ("providers",), RULE + ("time",), ("token_age",),
]  # fmt: skip


@MANY
@given(st.sampled_from(PATHS), JSON)
def test_any_value_is_read_or_named(path, value):
    try:
        found = read(changed((path, value)))
    except ConfigError as error:
        assert str(error).startswith(KEY)
        return
    # nothing that is read asks for less than a level and an age
    assert found is None or all((rule.acr or rule.amr or rule.claims) and rule.max_age for rule in found.every_rule())
    assert found is None or all(found.rules[action] for action in ACTIONS)
