"""The members of B2SHARE's root schema that its own exports read, of what a record keeps in the community's block.

A record has them in the block alone, which gives them back as they were. B2SHARE's serialisers
(b2share/modules/records/serializers/schemas) read the root, so that they get a copy which has them there too. Pure.
"""

import re
from typing import Any, Dict, List

from ...exports import coverage, datacite
from ...exports.published import Published
from ...exports.xml_text import for_xml

ROR = "https://ror.org"


def of(metadata: Dict[str, Any], shown: Published) -> Dict[str, Any]:
    """{member: value} to put into a record's metadata: what an editor entered there himself, then ours."""
    said = for_xml(datacite.document(shown))
    methods = [one for one in said.get("descriptions", []) if one["descriptionType"] == "Methods"]
    found = {
        "contributors": [_contributor(one) for one in said.get("contributors", [])],
        "alternate_identifiers": for_xml(
            [_alternate(one) for one in shown.dataset.core.get("alternate_identifiers", [])]
        ),
        "related_identifiers": [_spelt(one) for one in said.get("relatedIdentifiers", [])],
        "funding_references": [_funding(one) for one in said.get("fundingReferences", [])],
        "spatial_coverages": [{"place": one["geoLocationPlace"]} for one in said.get("geoLocations", [])],
        "dates": [_spelt(one) for one in said.get("dates", [])],
        "descriptions": [{"description": one["description"], "description_type": "Methods"} for one in methods],
    }
    result: Dict[str, Any] = {name: _joined(metadata.get(name, []), more) for name, more in found.items() if more}
    period = coverage.period(shown.dataset.sensitive)
    if period and "temporal_coverages" not in metadata:
        result["temporal_coverages"] = _temporal(shown.dataset.sensitive, period)
    return result


def _joined(own: List[Any], more: List[Any]) -> List[Any]:
    return own + [one for one in more if one not in own]


def _contributor(one):
    found = {"contributor_name": one["name"], "contributor_type": one["contributorType"]}
    members = (("nameType", "name_type"), ("givenName", "given_name"), ("familyName", "family_name"))
    found.update((member, one[name]) for name, member in members if name in one)
    if "nameIdentifiers" in one:
        found["name_identifiers"] = [
            {"name_identifier": o["nameIdentifier"], "scheme": o["nameIdentifierScheme"], "scheme_uri": o["schemeUri"]}
            for o in one["nameIdentifiers"]
        ]
    if "affiliation" in one:
        found["affiliations"] = [_affiliation(o) for o in one["affiliation"]]
    return found


def _affiliation(one):
    found = {"affiliation_name": one["name"]}
    if "affiliationIdentifier" in one:
        found.update(affiliation_identifier=one["affiliationIdentifier"], scheme=one["affiliationIdentifierScheme"])
    return found


def _alternate(one):
    return {"alternate_identifier": one["value"], "alternate_identifier_type": one["scheme"]}


def _funding(one):
    # the writer of eudatextended fails where one of these is missing beside an identifier or a number
    return dict({"scheme_uri": ROR, "award_uri": ""}, **_spelt(one))


def _temporal(sensitive, period):
    start, end = sensitive.get("temporal_start"), sensitive.get("temporal_end")
    # a range has both ends
    return {"ranges": [{"start_date": start, "end_date": end}]} if start and end else {"spans": [period]}


def _spelt(members):
    """The members of DataCite's JSON under the names of B2SHARE: `relationType` is `relation_type`."""
    return {re.sub("[A-Z]", lambda found: "_" + found.group().lower(), name): value for name, value in members.items()}
