import base64
import datetime
from types import SimpleNamespace

import pytest

from secureb2share_ext import client
from secureb2share_ext.errors import ConfigError, KeyExpired, NotSigned
from secureb2share_ext.messages import sources

TSD, TSD_PUBLIC = client.new_key()
CSC, CSC_PUBLIC = client.new_key()
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
SHARED = "whsec_" + base64.b64encode(bytes(range(40, 65))).decode()
TARGETS = {
    "tsd": SimpleNamespace(echo=False, registers=False, fingerprint=None),
    "register": SimpleNamespace(echo=True, registers=False, fingerprint=client.fingerprint(SHARED)),
}
PROVIDERS = {"helsedata": object()}


def entry(**changed):
    settings = {"keys": [TSD_PUBLIC], "community": "datasets", "access": "helsedata"}
    settings.update(changed)
    return {name: value for name, value in settings.items() if value is not ...}


def read(configured):
    return sources.read({"SECUREB2SHARE_SOURCES": configured}, TARGETS, PROVIDERS)


def test_a_source_as_it_is_configured():
    limited = {"key": CSC_PUBLIC, "tenants": ["p11", "p12"]}
    csc = entry(keys=[SECRET, limited], targets=["tsd", "register"], describe_files="full", release="publish")
    csc.update(
        opens="acknowledged",
        file_age=3600,
        quota=5,
        bytes_a_day=None,
        revisions_a_day=7,
        owner="desk@catalogue.example.org",
        ways={"file-api": "https://api.example.org/files"},
        withdrawn_title=False,
    )
    keys = (sources.SourceKey(SECRET), sources.SourceKey(CSC_PUBLIC, ("p11", "p12")))
    two = (
        ("tsd", "register"),
        "publish",
        "full",
        "acknowledged",
        3600,
        5,
        None,
        7,
        "desk@catalogue.example.org",
        {"file-api": "https://api.example.org/files"},
        False,
        ("register",),
        (),
    )
    one = ((), "review", "labels", "published", 604800, None, 10**8, 20000, None, {}, True, ())
    assert read({"tsd": entry(), "csc": csc}) == {
        "tsd": sources.Source("tsd", (sources.SourceKey(TSD_PUBLIC),), "datasets", "helsedata", *one),
        "csc": sources.Source("csc", keys, "datasets", "helsedata", *two),
    }
    assert read({}) == {}


def test_health_data_need_their_access_body_from_the_configured_day_on():
    def needs(given, today):
        config = {"SECUREB2SHARE_SOURCES": {"tsd": entry()}, "SECUREB2SHARE_HDAB_FROM": given}
        return sources.read(config, TARGETS, PROVIDERS)["tsd"].needs_hdab(datetime.date(*today))

    found = [needs("2029-03-26", day) for day in ((2029, 3, 25), (2029, 3, 26), (2029, 3, 27))]
    assert found == [False, True, True] and not needs(None, (9999, 1, 1))
    with pytest.raises(ConfigError, match="SECUREB2SHARE_HDAB_FROM must be a day such as '2027-01-31'"):
        needs("2029", (2029, 1, 1))


KEYS = [[], TSD_PUBLIC, [TSD], [TSD_PUBLIC, "secret"], ["whpk_"], [TSD_PUBLIC[:-4]]]
KEYS += [["whpk_!" + TSD_PUBLIC[6:]], ["whsec_"], ["whsec_not base64"]]
KEYS += [[{"key": TSD_PUBLIC, "tenants": value}] for value in ([], "p11", [1], None, [""])]
KEYS += [[{"tenants": ["p11"]}], [{"key": TSD_PUBLIC, "tenant": ["p11"]}], [TSD_PUBLIC, {"key": TSD}]]
KEYS += [["whsec_" + base64.b64encode(b"s" * 8).decode()]]
# a secret that was never drawn, a key for which anybody signs, the secret of a target, and a key twice in two spellings
KEYS += [["whsec_" + base64.b64encode(b"s" * 32).decode()], ["whpk_" + base64.b64encode(b"\x00" * 32).decode()]]
KEYS += [[SHARED], [TSD_PUBLIC, TSD_PUBLIC[:-2] + chr(ord(TSD_PUBLIC[-2]) + 1) + "="]]


# no dict, a way that no description can name, and addresses where nobody should be led
WAYS = ["file-api", ["file-api"], {"secure-environment": "https://example.org"}, {"file-api": None}, {"file-api": 1}]
WAYS += [{"file-api": address} for address in ("", "example.org", "http://example.org", "https://u:p@example.org/")]
WAYS += [{"file-api": "https://example.org/#files"}, {"file-api": "http://localhost:5001/"}]


@pytest.mark.parametrize(
    "setting, value",
    [("keys", keys) for keys in KEYS]
    + [("keys", ...), ("community", ...), ("access", ...), ("access", "other"), ("targets", ["tsd", "other"])]
    + [("opens", "acknowledged"), ("opens", "now"), ("file_age", 0), ("file_age", "1"), ("quota", 0), ("quota", True)]
    + [("bytes_a_day", 0), ("bytes_a_day", "1"), ("revisions_a_day", True), ("revisions_a_day", -1)]
    + [("ways", value) for value in WAYS]
    + [("release", "later"), ("describe_files", "names"), ("owner", "x"), ("name", "x"), ("echo", ("tsd",))],
)
def test_a_fault_of_the_configuration_names_its_key(setting, value):
    with pytest.raises(ConfigError) as error:
        read({"tsd": entry(**{setting: value})})
    word = "target" if setting == "targets" else setting
    assert "SECUREB2SHARE_SOURCES['tsd']" in str(error.value) and word in str(error.value)


