"""The inputs of the registration form, and the member of the description that each holds."""

from typing import NamedTuple

from secureb2share_ext.descriptions import labels

ELIGIBILITY = ("any", "adequacy-country", "researcher-eea", "national-eid:NO", "not-stated")
DEIDENTIFICATION = (
    "pseudonymised",
    "identified",
    "anonymised",
    "contextually-anonymised",
    "aggregated",
    "synthetic",
)
CATEGORIES = ("Health", "Genetic", "Biometric", "EthnicOrigin", "ReligiousBelief", "Sexual")
LANGUAGES = ("en", "nb", "nn", "fi", "it", "sv")


class Field(NamedTuple):
    """One input of the form."""

    name: str
    label: str
    path: str  # the member of the description, as the catalogue names it in faults
    kind: str = "text"  # text, textarea, email, url, date, select, checks
    shape: str = "plain"  # plain, flag; listed (strings); text, name (a list of objects with that member)
    choices: tuple = ()
    required: bool = False
    hint: str = ""

    def label_of(self, choice):
        """A choice in words."""
        return labels.label(self.path, choice) if choice not in ("", "yes", "no") else choice


GROUPS = (
    (
        "The dataset",
        (
            Field("title", "Title", "core.titles", shape="text", required=True),
            Field(
                "description",
                "Description",
                "core.descriptions",
                "textarea",
                "text",
                required=True,
                hint="Public: nothing in it may identify a participant.",
            ),
            Field(
                "creator",
                "Made by",
                "core.creators",
                shape="name",
                required=True,
                hint="A group or organisation.",
            ),
            Field("publisher", "Publisher", "core.publisher", required=True),
            Field(
                "contact_name",
                "Contact",
                "core.contact.name",
                required=True,
                hint="A role, such as an access committee; never a person.",
            ),
            Field(
                "contact_email",
                "Contact's e-mail",
                "core.contact.email",
                "email",
                hint="Or a web page, or both.",
            ),
            Field("contact_url", "Contact's web page", "core.contact.url", "url"),
        ),
    ),
    (
        "Access",
        (
            Field(
                "access_right",
                "Access right",
                "sensitive.access_right",
                "select",
                choices=("controlled", "metadata-only", "embargoed"),
                required=True,
            ),
            Field(
                "embargo_until",
                "Requests from",
                "sensitive.embargo_until",
                "date",
                hint="For embargoed datasets only.",
            ),
            Field(
                "access_conditions",
                "Access conditions",
                "sensitive.access_conditions",
                "textarea",
                "text",
                required=True,
            ),
            Field(
                "eligibility",
                "Who may ask",
                "sensitive.access_eligibility",
                "checks",
                "listed",
                choices=ELIGIBILITY,
            ),
        ),
    ),
    (
        "The persons in the data",
        (
            Field("controller", "Data controller", "sensitive.controller_name", required=True),
            Field(
                "controller_country",
                "Controller's country",
                "sensitive.controller_country",
                required=True,
                hint="Two letters, such as NO.",
            ),
            Field(
                "deidentification",
                "De-identification",
                "sensitive.deidentification",
                "select",
                choices=DEIDENTIFICATION,
                required=True,
            ),
            Field(
                "legal_basis_art6",
                "Legal basis, GDPR Art. 6",
                "sensitive.legal_basis_art6",
                "select",
                "listed",
                choices=("", "A6-1-a", "A6-1-c", "A6-1-e", "A6-1-f"),
                hint="Needed for personal data.",
            ),
            Field(
                "categories",
                "Special categories",
                "sensitive.special_categories",
                "checks",
                "listed",
                choices=CATEGORIES,
            ),
            Field(
                "legal_basis_art9",
                "Legal basis, GDPR Art. 9",
                "sensitive.legal_basis_art9",
                "select",
                "listed",
                choices=("", "A9-2-a", "A9-2-g", "A9-2-i", "A9-2-j"),
                hint="Needed for special categories.",
            ),
        ),
    ),
    (
        "Only for health data",
        (
            Field("hdab_name", "Health data access body", "sensitive.hdab_name"),
            Field("hdab_contact", "Its web page", "sensitive.hdab_contact", "url"),
            Field(
                "health_category",
                "Health category",
                "sensitive.health_categories",
                "select",
                "listed",
                choices=("", "EHRS", "HRAD", "HGPD", "PHDR", "MRMR", "RQSH"),
            ),
            Field(
                "structured",
                "Structured data",
                "sensitive.has_structured_data",
                "select",
                "flag",
                choices=("", "yes", "no"),
            ),
            Field("provenance", "How the data were collected", "sensitive.provenance", "textarea", "text"),
        ),
    ),
)
FIELDS = tuple(field for _, fields in GROUPS for field in fields)
