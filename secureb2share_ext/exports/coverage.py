"""The time, the places and the contents of a dataset, in the words that several exports share. Pure.

`sensitive` may lack any of these: what is not said is not exported.
"""

import functools
from typing import Any, Dict, List, Mapping, Optional, Tuple
from urllib.parse import quote

from babel import Locale

from ..descriptions import labels
from .graph import iri

SIZES = (
    ("participants_band", "%s participants"),
    ("participants_rounded", "about %s participants"),
    ("records_band", "%s records"),
    ("records_rounded", "about %s records"),
    ("size_band", "%s"),
)
RESOLVERS = {
    "DOI": "https://doi.org/",
    "Handle": "https://hdl.handle.net/",
    "PMID": "https://pubmed.ncbi.nlm.nih.gov/",
    "arXiv": "https://arxiv.org/abs/",
}


def period(sensitive: Mapping[str, Any], open_end: str = "..") -> Optional[str]:
    """The time that the data cover as an interval of ISO 8601, such as ``2004/2010`` or ``2004/..``, or None."""
    start, end = sensitive.get("temporal_start"), sensitive.get("temporal_end")
    return "%s/%s" % (start or open_end, end or open_end) if start or end else None


def places(sensitive: Mapping[str, Any]) -> List[Tuple[str, str]]:
    """[(code, name in English)] of where the data were collected: countries of ISO 3166-1, then regions by code."""
    countries = [(code, _territories().get(code, code)) for code in sensitive.get("spatial", [])]
    return countries + [(code, code) for code in sensitive.get("regions", [])]


def stated(sensitive: Mapping[str, Any], name: str) -> Optional[str]:
    """The text of a member, or None where the original does not say."""
    said = sensitive.get(name)
    return None if said == "not-stated" else said


def controller(sensitive: Mapping[str, Any]) -> Optional[str]:
    """The name of the data controller, or None where it is not stated."""
    return stated(sensitive, "controller_name")


def address(identifier: str, scheme: str) -> Optional[str]:
    """The address (an IRI) of a related resource, or None where its scheme (of DataCite) has no resolver."""
    if scheme in ("URL", "URN") or identifier.startswith(("https:", "http:")):
        return iri(identifier).address
    # a sign that would end the path belongs to the identifier
    return RESOLVERS[scheme] + quote(identifier, safe="/:;()", errors="replace") if scheme in RESOLVERS else None


def sizes(sensitive: Mapping[str, Any]) -> List[str]:
    """The amounts in words: bands of participants, records and bytes; a rounded number where its source gives one."""
    return [words % sensitive[name] for name, words in SIZES if name in sensitive]


def formats(dataset: Any) -> List[str]:
    """The formats of a Dataset's data and of its described files, sorted, each once."""
    of_files = {entry["media_type"] for entry in dataset.files if "media_type" in entry}
    return sorted(of_files | set(dataset.sensitive.get("formats", [])))


def methods(sensitive: Mapping[str, Any]) -> List[Dict[str, str]]:
    """[{"lang", "text"}] of how the data came about: first the codes in English, then what the source writes."""
    coded = [
        labels.label("sensitive." + name, code)
        for name in ("collection_modes", "sampling", "health_activities")
        for code in sensitive.get(name, [])
    ]
    first = [{"lang": "en", "text": "; ".join(coded)}] if coded else []
    return first + list(sensitive.get("provenance", []))


@functools.lru_cache(maxsize=1)
def _territories():
    return Locale.parse("en").territories
