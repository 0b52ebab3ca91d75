"""RDM's settings of custom fields, form and facets; they are copies, so that no list of the host is changed."""

from typing import List

from flask import Flask
from invenio_rdm_records import config as defaults

from .. import provision
from . import definitions, deposit_form, facets, names


def define(app: Flask) -> None:
    """Let RDM know our custom fields; once, and beside a site's own."""
    given = app.config.get("RDM_CUSTOM_FIELDS") or []
    there = {field.name for field in given}
    ours = [field for field in definitions.definitions() if field.name not in there]
    app.config["RDM_CUSTOM_FIELDS"] = [*given, *ours]
    app.config["RDM_NAMESPACES"] = {**(app.config.get("RDM_NAMESPACES") or {}), names.NAMESPACE: names.NAMESPACE_URL}


def show(app: Flask) -> None:
    """Ask for them in the deposit form, and offer the facets."""
    sections = [
        one for one in app.config.get("RDM_CUSTOM_FIELDS_UI") or [] if one.get("section") != deposit_form.SECTION
    ]
    app.config["RDM_CUSTOM_FIELDS_UI"] = [*sections, deposit_form.section()]
    app.config["RDM_FACETS"] = {**(app.config.get("RDM_FACETS") or defaults.RDM_FACETS), **facets.definitions()}
    search = app.config.get("RDM_SEARCH") or defaults.RDM_SEARCH
    chosen = search.get("facets", [])
    app.config["RDM_SEARCH"] = {**search, "facets": [*chosen, *(n for n in facets.FACETS if n not in chosen)]}


def faults(app: Flask) -> List[str]:
    """[sentence]: which of our custom fields RDM, or its search, does not know any more."""
    there = {field.name for field in app.config.get("RDM_CUSTOM_FIELDS") or []}
    missing = [field.name for field in definitions.definitions() if field.name not in there]
    found = ["RDM_CUSTOM_FIELDS was set anew after this package had added its own."] * bool(missing)
    with app.app_context():
        return found + provision.mapping_faults()
