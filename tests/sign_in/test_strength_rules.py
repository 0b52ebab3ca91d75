import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import JSON, MANY

from secureb2share_ext.sign_in import rules
from secureb2share_ext.sign_in.rules import AGE, LEVEL, Rule, Strength

NOW = 1700000000
MFA = "https://refeds.org/profile/mfa"
KEYCLOAK = Rule(acr=frozenset([MFA]), amr=frozenset(["otp"]), max_age=600)
GROUP = Rule(
    claims={"groups": frozenset(["/curators", "/operators"])},
    max_age=900,
    providers=frozenset(["b2access"]),
    is_timed_here=True,
)
GOOD = {"iss": "https://idp.example.org", "sub": "s", "acr": MFA, "amr": ["pwd", "otp"], "auth_time": NOW - 30}
ABSENT = object()


def strength_of(provider="keycloak", ended_at=None, given=(KEYCLOAK, GROUP), **changed):
    claims = {name: value for name, value in dict(GOOD, **changed).items() if value is not ABSENT}
    return rules.strength_of("7", provider, claims, given, ended_at)


# columns: id, what the token of Keycloak says otherwise than a good one, what is missing
TOKENS = [
    ("good", {}, None),
    ("more-factors", {"amr": ["otp", "pwd", "hwk"]}, None),
    # an enrolment with the password alone answers with the strong level, and so does auth_time of any level
    ("acr-alone", {"amr": ["pwd"]}, LEVEL),
    # after its level has expired, a session still has the factors of the strong one
    ("amr-alone", {"acr": "password"}, LEVEL),
    ("time-alone", {"acr": "password", "amr": ["pwd"], "auth_time": NOW}, LEVEL),
    ("no-acr", {"acr": ABSENT}, LEVEL),
    ("acr-list", {"acr": [MFA]}, LEVEL),
    ("acr-null", {"acr": None}, LEVEL),
    ("acr-number", {"acr": 2}, LEVEL),
    ("acr-longer", {"acr": MFA + "/"}, LEVEL),
    ("acr-case", {"acr": MFA.upper()}, LEVEL),
    ("no-amr", {"amr": ABSENT}, LEVEL),
    ("amr-text", {"amr": "otp"}, LEVEL),
    ("amr-words", {"amr": "pwd otp"}, LEVEL),
    ("amr-dict", {"amr": {"otp": 1}}, LEVEL),
    ("amr-nested", {"amr": [["otp"]]}, LEVEL),
    ("amr-mixed", {"amr": ["otp", 1]}, LEVEL),
    ("amr-empty", {"amr": []}, LEVEL),
    ("no-time", {"auth_time": ABSENT}, AGE),
    ("time-text", {"auth_time": str(NOW)}, AGE),
    ("time-true", {"auth_time": True}, AGE),
    ("time-float", {"auth_time": float(NOW)}, AGE),
    ("time-list", {"auth_time": [NOW]}, AGE),
    ("time-huge", {"auth_time": 10**400}, AGE),
    ("time-before", {"auth_time": -(10**400)}, AGE),
    ("oldest", {"auth_time": NOW - 600}, None),
    ("too-old", {"auth_time": NOW - 601}, AGE),
    ("two-hours", {"auth_time": NOW - 7200}, AGE),
    ("ahead", {"auth_time": NOW + rules.AHEAD}, None),
    ("future", {"auth_time": NOW + rules.AHEAD + 1}, AGE),
    ("old-and-low", {"acr": "password", "auth_time": NOW - 601}, LEVEL),
]


@pytest.mark.parametrize("changed, lack", [row[1:] for row in TOKENS], ids=[row[0] for row in TOKENS])
def test_a_rule_asks_for_level_factors_and_age_together(changed, lack):
    # an own time does not stand in for that of the provider
    for now in (NOW, NOW + 0.0):
        assert rules.missing(strength_of(ended_at=NOW, **changed), "7", [KEYCLOAK], now) == lack


@pytest.mark.parametrize(
    "word", ["\x1b[31mred", "\u202elevel", "a\nb", "x" * 256, "", 1], ids=lambda word: ascii(word)[:9]
)
def test_what_is_no_printable_word_is_no_level_and_no_factor(word):
    found = strength_of(acr=word, amr=["otp", word])
    assert (found.acr, found.amr) == ("", frozenset())
    assert strength_of(acr="x" * 255).acr == "x" * 255


