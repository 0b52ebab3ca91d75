"""What the keys of an operator may be: a value that makes no sense stops the start, and names its key."""

import pytest

from secureb2share_ext import config
from secureb2share_ext.errors import ConfigError

KEYS = sorted(name for name in vars(config) if name.startswith("SECUREB2SHARE_"))
LIST = "SECUREB2SHARE_SHARED_NETWORKS"


def fault(**changed):
    values = {}
    config.set_defaults(values)
    with pytest.raises(ConfigError) as raised:
        config.check_values(dict(values, **changed))
    return str(raised.value)


@pytest.mark.parametrize("key", KEYS)
def test_a_value_of_another_kind_names_its_key(key):
    default = getattr(config, key)
    for junk in (object(), b"10.0.0.0/8", 1.5, [5], float("nan"), (), "20", -1, {}, True, 10**12):
        is_of_kind = type(junk) is (str if default is None else type(default)) and junk not in (-1, 10**12)
        if not is_of_kind or key == LIST:
            if key == LIST and junk in ((), {}):
                continue
            assert fault(**{key: junk}).startswith(key + " must be "), junk
    if default is not None and key != "SECUREB2SHARE_WRONG_SIGNATURES":
        assert fault(**{key: None}).startswith(key + " must be ")


@pytest.mark.parametrize("key", sorted(config.BOUNDS))
def test_numbers_have_bounds(key):
    values = {}
    config.set_defaults(values)
    for number in config.BOUNDS[key]:
        config.check_values(dict(values, **{key: number}))
    for number in (config.BOUNDS[key][0] - 1, config.BOUNDS[key][1] + 1):
        assert fault(**{key: number}) == "%s must be a whole number from %d to %d." % ((key,) + config.BOUNDS[key])


def test_networks():
    read = [str(one) for one in config.networks({LIST: ["10.0.0.0/8", "2001:db8::/32", "8.8.4.4"]}, LIST)]
    assert read == ["10.0.0.0/8", "2001:db8::/32", "8.8.4.4/32"]
    assert config.networks({}, LIST) is None and config.networks({LIST: []}, LIST) == []
    for junk in ("10.0.0.0/8", ["10.1.0.0/8"], [None], [10], ["proxy"], 5):
        assert fault(**{LIST: junk}).startswith(LIST + " must be a list of networks")
