"""Which conditions between fields must a description meet, that a flat schema cannot say?

Each rule explains itself in its fault. Facts: GDPR Art. 6, 9 and 10; HealthDCAT-AP Release 8, NON_PUBLIC shapes.
"""

import datetime
import re

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
_DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\Z")  # what the schema lets through
HEALTH_NEEDS = ("hdab_name", "hdab_contact", "health_categories", "has_structured_data", "provenance")


def is_health(sensitive):
    """Whether the description says that the data are about health."""
    return bool(_entries(sensitive, "health_categories") or _entries(sensitive, "special_categories") & set(HEALTH))


def faults(description, describe_files="labels"):
    """[(field, message)] of a description, which may have faults by its schema as well: those are not told here.

    describe_files: "labels" or "full", the source's setting: names, sizes and checksums need "full".
    """
    core, sensitive = (_object(_object(description).get(part)) for part in ("core", "sensitive"))
    contact = core.get("contact")
    found = []

    def missing(field, why):
        if sensitive.get(field) in (None, []):
            found.append(("sensitive." + field, why))

    if isinstance(contact, dict) and not ("email" in contact or "url" in contact):
        found.append(("core.contact", "needs an email or a url"))
    until = sensitive.get("embargo_until")
    if sensitive.get("access_right") == "embargoed":
        missing("embargo_until", "is required when access_right is embargoed")
    elif until is not None:
        found.append(("sensitive.embargo_until", "is only for datasets whose access_right is embargoed"))
    if isinstance(until, str) and _DAY.match(until) and not _is_date(until):
        found.append(("sensitive.embargo_until", "is not a day of the calendar"))
    if "deidentification" in sensitive and sensitive["deidentification"] not in NOT_PERSONAL:
        missing("legal_basis_art6", "is required for personal data (GDPR Art. 6)")
        if _entries(sensitive, "special_categories") - set(NOT_ART9):
            missing("legal_basis_art9", "is required for special categories of personal data (GDPR Art. 9)")
    if is_health(sensitive):
        for field in HEALTH_NEEDS:
            missing(field, "is required for health data (HealthDCAT-AP Release 8)")
    if describe_files != "full":
        files = _object(description).get("files")
        for number, entry in enumerate(files if isinstance(files, list) else []):
            for field in ("name", "size", "checksum"):
                if field in _object(entry):
                    found.append(
                        (
                            "files[%d].%s" % (number, field),
                            "is not public here: this source describes files by label only",
                        )
                    )
    return found


def _object(value):
    return value if isinstance(value, dict) else {}


def _entries(sensitive, field):
    value = sensitive.get(field)
    return {entry for entry in value if isinstance(entry, str)} if isinstance(value, list) else set()


def _is_date(text):
    try:
        datetime.datetime.strptime(text, "%Y-%m-%d")
    except ValueError:
        return False
    return True
