"""A record as search engines read it: a schema.org Dataset as JSON-LD.

isAccessibleForFree is left out: it is about money, not openness. There is no distribution: nothing can be downloaded.
Versions are said with PROV, for which schema.org has no words.
"""

from typing import Any, Dict

from .published import Published

NAMES = (("given_name", "givenName"), ("family_name", "familyName"))
CONTEXT = "https://schema.org/"
PROV = {"prov": "http://www.w3.org/ns/prov#"}


def document(shown: Published) -> Dict[str, Any]:
    """The JSON-LD (dict)."""
    dataset, core = shown.dataset, shown.dataset.core
    conditions = [condition["text"] for condition in dataset.sensitive["access_conditions"]]
    said = {
        "@context": CONTEXT,
        "@type": "Dataset",
        "@id": shown.record_url,
        "url": shown.record_url,
        "identifier": [dataset.pid, dataset.identifier],
        "name": [{"@language": t["lang"], "@value": t["text"]} for t in core["titles"]],
        "description": [{"@language": d["lang"], "@value": d["text"]} for d in core["descriptions"]],
        "creator": [_creator(creator) for creator in core["creators"]],
        "publisher": {"@type": "Organization", "name": core["publisher"]},
        "datePublished": str(core["publication_year"]),
        "keywords": core.get("keywords", []),
        "inLanguage": core.get("languages", []),
        "creativeWorkStatus": dataset.state,
        "conditionsOfAccess": " ".join([shown.label + "."] + conditions),
        "usageInfo": shown.right.coar,
        "additionalProperty": _properties(shown),
    }
    if shown.version_label:
        said["version"] = shown.version_label
    if shown.is_requestable:
        said["potentialAction"] = {"@type": "ViewAction", "name": "Request access", "target": shown.access_url}
    said.update(_versions(shown))
    return said


def _creator(creator):
    orcid = creator.get("orcid")
    is_person = creator.get("kind", "person" if orcid else "") == "person"
    said = {"@type": "Person" if is_person else "Organization", "name": creator["name"]}
    if orcid:
        said["@id"] = "https://orcid.org/" + orcid
    if "ror" in creator:
        said["@id"] = creator["ror"]
    said.update((member, creator[name]) for name, member in NAMES if name in creator)
    if is_person and "affiliation" in creator:
        said["affiliation"] = {"@type": "Organization", "name": creator["affiliation"]}
    return said


def _properties(shown):
    right = {"name": "access right", "value": shown.right.value, "description": shown.label, "url": shown.access_url}
    values = [right]
    if shown.state_text:
        values.append({"name": "state", "value": shown.state_text})
    return [dict({"@type": "PropertyValue"}, **value) for value in values]


def _versions(shown):
    said: Dict[str, Any] = {}
    if shown.replaces:
        said["prov:wasRevisionOf"] = {"@id": shown.replaces.url}
    if shown.newer:
        said["prov:hadRevision"] = [{"@id": other.url} for other in shown.newer]
    return dict(said, **{"@context": [CONTEXT, PROV]}) if said else {}
