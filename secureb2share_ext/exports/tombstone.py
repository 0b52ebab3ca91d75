"""What is left in public of a withdrawn dataset: PID, state, reason, date, role contact, and perhaps its title. Pure.

The value is reduced once, before any export or page sees it. DataCite's schema demands more of a DOI (creators,
publisher, year): that alone is kept beside it, for DataCite alone.
"""

from typing import Any, Dict, List

from ..dataset import Dataset
from .published import Published

UNTITLED = {"lang": "en", "text": "Withdrawn dataset"}
STATE = "withdrawn"
CONTEXT = "https://schema.org/"
DEMANDED = ("creators", "publisher", "publication_year")  # of core, by DataCite's schema, beside a title


def of(dataset: Dataset, with_title: bool = True) -> Dataset:
    """The Dataset (a new one) with nothing of its description but role contacts, and titles where `with_title`."""
    core = dataset.core
    reduced: Dict[str, Any] = {
        "titles": core["titles"] if with_title else [UNTITLED],
        "descriptions": [],
        "creators": [],
        "publisher": "",
        "publication_year": "",
        "contacts": core["contacts"],
    }
    sensitive: Dict[str, Any] = {"access_right": "metadata-only", "access_conditions": []}
    return dataset._replace(description={"core": reduced, "sensitive": sensitive})


def demanded(dataset: Dataset) -> Dict[str, Any]:
    """The members of core that DataCite demands of every DOI (dict); creators are names alone."""
    found = {name: dataset.core[name] for name in DEMANDED}
    return dict(found, creators=[{"name": creator["name"]} for creator in found["creators"]])


def schema_org(shown: Published) -> Dict[str, Any]:
    """The JSON-LD (dict) of a withdrawn dataset."""
    core = shown.dataset.core
    values = {
        "@context": CONTEXT,
        "@type": "Dataset",
        "@id": shown.record_url,
        "url": shown.record_url,
        "identifier": [shown.dataset.pid],
        "name": _in_languages(core["titles"]),
        "creativeWorkStatus": STATE,
        "conditionsOfAccess": shown.label + ".",
        "usageInfo": shown.right.coar,
        "contactPoint": [dict({"@type": "ContactPoint"}, **contact) for contact in core["contacts"]],
        "additionalProperty": [
            {
                "@type": "PropertyValue",
                "name": "access right",
                "value": shown.right.value,
                "description": shown.label,
                "url": shown.access_url,
            },
            {"@type": "PropertyValue", "name": "state", "value": shown.state_text},
        ],
    }
    return values


def dublin_core(shown: Published) -> Dict[str, List[str]]:
    """The elements {plural name: [text]} of a withdrawn dataset, as the `dcxml` package takes them."""
    core, right = shown.dataset.core, shown.right
    return {
        "titles": [title["text"] for title in core["titles"]],
        "contributors": [contact["name"] for contact in core["contacts"]],
        "descriptions": [shown.state_text or ""],
        "identifiers": [shown.record_url, shown.dataset.pid or ""],
        "types": ["Dataset"],
        "rights": [right.info_eu_repo, right.coar, right.eu, shown.label, shown.access_url],
    }


def item(body: Dict[str, Any], shown: Published, access: Dict[str, Any], kept: Dict[str, Any]) -> Dict[str, Any]:
    """The JSON (new dict) of a withdrawn dataset's record, of the host's `body`: nothing that describes it.

    access: its access member; kept: {name: value} of the host's metadata that do not describe.
    """
    said: Dict[str, Any] = {name: body[name] for name in ("id", "created", "updated", "revision") if name in body}
    own = {name: url for name, url in body.get("links", {}).items() if name == "self"}
    metadata = dict(kept, titles=shown.dataset.core["titles"], contacts=shown.dataset.core["contacts"])
    return dict(said, links=dict(own, request_access=shown.access_url), metadata=metadata, access=access, files=[])


def _in_languages(texts):
    return [{"@language": entry["lang"], "@value": entry["text"]} for entry in texts]
