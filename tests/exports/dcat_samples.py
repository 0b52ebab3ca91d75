"""A description with all 27 elements of Annex B of Implementing Regulation (EU) 2026/2098, and what is shown of it."""

import copy
import json

from samples import ACCESS_URL, EXAMPLES, MOBA, RECORD_URL, shown

from secureb2share_ext.dataset import Dataset
from secureb2share_ext.exports.published import Published

SENSITIVE = {
    "code_values": ["I21"],
    "coding_systems": ["ICD-10", "a local list"],
    "standards": ["OMOP-CDM", "API"],
    "health_activities": ["COHORT", "HEALTH_SURVEY"],
    "controller_type": "university",
    "controller_contact": "privacy@example.org",
    "personal_data": ["Age", "Gender"],
    "participants_rounded": 12000,
    "records_rounded": 48000,
    "has_structured_data": True,
    "columns": [
        {"name": "age", "table": "Visit", "title": "Age", "description": "In years", "datatype": "integer"},
        {"name": "sex", "table": "Visit"},
        {"name": "dx"},
    ],
    "terms_url": "https://example.org/terms",
    "periodicity": "ANNUAL",
    "regions": ["NO08", "NO-03"],
    "formats": ["CSV", "text/csv"],
    "applicable_legislation": ["urn:lex:no:lov:2008-06-20;44", "http://data.europa.eu/eli/reg/2016/679/oj"],
    "min_age": 18,
    "max_age": 80,
    "retention_until": "2040-01-01",
    "temporal_start": "1999",
    "temporal_end": "2008-12",
}
RELATED = (
    "IsCitedBy", "Cites", "IsDerivedFrom", "IsPartOf", "HasPart", "Requires", "IsRequiredBy", "IsSupplementTo",
)  # fmt: skip
CORE = {
    "languages": ["nb", "sma", "en-GB"],
    "publisher_type": "public-health-institute",
    "publisher_contact": "https://example.org/contact",
    "creators": [
        {"name": "G F", "kind": "person", "orcid": "0000-0002-1825-0097", "given_name": "G", "family_name": "F"},
        {"name": "O", "kind": "organisation", "ror": "https://ror.org/00j9c2840"},
    ],
    "contributors": [{"role": "DataCollector", "name": "D"}],
    "contacts": [{"name": "C", "email": "dac@example.org"}, {"name": "D", "url": "https://example.org/d"}],
    "alternate_identifiers": [{"scheme": "EGA", "value": "EGAD00001"}],
    "related": [{"relation": relation, "identifier": "10.1234/%s" % relation, "scheme": "DOI"} for relation in RELATED],
    "metadata_license": "CC-BY-4.0",
}


def full():
    description = copy.deepcopy(MOBA)
    description["sensitive"].update(copy.deepcopy(SENSITIVE))
    description["core"].update(copy.deepcopy(CORE))
    return description


def of(description, **columns):
    # what is shown of a description, changed last on 14 November 2023
    dataset = Dataset("tsd", "p-1", description, pid="7", updated=1700000000, **columns)
    return Published(dataset, RECORD_URL, ACCESS_URL, shown().today)


def examples():
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))["dataset"] for path in sorted(EXAMPLES.glob("*.json"))
    }