# columns: id, what userinfo says, end of the sign-in here, what is missing
GROUPS = [
    ("list", {"groups": ["/people", "/curators"]}, NOW, None),
    ("text", {"groups": "/curators"}, NOW, None),
    ("other", {"groups": ["/people"]}, NOW, LEVEL),
    ("part-of-text", {"groups": "/curators/none"}, NOW, LEVEL),
    ("two-in-a-text", {"groups": "/curators /operators"}, NOW, LEVEL),
    ("none", {}, NOW, LEVEL),
    ("mixed", {"groups": ["/curators", None]}, NOW, LEVEL),
    ("dict", {"groups": {"/curators": True}}, NOW, LEVEL),
    ("not-anew", {"groups": ["/curators"]}, None, AGE),
    ("oldest", {"groups": ["/curators"]}, NOW - 900, None),
    ("too-old", {"groups": ["/curators"]}, NOW - 901, AGE),
    ("future", {"groups": ["/curators"]}, NOW + rules.AHEAD + 1, AGE),
]


@pytest.mark.parametrize("changed, ended_at, lack", [row[1:] for row in GROUPS], ids=[row[0] for row in GROUPS])
def test_groups_count_with_a_time_of_ours_only(changed, ended_at, lack):
    # auth_time is there and young, and is not what the rule measures
    strength = strength_of("b2access", ended_at, auth_time=NOW, **changed)
    assert rules.missing(strength, "7", [GROUP], NOW) == lack


def test_a_rule_is_for_its_providers_alone():
    for provider, lack in (("b2access", None), ("keycloak", LEVEL)):
        assert rules.missing(strength_of(provider, NOW, groups=["/curators"]), "7", [GROUP], NOW) == lack


def test_strength_is_of_one_account():
    for account in ("8", "", "77"):
        assert rules.missing(strength_of(), account, [KEYCLOAK], NOW) == LEVEL
    assert rules.missing(None, "7", [KEYCLOAK], NOW) == LEVEL
    assert rules.missing(strength_of(), "7", [], NOW) == LEVEL


def test_any_rule_is_enough_and_the_age_is_that_of_a_rule_with_its_level():
    young = Rule(acr=frozenset(["level3"]), max_age=10000)
    old, strong = strength_of(auth_time=NOW - 5000), [young, KEYCLOAK]
    assert rules.missing(strength_of(acr="level3", amr=["pwd"]), "7", strong, NOW) is None
    assert rules.missing(strength_of(), "7", strong, NOW) is None
    # the longer age belongs to a rule whose level is not there
    assert rules.missing(old, "7", strong, NOW) == AGE
    assert rules.missing(old, "7", [young], NOW) == LEVEL


def test_a_wish_is_for_the_levels_of_the_rules_of_a_provider():
    other = Rule(acr=frozenset(["level3", "level4"]), max_age=60)
    assert rules.wish([KEYCLOAK, other], "any", LEVEL) == {"acr_values": MFA + " level3 level4", "max_age": "600"}
    assert rules.wish([KEYCLOAK, GROUP], "keycloak", LEVEL) == {"acr_values": MFA, "max_age": "600"}
    # a level that is too old is asked for with everything anew
    assert rules.wish([KEYCLOAK], "any", AGE) == {"acr_values": MFA, "max_age": "600", "prompt": "login"}
    # and so is what is timed here, at once
    assert rules.wish([GROUP], "b2access", LEVEL) == {"max_age": "900", "prompt": "login"}
    assert rules.wish([GROUP], "keycloak", LEVEL) == {"max_age": "0"}


# columns: id, claims of what is held, the provider that is asked, is it asked anew
ANSWERED = [
    ("weak-factors", {"amr": ["pwd"]}, "keycloak", True),
    ("low-level", {"acr": "password"}, "keycloak", False),
    ("other", {"amr": ["pwd"]}, "other", False),
]


@pytest.mark.parametrize("claims, provider, is_anew", [row[1:] for row in ANSWERED], ids=[row[0] for row in ANSWERED])
def test_a_provider_that_has_answered_is_asked_anew(claims, provider, is_anew):
    wished = rules.wish([KEYCLOAK], provider, LEVEL)
    assert rules.again(wished, strength_of(**claims), provider) == dict(
        wished, **{"prompt": "login"} if is_anew else {}
    )
    assert rules.again(wished, None, provider) == wished and rules.again({}, strength_of(**claims), provider) == {}
    # where no level is asked for, any answer is one
    assert rules.again({"max_age": "1"}, strength_of(**claims), "keycloak")["prompt"] == "login"


