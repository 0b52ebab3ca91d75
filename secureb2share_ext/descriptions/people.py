"""The rules of people and organisations: check digits, what each kind can have, and what stands together."""

import re
from typing import Any, Iterator, Tuple

from .check_digits import is_orcid, is_ror
from .tolerant import member, rows

Fault = Tuple[str, str]

ORCID = "has a wrong check digit: copy it again from orcid.org"
ROR = "has wrong check digits: copy it again from ror.org"
PERSONS_ONLY = "is only for persons: leave it out, or write the kind person"
ORGANISATIONS_ONLY = "is only for organisations: leave it out, or write the kind organisation"
OF_PERSONS = ("given_name", "family_name", "orcid")
LISTS = ("creators", "contributors", "funders")
_FORM = re.compile(r"https://ror\.org/0[a-z0-9]{6}[0-9]{2}\Z")  # what the schema lets through; it tells the rest
_ORCID_FORM = re.compile(r"([0-9]{4}-){3}[0-9]{3}[0-9X]\Z")


def check_digits(description: Any) -> Iterator[Fault]:
    """Every ORCID and ROR has the right check digits."""
    core, sensitive = member(description, "core"), member(description, "sensitive")
    for name in LISTS:
        for number, row in rows(core, name):
            for key in ("orcid", "ror", "affiliation_ror"):
                yield from _digits("core.%s[%d].%s" % (name, number, key), key, row.get(key))
    yield from _digits("core.publisher_ror", "ror", core.get("publisher_ror"))
    yield from _digits("sensitive.controller_ror", "ror", sensitive.get("controller_ror"))


def _digits(field, key, value):
    if not isinstance(value, str):
        return
    if key == "orcid":
        if _ORCID_FORM.match(value) and not is_orcid(value):
            yield field, ORCID
    elif _FORM.match(value) and not is_ror(value):
        yield field, ROR


def kinds(description: Any) -> Iterator[Fault]:
    """`given_name`, `family_name` and `orcid` are a person's and `ror` an organisation's, where `kind` says which it
    is; without `kind` an entry does not have both.
    """
    for field, row in _named(description):
        persons = [key for key in OF_PERSONS if key in row]
        if row.get("kind") == "organisation":
            yield from (("%s.%s" % (field, key), PERSONS_ONLY) for key in persons)
        elif "ror" in row and (row.get("kind") == "person" or persons):
            yield field + ".ror", ORGANISATIONS_ONLY


def affiliations(description: Any) -> Iterator[Fault]:
    """`affiliation_ror` stands with the name, `affiliation`."""
    for field, row in _named(description):
        if "affiliation_ror" in row and "affiliation" not in row:
            yield field + ".affiliation", "is required with affiliation_ror"


def given_names(description: Any) -> Iterator[Fault]:
    """`given_name` stands with `family_name`; people with one name have it as `family_name`."""
    for field, row in _named(description):
        if "given_name" in row and "family_name" not in row:
            yield field + ".family_name", "is required with given_name"


def _named(description):
    core = member(description, "core")
    for name in ("creators", "contributors"):
        for number, row in rows(core, name):
            yield "core.%s[%d]" % (name, number), row


RULES = (check_digits, kinds, affiliations, given_names)
