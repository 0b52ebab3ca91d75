"""The check digits of identifiers of people and organisations, by which a typing error is told. Pure."""

import re

_ORCID = re.compile(r"[0-9]{15}[0-9X]\Z")
_ROR = re.compile(r"https://ror\.org/0([a-z0-9]{6})([0-9]{2})\Z")
_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: without i, l, o and u


def is_orcid(identifier: str) -> bool:
    """Whether ``0000-0002-1825-0097`` ends in the right digit: ISO 7064, mod 11-2."""
    digits = identifier.replace("-", "")
    if not _ORCID.match(digits):
        return False
    total = 0
    for digit in digits[:15]:
        total = (total + int(digit)) * 2
    return "0123456789X"[(12 - total % 11) % 11] == digits[15]


def is_ror(address: str) -> bool:
    """Whether ``https://ror.org/046nvst19`` ends in the right digits: ISO 7064, mod 97-10."""
    found = _ROR.match(address)
    if not found or not set(found.group(1)) <= set(_BASE32):
        return False
    number = 0
    for letter in found.group(1):
        number = number * 32 + _BASE32.index(letter)
    return 98 - number * 100 % 97 == int(found.group(2))
