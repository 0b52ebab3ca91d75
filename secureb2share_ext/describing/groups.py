"""The groups of fields, each a page of the form, and where each of them stands."""

from typing import Any, Dict, Iterable, List, NamedTuple, Sequence, Tuple

from .fields import FIELDS, Field
from .values import Values, from_values, of_group


class Group(NamedTuple):
    """One page of the form."""

    key: str
    title: str
    lead: str
    names: List[str]  # of its fields

    @property
    def fields(self) -> List[Field]:
        return [FIELDS[name] for name in self.names]


# (key, title, what it is about, names of its fields)
_TABLE = (
    (
        "what",
        "What it is",
        "All of this becomes public. Nothing in it may point to a person.",
        "core.titles core.descriptions provenance core.creators core.contributors core.funders core.publisher"
        " core.publisher_ror core.publisher_type core.publisher_contact core.publication_year core.contacts"
        " core.keywords core.languages core.alternate_identifiers core.related core.metadata_license"
        " version.label version.replaces",
    ),
    (
        "access",
        "Access",
        "Who can ask for access, on which conditions, and how an approved requester works with the data.",
        "access_right embargo_until access_conditions access_mode access_eligibility access_protocol_url terms_url"
        " expected_decision_days fees",
    ),
    (
        "people",
        "The people in the data",
        "Whom the data are about, how much they say about them, and what they consented to.",
        "special_categories personal_data deidentification sensitivity_level participants_band participants_rounded"
        " min_age max_age sexes population_coverage consent_type ethics_approval_body ethics_approval_reference",
    ),
    (
        "law",
        "Responsibility and law",
        "Who answers for the data, and on which basis they are used.",
        "controller_name controller_country controller_type controller_contact controller_ror joint_controllers"
        " processor dpo_contact legal_basis_art6 legal_basis_art9 legal_basis_exemption applicable_legislation",
    ),
    (
        "use",
        "Permitted use",
        "For what the data may be used. Leave it empty where no such codes are decided.",
        "purposes_allowed duo_codes duo_diseases duo_topics duo_countries duo_until duo_months duo_projects"
        " duo_institutions",
    ),
    (
        "health",
        "Health data",
        "Only for data about health; otherwise leave it empty.",
        "health_categories health_themes health_activities hdab_name hdab_contact hdab_status has_structured_data",
    ),
    (
        "where",
        "Where and how long",
        "Where and when the data were collected, and where and how long they are kept.",
        "spatial regions temporal_start temporal_end periodicity storage_service storage_organisation storage_country"
        " retention_until retention_review retention_basis",
    ),
    (
        "form",
        "What the data are made of",
        "How the data were collected, what they consist of, and which codes and standards they use.",
        "collection_modes sampling analysis_units materials records_band records_rounded size_band columns"
        " coding_systems coding_systems_other code_values standards standards_other formats",
    ),
    ("files", "Files", "What the secure environment holds, in words. No file is ever in the catalogue.", "files"),
)


def _groups():
    found, known = [], set()
    for key, title, lead, row in _TABLE:
        names = [name if name in FIELDS else "sensitive." + name for name in row.split()]
        found.append(Group(key, title, lead, [name for name in names if name in FIELDS]))
        known.update(names)
    # a field that is new in the schema has its place with those of its member
    for name in FIELDS:
        if name not in known:
            found[0 if name.split(".")[0] in ("core", "version") else 2].names.append(name)
    return found


GROUPS = _groups()


def find(key: str) -> Any:
    """The Group with a key, or None."""
    return next((group for group in GROUPS if group.key == key), None)


def after(group: Group) -> Any:
    """The Group behind another one, or None."""
    number = GROUPS.index(group) + 1
    return GROUPS[number] if number < len(GROUPS) else None


class Standing(NamedTuple):
    """The state of a group, and how much of it is filled in."""

    state: str  # "empty", "faults" or "whole"
    faults: int
    filled: int  # number of its fields that have a value
    size: int


def standing(group: Group, values: Values, faulty: Iterable[str] = ()) -> Standing:
    """The Standing of a group; faulty: a name of a control for each fault. Pure."""
    found = from_values(of_group(values, group.names))
    filled = [name for name in group.names if _value(found, name) is not None]
    count = sum(1 for name in faulty if _is_in(name, group.names))
    state = "empty" if not filled else "faults" if count else "whole"
    return Standing(state, count, len(filled), len(group.names))


def _value(description: Dict[str, Any], name: str) -> Any:
    part, _, member = name.partition(".")
    found = description.get(part)
    return found.get(member) if member and found is not None else found


def grouped(fields: Iterable[Any]) -> List[Tuple[Group, List[Any]]]:
    """[(Group, those of the fields that are on its page)], without empty ones; each field has a `path`. Pure.

    What no group knows, such as a field of an older schema, stands with the first one.
    """
    found: Dict[str, List[Any]] = {group.key: [] for group in GROUPS}
    for field in fields:
        found[(group_of(field.path) or GROUPS[0]).key].append(field)
    return [(group, found[group.key]) for group in GROUPS if found[group.key]]


def _is_in(control: str, names: Sequence[str]) -> bool:
    return any(control == name or control.startswith(name + ".") for name in names)


def group_of(control: str) -> Any:
    """The Group on whose page a control is, or None."""
    return next((group for group in GROUPS if _is_in(control, group.names)), None)
