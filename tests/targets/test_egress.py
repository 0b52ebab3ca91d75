import socket

import pytest

from secureb2share_ext import config
from secureb2share_ext.targets import egress

NO_URL = "is not a URL"
PARTS = "needs a host, and no user, password or fragment"
SCHEME = "must be https (http only on loopback, with SECUREB2SHARE_DEMO)"


# (fault on a site, fault in the demo) -> URLs
CONFIGURED = {
    (None, None): [
        "https://ingest.example.org/v1?a=b",
        "https://ingest.example.org:8443",
        "HTTPS://ingest.example.org",
        "https://[2001:db8::1]/",
    ],
    (SCHEME, None): ["http://localhost:8080/x", "http://127.0.0.1", "http://[::1]:1/", "http://LOCALHOST"],
    (SCHEME, SCHEME): [
        "http://127.0.0.2",
        "http://localhost.example.org",
        "http://ingest.example.org",
        "http://127.1",
        "ftp://localhost",
        "file://localhost/etc/passwd",
        "gopher://localhost",
        "//localhost/x",
    ],
    (PARTS, PARTS): [
        "",
        "https://",
        "https:///x",
        "https:ingest.example.org",
        "ingest.example.org",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user@ingest.example.org",
        "https://user:secret@ingest.example.org",
        "https://localhost@ingest.example.org",
        "https://ingest.example.org/#x",
    ],
    (NO_URL, NO_URL): [
        "https://[::1",
        "https://ingest.example.org:port/",
        "https://ingest.example.org:99999/",
    ],
}


@pytest.mark.parametrize("faults, url", [(faults, url) for faults, row in CONFIGURED.items() for url in row])
def test_which_urls_can_be_configured(faults, url):
    assert (config.url_fault(url, demo=False), config.url_fault(url, demo=True)) == faults


def resolves_to(monkeypatch, *addresses):
    asked = []

    def getaddrinfo(host, port, *args, **kwargs):
        asked.append((host, port))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


INSIDE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:a00:1::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_is_not_public_is_refused(monkeypatch, address):
    for found in ([address], ["93.184.216.34", address], [address, "93.184.216.34"]):
        resolves_to(monkeypatch, *found)
        with pytest.raises(egress.EgressRefused):
            egress.check_address("https://ingest.example.org/", allow_private=False)
        egress.check_address("https://ingest.example.org/", allow_private=True)


@pytest.mark.parametrize("address", ["93.184.216.34", "172.32.0.1", "8.8.8.8", "2a00:1450:4001::200e"])
def test_a_public_one_is_not(monkeypatch, address):
    asked = resolves_to(monkeypatch, address)
    for url in (
        "https://ingest.example.org/",
        "http://ingest.example.org/",
        "https://ingest.example.org:8443/",
    ):
        egress.check_address(url, allow_private=False)
    assert asked == [("ingest.example.org", port) for port in (443, 80, 8443)]


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0",
        "[::1]",
        "[::ffff:7f00:1]",
        "[::ffff:10.0.0.1]",
    ],
)
def test_other_spellings_of_an_address_are_seen_through(host):
    with pytest.raises((egress.EgressRefused, ConnectionError)):
        egress.check_address("https://%s/" % host, allow_private=False)


@pytest.mark.parametrize("error", [socket.gaierror(-2, "not known"), OSError("down"), UnicodeError("label too long")])
def test_a_name_that_does_not_resolve_is_an_error_of_the_network(monkeypatch, error):
    def getaddrinfo(*args, **kwargs):
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(ConnectionError):
        egress.check_address("https://ingest.example.org/", allow_private=False)
