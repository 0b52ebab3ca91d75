"""What a description says of law, ethics, place and form, in groups that a page can fold. Pure."""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..descriptions.labels import label as english
from ..exports import coverage
from ..exports.published import Published
from .language import country, format_date, format_number, in_language, language_name, translate
from .words import N_, label, title


class Text(NamedTuple):
    """One value as it is shown."""

    text: str
    lang: Optional[str] = None  # of an owner's text
    code: str = ""  # behind a label
    url: str = ""  # where the value is an address, or has one


class Fold(NamedTuple):
    """A group of facts."""

    id: str
    title: str
    gist: str  # what a reader knows without unfolding it
    rows: List[Tuple[str, List[Text]]]


GROUPS: Tuple[Tuple[str, str, Sequence[str]], ...] = (
    (
        "responsible",
        N_("Who is responsible"),
        (
            "controller_name",
            "controller_ror",
            "controller_country",
            "controller_type",
            "controller_contact",
            "joint_controllers",
            "processor",
            "dpo_contact",
            "hdab_name",
            "hdab_contact",
            "hdab_status",
        ),
    ),
    (
        "basis",
        N_("Legal basis"),
        (
            "legal_basis_art6",
            "legal_basis_art9",
            "legal_basis_exemption",
            "special_categories",
            "personal_data",
            "applicable_legislation",
            "terms_url",
        ),
    ),
    (
        "ethics",
        N_("Consent and ethics"),
        ("consent_type", "ethics_approval_body", "ethics_approval_reference"),
    ),
    (
        "kept",
        N_("Where and how long"),
        (
            "storage_organisation",
            "storage_service",
            "storage_country",
            "deidentification",
            "sensitivity_level",
            "retention_until",
            "retention_review",
            "retention_basis",
        ),
    ),
    (
        "form",
        N_("How the data are described"),
        (
            "population_coverage",
            "participants_band",
            "participants_rounded",
            "min_age",
            "max_age",
            "sexes",
            "analysis_units",
            "sampling",
            "collection_modes",
            "materials",
            "spatial",
            "regions",
            "temporal_start",
            "temporal_end",
            "periodicity",
            "health_categories",
            "health_themes",
            "health_activities",
            "has_structured_data",
            "records_band",
            "records_rounded",
            "coding_systems",
            "coding_systems_other",
            "code_values",
            "standards",
            "standards_other",
            "formats",
            "size_band",
        ),
    ),
)
GISTS = {
    "responsible": ("controller_name",),
    "basis": ("legal_basis_art6",),
    "ethics": ("consent_type",),
    "kept": ("storage_organisation", "storage_country"),
    "form": ("health_categories", "materials", "collection_modes"),
}
COUNTRIES = ("controller_country", "storage_country", "spatial")
DATES = ("retention_until", "retention_review", "temporal_start", "temporal_end")
CODED = ("legal_basis_art6", "legal_basis_art9", "sensitivity_level", "health_categories", "coding_systems")
GIST = 70  # letters


def folds(shown: Published, language: str, tags: Sequence[str]) -> List[Fold]:
    """The groups of which the description says anything; tags: of the languages of texts, the best first."""
    found = [_fold(shown, *group, language=language, tags=tags) for group in GROUPS]
    return [fold for fold in found if fold.rows]


def values(field: str, value: Any, language: str, tags: Sequence[str] = ()) -> List[Text]:
    """A field's value as it is shown; field: the name of a member of ``sensitive``."""
    if value in (None, "", []):
        return []
    entries = value if isinstance(value, list) else [value]
    if isinstance(entries[0], dict):
        return [Text(entry["text"], entry["lang"]) for entry in one_language(entries, tags)]
    return [_text(field, entry, language) for entry in entries]


def one_language(texts: Optional[Sequence[Dict[str, Any]]], tags: Sequence[str]) -> List[Dict[str, Any]]:
    """Of [{lang, text}] those in one language: the first of the tags that has any, else English, else the first's."""
    if not texts:
        return []
    return in_language(texts, [*tags, "en", texts[0]["lang"]])


def is_address(text: str) -> bool:
    """Whether a text becomes a link: nothing else than an address of the web does."""
    return text.startswith(("https://", "http://")) and not any(letter.isspace() for letter in text)


def _fold(shown, name, heading, fields, language, tags):
    sensitive = shown.dataset.sensitive
    rows = [
        (title("sensitive." + field, language), values(field, sensitive.get(field), language, tags))
        for field in fields
        if sensitive.get(field) not in (None, "", [])
    ]
    if name == "form":
        rows += _of_core(shown, language)
    gist = [one.text for field in GISTS[name] for one in values(field, sensitive.get(field), language)]
    said = ", ".join(gist)
    return Fold(name, translate(language, heading), said if len(said) <= GIST else said[: GIST - 1] + "…", rows)


def _of_core(shown, language):
    dataset = shown.dataset
    languages = [Text(language_name(tag, language)) for tag in dataset.core.get("languages") or []]
    rows = [(title("core.languages", language), languages)] if languages else []
    for field, read in _ROWS.items():
        texts = [read(row, field, language) for row in dataset.core.get(field) or []]
        rows += [(title("core." + field, language), texts)] if texts else []
    for field in ("publisher_type", "publisher_ror", "publisher_contact", "metadata_license"):
        said = dataset.core.get(field)
        if said:
            shown_as = Text(label("core." + field, said, language), url=said if is_address(said) else "")
            rows.append((title("core." + field, language), [shown_as]))
    if shown.version_label:
        rows.append((title("version.label", language), [Text(shown.version_label)]))
    named = Text(dataset.identifier, code=dataset.source)
    return rows + [(translate(language, N_("Identifier at the source")), [named])]


def _contributor(row, field, language):
    return Text(row["name"], code=label("core.contributors[0].role", row["role"], language))


def _funder(row, field, language):
    grant = ": ".join([row["name"]] + [row[name] for name in ("award_title",) if name in row])
    return Text(grant, code=row.get("award_number", ""), url=row.get("award_url", ""))


def _other_identifier(row, field, language):
    return Text(row["value"], code=row["scheme"], url=row["value"] if is_address(row["value"]) else "")


def _resource(row, field, language):
    relation = label("core.related[0].relation", row["relation"], language)
    address = coverage.address(row["identifier"], row["scheme"]) or ""
    return Text(row.get("title") or row["identifier"], code=relation, url=address if is_address(address) else "")


_ROWS = {
    "contributors": _contributor,
    "funders": _funder,
    "alternate_identifiers": _other_identifier,
    "related": _resource,
}


def _text(field, entry, language):
    if isinstance(entry, bool):
        return Text(translate(language, N_("Yes") if entry else N_("No")))
    if isinstance(entry, int):
        return Text(format_number(entry, language))
    if field in COUNTRIES:
        return Text(country(entry, language))
    if field in DATES:
        return Text(format_date(entry, language))
    said = label("sensitive." + field, entry, language)
    is_known = english("sensitive." + field, entry) != entry
    return Text(said, code=entry if field in CODED and is_known else "", url=entry if is_address(entry) else "")
