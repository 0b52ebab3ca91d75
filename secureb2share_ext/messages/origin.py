"""Where a request comes from: one sender, or a proxy in front of many. Pure."""

import ipaddress
from typing import Any, List, Mapping, NamedTuple, Optional

UNKNOWN = "-"
# where a proxy may stand that the host was not told of, so that many senders have one address
NEAR = [
    ipaddress.ip_network(net)
    for net in "127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 100.64.0.0/10"
    " ::1/128 fc00::/7 fe80::/10".split()
]
# where ProxyFix of a new and of an old Werkzeug keeps the address of the proxy itself
OF_PROXY = ("werkzeug.proxy_fix.orig", "werkzeug.proxy_fix.orig_remote_addr")


class Origin(NamedTuple):
    """Where a request comes from."""

    name: str  # an IPv4 address, or the /64 in which one sender has all IPv6 addresses
    is_one: bool  # whether it is one sender's, and not that of a proxy in front of many


def origin_of(environ: Mapping[str, Any], shared: Optional[List[Any]] = None) -> Origin:
    """The Origin of a request (WSGI environment).

    shared: the networks of proxies; None: the private networks, but for an address that a proxy named of which the host
    was told.
    """
    found = _parsed(environ.get("REMOTE_ADDR"))
    if found is None:
        return Origin(UNKNOWN, False)
    if shared is None:
        shared = [] if _is_named_by_proxy(environ) else NEAR
    is_one = not any(found in net for net in shared if net.version == found.version)
    return Origin(str(found if found.version == 4 else ipaddress.ip_network("%s/64" % found, strict=False)), is_one)


def _parsed(address) -> Any:
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_named_by_proxy(environ):
    # a ProxyFix in whose requests no proxy names an address leaves that of the proxy
    new, old = (environ.get(key) for key in OF_PROXY)
    return (new.get("REMOTE_ADDR") if new else old) not in (None, environ.get("REMOTE_ADDR"))
