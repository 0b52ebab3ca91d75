"""The facets by which readers narrow a search, with the schema's words for codes."""

from typing import Any, Dict

from babel import Locale
from invenio_records_resources.services.records.facets import TermsFacet

from ....descriptions import labels
from .names import full

# facet -> (field of `sensitive`, its title)
FACETS = {
    "secureb2share_access_right": ("access_right", "Access to data"),
    "secureb2share_access_mode": ("access_mode", "Way of access"),
    "secureb2share_special_categories": ("special_categories", "Kind of personal data"),
    "secureb2share_health_categories": ("health_categories", "Health data"),
    "secureb2share_duo_codes": ("duo_codes", "Permitted use (DUO)"),
    "secureb2share_storage_country": ("storage_country", "Country of storage"),
}


def definitions() -> Dict[str, Dict[str, Any]]:
    """{name: {"facet", "ui"}} for RDM_FACETS."""
    found = {}
    for name, (field, title) in FACETS.items():
        path = "custom_fields.%s" % full(field)
        facet = TermsFacet(field=path, label=title, value_labels=_countries if "country" in field else _labels(field))
        found[name] = {"facet": facet, "ui": {"field": path}}
    return found


def _labels(field):
    return lambda codes: {code: labels.label("sensitive." + field, code) for code in codes}


def _countries(codes):
    names = Locale("en").territories
    return {code: names.get(code, code) for code in codes}
