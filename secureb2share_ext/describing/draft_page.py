"""What the pages of description share: the draft and the dataset of the address, and what is said of them."""

import json
from typing import Any, Dict, List, Optional, Sequence, Tuple

from flask import Blueprint, abort, redirect, url_for
from invenio_db import db

from ..client import digest
from ..comparing import comparison, field_words
from ..datasets import store
from ..datasets.models import DatasetRow
from ..pages import language, notices, private
from ..pages.language import gettext
from ..pages.render import render
from ..pages.words import N_
from ..proxies import Host, Source
from ..proxies import current as extension
from . import drafts, publishing
from .faults import Fault
from .fields import FIELDS
from .groups import GROUPS, Group, standing
from .models import Draft
from .values import Values

LIST, GROUP, CHECK = ("secureb2share_describe." + name for name in ("begun", "group", "check"))
NEEDS = N_("This page is for curators. Ask an administrator of the catalogue for the right to describe datasets.")

blueprint = Blueprint(
    "secureb2share_describe", __name__, url_prefix="/secureb2share/describe", template_folder="templates"
)


def sources() -> List[str]:
    """Names of the sources whose datasets the user of the request may describe."""
    return private.once("described", extension().host.described_sources)


private.keep(blueprint, lambda: bool(sources()), NEEDS, LIST, "curate")


def row_of(number: int) -> DatasetRow:
    """The row of a published dataset of a curator in the reader's sources; 404 for every other."""
    row = store.by_number(number)
    if row is None or row.source not in sources() or row.pid is None or row.origin != "curator":
        abort(404)
    return row


def draft_of(number: int) -> Optional[Draft]:
    """The draft with this number in the reader's sources, or None."""
    return drafts.find(number, sources())


def title_of_field(path: str) -> str:
    """The name of a field as the form has it in the reader's language, such as that of ``core.titles``."""
    field = FIELDS.get(path)
    return gettext(field.title) if field is not None else field_words.title(path)


def gone(typed: Optional[Dict[str, Any]] = None) -> Any:
    """The page in the place of a draft that is no more, with what its reader typed."""
    fields = comparison.fields(typed, field_words.spell) if typed else []
    return render("secureb2share_ext/describe/gone.html", fields=fields, spelled=title_of_field), 409 if typed else 404


def source_of(draft: Draft) -> Source:
    """The Source for which a draft is."""
    return extension().sources[draft.source]


def faults_of(draft: Draft, description: Dict[str, Any]) -> List[Tuple[str, str]]:
    """[(field, message)] of what would keep a description from being published as this draft's dataset."""
    row = store.by_number(draft.dataset_id) if draft.dataset_id else None
    return publishing.faults(source_of(draft), description, row.identifier if row is not None else None)


def steps_of(by_field: Dict[str, List[Fault]], values: Values) -> List[Tuple[Group, Any]]:
    """[(Group, its standing)] of every group; by_field: as of faults.faults_by_field; values: of the whole form."""
    faulty = [control for control, found in by_field.items() for _ in found]
    return [(group, standing(group, values, faulty)) for group in GROUPS]


def digest_of(description: Any) -> str:
    """A digest of a description, or of a part of one, by which a page knows what its reader saw."""
    return digest(json.dumps(description, sort_keys=True).encode("ascii"))


def title_of(description: Dict[str, Any]) -> Optional[Dict[str, str]]:
    """The first title that is filled in, {lang, text}, or None."""
    titles = description.get("core", {}).get("titles") or []
    found = language.in_language([one for one in titles if one.get("text") and one.get("lang")], language.preferred())
    return found[0] if found else None


def title_of_row(host: Host, row: DatasetRow) -> Optional[Dict[str, str]]:
    """As title_of, of what is published of a row."""
    return titles_of_rows(host, [row])[0]


def titles_of_rows(host: Host, rows: Sequence[DatasetRow]) -> List[Optional[Dict[str, str]]]:
    """As title_of, of what is published of each of these rows; their records are read together."""
    records = host.records(rows)
    found = (records.get(row.record_uuid) for row in rows)
    return [title_of(host.from_record(record)) if record is not None else None for record in found]


def back_to_list(sentence: str) -> Any:
    """Undo what was begun, and lead to the list with a sentence that says why."""
    db.session.rollback()
    notices.leave(sentence, kind="stop")
    return redirect(url_for(LIST), 303)
