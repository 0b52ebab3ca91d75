"""The record's page and the deposit form, which say that uploads are closed and where access is requested.

Our templates extend those that the site had configured; nothing is changed on pages of records that are not ours.
"""

from typing import Any, Dict, List, NamedTuple, Optional

from flask import Blueprint, Flask, request

from ....access import destination
from ....pages import language, render
from ....pages.dataset_page import DatasetPage
from ....proxies import current
from . import lookup

LANDING = "APP_RDM_RECORD_LANDING_PAGE_TEMPLATE"
DEPOSIT = "APP_RDM_DEPOSIT_FORM_TEMPLATE"
TEMPLATES = {LANDING: "secureb2share_rdm/landing.html", DEPOSIT: "secureb2share_rdm/deposit.html"}
RECORD_PAGES = "invenio_app_rdm_records"  # the blueprint of the pages that both templates are for
blueprint = Blueprint(
    "secureb2share_rdm",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/secureb2share/rdm-static",
)


class AccessBox(NamedTuple):
    """What stands on a record's page in the place of its files, and the names that the pieces of our pages know."""

    page: DatasetPage
    address: str  # of the access page
    t: Any
    tn: Any
    sb: Any


def install(app: Flask) -> None:
    """Assign both keys and register the templates, once every blueprint is on the app; again changes nothing.

    An application that does not serve the host's record pages is left alone.
    """
    if RECORD_PAGES not in app.blueprints or blueprint.name in app.blueprints:
        return
    bases = {"landing": app.config[LANDING], "deposit": app.config[DEPOSIT]}
    app.config.update(TEMPLATES)
    app.register_blueprint(blueprint)

    @app.context_processor
    def _of_pages():
        return {
            "secureb2share_bases": bases,
            "secureb2share_box": box_of,
            "secureb2share_help": _help_url,
            "secureb2share_text": language.gettext,
        }


def faults(app: Flask) -> List[str]:
    """[sentence] for each key that is not ours any more in an application that serves the host's record pages."""
    if RECORD_PAGES not in app.blueprints:
        return []
    again = "%s was set anew after this package had set it."
    return [again % key for key, template in TEMPLATES.items() if app.config.get(key) != template]


def box_of(record: Dict[str, Any]) -> Optional[AccessBox]:
    """The AccessBox of a published record (dict as its page has it) in the reader's language; None if not ours."""
    shown = lookup.shown_in(record)
    if shown is None:
        return None
    names, chosen = render.context(), request.args.get("text", "")
    site = destination.site(current(), shown.dataset.source)
    page = DatasetPage(shown, language.current(), language.preferred(), chosen=chosen, site=site)
    return AccessBox(page, current().host.access_page_url(record["id"]), names["t"], names["tn"], names["sb"])


def _help_url():
    return current().help_url
