"""The conditions between the fields of a description, which a flat schema cannot say.

A rule is a function of the whole description that yields (field, what is wrong); its docstring is the rule in plain
words and stands in the documentation. Facts: GDPR; HealthDCAT-AP Release 8, NON_PUBLIC shapes.
"""

from typing import Any, Dict, Iterator, List, Tuple

from ..dataset import identifier_fault
from . import countries, dates, duo, people, related
from .role_address import own_address_fault
from .tolerant import entries, is_missing, member, rows

Fault = Tuple[str, str]  # a field, and what is wrong with it

# what is left over when no person can be told from the data
NOT_PERSONAL = ("anonymised", "aggregated", "synthetic")
HEALTH = (
    "Health",
    "MentalHealth",
    "PhysicalHealth",
    "MedicalHealth",
    "HealthRecord",
    "Disability",
    "Genetic",
    "DNACode",
)
NOT_ART9 = ("Criminal", "CriminalConviction")  # Art. 10
HEALTH_NEEDS = ("hdab_name", "hdab_contact", "health_categories", "has_structured_data", "provenance")
CONSENT = ("A6-1-a", "A6-1-a-explicit-consent", "A6-1-a-non-explicit-consent", "A9-2-a")
NO_CONSENT = ("opt-out", "waived", "not-applicable")  # silence is none: GDPR, recital 32
DETAILS = ("name", "size", "checksum")  # of a file


def is_health(sensitive: Dict[str, Any]) -> bool:
    """Whether the description says that the data are about health."""
    return bool(entries(sensitive, "health_categories") or entries(sensitive, "special_categories") & set(HEALTH))


def contact(description: Any) -> Iterator[Fault]:
    """Each of `core.contacts` has an `email`, a `url` or both."""
    for number, found in rows(member(description, "core"), "contacts"):
        if not ("email" in found or "url" in found):
            yield "core.contacts[%d]" % number, "needs an email or a url"


def role_address(description: Any) -> Iterator[Fault]:
    """`core.contacts[].email`, `publisher_contact` and `dpo_contact` are a role's: neither a person's own nor
    of a provider of private mail.
    """
    core = member(description, "core")
    given = [("core.contacts[%d].email" % number, one.get("email")) for number, one in rows(core, "contacts")]
    given.append(("core.publisher_contact", core.get("publisher_contact")))
    given.append(("sensitive.dpo_contact", member(description, "sensitive").get("dpo_contact")))
    for field, address in given:
        if isinstance(address, str) and not address.startswith("https://"):
            why = own_address_fault(address)
            if why:
                yield field, why


def embargo(description: Any) -> Iterator[Fault]:
    """`embargo_until` stands exactly where `access_right` is `embargoed`."""
    sensitive = member(description, "sensitive")
    if sensitive.get("access_right") == "embargoed":
        if is_missing(sensitive, "embargo_until"):
            yield "sensitive.embargo_until", "is required when access_right is embargoed"
    elif sensitive.get("embargo_until") is not None:
        yield "sensitive.embargo_until", "is only for datasets whose access_right is embargoed"


def legal_bases(description: Any) -> Iterator[Fault]:
    """`legal_basis_art6` unless `deidentification` is `anonymised`, `aggregated` or `synthetic`; `legal_basis_art9` as
    well, if `special_categories` has another entry than `Criminal` and `CriminalConviction`.
    """
    sensitive = member(description, "sensitive")
    if sensitive.get("deidentification", "anonymised") in NOT_PERSONAL:
        return
    if is_missing(sensitive, "legal_basis_art6"):
        yield "sensitive.legal_basis_art6", "is required for personal data (GDPR Art. 6)"
    if entries(sensitive, "special_categories") - set(NOT_ART9) and is_missing(sensitive, "legal_basis_art9"):
        yield "sensitive.legal_basis_art9", "is required for special categories of personal data (GDPR Art. 9)"


def consent(description: Any) -> Iterator[Fault]:
    """`consent_type` is a consent, where a legal basis is one (`A6-1-a`, `A9-2-a`)."""
    sensitive = member(description, "sensitive")
    bases = entries(sensitive, "legal_basis_art6") | entries(sensitive, "legal_basis_art9")
    if sensitive.get("consent_type") in NO_CONSENT and bases & set(CONSENT):
        yield "sensitive.consent_type", "says that nobody consented, while a legal basis is consent (GDPR Art. 4(11))"


def ethics(description: Any) -> Iterator[Fault]:
    """`ethics_approval_reference` stands with the committee, `ethics_approval_body`."""
    sensitive = member(description, "sensitive")
    if "ethics_approval_reference" in sensitive and is_missing(sensitive, "ethics_approval_body"):
        yield "sensitive.ethics_approval_body", "is required with ethics_approval_reference"


def eligibility(description: Any) -> Iterator[Fault]:
    """`any` and `not-stated` stand alone in `access_eligibility`."""
    given = entries(member(description, "sensitive"), "access_eligibility")
    for alone in ("any", "not-stated"):
        if alone in given and len(given) > 1:
            yield "sensitive.access_eligibility", "%s stands alone: leave it out, or the other entries" % alone


def health(description: Any) -> Iterator[Fault]:
    """Health data have `hdab_name`, `hdab_contact`, `health_categories`, `has_structured_data` and `provenance`. They
    are health data, if `health_categories` is not empty, or `special_categories` has one of `Health`, `MentalHealth`,
    `PhysicalHealth`, `MedicalHealth`, `HealthRecord`, `Disability`, `Genetic`, `DNACode`.
    """
    sensitive = member(description, "sensitive")
    if is_health(sensitive):
        for name in HEALTH_NEEDS:
            if is_missing(sensitive, name):
                yield "sensitive." + name, "is required for health data (HealthDCAT-AP Release 8)"


def replaced(description: Any) -> Iterator[Fault]:
    """`version.replaces` is an identifier, of the form that identifiers have."""
    version = member(description, "version")
    why = identifier_fault(version["replaces"]) if isinstance(version.get("replaces"), str) else None
    if why:
        yield "version.replaces", why


RULES = (
    (contact, role_address, embargo, legal_bases, consent, ethics, eligibility, health, replaced)
    + people.RULES
    + related.RULES
    + dates.RULES
    + countries.RULES
)


def file_details(description: Any) -> Iterator[Fault]:
    """`name`, `size` and `checksum` of a file only where the source has `describe_files: full`."""
    files = description.get("files") if isinstance(description, dict) else None
    for number, entry in enumerate(files if isinstance(files, list) else []):
        for name in DETAILS:
            if isinstance(entry, dict) and name in entry:
                yield "files[%d].%s" % (number, name), "is not public here: this source describes files by label only"


def faults(description: Any, describe_files: str = "labels") -> List[Fault]:
    """The faults of a description by these rules; those that it may have by its schema are told elsewhere.

    describe_files: "labels" or "full", the source's setting: names, sizes and checksums need "full".
    """
    found = [fault for rule in RULES for fault in rule(description)]
    sensitive = member(description, "sensitive")
    found += [("sensitive." + field, message) for rule in duo.RULES for field, message in rule(sensitive)]
    return found if describe_files == "full" else found + list(file_details(description))
