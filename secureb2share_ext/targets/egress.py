"""The addresses that this service opens connections to.

https only, or http on loopback in the demo; hosts come from the configuration; addresses in private ranges are
refused unless the target allows them, so that a name cannot be pointed at the inside of the network.
"""

import ipaddress
import socket
from typing import Any, List, Tuple
from urllib.parse import urlsplit

from ..errors import EgressRefused


def check_address(url: str, allow_private: bool) -> List[Tuple[int, Any]]:
    """[(family, socket address)] to connect to; raises EgressRefused when any address of the host is not public."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ConnectionError("the host name does not resolve")
    if not allow_private and not all(_is_public(str(info[4][0]).split("%")[0]) for info in found):
        raise EgressRefused("the host name resolves to an address that is not public")
    return [(info[0], info[4]) for info in found]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text)
    if address.version == 6:
        # an IPv4 address inside one of IPv6 is where the packets go in the end
        if (
            any(address in network for network in _EMBEDDING)
            or address.ipv4_mapped
            or address.sixtofour
            or address.teredo
        ):
            return False
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast


_EMBEDDING = [ipaddress.ip_network(text) for text in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48")]