WORDS = st.sampled_from(["a", "b", "c"])
SETS = st.frozensets(WORDS, max_size=2)
RULES = st.builds(
    Rule,
    acr=SETS,
    amr=SETS,
    claims=st.dictionaries(WORDS, st.frozensets(WORDS, min_size=1, max_size=2), max_size=2),
    max_age=st.integers(1, 100),
    providers=SETS,
    is_timed_here=st.booleans(),
)
TIMES = st.none() | st.integers(NOW - 200, NOW + 200)
STRENGTHS = st.builds(
    Strength,
    account=st.sampled_from(["7", "8"]),
    provider=WORDS,
    issuer=WORDS,
    subject=WORDS,
    acr=WORDS | st.just(""),
    amr=st.frozensets(WORDS),
    claims=st.dictionaries(WORDS, SETS, max_size=3),
    auth_time=TIMES,
    ended_at=TIMES,
)


def lacks(strength, rule):
    # each member of a rule as the documentation has it, apart from the code
    time = strength.ended_at if rule.is_timed_here else strength.auth_time
    yield bool(rule.providers) and strength.provider not in rule.providers
    yield bool(rule.acr) and strength.acr not in rule.acr
    yield any(factor not in strength.amr for factor in rule.amr)
    yield any(not set(strength.claims.get(name, ())) & values for name, values in rule.claims.items())
    yield time is None or time < NOW - rule.max_age or time > NOW + rules.AHEAD


@settings(MANY, max_examples=200)
@given(STRENGTHS, st.lists(RULES, max_size=3))
def test_a_strength_that_lacks_a_member_of_every_rule_satisfies_none(strength, given_rules):
    satisfied = any(not any(lacks(strength, rule)) for rule in given_rules) and strength.account == "7"
    assert (rules.missing(strength, "7", given_rules, NOW) is None) is satisfied


@settings(MANY)
@given(
    st.dictionaries(st.sampled_from(["iss", "sub", "acr", "amr", "auth_time", "a"]), JSON), st.lists(RULES, max_size=2)
)
def test_no_claims_break_the_rules(claims, given_rules):
    strength = rules.strength_of("7", "a", claims, given_rules, None)
    assert rules.missing(strength, "7", given_rules, NOW + 0.5) in (None, LEVEL, AGE)
    assert rules.from_session(json.loads(json.dumps(rules.to_session(strength)))) == strength


def test_values_that_no_rule_names_are_not_kept():
    strength = strength_of(groups=["/curators", "/patients"], email="somebody@example.org")
    assert strength.claims == {"groups": frozenset(["/curators"])}
    assert "example.org" not in json.dumps(rules.to_session(strength)).replace("idp.example.org", "")


@settings(MANY)
@given(STRENGTHS)
def test_a_session_gives_back_what_it_was_given(strength):
    assert rules.from_session(json.loads(json.dumps(rules.to_session(strength)))) == strength


@settings(MANY)
@given(JSON | st.dictionaries(st.sampled_from(Strength._fields), JSON))
def test_rubbish_of_a_session_is_no_strength(value):
    assert rules.from_session(value) is None


@settings(MANY)
@given(STRENGTHS, st.sampled_from(Strength._fields), JSON)
def test_a_damaged_member_of_a_session_is_no_strength(strength, member, value):
    damaged = dict(rules.to_session(strength), **{member: value})
    found = rules.from_session(damaged)
    # what was drawn may be right after all
    assert found is None or json.dumps(rules.to_session(found), sort_keys=True) == json.dumps(damaged, sort_keys=True)
    assert found is None or rules.missing(found, "7", [KEYCLOAK], NOW) in (None, LEVEL, AGE)


DAMAGES = [
    ("account", 7), ("account", None), ("acr", [MFA]), ("amr", "otp"), ("amr", [1]), ("amr", None), ("claims", []),
    ("claims", {"groups": "ab"}), ("claims", {"groups": [1]}), ("auth_time", str(NOW)), ("auth_time", True),
    ("auth_time", 10**400), ("ended_at", 1.5), ("more", 1), (1, 1),
]  # fmt: skip


@pytest.mark.parametrize("member, value", DAMAGES, ids=str)
def test_each_wrong_type_in_a_session_is_no_strength(member, value):
    kept = rules.to_session(strength_of())
    assert rules.from_session(kept) is not None
    assert rules.from_session({**kept, member: value}) is None


@pytest.mark.parametrize("member", Strength._fields)
def test_a_session_of_fewer_members_is_no_strength(member):
    kept = rules.to_session(strength_of())
    del kept[member]
    assert rules.from_session(kept) is None
