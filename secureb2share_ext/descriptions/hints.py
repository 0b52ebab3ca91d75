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
    "formats": "File types by the EU's list, such as CSV, or media types, such as text/csv.",
    "controller_name": "The organisation that answers for the personal data, or not-stated.",
    "participants_rounded": "Only where there are 100 or more: rounded to two digits and zeros, such as 48000.",
    "records_rounded": "Only where there are 100 or more: rounded to two digits and zeros, such as 48000.",
    "regions": "Codes of NUTS, such as NO07, or of ISO 3166-2, such as NO-55.",
    "duo_diseases": "Codes such as MONDO:0005147, HP:0001250, ICD10:E10 or ORPHA:558.",
    "columns": "The columns of the tables; never values.",
}
