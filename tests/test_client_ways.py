import itertools

import pytest

from secureb2share_ext import client
from secureb2share_ext.descriptions.schema import SCHEMA

CODES = SCHEMA["properties"]["sensitive"]["properties"]["access_mode"]["items"]["enum"]
MODES = [code for code in CODES if code != "not-stated"]
INSIDE, API, PORTAL, QUERY, AGREED = MODES
SITE = {mode: "https://%s.example.org/" % mode for mode in MODES}
# every set of codes that a description may have, and in which of them files get out: hand-written, not computed
ALL = [set(some) for size in range(len(MODES) + 1) for some in itertools.combinations(MODES, size)]
OUT = [{API}, {PORTAL}, {AGREED}, {API, PORTAL}, {API, AGREED}, {PORTAL, AGREED}, {API, PORTAL, AGREED}]
OUT += [{API, QUERY}, {PORTAL, QUERY}, {AGREED, QUERY}, {API, PORTAL, QUERY}, {API, AGREED, QUERY}]
OUT += [{PORTAL, AGREED, QUERY}, {API, PORTAL, AGREED, QUERY}]


def describing(modes):
    return {"core": {}, "sensitive": {"access_mode": modes}}


@pytest.mark.parametrize("modes", ALL, ids=range(len(ALL)))
def test_files_get_out_where_a_way_says_so_and_none_says_inside(modes):
    expected = modes in OUT
    for order in (sorted(modes), sorted(modes, reverse=True)):
        assert client.may_download(describing(order)) is expected
        # what may not be downloaded is not shown either, and what is not configured has no address
        shown = [mode for mode in order if expected or mode in (INSIDE, QUERY)]
        assert list(client.ways(describing(order), SITE)) == shown
        for mode in MODES:
            only = {mode: SITE[mode]}
            assert client.ways(describing(order), only) == (only if mode in shown else {})
    assert client.ways(describing(sorted(modes)), {}) == {}


@pytest.mark.parametrize(
    "said", [None, PORTAL, [], {}, [[PORTAL]], [None], ["by e-mail"], ["not-stated"]], ids=range(8)
)
def test_what_states_no_way_of_access_opens_none(said):
    for dataset in (describing(said), {"sensitive": said}, {}):
        assert client.may_download(dataset) is False and client.ways(dataset, SITE) == {}


def test_the_table_is_complete():
    assert len(ALL) == 32 and len(OUT) == 14 and len(MODES) == 5
