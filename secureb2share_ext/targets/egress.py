"""May this service open a connection to that URL?

https only, or http on loopback in the demo; hosts come from the configuration; addresses in private ranges are
refused unless the target allows them, so that a name cannot be pointed at the inside of the network.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class EgressRefused(Exception):
    """The address of a target is one that this service does not connect to."""


def url_fault(url, demo):
    """Why a configured URL cannot be used, or None."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not a URL"
    if not host or parts.username or parts.password or parts.fragment:
        return "needs a host, and no user, password or fragment"
    if parts.scheme == "https":
        return None
    if parts.scheme == "http" and demo and host in LOOPBACK:
        return None
    return "must be https (http only on loopback, with SECUREB2SHARE_DEMO)"


def check_address(url, allow_private):
    """Raise EgressRefused when the host of `url` resolves to an address that is not public."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = {info[4][0] for info in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise ConnectionError("the host name does not resolve")
    if not allow_private:
        for address in found:
            if not ipaddress.ip_address(address.split("%")[0]).is_global:
                raise EgressRefused("the host name resolves to an address that is not public")
