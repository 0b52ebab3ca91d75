"""What is written into an entry of SECUREB2SHARE_TARGETS in the wrong form stops the start with the entry's name."""

import pytest

from secureb2share_ext import config, targets
from secureb2share_ext.errors import ConfigError
from secureb2share_ext.targets import tsd, webhook

ENTRIES = {
    "webhook": {"kind": "webhook", "url": "https://hook.example.org"},
    "tsd": {
        "kind": "tsd", "url": "https://api.example.org", "project": "p11", "app": "a", "secret_file": "/nowhere/secret",
    },
}  # fmt: skip
SETTINGS = {"webhook": ("kind", "url") + webhook.SETTINGS, "tsd": ("kind",) + tsd.NEEDED + tsd.OPTIONAL}
JUNK = (5, 0, -1, 1.5, float("nan"), True, "x", "", b"x", [], ["x"], [[]], {}, {"x": []}, (), {1}, "\x00", "æ")
FLAGS = ("echo", "allow_private")  # true or not, whatever they are


def read(entry):
    return targets.read({"SECUREB2SHARE_TARGETS": {"one": entry}, "SECUREB2SHARE_DEMO": False})["one"]


@pytest.mark.parametrize("kind, name", [(kind, name) for kind in SETTINGS for name in SETTINGS[kind]])
def test_no_value_brings_about_another_error(kind, name):
    good = {"concurrency": [5], "app": ["x"], "table": ["x"], "expires": []}.get(name, [])
    for junk in JUNK:
        entry = dict(ENTRIES[kind], **{name: junk})
        if name in FLAGS or any(type(junk) is type(one) and junk == one for one in good):
            assert read(entry)
            continue
        with pytest.raises(ConfigError) as raised:
            read(entry)
        assert str(raised.value).startswith("SECUREB2SHARE_TARGETS['one']") and name in str(raised.value), junk


@pytest.mark.parametrize("entry", [None, 5, True, "webhook", [], [("kind", "webhook")]], ids=repr)
def test_an_entry_that_is_no_dict(entry):
    with pytest.raises(ConfigError, match="'one'.* must be a dict"):
        read(entry)


@pytest.mark.parametrize("unknown", [5, None, ("url",), "timeout"], ids=repr)
def test_an_unknown_setting(unknown):
    for entry in ENTRIES.values():
        with pytest.raises(ConfigError, match="has the unknown setting"):
            read({**entry, unknown: 1, "x": 2})


def test_helpers():
    for junk in JUNK:
        assert config.url_fault(junk, demo=True) is not None
    assert config.count("key", {}, "concurrency", 3) == 1 and config.count("key", {"n": 3}, "n", 3) == 3
