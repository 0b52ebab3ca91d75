"""A map for nginx, with which access links go on when the application that answers them is gone. Pure.

nginx compares the decoded path, and for texts without regard to case. It reads `$name` in an answer as a variable and
knows no escape for it, so that an address has no bare `$`. A word of its configuration has at most 4096 bytes.
"""

import re
from collections import Counter
from typing import Dict, Iterable, NamedTuple, Optional, Tuple
from urllib.parse import quote

LONGEST = 4000  # bytes of a word
PATH = "/api/access/"
# what an address may have as it is: RFC 3986, without the $
_URL = "%:/?#[]@!&'()*+,;=-._~"

# the server block's part; it names no dataset
LOCATIONS = """\
location ^~ /api/access/ {
    default_type text/plain;
    add_header Cache-Control no-store always;
    add_header Referrer-Policy no-referrer always;
    if ($secureb2share_access = 404) { return 404 "This catalogue has published no such dataset."; }
    if ($secureb2share_access = 403) { return 403 "Access to this dataset cannot be requested now."; }
    if ($secureb2share_access = 410) { return 410 "This dataset was withdrawn."; }
    return 302 $secureb2share_access;
}
location = /api/datasets/keys {
    default_type application/json;
    return 200 $secureb2share_keys;
}
"""

_MAP = """\
# Access links of %(base_url)s, for the http block of nginx.
# An http block has one map_hash_bucket_size and one map_hash_max_size: where yours has them already, delete these two
# lines, and see that yours are as large.
map_hash_bucket_size %(bucket)d;
map_hash_max_size %(size)d;
map $uri $secureb2share_access {
    default 404;
%(entries)s}
# The public keys with which the forms check the references in these links.
map "" $secureb2share_keys {
    default '%(keys)s';
}
"""


class Address(NamedTuple):
    """The place to which the link of one dataset leads while this is written down."""

    names: Tuple[str, ...]  # what it is asked for by: PID, DOI, Handle
    status: int  # 302, 403 or 410
    to: Optional[str] = None  # with 302: the form


def server_map(addresses: Iterable[Address], keys: str, base_url: str) -> str:
    """The part for nginx's http block (text); LOCATIONS uses it.

    addresses: [Address]; keys: the JWK set as JSON (str); base_url: of the catalogue.
    """
    entries = list(_entries(addresses))
    longest = max((len(key.encode("utf-8")) for key, _ in entries), default=0)
    return _MAP % {
        "base_url": base_url,
        "bucket": _power_of_two(longest + 32),
        "size": _power_of_two(2 * len(entries) + 2048),
        "entries": "".join('    "%s" %s;\n' % (_escaped(key), value) for key, value in entries),
        "keys": keys.replace("\\", "\\\\").replace("'", "\\'"),
    }


def _entries(addresses):
    """(key, value) of the map, each key once."""
    paths: Dict[str, str] = {}
    for address in addresses:
        for name in address.names:
            paths.setdefault(PATH + name, _value(address))
    times = Counter(_folded(path) for path in paths)
    for path, value in paths.items():
        # two that differ in case only are told apart by an expression; other texts are found faster
        key = "~^%s$" % re.escape(path) if times[_folded(path)] > 1 else path
        if len(_escaped(key).encode("utf-8")) <= LONGEST:
            yield key, value


def _folded(path):
    # as nginx does it: ASCII letters only
    return path.encode("utf-8").lower()


def _value(address):
    if address.status != 302:
        return str(address.status)
    url = quote(address.to, safe=_URL)
    # a longer one would keep nginx from starting
    return '"%s"' % url if len(url) <= LONGEST else "403"


def _escaped(text):
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _power_of_two(number):
    return 1 << max(number - 1, 1).bit_length()
