"""The mapping of the search index for a record of ours, derived from the schema.

For OpenSearch 2 and Elasticsearch 7, and for records as hosts/records_rest stores them: core at the top. Whatever the
schema does not know is kept and not searched (`dynamic: false`), so that nothing is found by a field that nobody
decided on, and no record is refused. `python -m secureb2share_ext.hosts.records_rest.search_mapping` prints it.
"""

import json
import os
from typing import Any, Dict

from ...descriptions.dates import DAYS, PERIODS
from ...descriptions.rules import DETAILS
from ...descriptions.schema import SCHEMA
from ...descriptions.search_document import FACETS

PATH = os.path.join(os.path.dirname(__file__), "mappings", "os-v2", "secureb2share", "dataset-v1.0.0.json")
INDEX = "secureb2share-dataset-v1.0.0"  # the name that invenio-search makes of PATH, without a site's prefix

LONGEST_NAME = 500  # characters; longer texts are read, not sorted or counted
UNSEARCHABLE = {"type": "object", "enabled": False}
_CODE = {"type": "keyword"}
_DAY = {"type": "date", "format": "strict_date", "ignore_malformed": True}
_PERIOD = dict(_DAY, format="strict_date||strict_year_month||strict_year")
_TIME = {"type": "date", "ignore_malformed": True}
_PROSE = {"type": "text", "analyzer": "words"}
_NAME = dict(_PROSE, fields={"keyword": _CODE})

# words of any language, without case and accents: `folkehelse`, `FOLKEHELSE`, `Tromso` find `Tromsø`
ANALYSIS = {
    "filter": {"accents": {"type": "asciifolding", "preserve_original": True}},
    "analyzer": {"words": {"type": "custom", "tokenizer": "standard", "filter": ["lowercase", "accents"]}},
}

LANGUAGES = ("en", "nb", "nn", "fi", "sv", "it")  # of the pages, each of which has its titles in an order of its own
# what host and package write beside a description; in _search what search_member makes
BESIDE = {
    "$schema": _CODE,
    "control_number": _CODE,
    "_created": _TIME,
    "_updated": _TIME,
    "_oai": {"properties": {"id": _CODE, "sets": _CODE, "updated": _TIME}},
    "secureb2share": {
        "properties": {
            "source": _CODE,
            "identifier": _CODE,
            "state": _CODE,
            "reason": _PROSE,
            "state_at": _TIME,
            "successor": _CODE,
            "replaced_by": _CODE,
        }
    },
    "_search": {
        "properties": dict(
            {facet: _CODE for facet in FACETS},
            text=_PROSE,
            days={"type": "integer"},
            opens=_DAY,
            title={"properties": {language: _CODE for language in LANGUAGES}},
        )
    },
}


def mapping() -> Dict[str, Any]:
    """The body with which the index is made, as dict."""
    parts = _object(SCHEMA)["properties"]
    properties = dict(parts.pop("core")["properties"], **parts)
    # they may tell more than a label does, and a source can stop describing files in full
    properties["files"]["properties"].update((name, UNSEARCHABLE) for name in DETAILS)
    return {
        "settings": {"analysis": ANALYSIS},
        "mappings": {
            "dynamic": False,
            "date_detection": False,
            "numeric_detection": False,
            "properties": dict(properties, **BESIDE),
        },
    }


def text() -> str:
    """The mapping as text, as the file PATH holds it."""
    return json.dumps(mapping(), indent=1, sort_keys=True) + "\n"


def _object(node):
    return {"properties": {name: _of(name, inner) for name, inner in node["properties"].items()}}


def _of(name, node):
    kind = node["type"]
    if kind == "array":
        return _of(name, node["items"])
    if kind == "object":
        return _object(node)
    if kind == "boolean":
        return {"type": "boolean"}
    if kind == "integer":
        return {"type": "integer" if node["maximum"] < 2**31 else "long"}
    if name in DAYS or name in PERIODS:
        return _DAY if name in DAYS else _PERIOD
    if node.get("pattern") != r"\S":
        return _CODE
    return _NAME if node["maxLength"] <= LONGEST_NAME else _PROSE


if __name__ == "__main__":
    print(text(), end="")
