import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import for_each

from secureb2share_ext.errors import ConfigError
from secureb2share_ext.sign_in import roles, settings

KEY = "K['roles']"
TSD, ALL = ("secureb2share-curate", "tsd"), ("secureb2share-review", "")
ROLES = {"groups": {"a": ["curate:tsd"], "b": ["review", "curate:tsd"]}, "role": {"chief": ["operate", "erase"]}}


def read(given, providers=("idp",), sources=("tsd",)):
    return roles.read(KEY, given, providers, sources)


def sentence(given):
    with pytest.raises(ConfigError) as raised:
        read(given)
    return str(raised.value)


@for_each(
    [
        ({}, set()),
        ({"groups": []}, set()),
        ({"groups": None}, set()),
        ({"groups": "a"}, {TSD}),
        ({"groups": ["a"]}, {TSD}),
        ({"groups": ["b", "a", "a", "c"]}, {TSD, ALL}),
        ({"groups": ["A", " a", "a ", ""]}, set()),
        ({"groups": ["a", 1]}, set()),
        ({"groups": {"a": True}}, set()),
        ({"groups": 1}, set()),
        ({"groups": True}, set()),
        ({"group": "a", "Groups": "a"}, set()),
        ({"role": "a"}, set()),
        ({"role": "chief"}, {("secureb2share-operate", ""), ("secureb2share-erase", "")}),
    ]
)
def test_claims_give_what_the_table_says(claims, expected):
    assert roles.wanted(read({"idp": ROLES})["idp"], claims) == expected


@for_each(
    [
        ([], "K['roles'] must be a dict"),
        ({"nobody": {}}, "names the provider 'nobody'"),
        ({"idp": []}, "K['roles']['idp'] must be a dict"),
        ({"idp": {"groups": ["a"]}}, "K['roles']['idp']['groups'] must be a dict"),
        ({"idp": {"groups": {"": ["curate"]}}}, "with texts for keys"),
        ({"idp": {"groups": {"a": "curate"}}}, "K['roles']['idp']['groups']['a'] must be a list of roles"),
        ({"idp": {"groups": {"a": []}}}, "must be a list of roles"),
        ({"idp": {"groups": {"a": ["curator"]}}}, "'curator' is no role; a role is one of curate, review"),
        ({"idp": {"groups": {"a": ["superuser-access"]}}}, "is no role"),
        ({"idp": {"groups": {"a": [None]}}}, "None is no role"),
        ({"idp": {"groups": {"a": ["operate:tsd"]}}}, "'operate:tsd' is no role"),
        ({"idp": {"groups": {"a": ["erase:"]}}}, "'erase:' is no role"),
        ({"idp": {"groups": {"a": ["curate:"]}}}, "'curate:' names no source"),
        ({"idp": {"groups": {"a": ["review:tds"]}}}, "'review:tds' names no source"),
    ]
)
def test_a_fault_is_told_with_its_key(given, expected):
    assert expected in sentence(given)


def test_the_settings_hold_the_roles():
    configured = {
        "SECUREB2SHARE_SIGN_IN": {
            "mode": "on",
            "providers": {"idp": {"issuer": "https://idp.example.org"}},
            "rules": [{"acr": ["2"], "max_age": 60}],
        },
        "SECUREB2SHARE_SOURCES": {"tsd": {}},
        "SECUREB2SHARE_DEMO": False,
    }
    assert settings.read(configured).roles == {}
    configured["SECUREB2SHARE_SIGN_IN"]["roles"] = {"idp": ROLES}
    assert settings.read(configured).roles == read({"idp": ROLES})
    configured["SECUREB2SHARE_SOURCES"] = {}
    with pytest.raises(ConfigError, match=r"SECUREB2SHARE_SIGN_IN\['roles'\]\['idp'\]\['groups'\]\['a'\]"):
        settings.read(configured)


@given(st.lists(st.sampled_from(["a", "b", "c", "chief"])), st.lists(st.sampled_from(["a", "b"])))
def test_a_group_more_never_gives_less(groups, more):
    found = read({"idp": ROLES})["idp"]
    fewer, all_of_them = (roles.wanted(found, {"groups": some}) for some in (groups, groups + more))
    assert fewer <= all_of_them
    single = [roles.wanted(found, {"groups": one}) for one in groups + more]
    assert all_of_them == set(itertools.chain.from_iterable(single))


def test_a_right_reads_as_its_role():
    assert [roles.right(*one) for one in (TSD, ALL)] == ["curate:tsd", "review"]
    assert roles.right("secureb2share-operate", None, True) == "not operate"
    assert roles.right("superuser-access", None) == "superuser-access"


@for_each(
    [
        ([], [], False),
        (["curate"], ["curate"], False),
        ([], ["curate"], False),
        (["curate"], [], True),
        (["curate"], ["curate:tsd"], True),
        (["curate"], ["curate", "not curate:tsd"], True),
        (["curate", "not curate:tsd"], ["curate"], False),
        ([], ["not curate"], True),
    ]
)
def test_less_is_what_was_taken_or_denied(before, after, expected):
    assert roles.has_less(before, after) is expected
