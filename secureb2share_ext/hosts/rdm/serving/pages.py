"""The record's page and the deposit form, which say that uploads are closed and where access is requested.

Our templates extend those that the site had configured; nothing is changed on pages of records that are not ours.
"""

from typing import Dict, List, NamedTuple, Optional

from flask import Blueprint, Flask, request
from invenio_i18n import get_locale

from ....descriptions import labels
from ....descriptions.schema import SCHEMA
from ....exports import record_json
from ....exports.published import Published
from ....proxies import current
from . import lookup

LANDING = "APP_RDM_RECORD_LANDING_PAGE_TEMPLATE"
DEPOSIT = "APP_RDM_DEPOSIT_FORM_TEMPLATE"
TEMPLATES = {LANDING: "secureb2share_rdm/landing.html", DEPOSIT: "secureb2share_rdm/deposit.html"}
RECORD_PAGES = "invenio_app_rdm_records"  # the blueprint of the pages that both templates are for
ABOVE = ("access_right", "embargo_until")  # said by the Published
OF_ACCESS = (
    "access_eligibility",
    "access_mode",
    "access_conditions",
    "expected_decision_days",
    "fees",
    "access_protocol_url",
)
SENSITIVE = SCHEMA["properties"]["sensitive"]["properties"]

blueprint = Blueprint(
    "secureb2share_rdm",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/secureb2share/rdm-static",
)


class AccessBox(NamedTuple):
    """What stands on a record's page in the place of its files."""

    shown: Published
    access: list  # facts about access: [(title, [(text, its language or None)])]
    data: list  # the same of everything else that the description says of sensitive data
    files: list  # as record_json.files_member, each with `about`: [text]


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
        return {"secureb2share_bases": bases, "secureb2share_box": box_of_pid, "secureb2share_help": _help_url}


def faults(app: Flask) -> List[str]:
    """[sentence] for each key that is not ours any more in an application that serves the host's record pages."""
    if RECORD_PAGES not in app.blueprints:
        return []
    again = "%s was set anew after this package had set it."
    return [again % key for key, template in TEMPLATES.items() if app.config.get(key) != template]


def box_of_pid(pid: str) -> Optional[AccessBox]:
    """The AccessBox of the published record with this PID, in the reader's language; None for one that is not ours."""
    shown = lookup.shown_of_pid(pid)
    return box(shown, _languages()) if shown is not None else None


def box(shown: Published, languages: List[str]) -> AccessBox:
    """The AccessBox of a Published; languages: tags that the reader prefers, the best first. Pure."""
    sensitive = shown.dataset.sensitive
    rest = [name for name in SENSITIVE if name not in OF_ACCESS + ABOVE]
    files = [dict(entry, about=_about(entry)) for entry in record_json.files_member(shown)]
    return AccessBox(shown, _facts(sensitive, OF_ACCESS, languages), _facts(sensitive, rest, languages), files)


def in_language(texts: List[Dict[str, str]], languages: List[str]) -> List[Dict[str, str]]:
    """Of [{lang, text}] those in the first of `languages` that has any, by the main part of the tags; else all."""
    for language in languages:
        found = [entry for entry in texts if _main(entry["lang"]) == _main(language)]
        if found:
            return found
    return texts


def _facts(sensitive, names, languages):
    given = [name for name in names if sensitive.get(name) not in (None, "", [])]
    fields = [("sensitive." + name, sensitive[name]) for name in given]
    return [(labels.title(field), _spelled_out(field, value, languages)) for field, value in fields]


def _spelled_out(field, value, languages):
    entries = value if isinstance(value, list) else [value]
    if not isinstance(entries[0], dict):
        return [(text, None) for text in labels.in_words(field, value)]
    return [(entry["text"], entry["lang"]) for entry in in_language(entries, languages)]


def _about(entry):
    # of a described file: what is said of it beside its label, in the order in which it is read
    said = [entry.get("name"), entry.get("media_type")]
    if "size" in entry:
        said.append("%d bytes" % entry["size"])
    elif entry.get("size_band"):
        said += labels.in_words("files.size_band", entry["size_band"])
    return [text for text in said + [entry.get("checksum")] if text]


def _main(tag):
    return tag.replace("_", "-").split("-")[0].lower()


def _languages():
    locale = get_locale()
    accepted = [language for language, quality in request.accept_languages if quality]
    return ([str(locale)] if locale is not None else []) + accepted


def _help_url():
    return current().help_url
