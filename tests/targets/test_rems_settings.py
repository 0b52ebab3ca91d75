import json

import pytest
from remsing import SETTINGS, event, target

from secureb2share_ext.access import link, rems
from secureb2share_ext.errors import AttemptEnded, ConfigError
from secureb2share_ext.messages.sources import Source
from secureb2share_ext.targets import KINDS, rems_duo
from secureb2share_ext.targets.answer import PAUSE

REMS = {"url": "https://rems.example.org"}
FAULTS = [
    ("url", {"url": "http://rems.example.org"}),
    ("url", {"url": "https://rems.example.org/?x=1"}),
    ("url", {"url": 7}),
    ("user", {"user": "a\nb"}),
    ("organization", {"organization": 7}),
    ("workflow", {"workflow": "11"}),
    ("workflow", {"workflow": True}),
    ("form", {"form": 0}),
    ("licenses", {"licenses": 51}),
    ("licenses", {"licenses": [51, 51]}),
    ("licenses", {"licenses": ["51"]}),
    ("licenses", {"licenses": [[51], [51]]}),
    ("licenses", {"licenses": [{}]}),
    ("languages", {"languages": []}),
    ("languages", {"languages": [["en"]]}),
    ("languages", {"languages": "en"}),
    ("resource", {"resource": "all"}),
    ("resource", {"resource": "{revision}"}),
    ("resource", {"resource": "all of {source}"}),
    ("resource", {"resource": "{{identifier}}-{source}"}),
    ("resource", {"visas": True}),
    ("resource", {"resource": "urn:{pid}", "visas": True}),
    ("resource", {"resource": "https://x.example.org/" + 240 * "a" + "{pid}", "visas": True}),
    ("concurrency", {"concurrency": 33}),
    ("concurrency", {"concurrency": True}),
    ("echo", {"echo": True}),
    ("expires", {"expires": "soon"}),
    ("api_key", {"api_key": None}),
    ("api_key", {"api_key_file": "/etc/rems.key"}),
    ("api_key", {"api_key": "a b\u00e9"}),
    ("api_key_file", {"api_key": None, "api_key_file": "rems.key"}),
    ("secret", {"secret": "whsec_x"}),
    ("user", {"user": ""}),
]


@pytest.mark.parametrize("named, changed", FAULTS, ids=range(len(FAULTS)))
def test_a_fault_names_its_setting(named, changed):
    settings = {name: value for name, value in dict(SETTINGS, **dict(REMS, **changed)).items() if value is not None}
    with pytest.raises(ConfigError) as raised:
        KINDS["rems"].read("SECUREB2SHARE_TARGETS['rems']", settings, False)
    assert named in str(raised.value) and "SECUREB2SHARE_TARGETS['rems']" in str(raised.value)


def test_what_stays_away_has_a_default():
    settings = {name: SETTINGS[name] for name in ("user", "api_key", "organization", "workflow")}
    found = KINDS["rems"].read("K", dict(settings, **REMS), False)
    assert (found.registers, found.echo, found.fingerprint, found.form, found.licenses) == (True, False, None, None, ())
    assert (found.resource, found.languages, found.concurrency) == ("{identifier}", ("en",), 1)
    assert not found.allow_private and not found.visas


def test_a_key_in_a_file_is_read_when_it_is_needed(tmp_path):
    file = tmp_path / "rems.key"
    found = target(api_key=None, api_key_file=str(file))
    with pytest.raises(AttemptEnded) as raised:
        found.session()
    assert raised.value.meaning == PAUSE
    file.write_text("first\n")
    assert found.key() == "first"
    file.write_text("second\n")
    assert found.key() == "second"


URLS = [
    ("10.1234/x1", "https://doi.org/10.1234/x1"),
    ("10.23728/b2share.ab(c)", "https://doi.org/10.23728/b2share.ab(c)"),
    ("10.1234/a b#c", "https://doi.org/10.1234/a%20b%23c"),
    ("11304/ab-cd", "https://hdl.handle.net/11304/ab-cd"),
    ("21.T15999/x", "https://hdl.handle.net/21.T15999/x"),
    ("1", "https://c.example.org/records/1"),
    ("abc/1", "https://c.example.org/records/1"),
    ("10.1234/", "https://c.example.org/records/1"),
]


@pytest.mark.parametrize("pid, url", URLS)
def test_a_pid_resolves_at_its_own_resolver(pid, url):
    assert link.pid_url(pid, "https://c.example.org/records/1") == url


