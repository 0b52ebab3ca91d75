"""The conditions between the fields of a description, which a flat schema cannot say.

A rule is a function of the whole description that yields (field, what is wrong); its docstring is the rule in plain
words and stands in the documentation. Facts: GDPR.
"""

from typing import Any, Iterator, List, Tuple

from ..dataset import identifier_fault
from . import countries, dates, duo, health, people, related, tables
from .role_address import own_address_fault
from .tolerant import entries, is_missing, member, rows

Fault = Tuple[str, str]  # a field, and what is wrong with it

# what is left over when no person can be told from the data
NOT_PERSONAL = ("anonymised", "aggregated", "synthetic")
NOT_ART9 = ("Criminal", "CriminalConviction")  # Art. 10
BASES = ("legal_basis_art6", "legal_basis_art9")
CONSENT = ("A6-1-a", "A6-1-a-explicit-consent", "A6-1-a-non-explicit-consent", "A9-2-a")
NO_CONSENT = ("opt-out", "waived", "not-applicable")  # silence is none: GDPR, recital 32
NOT_STATED = "not-stated"
OF_CONTROLLER = ("controller_ror", "controller_country", "controller_type", "controller_contact")
ALONE = (
    ("access_eligibility", "any"),
    ("access_eligibility", NOT_STATED),
    ("access_mode", NOT_STATED),
    ("special_categories", NOT_STATED),
    ("sexes", NOT_STATED),
)
DETAILS = ("name", "size", "checksum")  # of a file


def role_address(description: Any) -> Iterator[Fault]:
    """`core.contacts[].email`, `publisher_contact`, `controller_contact` and `dpo_contact` are a role's: neither a
    person's own nor of a provider of private mail.
    """
    core, sensitive = member(description, "core"), member(description, "sensitive")
    given = [("core.contacts[%d].email" % number, one.get("email")) for number, one in rows(core, "contacts")]
    given.append(("core.publisher_contact", core.get("publisher_contact")))
    given += [("sensitive." + name, sensitive.get(name)) for name in ("dpo_contact", "controller_contact")]
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
    well, if `special_categories` has another entry than `Criminal`, `CriminalConviction` and `not-stated`. A
    `legal_basis_exemption` says why there is neither.
    """
    sensitive = member(description, "sensitive")
    bases = [name for name in BASES if not is_missing(sensitive, name)]
    if not is_missing(sensitive, "legal_basis_exemption"):
        if bases:
            yield "sensitive.legal_basis_exemption", "says why there is no legal basis, while one is named"
        return
    if sensitive.get("deidentification", "anonymised") in NOT_PERSONAL:
        return
    if BASES[0] not in bases:
        yield "sensitive.legal_basis_art6", "is required for personal data (GDPR Art. 6)"
    if entries(sensitive, "special_categories") - {*NOT_ART9, NOT_STATED} and BASES[1] not in bases:
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


def controller(description: Any) -> Iterator[Fault]:
    """What is said of the controller, such as its country, stands where `controller_name` is not `not-stated`."""
    sensitive = member(description, "sensitive")
    if sensitive.get("controller_name") == NOT_STATED:
        for name in OF_CONTROLLER:
            if not is_missing(sensitive, name):
                yield "sensitive." + name, "is only for datasets whose controller_name names a controller"


def alone(description: Any) -> Iterator[Fault]:
    """`any` and `not-stated` in `access_eligibility`, and `not-stated` in `access_mode`, `special_categories` and
    `sexes`, stand alone.
    """
    sensitive = member(description, "sensitive")
    for name, code in ALONE:
        found = entries(sensitive, name)
        if code in found and len(found) > 1:
            yield "sensitive." + name, "must hold nothing else beside %s" % code


def replaced(description: Any) -> Iterator[Fault]:
    """`version.replaces` is an identifier, of the form that identifiers have."""
    version = member(description, "version")
    why = identifier_fault(version["replaces"]) if isinstance(version.get("replaces"), str) else None
    if why:
        yield "version.replaces", why


RULES = (
    (role_address, embargo, controller, alone, legal_bases, consent, ethics)
    + health.RULES
    + (replaced,)
    + people.RULES
    + related.RULES
    + dates.RULES
    + tables.RULES
    + countries.RULES
)


def file_details(description: Any) -> Iterator[Fault]:
    """`name`, `size` and `checksum` of a file only where the source has `describe_files: full`."""
    files = description.get("files") if isinstance(description, dict) else None
    for number, entry in enumerate(files if isinstance(files, list) else []):
        for name in DETAILS:
            if isinstance(entry, dict) and name in entry:
                yield "files[%d].%s" % (number, name), "is not public here: this source describes files by label only"


def faults(description: Any, describe_files: str = "labels", needs_hdab: bool = False) -> List[Fault]:
    """The faults of a description by these rules; those that it may have by its schema are told elsewhere.

    describe_files: "labels" or "full", the source's setting: names, sizes and checksums need "full";
    needs_hdab: whether the day has come on which health data name their health data access body.
    """
    rules = RULES + (health.by_law,) if needs_hdab else RULES
    found = [fault for rule in rules for fault in rule(description)]
    sensitive = member(description, "sensitive")
    found += [("sensitive." + field, message) for rule in duo.RULES for field, message in rule(sensitive)]
    return found if describe_files == "full" else found + list(file_details(description))
