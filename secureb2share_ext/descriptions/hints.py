"""Hints for people who fill in a form of a host: member of `sensitive` -> text. The schema speaks to programs."""

HINTS = {
    "access_right": "Whether access can be requested; for embargoed, fill in “Requests from” too.",
    "access_conditions": "What is asked of a requester, in plain words: one entry per language.",
    "access_eligibility": "Who can be granted access: any, not-stated, adequacy-country, researcher-eea, national-eid:"
    " and a country such as NO (people with its electronic identity), or affiliated: and the name of an organisation.",
    "controller_country": "The country in two capital letters, such as NO (ISO 3166-1 alpha-2).",
    "controller_ror": "The address in the Research Organization Registry, such as https://ror.org/046nvst19.",
    "storage_country": "The country in two capital letters, such as NO (ISO 3166-1 alpha-2).",
    "spatial": "Where the data were collected: countries in two capital letters, such as NO (ISO 3166-1 alpha-2).",
    "formats": "Media types of the data, such as text/csv (RFC 6838).",
}
