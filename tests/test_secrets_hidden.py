"""What is configured shows no secret in its repr, as a traceback, a log or an error report would write it down."""

import base64
import datetime
import os

import pytest

from secureb2share_ext import client, config, targets
from secureb2share_ext.access import providers as access
from secureb2share_ext.messages import sources
from secureb2share_ext.targets import tsd_secret


def jwt(claims):
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b"{}", claims, b"signature"))


HMAC = ["whsec_" + base64.b64encode(os.urandom(32)).decode() for _ in range(3)]
EVENTS, KEY, CLIENT = "event-secret-of-this-rems-instance", "api-key-of-this-rems", jwt(b'{"exp":1900000000}')
SECRETS = HMAC + [EVENTS, KEY, CLIENT]
REMS = {"url": "https://rems.example.org", "user": "catalogue", "organization": "csc", "workflow": 1}


@pytest.fixture
def configured(tmp_path):
    """(targets, providers, sources), each {name: what was made of its entry}."""
    (tmp_path / "secret").write_text(CLIENT)
    given = {
        "SECUREB2SHARE_DEMO": False,
        "SECUREB2SHARE_TARGETS": {
            "webhook": {"kind": "webhook", "url": "https://hook.example.org", "secret": HMAC[0]},
            "tsd": {
                "kind": "tsd", "url": "https://api.tsd.usit.no", "project": "p11", "app": "secureb2share",
                "secret_file": str(tmp_path / "secret"),
            },
            "rems": dict(REMS, kind="rems", api_key=KEY),
        },
        "SECUREB2SHARE_ACCESS": {
            "rems": {"provider": "rems", "url": "https://rems.example.org", "events": [EVENTS]},
            "form": {"provider": "nettskjema", "form": "1", "codes": {"ref": "reference"}},
            "page": {"provider": "template", "url": "https://example.org/{identifier}"},
        },
    }  # fmt: skip
    config.set_defaults(given)
    made, providers = targets.read(given), access.read(given)
    entry = {"community": "c", "access": "rems", "targets": ["webhook", "tsd", "rems"]}
    keys = [HMAC[1], {"key": HMAC[2], "tenants": ["p11"], "expires": "2027-01-31"}]
    given["SECUREB2SHARE_SOURCES"] = {"tsd": dict(entry, keys=keys)}
    return made, providers, sources.read(given, made, providers)


def test_no_repr_holds_a_secret(configured):
    made, providers, authorities = configured
    assert len(made) == len(providers) == 3
    sender = sources.Sender(authorities["tsd"])
    secret = tsd_secret.read(made["tsd"].secret_file)
    assert (secret.text, providers["rems"].events) == (CLIENT, (EVENTS,))
    assert [key.text for key in authorities["tsd"].keys] == HMAC[1:]
    channels = [made[name].open() for name in ("webhook", "tsd")]
    held = [vars(one) for one in list(made.values()) + channels]
    for one in (made, providers, authorities, sender, secret, held):
        for text in (repr(one), str(one), "%r" % (one,), "{0!r:>9}".format(one)):
            assert not [word for word in SECRETS if word in text or word[6:] in text]


def test_the_rest_is_shown(configured):
    _, providers, authorities = configured
    assert repr(providers["rems"]).startswith("Rems(url='https://rems.example.org', resource='{identifier}', visas=")
    _, second = authorities["tsd"].keys
    assert repr(second) == "SourceKey(tenants=('p11',), expires=%r)" % datetime.date(2027, 1, 31)
    assert repr(tsd_secret.of(CLIENT)) == "Secret(ends=1900000000, client=None)"
    assert client.fingerprint(second.text) == client.fingerprint(HMAC[2])
