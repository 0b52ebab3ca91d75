"""The difference between a role's e-mail address and one that looks like a person's own.

A record is public, is copied by harvesters and cannot be called back, so that no person's address may get into it. No
test can be sure; this one looks at the forms that organisations give to people, and at the words that name an office.
Whoever is refused by mistake can give a web page instead.
"""

import re
from typing import Optional

from .given_names import GIVEN_NAMES

OWN = "looks like a person's own address: give the address of a role or office, or a web page"

PRIVATE_PROVIDERS = (
    "aol.com gmail.com gmx.com gmx.de gmx.net googlemail.com hotmail.com icloud.com libero.it live.com luukku.com"
    " mail.com me.com msn.com online.no outlook.com proton.me protonmail.com web.de yahoo.com"
).split()

# beginnings of words that name an office, a service or its subject, in the languages of the sites around us
OFFICE = (
    "access admin aineisto anfrage apply archiv arkiv asiakas assist bank bestill biobank biopank bioresource board"
    " cancer carereg catalog center centr child clinic cohort collect comitat committee communic community conditions"
    " consort contact coordin council covid cura customer dac data databank date depart desk develop diabet digital"
    " direction disease dpo drift educat emergenc enquir epidem ethic etik etisk etudes feedback fonda forsk founda"
    " general genetic genom governance grant grupp health help helse hjelp hospit ict imaging infirm info inquir"
    " insight instit internat irb jurid kansli kirjaamo klinik kohort komit konsort konta kontor koordin kund laborat"
    " legal librar mail manag media medic member ministr neuro nurse offic ombod ombud operat organi outreach panel"
    " patient personvern platform policy population portal post press priva privat program project prosjekt protec"
    " public quality radiolog recep regist rekist reply report repositor request resear researc resource result"
    " ricerca richiest rikshosp sample scien secret secur segreter sensitiv serv sharing social societ stati steering"
    " studi study suoja support survey system team tech terveys tieto tilgang tissue toimisto trial trust tudki tutki"
    " undersok unit univers user utlev utvalg vaccin vastaava verein verwalt website wissen"
).split()
_PLAIN = str.maketrans("æøåäöéèü", "aoaaoeeu")
_VOWEL = re.compile("[aeiouy]")
_ABBREVIATED = re.compile("(?!sch|szcz)[^aeiouy]{4}")
# what an organisation calls an account: a few letters, such as initials or a faculty, and a number
_ACCOUNT = re.compile(r"[a-z]{1,4}[0-9]{1,4}\Z")
_LONG_ACCOUNT = re.compile(r"[a-z]{5,8}(?!(19|20)[0-9][0-9]\Z)[0-9]{2,4}\Z")  # studies bear years


def own_address_fault(address: str) -> Optional[str]:
    """The reason why an e-mail address is refused, or None."""
    local, _, domain = address.lower().rpartition("@")
    return OWN if domain in PRIVATE_PROVIDERS or is_persons(local) else None


def is_persons(local: str) -> bool:
    """Whether the local part of an address looks like a person's: of a name, initials, or the name of an account."""
    local = local.lower().translate(_PLAIN)
    if "." not in local and _ACCOUNT.match(local):
        return True
    parts = re.split(r"[._]", re.sub(r"[0-9]+\Z", "", local))
    names_office = any(_names_office(part) for part in parts)
    if len(parts) == 1:
        return not names_office and (_runs_on(local) or bool(_LONG_ACCOUNT.match(local)))
    if not all(re.match(r"[a-z]+(-[a-z]+)*\Z", part) for part in parts) or len(parts) > 4:
        return False
    if _is_given(parts[0]) or len(parts[0]) == 1 and "_" not in local:
        # surnames begin like words of offices too
        return not any(part in OFFICE or len(part) > 7 and _names_office(part) for part in parts[1:])
    # the fault of an accepted person cannot be undone, so that what may be a name is taken for one
    told = parts if len(parts) < 3 else [parts[0]] + [part for part in parts[1:-1] if len(part) > 1] + [parts[-1]]
    is_name = all(_could_be_said(part) for part in told) and "_" not in local
    return is_name and not names_office and local[-1].isalpha() and len(parts[-1]) > 1


def _names_office(part):
    return any(
        word.startswith(stem) or len(stem) > 5 and stem in word or word.endswith("bank")
        for word in part.split("-")
        for stem in OFFICE
    )


def _is_given(part):
    return any(word in GIVEN_NAMES for word in part.split("-"))


def _could_be_said(part):
    return all(word == "ng" or _VOWEL.search(word) and not _ABBREVIATED.match(word) for word in part.split("-"))


def _runs_on(local):
    # a given name and a surname without anything between them, or joined by a hyphen
    first, hyphen, last = local.partition("-")
    if hyphen:
        return first in GIVEN_NAMES and last.isalpha() and len(last) > 3
    for size in range(4, len(local) - 4):
        if local[:size] in GIVEN_NAMES and local.isalpha() and _VOWEL.search(local[size:]):
            return not _names_office(local) and not _names_office(local[size:])
    return False