def test_links_ask_for_what_is_registered():
    found = {"rems": target(resource="{pid_url}")}
    source = Source("tsd", (), "tsd", "form", targets=("rems",), registers=("rems",))
    for resource in ("{pid_url}", "{pid}"):
        provider = rems.Rems.read("K", dict(REMS, resource=resource), False)
        if resource == "{pid_url}":
            rems.check_targets({"tsd": source}, found, {"form": provider})
            continue
        with pytest.raises(ConfigError, match="give both the same resource"):
            rems.check_targets({"tsd": source}, found, {"form": provider})
    with pytest.raises(ConfigError, match="ask for 'none'"):
        rems.check_targets({"tsd": source}, found, {"form": object()})
    with pytest.raises(ConfigError, match="begin it with {pid_url}"):
        rems.Rems.read("K", dict(REMS, visas=True), False)


@pytest.mark.parametrize("resource, is_good", [
    ("{identifier}", False), ("x-{identifier}{{source}}", False), ("{source}-{identifier}", True), ("{pid}", True),
    ("{identifier}-{record_url}", True),
])  # fmt: skip
@pytest.mark.parametrize("second", ["rems", "again", "elsewhere"])
def test_datasets_of_two_sources_share_no_resource(resource, is_good, second):
    found = {name: target(resource=resource) for name in ("rems", "again")}
    found["elsewhere"] = target(resource=resource, url="https://other.example.org")
    sources = {
        "tsd": Source("tsd", (), "tsd", "form", targets=("rems",), registers=("rems",)),
        "csc": Source("csc", (), "csc", "form", targets=(second,), registers=(second,)),
    }
    providers = {"form": rems.Rems.read("K", dict(REMS, resource=resource), False)}
    if is_good or second == "elsewhere":
        rems.check_targets(sources, found, providers)
        return
    with pytest.raises(ConfigError, match="the sources csc, tsd register at .* has no {source}"):
        rems.check_targets(sources, found, providers)


def test_the_id_and_the_texts_of_a_dataset():
    found = target(resource="{source}:{pid_url}", languages=["en", "nb", "fi"])
    wanted = found.wanted(json.loads(event().body.decode()), ())
    url = "https://catalogue.example.org/records/x1"
    assert wanted.resid == "tsd:https://doi.org/10.1234/x1"
    assert wanted.texts == {"en": ("A", url), "nb": ("Norsk", url), "fi": ("A", url)}


VALUES = {
    "duo_diseases": ["MONDO:0000004"],
    "duo_topics": ["Sleep", "Health"],
    "duo_countries": ["FI", "NO"],
    "duo_until": "2027-01-31",
    "duo_months": 12,
    "duo_projects": ["A project"],
    "duo_institutions": ["An institute"],
}


def test_every_code_has_its_restriction():
    codes = sorted(rems_duo.RESTRICTIONS) + [rems_duo.COLLABORATION, "DUO:0000004", "DUO:0000026"]
    description = {
        "sensitive": dict(VALUES, duo_codes=codes),
        "core": {"contacts": [{"url": "https://desk.example.org"}]},
    }
    found = {one["id"]: one for one in rems_duo.of(description, codes)}
    assert sorted(found) == sorted(codes) and rems_duo.of(description, []) == []
    for code, (kind, field) in rems_duo.RESTRICTIONS.items():
        (restriction,) = found[code]["restrictions"]
        values = VALUES[field] if isinstance(VALUES[field], list) else [str(VALUES[field])]
        name = "id" if kind == "mondo" else "value"
        assert restriction == {"type": kind, "values": [{name: value} for value in values]}
    assert found[rems_duo.COLLABORATION]["restrictions"][0]["values"] == [{"value": "https://desk.example.org"}]
    assert "restrictions" not in found["DUO:0000004"] and "restrictions" not in found["DUO:0000026"]
    # as REMS shows them: with labels, with an empty restriction, in another order, or as plain texts
    shown = [dict(one, label={"en": "x"}, shorthand="X") for one in reversed(list(found.values()))]
    shown = [dict(one, restrictions=[{"type": "users"}]) if one["id"] == "DUO:0000026" else one for one in shown]
    mondo = {"id": "MONDO:0000004", "label": "a disease"}
    for one in shown:
        if one["id"] == "DUO:0000007":
            one["restrictions"] = [{"type": "mondo", "values": [mondo]}]
        if one["id"] == "DUO:0000012":
            one["restrictions"] = [{"type": "topic", "values": ["Health", "Sleep"]}]
    assert rems_duo.canonical(shown) == rems_duo.canonical(found.values())
    assert rems_duo.unknown(description, codes[:1]) == sorted(codes[1:])
