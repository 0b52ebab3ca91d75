"""What a text that has a form must look like, in words: name of a field -> what is told of a text that has another."""

from typing import Any, Dict

ADDRESS = "must be an address that begins with https://, such as https://example.org/access"
OF_ROLE = "must be an address that begins with https://, or the e-mail address of a role"
DAY = "must be a day as year, month and day, such as 2031-01-31"
PERIOD = "must be a year, a month or a day, such as 2004, 2004-01 or 2004-01-31"
COUNTRY = "must be a country as two capital letters, such as NO (ISO 3166-1 alpha-2)"
LANGUAGE = "must be a language tag that begins in small letters, such as nb, en or sr-Latn (BCP 47)"
MEDIA_TYPE = "must be a media type in small letters, such as text/csv (RFC 6838)"
ROR = "must be an address of the Research Organization Registry, such as https://ror.org/046nvst19"
TIME = "must be a time in UTC, such as 2026-01-31T12:00:00Z"

WANTED: Dict[str, str] = {
    "lang": LANGUAGE,
    "languages": LANGUAGE,
    "orcid": "must be an ORCID as 0000-0002-1825-0097",
    "email": "must be the e-mail address of a role, such as access@example.org",
    "url": ADDRESS,
    "award_url": ADDRESS,
    "access_protocol_url": ADDRESS,
    "terms_url": ADDRESS,
    "hdab_contact": ADDRESS,
    "dpo_contact": OF_ROLE,
    "controller_contact": OF_ROLE,
    "publisher_contact": OF_ROLE,
    "embargo_until": DAY,
    "duo_until": DAY,
    "retention_until": DAY,
    "retention_review": DAY,
    "temporal_start": PERIOD,
    "temporal_end": PERIOD,
    "access_eligibility": "must be any, not-stated, adequacy-country, researcher-eea, national-eid: and a country such"
    " as NO, or affiliated: and the name of an organisation",
    "ror": ROR,
    "affiliation_ror": ROR,
    "publisher_ror": ROR,
    "controller_ror": ROR,
    "controller_country": COUNTRY,
    "storage_country": COUNTRY,
    "spatial": COUNTRY,
    "duo_countries": COUNTRY,
    "regions": "must be a code of NUTS, such as NO07, or of ISO 3166-2, such as NO-55",
    "applicable_legislation": "must be the address of the legislation, such as"
    " http://data.europa.eu/eli/reg/2016/679/oj; it begins with https:// or urn:lex:, or has /eli/ in it",
    "duo_diseases": "must be a code of MONDO, HP, ICD10 or ORPHA, such as MONDO:0005015",
    "formats": "must be a file type in capitals, such as CSV, or a media type in small letters, such as text/csv",
    "media_type": MEDIA_TYPE,
    "checksum": "must be sha256: and 64 hexadecimal digits in small letters",
    # of messages
    "digest": "must be 64 hexadecimal digits in small letters, a SHA-256",
    "issued": TIME,
}

# a code that was taken out of its list -> what to write instead (http://purl.obolibrary.org/obo/duo.owl)
SUCCESSORS = {
    "DUO:0000005": "DUO:0000005 is obsolete: write DUO:0000042 and DUO:0000043",
    "DUO:0000014": "DUO:0000014 is obsolete: write DUO:0000042",
}
OLDEST = 90  # years: who is older could be told from others
AGE = "must be at most 90: write 90 for 90 and above"
OTHER_FORM = "does not have the form that this field needs"


def form(field: str) -> str:
    """What a text of a field must look like; field: its name alone, such as ``orcid``."""
    return WANTED.get(field, OTHER_FORM)


def code(given: Any, known: Any) -> str:
    """What is told of a value that is none of the codes `known` (list)."""
    instead = SUCCESSORS.get(given) if isinstance(given, str) else None
    return instead or "must be one of %s" % ", ".join(str(one) for one in known)
