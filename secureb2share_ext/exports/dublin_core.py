"""A record in simple Dublin Core, as OAI-PMH has it (oai_dc).

The rights carry every vocabulary, since harvesters know different ones; the end of an embargo stands in words only,
because info:eu-repo/date/embargoEnd would promise open data.
"""

from typing import Dict, List

from . import coverage, tombstone
from .published import Published
from .xml_text import for_xml


def document(shown: Published) -> Dict[str, List[str]]:
    """The elements {plural name: [text]}, as the `dcxml` package takes it."""
    if shown.is_withdrawn:
        return tombstone.dublin_core(shown)
    dataset, core, right = shown.dataset, shown.dataset.core, shown.right
    state = [shown.state_text] if shown.state_text else []
    related = (shown.replaces,) + shown.newer
    return {
        "titles": [title["text"] for title in core["titles"]],
        "creators": [creator["name"] for creator in core["creators"]],
        "contributors": _contributors(dataset),
        "publishers": [core["publisher"]],
        "dates": [str(core["publication_year"])],
        "subjects": list(core.get("keywords", [])),
        "languages": list(core.get("languages", [])),
        "descriptions": state + [description["text"] for description in core["descriptions"]],
        "identifiers": [shown.record_url, dataset.pid, dataset.identifier]
        + ["%s:%s" % (one["scheme"], one["value"]) for one in core.get("alternate_identifiers", [])],
        "types": ["Dataset"],
        "coverage": list(filter(None, [coverage.period(dataset.sensitive)]))
        + [name for _, name in coverage.places(dataset.sensitive)],
        "formats": coverage.formats(dataset) + coverage.sizes(dataset.sensitive),
        "relations": [other.url for other in related if other]
        + [coverage.address(one["identifier"], one["scheme"]) or _named(one) for one in core.get("related", [])],
        "rights": [right.info_eu_repo, right.coar, right.eu, shown.label, shown.access_url]
        + [condition["text"] for condition in dataset.sensitive["access_conditions"]],
    }


def _contributors(dataset):
    core = dataset.core
    named = [one["name"] for key in ("contacts", "contributors", "funders") for one in core.get(key, [])]
    return list(dict.fromkeys(named + list(filter(None, [coverage.controller(dataset.sensitive)]))))


def _named(one):
    return "%s:%s" % (one["scheme"], one["identifier"])


def xml(shown: Published) -> str:
    """The Dublin Core XML."""
    from dcxml import simpledc

    return simpledc.tostring(for_xml(document(shown)), pretty_print=False)
