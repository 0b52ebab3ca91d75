"""The difference between a role's e-mail address and one that looks like a person's own.

A record is public, is copied by harvesters and cannot be called back, so that no person's address may get into it. No
test can be sure; this one refuses two forms only, and whoever is refused by mistake can give a web page instead.
"""

import re
from typing import Optional

OWN = "looks like a person's own address: give the address of a role or office, or a web page"

PRIVATE_PROVIDERS = (
    "aol.com gmail.com gmx.com gmx.de gmx.net googlemail.com hotmail.com icloud.com libero.it live.com luukku.com"
    " mail.com me.com msn.com online.no outlook.com proton.me protonmail.com web.de yahoo.com"
).split()

# beginnings of words that name an office, a service or its subject, in the languages of the sites around us
OFFICE = (
    "access admin apply archiv arkiv biobank biopank center centre cohort committee contact council coordin dac data"
    " daten desk dpo ethic etik etisk forsk genom grupp health helse help hjelp info kirjaamo kohort komit"
    " kontakt library mail office ombud ombod personvern post privacy privat project prosjekt regist rekist request"
    " research sekret secret serv studi study support team terveys tieto tilgang trial tutki undersok univers user"
).split()


def own_address_fault(address: str) -> Optional[str]:
    """The reason why an e-mail address is refused, or None: it is first.last, or of a provider of private mail."""
    local, _, domain = address.lower().rpartition("@")
    if domain in PRIVATE_PROVIDERS:
        return OWN
    parts = local.split(".")
    if len(parts) in (2, 3) and all(re.match(r"[a-z-]+\Z", part) for part in parts):
        if not any(part.startswith(word) for part in parts for word in OFFICE):
            return OWN
    return None