@pytest.mark.parametrize("name", ["keys", "openapi.json", "a/b", "/", ""])
def test_reserved_names_of_sources(name):
    with pytest.raises(ConfigError, match="SECUREB2SHARE_SOURCES"):
        read({name: entry()})


def test_no_two_sources_share_a_key():
    with pytest.raises(ConfigError, match="SECUREB2SHARE_SOURCES"):
        read({"tsd": entry(), "csc": entry(keys=[CSC_PUBLIC, TSD_PUBLIC])})


LIMITED, LIMITED_PUBLIC = client.new_key()
FOUND = read(
    {
        "tsd": entry(keys=[TSD_PUBLIC, {"key": LIMITED_PUBLIC, "tenants": ["p11"]}]),
        "csc": entry(keys=[CSC_PUBLIC, SECRET]),
    }
)


def ask(name, key=None, body=b"{}", **changed):
    headers = client.signed_headers(key, "m1", body) if key else {}
    headers.update({"webhook-" + k: v for k, v in changed.items()})
    return sources.authenticate(FOUND, name, headers, body)


@pytest.mark.parametrize("name, key", [("tsd", TSD), ("csc", CSC), ("csc", SECRET)])
def test_a_key_acts_for_its_own_source(name, key):
    public = key if key == SECRET else client.public_of(key)
    assert ask(name, key) == (FOUND[name], None, "m1", client.fingerprint(public))


def test_a_limited_key_acts_for_its_tenants():
    limited, unlimited = ask("tsd", LIMITED), ask("tsd", TSD)
    assert limited[:3] == (FOUND["tsd"], ("p11",), "m1")
    assert [sender.may_touch(tenant) for sender in (limited, unlimited) for tenant in ("p11", "p12", None)] == [
        True,
        False,
        False,
        True,
        True,
        True,
    ]


@pytest.mark.parametrize("name, key", [("tsd", CSC), ("tsd", SECRET), ("csc", TSD), ("x", TSD), ("", CSC)])
def test_and_for_no_other_which_looks_like_an_unknown_source(name, key):
    with pytest.raises(NotSigned) as error:
        ask(name, key)
    with pytest.raises(NotSigned) as unknown:
        ask("nobody", client.new_key()[0])
    assert error.value.body() == unknown.value.body()


def test_what_a_message_costs(monkeypatch):
    # however many signatures it has, and however many keys the other sources have
    tried, holds = [], client._holds
    monkeypatch.setattr(client, "_holds", lambda key, *args: tried.append(key) or holds(key, *args))
    wrong = client.sign(client.new_key()[0], "m1", 1, b"{}")
    for count, expected in ((1, 2), (4, 8), (5, 0), (16, 0), (500, 0)):
        with pytest.raises(NotSigned):
            ask("tsd", TSD, signature=" ".join([wrong] * count))
        assert tried == [TSD_PUBLIC, LIMITED_PUBLIC] * (expected // 2)
        del tried[:]
    with pytest.raises(NotSigned):
        ask("nobody", TSD)
    assert tried == []


def test_without_a_known_key_there_is_no_answer():
    changes = [{"id": "m2"}, {"timestamp": "1"}, {"timestamp": "²"}, {"signature": ""}]
    attempts = [("tsd", None, {}), ("other", None, {}), ("tsd", client.new_key()[0], {})]
    for name, key, changed in attempts + [("tsd", TSD, change) for change in changes]:
        with pytest.raises(NotSigned) as error:
            ask(name, key, **changed)
        assert error.value.status == 401


DAY = datetime.date(2026, 11, 30)


@pytest.mark.parametrize("key, public", [(CSC, CSC_PUBLIC), (SECRET, SECRET)])
def test_a_key_signs_until_its_last_day_ends(key, public):
    found = read({"csc": entry(keys=[{"key": public, "expires": "2026-11-30"}, LIMITED_PUBLIC])})
    headers = client.signed_headers(key, "m1", b"{}")
    assert sources.authenticate(found, "csc", headers, b"{}", today=DAY).message_id == "m1"
    with pytest.raises(KeyExpired) as past:
        sources.authenticate(found, "csc", headers, b"{}", today=DAY + datetime.timedelta(days=1))
    with pytest.raises(NotSigned) as unknown:
        sources.authenticate(found, "csc", client.signed_headers(TSD, "m1", b"{}"), b"{}", today=DAY)
    assert past.value.body() == unknown.value.body() and not isinstance(unknown.value, KeyExpired)
    assert past.value.fingerprint == client.fingerprint(public)
    # while a sender changes its key, a message has a signature of each
    both = dict(headers)
    both["webhook-signature"] += " " + client.sign(LIMITED, "m1", int(headers["webhook-timestamp"]), b"{}")
    after = DAY + datetime.timedelta(days=1)
    assert sources.authenticate(found, "csc", both, b"{}", today=after).key == client.fingerprint(LIMITED_PUBLIC)
